// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/field_solver.h"

#include "solver/algebra/blas_kernels.h"
#include "solver/algebra/krylov_solve.h"
#include "solver/algebra/petsc_session.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/core/errors.h"
#include "solver/core/profile.h"
#include "solver/kernels/field_kernels.h"

#include <cmath>

namespace vesalius
{

namespace
{
/// Krylov iterations with the factors of an earlier matrix: beyond the first number they are given up (new ones take as long as about ten iterations), beyond the second the next
/// matrix gets its own.
constexpr int most_with_old_factors = 12, many_with_old_factors = 6;

/// Whether x . A y = y . A x for two vectors without pattern. Frictionless contact and dead loads leave the tangent symmetric, friction and follower loads do not; where the test
/// is wrong, Krylov iterations make up for it.
bool is_symmetric(const FieldMatrix &matrix, MPI_Comm communicator)
{
  const int           n = matrix.n_rows();
  std::vector<double> x(n), y(n), Ax(n), Ay(n);
  for (int i = 0; i < n; ++i)
    {
      x[i] = std::sin(1.3 * i + 0.1 * (i % 7));
      y[i] = std::cos(2.1 * i + 0.2 * (i % 11));
    }
  matrix.multiply(x.data(), Ax.data());
  matrix.multiply(y.data(), Ay.data());
  double sums[] = {0, 0, 0};
  for (int i = 0; i < n; ++i)
    {
      sums[0] += x[i] * Ay[i] - y[i] * Ax[i];
      sums[1] += Ax[i] * Ax[i];
      sums[2] += y[i] * y[i];
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, communicator);
  return std::abs(sums[0]) <= 1e-10 * std::sqrt(sums[1] * sums[2]);
}

/// MUMPS for this matrix: half as many numbers and operations where it is symmetric.
PC make_factors(Mat matrix, bool symmetric)
{
  PC  factors;
  Mat mumps;
  VESALIUS_PETSC(PCCreate(PetscObjectComm(reinterpret_cast<PetscObject>(matrix)), &factors));
  VESALIUS_PETSC(PCSetOperators(factors, matrix, matrix));
  VESALIUS_PETSC(PCSetType(factors, symmetric ? PCCHOLESKY : PCLU));
  VESALIUS_PETSC(PCFactorSetMatSolverType(factors, MATSOLVERMUMPS));
  VESALIUS_PETSC(PCFactorSetUpMatSolverType(factors));
  VESALIUS_PETSC(PCFactorGetMatrix(factors, &mumps));
  VESALIUS_PETSC(MatMumpsSetIcntl(mumps, 14, 80)); // room for pivoting, per cent
  return factors;
}
} // namespace

FieldSolver::FieldSolver(SimplexSpace &space, const FieldPhysics &physics, std::vector<std::vector<char>> is_fixed,
                         const FieldSolverSettings &settings)
  : space_(space), physics_(physics), settings_(settings), matrix_(space, physics.fields(), std::move(is_fixed))
{
  VESALIUS_ASSERT(matrix_.n_fields() <= 2, "the block preconditioner knows two fields at most");
  const auto limit = space.dimension() == 3 ? settings.direct_limit_3d : settings.direct_limit_2d;
  is_direct_       = settings.method == FieldSolverSettings::Method::direct ||
               (settings.method == FieldSolverSettings::Method::automatic && n_unknowns() <= limit);
  const int n = matrix_.n_rows();
  VESALIUS_PETSC(MatCreateShell(space.communicator(), n, n, PETSC_DETERMINE, PETSC_DETERMINE, this, &shell_));
  VESALIUS_PETSC(MatShellSetOperation(shell_, MATOP_MULT, reinterpret_cast<void (*)()>(&FieldSolver::multiply_shell)));
  VESALIUS_PETSC(KSPCreate(space.communicator(), &outer_));
  VESALIUS_PETSC(KSPSetOperators(outer_, shell_, shell_));
  VESALIUS_PETSC(KSPSetType(outer_, KSPFGMRES));
  VESALIUS_PETSC(KSPGMRESSetRestart(outer_, 100));
  PC pc;
  VESALIUS_PETSC(KSPGetPC(outer_, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCSHELL));
  VESALIUS_PETSC(PCShellSetContext(pc, this));
  VESALIUS_PETSC(PCShellSetApply(pc, &FieldSolver::precondition_shell));
  if (!is_direct_)
    make_blocks();
}

FieldSolver::~FieldSolver()
{
  KSPDestroy(&outer_);
  KSPDestroy(&first_);
  KSPDestroy(&second_);
  PCDestroy(&factors_);
  MatDestroy(&shell_);
  MatDestroy(&blocks_shell_);
  MatDestroy(&whole_);
  MatDestroy(&mass_);
  MatDestroy(&interpolation_);
  MatDestroy(&coarse_);
  for (auto *vector : {&first_in_, &first_out_, &first_work_, &second_in_, &second_out_})
    VecDestroy(vector);
}

// --- preconditioners -----------------------------------------------------------------------------

void FieldSolver::make_direct()
{
  if (matrix_.n_fields() == 1)
    {
      if (!whole_)
        {
          whole_ = matrix_.block(0, 0);
          PetscObjectReference(reinterpret_cast<PetscObject>(whole_));
        }
    }
  else
    {
      Mat blocks[4] = {matrix_.block(0, 0), matrix_.block(0, 1), matrix_.block(1, 0), matrix_.block(1, 1)}, nest;
      VESALIUS_PETSC(MatCreateNest(space_.communicator(), 2, nullptr, 2, nullptr, blocks, &nest));
      VESALIUS_PETSC(MatConvert(nest, MATAIJ, whole_ ? MAT_REUSE_MATRIX : MAT_INITIAL_MATRIX, &whole_));
      MatDestroy(&nest);
    }
  // A second field's small diagonal delays the pivots of a symmetric elimination.
  const bool symmetric = matrix_.n_fields() == 1 && is_symmetric(matrix_, space_.communicator());
  if (factors_)
    {
      PetscBool is_cholesky;
      VESALIUS_PETSC(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(factors_), PCCHOLESKY, &is_cholesky));
      if (bool(is_cholesky) != symmetric)
        PCDestroy(&factors_);
    }
  if (!factors_)
    {
      choose_blas_kernels();
      factors_ = make_factors(whole_, symmetric);
    }
  // The pattern stays, and with it the order of elimination: later calls only compute new factors.
  wants_factors_ = true;
  VESALIUS_PETSC(PCSetReusePreconditioner(factors_, PETSC_FALSE));
  VESALIUS_PETSC(PCSetUp(factors_));
  VESALIUS_PETSC(PCSetReusePreconditioner(factors_, PETSC_TRUE));
  PCFailedReason failed;
  VESALIUS_PETSC(PCGetFailedReason(factors_, &failed));
  if (failed != PC_NOERROR)
    throw SolverFailure("the factors of the coupled matrix (" + std::to_string(n_unknowns()) + " unknowns) could not be computed: PETSc reason " +
                        std::to_string(int(failed)));
  wants_factors_ = has_old_factors_ = false;
}

void FieldSolver::make_interpolation()
{
  // A prescribed value has no correction: fixed unknowns take no part but for their own rows.
  const auto &fine = space_.p2(), &coarse = space_.p1();
  const int   m    = physics_.fields()[0].n_components;
  VESALIUS_PETSC(MatCreateAIJ(space_.communicator(), fine.n_owned * m, coarse.n_owned * m, PETSC_DETERMINE, PETSC_DETERMINE, 2, nullptr, 2, nullptr, &interpolation_));
  for (int node = 0; node < fine.n_owned; ++node)
    for (const int vertex : space_.parents()[node]) // a vertex is both of its own
      for (int c = 0; c < m; ++c)
        {
          const int parent = space_.node_of_vertex()[vertex];
          if (parent == node || !(matrix_.is_fixed(0, node * m + c) || matrix_.is_fixed(0, parent * m + c)))
            VESALIUS_PETSC(MatSetValue(interpolation_, PetscInt(fine.index[node]) * m + c, PetscInt(coarse.index[vertex]) * m + c, 0.5, ADD_VALUES));
        }
  VESALIUS_PETSC(MatAssemblyBegin(interpolation_, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(interpolation_, MAT_FINAL_ASSEMBLY));
}

namespace
{
/// Aggregates of strongly coupled vertices, each prolongation smoothed once; Jacobi within Chebyshev needs no order of the rows.
void set_aggregation(KSP solver)
{
  for (const auto &[name, value] : {std::pair{"-vesalius_field_pc_gamg_threshold", "0.01"},
                                    {"-vesalius_field_pc_gamg_agg_nsmooths", "1"},
                                    {"-vesalius_field_mg_levels_ksp_type", "chebyshev"},
                                    {"-vesalius_field_mg_levels_ksp_max_it", "3"},
                                    {"-vesalius_field_mg_levels_pc_type", "jacobi"},
                                    {"-vesalius_field_pc_gamg_sym_graph", "true"}})
    VESALIUS_PETSC(PetscOptionsSetValue(nullptr, name, value));
  PC pc;
  VESALIUS_PETSC(KSPSetType(solver, KSPPREONLY));
  VESALIUS_PETSC(KSPSetOptionsPrefix(solver, "vesalius_field_"));
  VESALIUS_PETSC(KSPGetPC(solver, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCGAMG));
  VESALIUS_PETSC(PCSetFromOptions(pc));
}
} // namespace

void FieldSolver::make_two_levels()
{
  make_interpolation();
  PC  pc, smoother_pc;
  KSP smoother;
  VESALIUS_PETSC(KSPSetType(first_, KSPPREONLY));
  VESALIUS_PETSC(KSPGetPC(first_, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCMG));
  VESALIUS_PETSC(PCMGSetLevels(pc, 2, nullptr));
  VESALIUS_PETSC(PCMGSetInterpolation(pc, 1, interpolation_));
  VESALIUS_PETSC(PCMGSetNumberSmooth(pc, 2));
  VESALIUS_PETSC(PCSetUseAmat(pc, PETSC_TRUE)); // products by blocks_, Jacobi by the matrix itself
  VESALIUS_PETSC(PCMGGetSmoother(pc, 1, &smoother));
  const int n = matrix_.n_owned(0);
  blocks_     = std::make_unique<SingleBlocks>(space_, matrix_);
  VESALIUS_PETSC(MatCreateShell(space_.communicator(), n, n, PETSC_DETERMINE, PETSC_DETERMINE, blocks_.get(), &blocks_shell_));
  VESALIUS_PETSC(MatShellSetOperation(blocks_shell_, MATOP_MULT, reinterpret_cast<void (*)()>(&FieldSolver::multiply_blocks_shell)));
  VESALIUS_PETSC(KSPSetType(smoother, KSPCHEBYSHEV));
  VESALIUS_PETSC(KSPChebyshevEstEigSet(smoother, 0, 0.1, 0, 1.1));
  VESALIUS_PETSC(KSPGetPC(smoother, &smoother_pc));
  VESALIUS_PETSC(PCSetType(smoother_pc, PCPBJACOBI)); // the blocks of the nodes
  VESALIUS_PETSC(PCMGGetCoarseSolve(pc, &vertices_));
  set_aggregation(vertices_);
}

void FieldSolver::make_blocks()
{
  VESALIUS_PETSC(KSPCreate(space_.communicator(), &first_));
  if (physics_.fields()[0].degree == 2)
    make_two_levels();
  else
    set_aggregation(vertices_ = first_);
  VESALIUS_PETSC(MatCreateVecs(matrix_.block(0, 0), &first_in_, &first_out_));
  VESALIUS_PETSC(VecDuplicate(first_in_, &first_work_));
  if (matrix_.n_fields() == 1)
    return;
  VESALIUS_PETSC(MatDuplicate(matrix_.block(1, 1), MAT_DO_NOT_COPY_VALUES, &mass_));
  VESALIUS_PETSC(MatCreateVecs(mass_, &second_in_, &second_out_));
  VESALIUS_PETSC(KSPCreate(space_.communicator(), &second_));
  VESALIUS_PETSC(KSPSetType(second_, KSPCG));
  VESALIUS_PETSC(KSPSetTolerances(second_, 1e-2, 1e-300, 1e10, 20));
  PC pc;
  VESALIUS_PETSC(KSPGetPC(second_, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCJACOBI));
}

void FieldSolver::set_vertex_matrix(const std::vector<double> &positions)
{
  const int dim = space_.dimension();
  Mat       matrix = matrix_.block(0, 0);
  if (interpolation_)
    {
      VESALIUS_PETSC(MatPtAP(matrix, interpolation_, coarse_ ? MAT_REUSE_MATRIX : MAT_INITIAL_MATRIX, PETSC_DEFAULT, &coarse_));
      matrix = coarse_;
    }
  VESALIUS_PETSC(KSPSetOperators(vertices_, matrix, matrix));
  if (!physics_.has_rigid_motions())
    return;
  std::vector<double> places(std::size_t(space_.p1().n_owned) * dim);
  for (int v = 0; v < space_.p1().n_owned; ++v)
    std::copy_n(&positions[std::size_t(space_.node_of_vertex()[v]) * dim], dim, &places[std::size_t(v) * dim]);
  Vec coordinates;
  VESALIUS_PETSC(VecCreateMPIWithArray(space_.communicator(), dim, PetscInt(places.size()), PETSC_DETERMINE, places.data(), &coordinates));
  MatNullSpace motions;
  VESALIUS_PETSC(MatNullSpaceCreateRigidBody(coordinates, &motions));
  VESALIUS_PETSC(MatSetBlockSize(matrix, dim));
  VESALIUS_PETSC(MatSetNearNullSpace(matrix, motions));
  MatNullSpaceDestroy(&motions);
  VecDestroy(&coordinates);
}

void FieldSolver::assemble_mass()
{
  // Of the reference; local cells hold all cells of the owned vertices.
  const int                 dim = space_.dimension(), n_points = kernels::n_field_points(dim);
  const auto                cells = cell_arrays(space_);
  const kernels::FieldCells fields(cells, {FieldShape{"", "", 1, 1, false, true}});
  const auto               &nodes = space_.p1();
  std::vector<double>       ones(nodes.n_local(), 1.), weight;
  const double *const       values[] = {ones.data()};
  const double              scale    = matrix_.scale(1);
  VESALIUS_PETSC(MatZeroEntries(mass_));
  kernels::visit_field_points(fields, 0, space_.n_cells(), values, [&](const FieldPoints &points, const double *volume, const double *) {
    weight.resize(points.n);
    physics_.schur_weight(points, weight.data());
    for (int first = 0; first < points.n; first += n_points)
      {
        // One weight a cell: the P1 mass matrix of a cell of that volume.
        double sum = 0;
        for (int q = first; q < first + n_points; ++q)
          sum += volume[q] * weight[q];
        const std::int32_t *vertices = &space_.cells_p1()[std::size_t(points.cell[first]) * (dim + 1)];
        PetscInt            rows[4], columns[4];
        double              matrix[16];
        for (int i = 0; i <= dim; ++i)
          {
            columns[i] = nodes.index[vertices[i]];
            rows[i]    = vertices[i] < nodes.n_owned ? columns[i] : -1;
            for (int j = 0; j <= dim; ++j)
              matrix[i * (dim + 1) + j] = scale * scale * sum * (i == j ? 2. : 1.) / ((dim + 1) * (dim + 2));
          }
        VESALIUS_PETSC(MatSetValues(mass_, dim + 1, rows, dim + 1, columns, matrix, ADD_VALUES));
      }
  });
  VESALIUS_PETSC(MatAssemblyBegin(mass_, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(mass_, MAT_FINAL_ASSEMBLY));
}

void FieldSolver::set_up(const std::vector<double> &positions)
{
  const ProfileScope scope("preconditioner");
  if (is_direct_)
    {
      has_old_factors_ = !wants_factors_;
      if (wants_factors_)
        make_direct();
      return;
    }
  set_vertex_matrix(positions);
  if (blocks_)
    {
      blocks_->update();
      VESALIUS_PETSC(MatAssemblyBegin(blocks_shell_, MAT_FINAL_ASSEMBLY)); // says that it has changed
      VESALIUS_PETSC(MatAssemblyEnd(blocks_shell_, MAT_FINAL_ASSEMBLY));
    }
  VESALIUS_PETSC(KSPSetOperators(first_, blocks_ ? blocks_shell_ : matrix_.block(0, 0), matrix_.block(0, 0)));
  VESALIUS_PETSC(KSPSetUp(first_));
  if (matrix_.n_fields() < 2)
    return;
  assemble_mass();
  VESALIUS_PETSC(KSPSetOperators(second_, mass_, mass_));
  VESALIUS_PETSC(KSPSetUp(second_));
}

PetscErrorCode FieldSolver::multiply_shell(Mat shell, Vec in, Vec out)
{
  void *context = nullptr;
  MatShellGetContext(shell, &context);
  static_cast<FieldSolver *>(context)->multiply(in, out);
  return 0;
}

PetscErrorCode FieldSolver::multiply_blocks_shell(Mat shell, Vec in, Vec out)
{
  void              *context = nullptr;
  const PetscScalar *x;
  PetscScalar       *y;
  MatShellGetContext(shell, &context);
  VESALIUS_PETSC(VecGetArrayRead(in, &x));
  VESALIUS_PETSC(VecGetArray(out, &y));
  static_cast<SingleBlocks *>(context)->multiply(x, y);
  VESALIUS_PETSC(VecRestoreArray(out, &y));
  VESALIUS_PETSC(VecRestoreArrayRead(in, &x));
  return 0;
}

PetscErrorCode FieldSolver::precondition_shell(PC pc, Vec in, Vec out)
{
  void *context = nullptr;
  PCShellGetContext(pc, &context);
  static_cast<FieldSolver *>(context)->precondition(in, out);
  return 0;
}

void FieldSolver::multiply(Vec in, Vec out)
{
  const PetscScalar *x;
  PetscScalar       *y;
  VESALIUS_PETSC(VecGetArrayRead(in, &x));
  VESALIUS_PETSC(VecGetArray(out, &y));
  const ProfileScope scope("product");
  matrix_.multiply(x, y);
  VESALIUS_PETSC(VecRestoreArray(out, &y));
  VESALIUS_PETSC(VecRestoreArrayRead(in, &x));
}

void FieldSolver::precondition(Vec in, Vec out)
{
  if (is_direct_)
    {
      VESALIUS_PETSC(PCApply(factors_, in, out));
      return;
    }
  const PetscScalar *r;
  PetscScalar       *z;
  const int          n_first = matrix_.n_owned(0);
  VESALIUS_PETSC(VecGetArrayRead(in, &r));
  VESALIUS_PETSC(VecGetArray(out, &z));
  VESALIUS_PETSC(VecPlaceArray(first_out_, z));
  VESALIUS_PETSC(VecPlaceArray(first_in_, r));
  VESALIUS_PETSC(VecCopy(first_in_, first_work_));
  if (matrix_.n_fields() == 2)
    {
      VESALIUS_PETSC(VecPlaceArray(second_in_, r + n_first));
      VESALIUS_PETSC(VecPlaceArray(second_out_, z + n_first));
      const ProfileScope scope("Schur mass");
      VESALIUS_PETSC(KSPSolve(second_, second_in_, second_out_));
      VESALIUS_PETSC(VecScale(second_out_, -1));
      // first_out_ serves as room for B^T z.
      VESALIUS_PETSC(MatMult(matrix_.block(0, 1), second_out_, first_out_));
      VESALIUS_PETSC(VecAXPY(first_work_, -1, first_out_));
      VESALIUS_PETSC(VecResetArray(second_in_));
      VESALIUS_PETSC(VecResetArray(second_out_));
    }
  {
    const ProfileScope scope("multigrid");
    VESALIUS_PETSC(KSPSolve(first_, first_work_, first_out_));
  }
  VESALIUS_PETSC(VecResetArray(first_in_));
  VESALIUS_PETSC(VecResetArray(first_out_));
  VESALIUS_PETSC(VecRestoreArray(out, &z));
  VESALIUS_PETSC(VecRestoreArrayRead(in, &r));
}

// --- solution ------------------------------------------------------------------------------------

KrylovResult FieldSolver::solve(const FieldValues &b, FieldValues &x, double relative_tolerance)
{
  const ProfileScope  scope("linear solver");
  std::vector<double> rhs, solution(matrix_.n_rows(), 0.);
  for (int f = 0; f < matrix_.n_fields(); ++f)
    for (int i = 0; i < matrix_.n_owned(f); ++i)
      rhs.push_back(matrix_.is_fixed(f, i) ? 0. : matrix_.scale(f) * b[f][i]);
  Vec b_vector, x_vector;
  const int n = matrix_.n_rows();
  VESALIUS_PETSC(VecCreateMPIWithArray(space_.communicator(), 1, n, PETSC_DETERMINE, rhs.data(), &b_vector));
  VESALIUS_PETSC(VecCreateMPIWithArray(space_.communicator(), 1, n, PETSC_DETERMINE, solution.data(), &x_vector));
  auto result = solve_krylov(outer_, b_vector, x_vector, relative_tolerance, has_old_factors_ ? most_with_old_factors : settings_.maximum_iterations);
  wants_factors_ = wants_factors_ || (has_old_factors_ && result.iterations > many_with_old_factors);
  if (!result.converged && has_old_factors_)
    {
      make_direct();
      const int before = result.iterations;
      result           = solve_krylov(outer_, b_vector, x_vector, relative_tolerance, settings_.maximum_iterations);
      result.iterations += before;
    }
  VecDestroy(&b_vector);
  VecDestroy(&x_vector);
  x.resize(matrix_.n_fields());
  const double *at = solution.data();
  for (int f = 0; f < matrix_.n_fields(); at += matrix_.n_owned(f), ++f)
    {
      x[f].assign(at, at + matrix_.n_owned(f));
      for (auto &value : x[f])
        value *= matrix_.scale(f);
    }
  return result;
}

double FieldSolver::norm(const FieldValues &residual) const
{
  double square = 0;
  for (int f = 0; f < matrix_.n_fields(); ++f)
    for (int i = 0; i < matrix_.n_owned(f); ++i)
      square += matrix_.is_fixed(f, i) ? 0. : std::pow(matrix_.scale(f) * residual[f][i], 2);
  MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return std::sqrt(square);
}

} // namespace vesalius
