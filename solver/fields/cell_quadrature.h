// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <array>
#include <functional>
#include <vector>

namespace vesalius
{

/// Quadrature on the reference simplex: barycentric points and weights with sum 1, the collapsed product of Gauss rules
/// with n points; exact to degree 2n - dimension (Stroud 1971).
struct CellRule
{
  std::vector<std::array<double, 4>> points;
  std::vector<double>                weights;
};
CellRule collapsed_rule(int dimension, int n);

/// A quadrature point of a cell.
struct CellPoint
{
  std::size_t           cell   = 0;
  double                weight = 0; ///< with the volume, m^3 (m^2 in 2D)
  const double         *lambda = nullptr;
  const double         *phi    = nullptr; ///< P2 functions, VTK order
  std::array<double, 3> x{};              ///< position, m
};

/// Visits the points of a rule on cells [0, n_cells), as curved as their P2 nodes say.
void visit_cell_points(const SimplexSpace &space, const CellRule &rule, std::size_t n_cells,
                       const std::function<void(const CellPoint &)> &visit);

} // namespace vesalius
