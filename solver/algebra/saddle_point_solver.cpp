// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/saddle_point_solver.h"

#include "solver/algebra/blas_kernels.h"
#include "solver/algebra/boomeramg.h"
#include "solver/algebra/krylov_solve.h"
#include "solver/algebra/petsc_session.h"
#include "solver/algebra/saddle_point_matrix.h"
#include "solver/algebra/schur_complement.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>
#include <petscksp.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

struct SaddlePointSolver::Implementation
{
  SimplexSpace               &space;
  SaddlePointSettings         settings;
  SaddlePointMatrix           matrix;
  SchurComplement             schur;
  std::vector<BorderUnknown>  border;
  std::vector<double>         row_scale; ///< of the border rows
  std::vector<std::vector<double>> eliminated; ///< M^-1 F, a border unknown each
  Eigen::PartialPivLU<Eigen::MatrixXd> border_schur;
  int                         rank = 0, n_matrix = 0, n_local = 0, last_iterations = 0, reuse_iterations = 0;
  bool                        is_direct = false, has_factors = false, is_fresh = false;
  bool                        is_viscous = false; ///< friction outweighs inertia in a cell
  Mat                         shell = nullptr;
  KSP                         outer = nullptr;
  PC                          inner = nullptr;
  Vec                         in = nullptr, out = nullptr, schur_in = nullptr;

  Implementation(SimplexSpace &s, const std::vector<char> &is_fixed, const std::vector<char> &is_cap_vertex,
                 const SaddlePointSettings &chosen)
    : space(s), settings(chosen), matrix(s, is_fixed, is_cap_vertex), schur(s), rank(s.rank()),
      n_matrix(matrix.n_rows())
  {
    const auto limit = space.dimension() == 3 ? settings.direct_limit_3d : settings.direct_limit_2d;
    is_direct        = settings.method == SaddlePointSettings::Method::direct ||
                (settings.method == SaddlePointSettings::Method::automatic && matrix.n_global() <= limit);
    VESALIUS_PETSC(MatCreateVecs(matrix.petsc(), &in, &out));
  }
  ~Implementation()
  {
    destroy_outer();
    PCDestroy(&inner);
    VecDestroy(&in);
    VecDestroy(&out);
  }
  void destroy_outer()
  {
    KSPDestroy(&outer);
    MatDestroy(&shell);
  }
  void drop_factors()
  {
    VESALIUS_PETSC(PCDestroy(&inner));
    has_factors     = false;
    last_iterations = 0;
  }
  void make_outer();
  void factor();
  void make_direct();
  void make_blocks();
  void set_up_blocks();
  void eliminate_border();
  void apply(Vec vector_in, Vec vector_out, bool is_preconditioner);
  void multiply(const double *x, double *y);
  void precondition(const double *r, double *z);
  void apply_inner(const double *r, double *z);
  std::vector<double> coupled_flows(const double *x) const;
  void                add_coupling(std::size_t k, double factor, double *x) const;

  static PetscErrorCode multiply_shell(Mat shell, Vec in, Vec out);
  static PetscErrorCode precondition_shell(PC pc, Vec in, Vec out);
  static PetscErrorCode schur_shell(PC pc, Vec in, Vec out);
};

// --- the border ----------------------------------------------------------------------------------

/// R (coupling . u) without R, of all border unknowns; x: owned unknowns of the matrix.
std::vector<double> SaddlePointSolver::Implementation::coupled_flows(const double *x) const
{
  std::vector<double> flow(border.size(), 0.);
  const int           dim = space.dimension();
  for (std::size_t k = 0; k < border.size(); ++k)
    for (std::size_t i = 0; i < border[k].nodes.size(); ++i)
      if (!matrix.is_fixed(border[k].nodes[i]))
        for (int d = 0; d < dim; ++d)
          flow[k] += border[k].coupling[i * dim + d] * x[border[k].nodes[i] * dim + d];
  MPI_Allreduce(MPI_IN_PLACE, flow.data(), static_cast<int>(flow.size()), MPI_DOUBLE, MPI_SUM, space.communicator());
  return flow;
}

void SaddlePointSolver::Implementation::add_coupling(std::size_t k, double factor, double *x) const
{
  const int dim = space.dimension();
  for (std::size_t i = 0; i < border[k].nodes.size(); ++i)
    if (!matrix.is_fixed(border[k].nodes[i]))
      for (int d = 0; d < dim; ++d)
        x[border[k].nodes[i] * dim + d] += factor * border[k].coupling[i * dim + d];
}

void SaddlePointSolver::Implementation::multiply(const double *x, double *y)
{
  VESALIUS_PETSC(VecPlaceArray(in, x));
  VESALIUS_PETSC(VecPlaceArray(out, y));
  VESALIUS_PETSC(MatMult(matrix.petsc(), in, out));
  VESALIUS_PETSC(VecResetArray(in));
  VESALIUS_PETSC(VecResetArray(out));
  if (border.empty())
    return;
  const auto          flow = coupled_flows(x);
  std::vector<double> unknown(border.size());
  if (rank == 0)
    std::copy(x + n_matrix, x + n_local, unknown.begin());
  MPI_Bcast(unknown.data(), static_cast<int>(unknown.size()), MPI_DOUBLE, 0, space.communicator());
  const double scale = matrix.pressure_scale();
  for (std::size_t k = 0; k < border.size(); ++k)
    {
      add_coupling(k, scale * unknown[k], y);
      if (rank == 0)
        {
          double sum = -border[k].R * flow[k];
          for (std::size_t l = 0; l < border.size(); ++l)
            sum += border[k].a[l] * scale * unknown[l];
          y[n_matrix + k] = row_scale[k] * sum;
        }
    }
}

void SaddlePointSolver::Implementation::apply_inner(const double *r, double *z)
{
  VESALIUS_PETSC(VecPlaceArray(in, r));
  VESALIUS_PETSC(VecPlaceArray(out, z));
  VESALIUS_PETSC(PCApply(inner, in, out));
  VESALIUS_PETSC(VecResetArray(in));
  VESALIUS_PETSC(VecResetArray(out));
}

void SaddlePointSolver::Implementation::precondition(const double *r, double *z)
{
  apply_inner(r, z);
  if (border.empty())
    return;
  const Eigen::Index m = static_cast<Eigen::Index>(border.size());
  Eigen::VectorXd    rhs(m);
  if (rank == 0)
    std::copy(r + n_matrix, r + n_local, rhs.data());
  MPI_Bcast(rhs.data(), static_cast<int>(m), MPI_DOUBLE, 0, space.communicator());
  const auto flow = coupled_flows(z);
  for (Eigen::Index k = 0; k < m; ++k)
    rhs(k) += row_scale[k] * border[k].R * flow[k];
  const Eigen::VectorXd unknown = border_schur.solve(rhs);
  for (Eigen::Index k = 0; k < m; ++k)
    {
      for (int i = 0; i < n_matrix; ++i)
        z[i] -= unknown(k) * eliminated[k][i];
      if (rank == 0)
        z[n_matrix + k] = unknown(k);
    }
}

void SaddlePointSolver::Implementation::eliminate_border()
{
  const Eigen::Index m     = static_cast<Eigen::Index>(border.size());
  const double       scale = matrix.pressure_scale();
  eliminated.assign(border.size(), std::vector<double>(n_matrix, 0.));
  Eigen::MatrixXd     dense = Eigen::MatrixXd::Zero(m, m);
  std::vector<double> column(n_matrix);
  for (Eigen::Index k = 0; k < m; ++k)
    {
      std::fill(column.begin(), column.end(), 0.);
      add_coupling(k, scale, column.data());
      apply_inner(column.data(), eliminated[k].data());
      const auto flow = coupled_flows(eliminated[k].data());
      for (Eigen::Index l = 0; l < m; ++l)
        dense(l, k) = row_scale[l] * (border[l].a[k] * scale + border[l].R * flow[l]);
    }
  if (m > 0)
    border_schur.compute(dense);
}

// --- PETSc ---------------------------------------------------------------------------------------

PetscErrorCode SaddlePointSolver::Implementation::multiply_shell(Mat shell, Vec in, Vec out)
{
  void *context = nullptr;
  MatShellGetContext(shell, &context);
  static_cast<Implementation *>(context)->apply(in, out, false);
  return 0;
}

PetscErrorCode SaddlePointSolver::Implementation::precondition_shell(PC pc, Vec in, Vec out)
{
  void *context = nullptr;
  PCShellGetContext(pc, &context);
  static_cast<Implementation *>(context)->apply(in, out, true);
  return 0;
}

PetscErrorCode SaddlePointSolver::Implementation::schur_shell(PC pc, Vec in, Vec out)
{
  void *context = nullptr;
  PCShellGetContext(pc, &context);
  static_cast<Implementation *>(context)->schur.apply(in, out);
  return 0;
}

void SaddlePointSolver::Implementation::apply(Vec vector_in, Vec vector_out, bool is_preconditioner)
{
  const PetscScalar *x;
  PetscScalar       *y;
  VESALIUS_PETSC(VecGetArrayRead(vector_in, &x));
  VESALIUS_PETSC(VecGetArray(vector_out, &y));
  if (is_preconditioner)
    precondition(x, y);
  else
    multiply(x, y);
  VESALIUS_PETSC(VecRestoreArray(vector_out, &y));
  VESALIUS_PETSC(VecRestoreArrayRead(vector_in, &x));
}

void SaddlePointSolver::Implementation::make_outer()
{
  destroy_outer();
  n_local = n_matrix + (rank == 0 ? static_cast<int>(border.size()) : 0);
  VESALIUS_PETSC(MatCreateShell(space.communicator(), n_local, n_local, PETSC_DETERMINE, PETSC_DETERMINE, this, &shell));
  VESALIUS_PETSC(MatShellSetOperation(shell, MATOP_MULT, reinterpret_cast<void (*)()>(&Implementation::multiply_shell)));
  VESALIUS_PETSC(KSPCreate(space.communicator(), &outer));
  VESALIUS_PETSC(KSPSetOperators(outer, shell, shell));
  VESALIUS_PETSC(KSPSetType(outer, KSPFGMRES));
  VESALIUS_PETSC(KSPGMRESSetRestart(outer, 80));
  PC pc;
  VESALIUS_PETSC(KSPGetPC(outer, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCSHELL));
  VESALIUS_PETSC(PCShellSetContext(pc, this));
  VESALIUS_PETSC(PCShellSetApply(pc, &Implementation::precondition_shell));
}

void SaddlePointSolver::Implementation::make_direct()
{
  choose_blas_kernels();
  VESALIUS_PETSC(PCSetType(inner, PCLU));
  VESALIUS_PETSC(PCFactorSetMatSolverType(inner, MATSOLVERMUMPS));
  VESALIUS_PETSC(PCFactorSetUpMatSolverType(inner));
  Mat factors;
  VESALIUS_PETSC(PCFactorGetMatrix(inner, &factors));
  VESALIUS_PETSC(MatMumpsSetIcntl(factors, 14, 60)); // room for pivoting, per cent
}

void SaddlePointSolver::Implementation::make_blocks()
{
  VESALIUS_PETSC(PCSetType(inner, PCFIELDSPLIT));
  IS velocities, pressures;
  matrix.make_index_sets(&velocities, &pressures);
  VESALIUS_PETSC(PCFieldSplitSetIS(inner, "u", velocities));
  VESALIUS_PETSC(PCFieldSplitSetIS(inner, "p", pressures));
  ISDestroy(&velocities);
  ISDestroy(&pressures);
  VESALIUS_PETSC(PCFieldSplitSetType(inner, PC_COMPOSITE_SCHUR));
  VESALIUS_PETSC(PCFieldSplitSetSchurFactType(inner, PC_FIELDSPLIT_SCHUR_FACT_UPPER));
  VESALIUS_PETSC(PCFieldSplitSetSchurPre(inner, PC_FIELDSPLIT_SCHUR_PRE_A11, nullptr));
}

void SaddlePointSolver::Implementation::set_up_blocks()
{
  KSP     *parts = nullptr;
  PetscInt n     = 0;
  VESALIUS_PETSC(PCFieldSplitSchurGetSubKSP(inner, &n, &parts));
  PC pc;
  // Velocity: a digit is enough inside a flexible method. Where friction outweighs inertia, as in Stokes flow, the whole domain answers to a force
  // at a point, which incomplete factors of each rank's own rows do not see.
  VESALIUS_PETSC(KSPSetType(parts[0], KSPGMRES));
  VESALIUS_PETSC(KSPSetTolerances(parts[0], 1e-1, 1e-300, 1e10, 30));
  VESALIUS_PETSC(KSPSetNormType(parts[0], KSP_NORM_PRECONDITIONED));
  VESALIUS_PETSC(KSPGetPC(parts[0], &pc));
  if (is_viscous)
    set_boomeramg(pc, "vesalius_viscous_");
  else
    {
      // ILU(1): with ILU(0) steady flow at a Reynolds number of a few hundred did not converge.
      VESALIUS_PETSC(PCSetOptionsPrefix(pc, "vesalius_velocity_"));
      VESALIUS_PETSC(PetscOptionsSetValue(nullptr, "-vesalius_velocity_sub_pc_factor_levels", "1"));
      VESALIUS_PETSC(PCSetType(pc, PCBJACOBI));
      VESALIUS_PETSC(PCSetFromOptions(pc));
    }
  VESALIUS_PETSC(KSPSetType(parts[1], KSPPREONLY));
  VESALIUS_PETSC(KSPGetPC(parts[1], &pc));
  VESALIUS_PETSC(PCSetType(pc, PCSHELL));
  VESALIUS_PETSC(PCShellSetContext(pc, this));
  VESALIUS_PETSC(PCShellSetApply(pc, &Implementation::schur_shell));
  PetscFree(parts);
}

// --- public --------------------------------------------------------------------------------------

SaddlePointSolver::SaddlePointSolver(SimplexSpace &space, const std::vector<char> &is_fixed,
                                     const std::vector<char> &is_cap_vertex, const SaddlePointSettings &settings)
  : impl_(std::make_unique<Implementation>(space, is_fixed, is_cap_vertex, settings))
{}

SaddlePointSolver::~SaddlePointSolver() = default;

std::int64_t SaddlePointSolver::n_unknowns() const { return impl_->matrix.n_global(); }
bool         SaddlePointSolver::is_direct() const { return impl_->is_direct; }
bool         SaddlePointSolver::is_enclosed() const { return impl_->matrix.is_enclosed(); }

void SaddlePointSolver::set_scales(const SaddlePointScales &scales)
{
  if (impl_->matrix.set_scales(scales))
    impl_->last_iterations = std::numeric_limits<int>::max(); // of another scaling: no reuse
  if (impl_->is_direct)
    return;
  const double h          = impl_->matrix.spacing();
  const bool   is_viscous = (scales.mass * h + scales.rho * scales.speed) * h < scales.mu;
  impl_->schur.set_scales(scales, is_viscous);
  if (is_viscous != impl_->is_viscous)
    impl_->drop_factors();
  impl_->is_viscous = is_viscous;
}

void SaddlePointSolver::set_border(std::vector<BorderUnknown> border)
{
  auto      &self  = *impl_;
  const bool grows = border.size() != self.border.size() || !self.outer;
  self.border      = std::move(border);
  self.row_scale.clear();
  for (const auto &unknown : self.border)
    {
      // A row's entries a and R F are weighed so that R -> 0 and R -> infinity both leave it as large as its column.
      double square = 0, a = 0;
      for (const double value : unknown.a)
        a += std::abs(value);
      for (const double value : unknown.coupling)
        square += value * value;
      MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_SUM, self.space.communicator());
      self.row_scale.push_back(1. / (a / std::sqrt(square) + unknown.weight / self.matrix.pressure_scale()));
    }
  if (grows)
    self.make_outer();
}

void SaddlePointSolver::set_reuse(int iterations) { impl_->reuse_iterations = iterations; }

void SaddlePointSolver::forget()
{
  impl_->drop_factors();
  impl_->matrix.forget_scales();
}

void SaddlePointSolver::begin_matrix() { impl_->matrix.begin(); }

void SaddlePointSolver::add_cell(std::size_t cell, const double *matrix) { impl_->matrix.add_cell(cell, matrix); }

void SaddlePointSolver::add_velocities(const int *nodes, int n, const double *matrix)
{
  impl_->matrix.add_velocities(nodes, n, matrix);
}

void SaddlePointSolver::finish_matrix()
{
  auto &self = *impl_;
  self.matrix.finish();
  self.is_fresh = false;
  if (!self.inner)
    {
      VESALIUS_PETSC(PCCreate(self.space.communicator(), &self.inner));
      VESALIUS_PETSC(PCSetOperators(self.inner, self.matrix.petsc(), self.matrix.petsc()));
      if (self.is_direct)
        self.make_direct();
      else
        self.make_blocks();
    }
  if (!self.has_factors || self.reuse_iterations == 0 || self.last_iterations > self.reuse_iterations)
    self.factor();
}

void SaddlePointSolver::Implementation::factor()
{
  auto &self = *this;
  VESALIUS_PETSC(PCSetOperators(self.inner, self.matrix.petsc(), self.matrix.petsc()));
  VESALIUS_PETSC(PCSetReusePreconditioner(self.inner, PETSC_FALSE));
  VESALIUS_PETSC(PCSetUp(self.inner));
  VESALIUS_PETSC(PCSetReusePreconditioner(self.inner, PETSC_TRUE)); // else the next application would make new factors of a matrix that has changed
  if (!self.is_direct)
    {
      if (!self.has_factors)
        self.set_up_blocks();
      Mat velocity, gradient, divergence;
      VESALIUS_PETSC(PCFieldSplitGetSchurBlocks(self.inner, &velocity, &gradient, &divergence, nullptr));
      self.schur.set_blocks(velocity, gradient, divergence, self.matrix.pressure_scale());
    }
  PCFailedReason failed;
  VESALIUS_PETSC(PCGetFailedReason(self.inner, &failed));
  if (failed != PC_NOERROR)
    throw SolverFailure("the factors of the coupled velocity-pressure matrix (" + std::to_string(self.matrix.n_global()) +
                        " unknowns) could not be computed: PETSc reason " + std::to_string(int(failed)));
  self.has_factors = self.is_fresh = true;
}

double SaddlePointSolver::norm(const Vector &residual) const
{
  const auto  &self   = *impl_;
  const double scale  = self.matrix.pressure_scale();
  const int    dim    = self.space.dimension();
  double       square = 0;
  for (int i = 0; i < self.space.p2().n_owned * dim; ++i)
    square += self.matrix.is_fixed(i / dim) ? 0. : residual.u[i] * residual.u[i];
  for (int i = 0; i < self.space.p1().n_owned; ++i)
    square += scale * scale * residual.p[i] * residual.p[i];
  if (self.rank == 0)
    for (std::size_t k = 0; k < self.border.size(); ++k)
      square += std::pow(self.row_scale[k] * residual.border[k], 2);
  MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_SUM, self.space.communicator());
  return std::sqrt(square);
}

double SaddlePointSolver::rounding(double pressure) const
{
  const auto &matrix = impl_->matrix;
  const int   dim    = impl_->space.dimension();
  return std::numeric_limits<double>::epsilon() * pressure * std::pow(matrix.spacing(), dim - 1) * std::sqrt(double(matrix.n_global()));
}

void SaddlePointSolver::deflate(Vector &residual) const { impl_->matrix.deflate(residual.p); }

KrylovResult SaddlePointSolver::solve(const Vector &residual, Vector &increment, double relative_tolerance)
{
  auto        &self  = *impl_;
  const double scale = self.matrix.pressure_scale();
  const int    dim = self.space.dimension(), n_u = self.space.p2().n_owned * dim, n_p = self.space.p1().n_owned;
  self.eliminate_border();
  std::vector<double> b(self.n_local), x(self.n_local, 0.);
  for (int i = 0; i < n_u; ++i)
    b[i] = self.matrix.is_fixed(i / dim) ? 0. : residual.u[i];
  for (int i = 0; i < n_p; ++i)
    b[n_u + i] = self.matrix.is_pinned(i) ? 0. : scale * residual.p[i];
  for (std::size_t k = 0; k < self.border.size() && self.rank == 0; ++k)
    b[self.n_matrix + k] = self.row_scale[k] * residual.border[k];
  Vec b_vector, x_vector;
  VESALIUS_PETSC(VecCreateMPIWithArray(self.space.communicator(), 1, self.n_local, PETSC_DETERMINE, b.data(), &b_vector));
  VESALIUS_PETSC(VecCreateMPIWithArray(self.space.communicator(), 1, self.n_local, PETSC_DETERMINE, x.data(), &x_vector));
  // Old factors get a few tries.
  auto result = solve_krylov(self.outer, b_vector, x_vector, relative_tolerance,
                             self.is_fresh ? self.settings.maximum_iterations : 3 * self.reuse_iterations);
  if (!result.converged && !self.is_fresh)
    {
      self.factor();
      self.eliminate_border();
      result = solve_krylov(self.outer, b_vector, x_vector, relative_tolerance, self.settings.maximum_iterations);
    }
  self.last_iterations = result.iterations;
  VecDestroy(&b_vector);
  VecDestroy(&x_vector);
  increment.u.assign(x.begin(), x.begin() + n_u);
  increment.p.assign(x.begin() + n_u, x.begin() + n_u + n_p);
  for (auto &value : increment.p)
    value *= scale;
  increment.border.assign(self.border.size(), 0.);
  for (std::size_t k = 0; k < self.border.size() && self.rank == 0; ++k)
    increment.border[k] = scale * x[self.n_matrix + k];
  MPI_Bcast(increment.border.data(), static_cast<int>(self.border.size()), MPI_DOUBLE, 0, self.space.communicator());
  return result;
}

} // namespace vesalius
