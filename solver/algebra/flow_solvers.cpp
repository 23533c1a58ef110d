// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/flow_solvers.h"

#include "solver/algebra/boomeramg.h"
#include "solver/algebra/krylov_solve.h"
#include "solver/algebra/petsc_session.h"
#include "solver/algebra/row_matrix.h"
#include "solver/core/errors.h"
#include "solver/core/profile.h"
#include "solver/fields/nested_spaces.h"

#include <petscksp.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{

/// A vector over the caller's owned values, without a copy.
class VectorView
{
public:
  VectorView(MPI_Comm communicator, PetscInt n)
  {
    VESALIUS_PETSC(VecCreateMPIWithArray(communicator, 1, n, PETSC_DETERMINE, nullptr, &vector_));
  }
  ~VectorView() { VecDestroy(&vector_); }
  VectorView(const VectorView &)            = delete;
  VectorView &operator=(const VectorView &) = delete;
  Vec         vector() const { return vector_; }
  void        place(const double *values) { VESALIUS_PETSC(VecPlaceArray(vector_, values)); }
  void        reset() { VESALIUS_PETSC(VecResetArray(vector_)); }

private:
  Vec vector_ = nullptr;
};

KrylovResult solve_placed(KSP ksp, VectorView &b, VectorView &x, const double *rhs, double *solution)
{
  b.place(rhs);
  x.place(solution);
  VESALIUS_PETSC(KSPSolve(ksp, b.vector(), x.vector()));
  b.reset();
  x.reset();
  return krylov_outcome(ksp);
}

enum class P1Form
{
  stiffness,
  mass,
  deviation ///< (p - mean p, q - mean q), means over the cell, which is affine
};

/// The matrix of one cell.
std::array<std::array<double, 4>, 4> p1_entries(const kernels::CellArrays &cells, std::size_t cell, P1Form form)
{
  const bool                           is_mass = form != P1Form::stiffness;
  std::array<std::array<double, 4>, 4> entries{};
  const int                            n   = cells.dimension + 1;
  const auto                           add = [&](double weight, const double(&g)[4][3]) {
    for (int a = 0; a < n; ++a)
      for (int b = 0; b < n; ++b)
        entries[a][b] += weight * (g[a][0] * g[b][0] + g[a][1] * g[b][1] + g[a][2] * g[b][2]);
  };
  if (cells.is_curved(cell))
    kernels::visit_cell_geometry(cells, cell, [&](const kernels::PointGeometry &point) {
      if (!is_mass)
        return add(point.weight, point.gradients);
      for (int a = 0; a < n; ++a)
        for (int b = 0; b < n; ++b)
          entries[a][b] += point.weight * point.lambda[a] * point.lambda[b];
    });
  else
    {
      double       g[4][3];
      const double volume = kernels::cell_geometry(cells, cell, g), mass_unit = cells.dimension == 3 ? 1. / 20. : 1. / 12.;
      if (!is_mass)
        add(volume, g);
      for (int a = 0; a < n && is_mass; ++a)
        for (int b = 0; b < n; ++b)
          entries[a][b] = volume * (mass_unit * (a == b ? 2 : 1) - (form == P1Form::deviation ? 1. / (n * n) : 0.));
    }
  return entries;
}

/// Owned rows complete.
Mat make_p1_matrix(const SimplexSpace &space, P1Form form)
{
  const int           n = space.dimension() + 1;
  const CellPattern   pattern(space.p1().n_owned, space.cells_p1(), n);
  std::vector<double> values(pattern.columns.size(), 0.);
  const auto          cells = cell_arrays(space);
  for (std::size_t c = 0; c < space.n_cells(); ++c)
    {
      const auto  entries = p1_entries(cells, c, form);
      const auto *at      = &pattern.cell_positions[c * n * n];
      for (int a = 0; a < n; ++a)
        for (int b = 0; b < n; ++b)
          if (at[a * n + b] >= 0)
            values[at[a * n + b]] += entries[a][b];
    }
  Mat matrix = make_row_matrix(space.communicator(), space.p1(), pattern);
  set_rows(matrix, space.p1(), pattern, values.data());
  return matrix;
}

} // namespace

// --- p-coarsening ------------------------------------------------------------------------------

namespace
{

/// Owned rows complete.
Mat make_p2_stiffness(const SimplexSpace &space)
{
  const ScalarOperator form(space);
  Mat                  matrix = make_row_matrix(space.communicator(), space.p2(), form.pattern());
  set_rows(matrix, space.p2(), form.pattern(), form.stiffness().data());
  return matrix;
}

/// Of P1 functions to P2 nodes; zero at fixed ones. The caller destroys it.
Mat make_p2_interpolation(const SimplexSpace &space, const std::vector<char> &is_fixed)
{
  const auto &fine = space.p2(), &coarse = space.p1();
  Mat         matrix;
  VESALIUS_PETSC(MatCreateAIJ(space.communicator(), fine.n_owned, coarse.n_owned, PETSC_DETERMINE, PETSC_DETERMINE, 2, nullptr, 2, nullptr, &matrix));
  for (int node = 0; node < fine.n_owned; ++node)
    if (!is_fixed[node])
      for (const int vertex : space.parents()[node]) // a vertex is both of its own
        VESALIUS_PETSC(MatSetValue(matrix, fine.index[node], coarse.index[vertex], 0.5, ADD_VALUES));
  VESALIUS_PETSC(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  return matrix;
}

/// A V-cycle of two levels for mu times the P2 stiffness matrix `fine`, with rows and columns of fixed nodes left out: a damped step
/// of Jacobi before and after BoomerAMG on P1, at two thirds of the spectrum (a Chebyshev polynomial of degree one; of degree two it spares no iteration:
/// docs/performance). Symmetric.
void set_p_coarsening(PC pc, const SimplexSpace &space, const std::vector<char> &is_fixed, Mat fine, double mu)
{
  Mat                   coarse = make_p1_matrix(space, P1Form::stiffness), interpolation = make_p2_interpolation(space, is_fixed);
  std::vector<PetscInt> fixed_rows;
  for (int v = 0; v < space.p1().n_owned; ++v)
    if (is_fixed[space.node_of_vertex()[v]])
      fixed_rows.push_back(space.p1().index[v]);
  VESALIUS_PETSC(MatScale(coarse, mu));
  VESALIUS_PETSC(MatZeroRowsColumns(coarse, PetscInt(fixed_rows.size()), fixed_rows.data(), 1., nullptr, nullptr));
  KSP smoother, spectrum, coarse_solver;
  PC  jacobi, amg;
  VESALIUS_PETSC(PCSetType(pc, PCMG));
  VESALIUS_PETSC(PCMGSetLevels(pc, 2, nullptr));
  VESALIUS_PETSC(PCMGSetInterpolation(pc, 1, interpolation));
  VESALIUS_PETSC(PCMGSetNumberSmooth(pc, 1));
  VESALIUS_PETSC(PCMGGetSmoother(pc, 1, &smoother));
  VESALIUS_PETSC(KSPSetOperators(smoother, fine, fine));
  VESALIUS_PETSC(KSPSetType(smoother, KSPCHEBYSHEV));
  VESALIUS_PETSC(KSPChebyshevEstEigSet(smoother, 0, 0.2, 0, 1.1));
  VESALIUS_PETSC(KSPChebyshevEstEigGetKSP(smoother, &spectrum));
  VESALIUS_PETSC(KSPSetType(spectrum, KSPCG));
  VESALIUS_PETSC(KSPSetTolerances(spectrum, 1e-12, 1e-300, 1e300, 6));
  VESALIUS_PETSC(KSPGetPC(smoother, &jacobi));
  VESALIUS_PETSC(PCSetType(jacobi, PCJACOBI));
  VESALIUS_PETSC(PCMGGetCoarseSolve(pc, &coarse_solver));
  VESALIUS_PETSC(KSPSetOperators(coarse_solver, coarse, coarse));
  VESALIUS_PETSC(KSPSetType(coarse_solver, KSPPREONLY));
  VESALIUS_PETSC(KSPGetPC(coarse_solver, &amg));
  set_boomeramg(amg, "vesalius_p_coarse_");
  VESALIUS_PETSC(MatDestroy(&coarse));
  VESALIUS_PETSC(MatDestroy(&interpolation));
}

} // namespace

// --- pressure --------------------------------------------------------------------------------

struct PressureSolver::Implementation
{
  VectorView        b, x;
  Mat               stiffness = nullptr, constrained = nullptr;
  KSP               ksp = nullptr, tight = nullptr;
  MatNullSpace      constants = nullptr;
  std::vector<char> is_fixed;
  std::unique_ptr<SolutionProjection> projection;
  std::vector<double>                 guess;

  Implementation(MPI_Comm communicator, PetscInt n)
    : b(communicator, n), x(communicator, n)
  {}
  ~Implementation()
  {
    KSPDestroy(&ksp);
    KSPDestroy(&tight);
    MatDestroy(&stiffness);
    MatDestroy(&constrained);
    MatNullSpaceDestroy(&constants);
  }
  KSP make_ksp(MPI_Comm communicator, double tolerance, PC shared)
  {
    KSP solver;
    VESALIUS_PETSC(KSPCreate(communicator, &solver));
    VESALIUS_PETSC(KSPSetOptionsPrefix(solver, "vesalius_pressure_"));
    VESALIUS_PETSC(KSPSetOperators(solver, constrained, constrained));
    VESALIUS_PETSC(KSPSetType(solver, KSPCG));
    VESALIUS_PETSC(KSPSetTolerances(solver, tolerance, 1e-300, 1e8, 500));
    if (shared)
      VESALIUS_PETSC(KSPSetPC(solver, shared));
    return solver;
  }
};

PressureSolver::PressureSolver(SimplexSpace &space, const std::vector<char> &is_fixed, double relative_tolerance, int degree)
  : impl_(std::make_unique<Implementation>(space.communicator(), space.nodes(degree).n_owned))
{
  const auto &nodes = space.nodes(degree);
  impl_->stiffness  = degree == 1 ? make_p1_matrix(space, P1Form::stiffness) : make_p2_stiffness(space);
  impl_->is_fixed.assign(is_fixed.begin(), is_fixed.begin() + nodes.n_owned);
  VESALIUS_PETSC(MatDuplicate(impl_->stiffness, MAT_COPY_VALUES, &impl_->constrained));
  std::vector<PetscInt> rows;
  for (int i = 0; i < nodes.n_owned; ++i)
    if (is_fixed[i])
      rows.push_back(nodes.index[i]);
  int n_fixed = static_cast<int>(rows.size());
  MPI_Allreduce(MPI_IN_PLACE, &n_fixed, 1, MPI_INT, MPI_SUM, space.communicator());
  VESALIUS_PETSC(MatZeroRowsColumns(impl_->constrained, PetscInt(rows.size()), rows.data(), 1.0, nullptr, nullptr));
  if (n_fixed == 0)
    {
      VESALIUS_PETSC(MatNullSpaceCreate(space.communicator(), PETSC_TRUE, 0, nullptr, &impl_->constants));
      VESALIUS_PETSC(MatSetNullSpace(impl_->constrained, impl_->constants));
      VESALIUS_PETSC(MatSetTransposeNullSpace(impl_->constrained, impl_->constants));
    }
  impl_->ksp = impl_->make_ksp(space.communicator(), relative_tolerance, nullptr);
  PC pc;
  VESALIUS_PETSC(KSPGetPC(impl_->ksp, &pc));
  if (degree == 1)
    set_boomeramg(pc, "vesalius_pressure_");
  else
    set_p_coarsening(pc, space, is_fixed, impl_->constrained, 1);
  impl_->tight = impl_->make_ksp(space.communicator(), 1e-13, pc);
  VESALIUS_PETSC(KSPSetInitialGuessNonzero(impl_->ksp, PETSC_TRUE));
  impl_->guess.resize(nodes.n_owned);
  impl_->projection = std::make_unique<SolutionProjection>(space.communicator(), nodes.n_owned, nodes.n_local(), [matrix = impl_->constrained, this](const double *x, double *y) {
    impl_->x.place(x);
    impl_->b.place(y);
    VESALIUS_PETSC(MatMult(matrix, impl_->x.vector(), impl_->b.vector()));
    impl_->x.reset();
    impl_->b.reset();
  });
}

SolutionProjection &PressureSolver::projection() { return *impl_->projection; }

PressureSolver::~PressureSolver() = default;

KrylovResult PressureSolver::solve(const double *rhs, double *x)
{
  const ProfileScope scope("solver");
  impl_->b.place(rhs);
  if (impl_->constants)
    VESALIUS_PETSC(MatNullSpaceRemove(impl_->constants, impl_->b.vector()));
  impl_->b.reset();
  impl_->projection->guess(rhs, impl_->guess.data());
  std::copy(impl_->guess.begin(), impl_->guess.end(), x);
  const auto result = solve_placed(impl_->ksp, impl_->b, impl_->x, rhs, x);
  if (result.converged)
    impl_->projection->add(impl_->guess.data(), x);
  return result;
}

KrylovResult PressureSolver::solve_tightly(const double *rhs, double *x)
{
  return solve_placed(impl_->tight, impl_->b, impl_->x, rhs, x);
}

void PressureSolver::multiply(const double *x, double *y) const
{
  impl_->x.place(x);
  impl_->b.place(y);
  VESALIUS_PETSC(MatMult(impl_->stiffness, impl_->x.vector(), impl_->b.vector()));
  impl_->x.reset();
  impl_->b.reset();
}

// --- P1 mass ---------------------------------------------------------------------------------

struct P1MassSolver::Implementation
{
  VectorView b, x;
  Mat        mass = nullptr;
  KSP        ksp  = nullptr;
  Implementation(MPI_Comm communicator, PetscInt n)
    : b(communicator, n), x(communicator, n)
  {}
  ~Implementation()
  {
    KSPDestroy(&ksp);
    MatDestroy(&mass);
  }
};

P1MassSolver::P1MassSolver(SimplexSpace &space, double relative_tolerance)
  : impl_(std::make_unique<Implementation>(space.communicator(), space.p1().n_owned))
{
  impl_->mass = make_p1_matrix(space, P1Form::mass);
  VESALIUS_PETSC(KSPCreate(space.communicator(), &impl_->ksp));
  VESALIUS_PETSC(KSPSetOperators(impl_->ksp, impl_->mass, impl_->mass));
  VESALIUS_PETSC(KSPSetType(impl_->ksp, KSPCG));
  VESALIUS_PETSC(KSPSetTolerances(impl_->ksp, relative_tolerance, 1e-300, 1e8, 200));
  VESALIUS_PETSC(KSPSetInitialGuessNonzero(impl_->ksp, PETSC_TRUE));
  PC pc;
  VESALIUS_PETSC(KSPGetPC(impl_->ksp, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCJACOBI));
}

P1MassSolver::~P1MassSolver() = default;

KrylovResult P1MassSolver::solve(const double *rhs, double *x)
{
  const ProfileScope scope("mass solver");
  return solve_placed(impl_->ksp, impl_->b, impl_->x, rhs, x);
}

// --- Stokes ----------------------------------------------------------------------------------

struct StokesSolver::Implementation
{
  SimplexSpace           &space;
  const ScalarOperator &matrix;
  std::vector<char>       is_fixed; ///< of the operator's nodes
  double                  mu;
  int                     dim, n_u, n_p;
  bool                    is_linear;
  std::vector<double>     u, p, r_u, r_p, inverse_mass, component_in, component_out; ///< u, r_u: the operator's nodes
  std::vector<double>     u_p2, r_p2, r_deviation; ///< P1/P1 only
  Mat                     stiffness = nullptr, shell = nullptr, deviation = nullptr;
  PC                      amg = nullptr;
  KSP                     ksp = nullptr;

  Implementation(SimplexSpace &s, const ScalarOperator &m, const std::vector<char> &fixed, double viscosity)
    : space(s), matrix(m), is_fixed(fixed), mu(viscosity), dim(s.dimension()), n_u(m.n_rows() * dim),
      n_p(s.p1().n_owned), is_linear(m.degree() == 1), u(std::size_t(s.nodes(m.degree()).n_local()) * dim),
      p(s.p1().n_local()), r_u(u.size()), r_p(p.size()), component_in(m.n_rows()), component_out(m.n_rows())
  {
    if (!is_linear)
      return;
    is_fixed.resize(s.p1().n_local());
    for (std::size_t v = 0; v < is_fixed.size(); ++v)
      is_fixed[v] = fixed[s.node_of_vertex()[v]];
    u_p2.resize(std::size_t(s.p2().n_local()) * dim);
    r_p2.resize(u_p2.size());
    r_deviation.resize(p.size());
    deviation = make_p1_matrix(s, P1Form::deviation);
  }
  ~Implementation()
  {
    KSPDestroy(&ksp);
    PCDestroy(&amg);
    MatDestroy(&stiffness);
    MatDestroy(&shell);
    MatDestroy(&deviation);
  }
  void make_preconditioner();
  /// (r_u, r_p) = operator (u, p) with ghosts of u and p up to date; all rows, fixed ones too.
  void apply();
  void add_deviation();
  static PetscErrorCode multiply(Mat shell, Vec in, Vec out);
  static PetscErrorCode precondition(PC pc, Vec in, Vec out);
};

void StokesSolver::Implementation::apply()
{
  const ProfileScope scope("operator");
  const auto cells = cell_arrays(space);
  std::fill(r_u.begin(), r_u.end(), 0.);
  matrix.multiply(matrix.stiffness(), dim, u.data(), r_u.data());
  for (auto &value : r_u)
    value *= mu;
  std::fill(r_p.begin(), r_p.end(), 0.);
  if (!is_linear)
    {
      kernels::add_negative_divergence_transpose(cells, p.data(), r_u.data());
      return kernels::add_negative_divergence(cells, u.data(), r_p.data());
    }
  std::fill(r_p2.begin(), r_p2.end(), 0.);
  kernels::add_negative_divergence_transpose(cells, p.data(), r_p2.data());
  add_restricted(space, dim, r_p2, r_u);
  expand(space, dim, u, u_p2);
  kernels::add_negative_divergence(cells, u_p2.data(), r_p.data());
  add_deviation();
}

void StokesSolver::Implementation::add_deviation()
{
  VectorView in(space.communicator(), n_p), out(space.communicator(), n_p);
  in.place(p.data());
  out.place(r_deviation.data());
  VESALIUS_PETSC(MatMult(deviation, in.vector(), out.vector()));
  in.reset();
  out.reset();
  for (int i = 0; i < n_p; ++i)
    r_p[i] -= r_deviation[i] / mu;
}

PetscErrorCode StokesSolver::Implementation::multiply(Mat shell, Vec in, Vec out)
{
  void *context = nullptr;
  MatShellGetContext(shell, &context);
  auto              &self = *static_cast<Implementation *>(context);
  const PetscScalar *x;
  PetscScalar       *y;
  VecGetArrayRead(in, &x);
  VecGetArray(out, &y);
  for (int i = 0; i < self.n_u; ++i)
    self.u[i] = self.is_fixed[i / self.dim] ? 0. : x[i];
  std::copy(x + self.n_u, x + self.n_u + self.n_p, self.p.begin());
  self.space.halo(self.matrix.degree()).update(self.u.data(), self.dim);
  self.space.p1_halo().update(self.p.data(), 1);
  self.apply();
  for (int i = 0; i < self.n_u; ++i)
    y[i] = self.is_fixed[i / self.dim] ? x[i] : self.r_u[i];
  std::copy(self.r_p.begin(), self.r_p.begin() + self.n_p, y + self.n_u);
  VecRestoreArray(out, &y);
  VecRestoreArrayRead(in, &x);
  return 0;
}

PetscErrorCode StokesSolver::Implementation::precondition(PC pc, Vec in, Vec out)
{
  const ProfileScope scope("preconditioner");
  void *context = nullptr;
  PCShellGetContext(pc, &context);
  auto              &self = *static_cast<Implementation *>(context);
  const PetscScalar *x;
  PetscScalar       *y;
  VecGetArrayRead(in, &x);
  VecGetArray(out, &y);
  const int          n = self.matrix.n_rows();
  VectorView         b(self.space.communicator(), n), z(self.space.communicator(), n);
  for (int c = 0; c < self.dim; ++c)
    {
      for (int i = 0; i < n; ++i)
        self.component_in[i] = x[i * self.dim + c];
      b.place(self.component_in.data());
      z.place(self.component_out.data());
      VESALIUS_PETSC(PCApply(self.amg, b.vector(), z.vector()));
      b.reset();
      z.reset();
      for (int i = 0; i < n; ++i)
        y[i * self.dim + c] = self.component_out[i];
    }
  for (int i = 0; i < self.n_p; ++i)
    y[self.n_u + i] = self.mu * self.inverse_mass[i] * x[self.n_u + i];
  VecRestoreArray(out, &y);
  VecRestoreArrayRead(in, &x);
  return 0;
}

void StokesSolver::Implementation::make_preconditioner()
{
  const auto           &nodes = space.nodes(matrix.degree());
  std::vector<PetscInt> fixed_rows;
  for (int row = 0; row < nodes.n_owned; ++row)
    if (is_fixed[row])
      fixed_rows.push_back(nodes.index[row]);
  stiffness = make_row_matrix(space.communicator(), nodes, matrix.pattern());
  set_rows(stiffness, nodes, matrix.pattern(), matrix.stiffness().data(), mu);
  VESALIUS_PETSC(MatZeroRowsColumns(stiffness, PetscInt(fixed_rows.size()), fixed_rows.data(), 1., nullptr, nullptr));
  VESALIUS_PETSC(PCCreate(space.communicator(), &amg));
  VESALIUS_PETSC(PCSetOptionsPrefix(amg, "vesalius_stokes_"));
  VESALIUS_PETSC(PCSetOperators(amg, stiffness, stiffness));
  if (is_linear)
    set_boomeramg(amg, "vesalius_stokes_");
  else
    set_p_coarsening(amg, space, is_fixed, stiffness, mu);
  VESALIUS_PETSC(PCSetUp(amg));
  Mat mass = make_p1_matrix(space, P1Form::mass);
  Vec diagonal;
  VESALIUS_PETSC(MatCreateVecs(mass, &diagonal, nullptr));
  VESALIUS_PETSC(MatGetDiagonal(mass, diagonal));
  const PetscScalar *d;
  VESALIUS_PETSC(VecGetArrayRead(diagonal, &d));
  for (int i = 0; i < n_p; ++i)
    inverse_mass.push_back(1. / d[i]);
  VESALIUS_PETSC(VecRestoreArrayRead(diagonal, &d));
  VecDestroy(&diagonal);
  MatDestroy(&mass);
}

StokesSolver::StokesSolver(SimplexSpace &space, const ScalarOperator &matrix, const std::vector<char> &is_fixed,
                           double mu)
  : impl_(std::make_unique<Implementation>(space, matrix, is_fixed, mu))
{
  const ProfileScope scope("Stokes set-up");
  impl_->make_preconditioner();
  const PetscInt n = impl_->n_u + impl_->n_p;
  VESALIUS_PETSC(MatCreateShell(space.communicator(), n, n, PETSC_DETERMINE, PETSC_DETERMINE, impl_.get(), &impl_->shell));
  VESALIUS_PETSC(MatShellSetOperation(impl_->shell, MATOP_MULT,
                                      reinterpret_cast<void (*)()>(&Implementation::multiply)));
  VESALIUS_PETSC(KSPCreate(space.communicator(), &impl_->ksp));
  VESALIUS_PETSC(KSPSetOperators(impl_->ksp, impl_->shell, impl_->shell));
  VESALIUS_PETSC(KSPSetType(impl_->ksp, KSPMINRES));
  PC pc;
  VESALIUS_PETSC(KSPGetPC(impl_->ksp, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCSHELL));
  VESALIUS_PETSC(PCShellSetContext(pc, impl_.get()));
  VESALIUS_PETSC(PCShellSetApply(pc, &Implementation::precondition));
}

StokesSolver::~StokesSolver() = default;

KrylovResult StokesSolver::solve(const double *rhs, double *u, double *p, double relative_tolerance)
{
  const ProfileScope scope("Stokes solver");
  auto &self = *impl_;
  std::vector<double> velocity(u, u + std::size_t(self.space.p2().n_local()) * self.dim), nodal, force(self.u.size(), 0.);
  if (self.is_linear)
    {
      nodal.resize(self.u.size());
      take_vertices(self.space, self.dim, velocity, nodal);
      add_restricted(self.space, self.dim, std::vector<double>(rhs, rhs + velocity.size()), force);
    }
  else
    {
      nodal = velocity;
      std::copy_n(rhs, self.n_u, force.begin());
    }
  // Fixed values move to the right-hand side.
  for (std::size_t i = 0; i < self.u.size(); ++i)
    self.u[i] = self.is_fixed[i / self.dim] ? nodal[i] : 0.;
  std::fill(self.p.begin(), self.p.end(), 0.);
  self.apply();
  std::vector<double> b(self.n_u + self.n_p), x(self.n_u + self.n_p, 0.);
  for (int i = 0; i < self.n_u; ++i)
    b[i] = self.is_fixed[i / self.dim] ? 0. : force[i] - self.r_u[i];
  for (int i = 0; i < self.n_p; ++i)
    b[self.n_u + i] = -self.r_p[i];
  VESALIUS_PETSC(KSPSetTolerances(self.ksp, relative_tolerance, 1e-300, 1e10, 2000));
  VectorView b_view(self.space.communicator(), PetscInt(b.size())), x_view(self.space.communicator(), PetscInt(x.size()));
  const auto result = solve_placed(self.ksp, b_view, x_view, b.data(), x.data());
  if (!result.converged)
    throw SolverFailure("the Stokes problem of the initial state did not converge in " +
                        std::to_string(result.iterations) + " MINRES iterations");
  for (int i = 0; i < self.n_u; ++i)
    if (!self.is_fixed[i / self.dim])
      nodal[i] = x[i];
  std::copy(x.begin() + self.n_u, x.end(), p);
  self.space.halo(self.matrix.degree()).update(nodal.data(), self.dim);
  if (self.is_linear)
    expand(self.space, self.dim, nodal, velocity);
  std::copy_n((self.is_linear ? velocity : nodal).begin(), velocity.size(), u);
  self.space.p1_halo().update(p, 1);
  return result;
}

} // namespace vesalius
