// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/krylov_result.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/algebra/solution_projection.h"
#include "solver/fields/simplex_space.h"

#include <memory>
#include <vector>

namespace vesalius
{

/// -Laplace on P1 with some nodes fixed: CG with BoomerAMG set up once, and projection onto previous
/// solutions; on P2 with a V-cycle of P2 and P1. Without fixed nodes the constant is deflated.
class PressureSolver
{
public:
  /// `is_fixed`: local nodes of the degree.
  PressureSolver(SimplexSpace &space, const std::vector<char> &is_fixed, double relative_tolerance, int degree = 1);
  ~PressureSolver();
  /// `rhs` owned values with the wanted value at fixed nodes; `x` owned result.
  KrylovResult solve(const double *rhs, double *x);
  /// The same without touching the stored previous solutions, to a tolerance of 1e-13 (set-up problems).
  KrylovResult solve_tightly(const double *rhs, double *x);
  /// y = (unconstrained stiffness matrix) x, owned values.
  void multiply(const double *x, double *y) const;
  /// Where solve() begins, from the solutions before.
  SolutionProjection &projection();

private:
  struct Implementation;
  std::unique_ptr<Implementation> impl_;
};

/// The P1 mass matrix: CG with Jacobi.
class P1MassSolver
{
public:
  P1MassSolver(SimplexSpace &space, double relative_tolerance);
  ~P1MassSolver();
  KrylovResult solve(const double *rhs, double *x);

private:
  struct Implementation;
  std::unique_ptr<Implementation> impl_;
};

/// The Stokes problem mu (grad u, grad v) - (p, div v) = f, -(div u, q) = 0 on P2/P1 with fixed velocity
/// nodes: MINRES with a V-cycle of P2 and P1 on the stiffness matrix (of degree 1: BoomerAMG) and the diagonal of the mass matrix. With an operator of degree 1
/// it is P1/P1, and the second equation becomes -(div u, q) - 1/mu (p - mean p, q - mean q) = 0, means over each cell
/// (Bochev, Dohrmann and Gunzburger 2006). Used once, for the initial state. Throws SolverFailure when it does not converge.
class StokesSolver
{
public:
  StokesSolver(SimplexSpace &space, const ScalarOperator &matrix, const std::vector<char> &is_fixed, double mu);
  ~StokesSolver();
  /// `rhs`: local P2 values, interleaved, ghosts' rows included for degree 1; `u` local P2: fixed values in, solution out; `p` local out.
  KrylovResult solve(const double *rhs, double *u, double *p, double relative_tolerance);

private:
  struct Implementation;
  std::unique_ptr<Implementation> impl_;
};

} // namespace vesalius
