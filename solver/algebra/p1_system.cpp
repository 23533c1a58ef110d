// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/p1_system.h"

#include "solver/algebra/petsc_session.h"

#include <petscksp.h>

#include <algorithm>

namespace vesalius
{

struct P1System::Implementation
{
  Mat                   matrix = nullptr;
  Vec                   b = nullptr, x = nullptr;
  KSP                   ksp = nullptr;
  std::vector<PetscInt> global_columns;

  ~Implementation()
  {
    KSPDestroy(&ksp);
    VecDestroy(&b);
    VecDestroy(&x);
    MatDestroy(&matrix);
  }
};

P1System::P1System(SimplexSpace &space, double relative_tolerance, int maximum_iterations)
  : space_(space), pattern_(space.p1().n_owned, space.cells_p1(), space.dimension() + 1),
    values_(pattern_.columns.size(), 0.), impl_(std::make_unique<Implementation>())
{
  const PetscInt        n = pattern_.n_rows;
  std::vector<PetscInt> inner(n, 0), outer(n, 0);
  for (int row = 0; row < n; ++row)
    for (auto k = pattern_.row_start[row]; k < pattern_.row_start[row + 1]; ++k)
      ++(pattern_.columns[k] < n ? inner : outer)[row];
  for (const auto column : pattern_.columns)
    impl_->global_columns.push_back(space.p1().index[column]);
  VESALIUS_PETSC(MatCreateAIJ(space.communicator(), n, n, PETSC_DETERMINE, PETSC_DETERMINE, 0, inner.data(), 0,
                              outer.data(), &impl_->matrix));
  VESALIUS_PETSC(VecCreateMPIWithArray(space.communicator(), 1, n, PETSC_DETERMINE, nullptr, &impl_->b));
  VESALIUS_PETSC(VecCreateMPIWithArray(space.communicator(), 1, n, PETSC_DETERMINE, nullptr, &impl_->x));
  VESALIUS_PETSC(KSPCreate(space.communicator(), &impl_->ksp));
  VESALIUS_PETSC(KSPSetType(impl_->ksp, KSPBCGS));
  VESALIUS_PETSC(KSPSetTolerances(impl_->ksp, relative_tolerance, 1e-300, 1e8, maximum_iterations));
  VESALIUS_PETSC(KSPSetInitialGuessNonzero(impl_->ksp, PETSC_TRUE));
  PC pc;
  VESALIUS_PETSC(KSPGetPC(impl_->ksp, &pc));
  VESALIUS_PETSC(PCSetType(pc, PCBJACOBI)); // ILU(0) inside
}

P1System::~P1System() = default;

void P1System::fix_row(int row)
{
  std::fill(values_.begin() + pattern_.row_start[row], values_.begin() + pattern_.row_start[row + 1], 0.);
  diagonal(row) = 1;
}

KrylovResult P1System::solve(const double *rhs, double *x)
{
  for (PetscInt row = 0; row < pattern_.n_rows; ++row)
    {
      const auto     begin = pattern_.row_start[row];
      const PetscInt index = space_.p1().index[row], n = pattern_.row_start[row + 1] - begin;
      VESALIUS_PETSC(MatSetValues(impl_->matrix, 1, &index, n, &impl_->global_columns[begin], &values_[begin], INSERT_VALUES));
    }
  VESALIUS_PETSC(MatAssemblyBegin(impl_->matrix, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(impl_->matrix, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(KSPSetOperators(impl_->ksp, impl_->matrix, impl_->matrix));
  VESALIUS_PETSC(VecPlaceArray(impl_->b, rhs));
  VESALIUS_PETSC(VecPlaceArray(impl_->x, x));
  VESALIUS_PETSC(KSPSolve(impl_->ksp, impl_->b, impl_->x));
  VESALIUS_PETSC(VecResetArray(impl_->b));
  VESALIUS_PETSC(VecResetArray(impl_->x));
  KSPConvergedReason reason;
  PetscInt           iterations = 0;
  KrylovResult       result;
  VESALIUS_PETSC(KSPGetConvergedReason(impl_->ksp, &reason));
  VESALIUS_PETSC(KSPGetIterationNumber(impl_->ksp, &iterations));
  VESALIUS_PETSC(KSPGetResidualNorm(impl_->ksp, &result.residual));
  result.iterations = iterations;
  result.converged  = reason > 0;
  space_.p1_halo().update(x, 1);
  return result;
}

} // namespace vesalius
