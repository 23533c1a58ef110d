// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/field_problem.h"

#include <string>
#include <vector>

namespace vesalius
{

struct NewtonSettings
{
  double tolerance          = 1e-8; ///< of the residual, relative to the loads and the forces of the supports
  int    maximum_iterations = 16; ///< what needs more is better served by a smaller load step
};

struct NewtonResult
{
  bool                converged = false;
  int                 newton = 0, krylov = 0;
  double              violation = 0; ///< of inequalities, in units of what is allowed, where more than 1 had to be let pass; else 0
  int                 before_updates = 0; ///< iterations before multipliers of inequalities were updated
  std::vector<double> residuals; ///< relative, before each iteration and after the last
  std::string         failure;   ///< in words
  WorstPoint          worst;     ///< of the last state tried, where a step failed because of it
};

/// Solves residual = 0 from `state`. Prescribed unknowns move through the tangent: the first increment already carries the body along. A
/// trial step is halved until FieldPhysics::validity() is positive everywhere, before anything is evaluated there, then while the residual
/// rises by more than a hundredfold over the last few: large rotations first stretch the body, and recover. On failure `state` is what it was. Collective.
NewtonResult solve_newton(FieldProblem &problem, const NewtonSettings &settings, FieldState &state);

} // namespace vesalius
