// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/cell_pattern.h"
#include "solver/algebra/flow_solvers.h"
#include "solver/fields/simplex_space.h"

#include <memory>
#include <vector>

namespace vesalius
{

/// An unsymmetric linear system on P1, assembled anew for every solve: BiCGStab with ILU(0) on each rank.
class P1System
{
public:
  P1System(SimplexSpace &space, double relative_tolerance, int maximum_iterations = 500);
  ~P1System();

  const CellPattern   &pattern() const { return pattern_; }
  std::vector<double> &values() { return values_; }
  double              &diagonal(int row) { return values_[pattern_.diagonal[row]]; }
  /// The row says nothing but x = its right-hand side.
  void fix_row(int row);
  /// `rhs` owned values; `x` local: initial guess in, solution with ghosts out.
  KrylovResult solve(const double *rhs, double *x);

private:
  struct Implementation;
  SimplexSpace                   &space_;
  CellPattern                     pattern_;
  std::vector<double>             values_;
  std::unique_ptr<Implementation> impl_;
};

} // namespace vesalius
