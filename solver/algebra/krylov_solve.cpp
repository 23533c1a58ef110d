// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/krylov_solve.h"

#include "solver/algebra/petsc_session.h"

namespace vesalius
{

KrylovResult krylov_outcome(KSP solver)
{
  KSPConvergedReason reason;
  PetscInt           iterations = 0;
  KrylovResult       result;
  VESALIUS_PETSC(KSPGetConvergedReason(solver, &reason));
  VESALIUS_PETSC(KSPGetIterationNumber(solver, &iterations));
  VESALIUS_PETSC(KSPGetResidualNorm(solver, &result.residual));
  result.iterations = iterations;
  result.converged  = reason > 0;
  return result;
}

KrylovResult solve_krylov(KSP solver, Vec b, Vec x, double relative_tolerance, int maximum_iterations)
{
  VESALIUS_PETSC(KSPSetTolerances(solver, relative_tolerance, 1e-300, 1e10, maximum_iterations));
  VESALIUS_PETSC(KSPSolve(solver, b, x));
  return krylov_outcome(solver);
}

} // namespace vesalius
