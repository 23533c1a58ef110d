// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"
#include "solver/interfaces/field_physics.h"

#include <vector>

namespace vesalius
{

/// The quadrature points of a boundary face as a SurfaceTerm takes them: where they are, what a P2 field of n_components is there, and what
/// a term makes of it. Weights hold the reference area.
struct FaceState
{
  int                 n = 0, n_nodes = 0, dim = 3, m = 3; ///< points, nodes, dimension, components
  int                 face = -1; ///< number among the space's boundary faces
  std::vector<double> x, normal, tangents, weight;
  std::vector<double> trace;  ///< [n][n_nodes]
  std::vector<double> slopes; ///< of the trace, [n][n_nodes][dim - 1]
  std::vector<double> value, slope, force, by_value, by_slope;

  FaceState(const SimplexSpace &space, const BoundaryFace &face, const std::vector<double> &field, int n_components);
  SurfacePoints points(double time) const { return {n, dim, time, x.data(), normal.data(), tangents.data(), face}; }
  /// Fills force and, if asked for, its derivatives.
  void evaluate(const SurfaceTerm &term, double time, bool with_derivatives);
};

} // namespace vesalius
