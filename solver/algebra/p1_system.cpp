// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/p1_system.h"

#include "solver/algebra/krylov_solve.h"
#include "solver/algebra/petsc_session.h"
#include "solver/algebra/row_matrix.h"

#include <petscksp.h>

#include <algorithm>

namespace vesalius
{

struct P1System::Implementation
{
  Mat matrix = nullptr;
  Vec b = nullptr, x = nullptr;
  KSP ksp = nullptr;

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
  const PetscInt n = pattern_.n_rows;
  impl_->matrix = make_row_matrix(space.communicator(), space.p1(), pattern_);
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
  set_rows(impl_->matrix, space_.p1(), pattern_, values_.data());
  VESALIUS_PETSC(KSPSetOperators(impl_->ksp, impl_->matrix, impl_->matrix));
  VESALIUS_PETSC(VecPlaceArray(impl_->b, rhs));
  VESALIUS_PETSC(VecPlaceArray(impl_->x, x));
  VESALIUS_PETSC(KSPSolve(impl_->ksp, impl_->b, impl_->x));
  VESALIUS_PETSC(VecResetArray(impl_->b));
  VESALIUS_PETSC(VecResetArray(impl_->x));
  const auto result = krylov_outcome(impl_->ksp);
  space_.p1_halo().update(x, 1);
  return result;
}

} // namespace vesalius
