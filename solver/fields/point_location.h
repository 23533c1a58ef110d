// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <array>
#include <vector>

namespace vesalius
{

/// Where a point lies in the mesh. The same on all ranks but for `cell`.
struct LocatedPoint
{
  bool                  is_inside = false;
  double                distance  = 0; ///< to the boundary, for a point outside, m
  std::array<double, 3> nearest{};     ///< nearest point of the boundary, for a point outside
  int                   cell = -1;     ///< local cell on the one rank that has the point, -1 elsewhere
  std::array<double, 4> lambda{};      ///< barycentric coordinates on that rank
};

/// Finds the cell that holds a point (dimension coordinates, m), the lowest permanent one where several do, so that it
/// does not depend on the number of ranks; in a curved cell by Newton's method. The distance of a point outside is to the straight
/// faces. Collective.
LocatedPoint locate_point(const SimplexSpace &space, const std::array<double, 3> &point);

/// Many points at once, the same on all ranks, in one pass over the cells; `distance` and `nearest` of points outside are not found. Collective.
std::vector<LocatedPoint> locate_points(const SimplexSpace &space, const std::vector<std::array<double, 3>> &points);

/// Values of the P2 functions of a cell at barycentric coordinates, nodes_per_cell() of them.
std::vector<double> p2_values_at(int dimension, const std::array<double, 4> &lambda);

/// A field as a weighted sum of nodal values: (local node, weight).
using NodalWeights = std::vector<std::pair<int, double>>;

} // namespace vesalius
