// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/mesh.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// Moves the edge nodes of an order-2 mesh: `place(a, b)` gets the indices of the edge's vertices, a < b, and
/// returns where its node shall lie.
void place_edge_nodes(Mesh &mesh, const std::function<Vector3(std::int32_t, std::int32_t)> &place);

/// Volume (area in 2D) of the mesh as it is curved; the same as with straight cells for order 1.
double curved_volume(const Mesh &mesh);
std::map<int, double> curved_region_volumes(const Mesh &mesh); ///< the same, by region

/// Area (length in 2D) of the named boundary as it is curved. Quadrature of degree 5 on the root of a polynomial:
/// a relative error far below h^4.
double curved_boundary_measure(const Mesh &mesh, const std::string &boundary_name);

/// The smallest ratio of the Jacobian's determinant to that of the cell with straight edges, over sample points
/// (the lattice of degree 3) of all cells: 1 for straight cells, not positive where a cell is folded.
double minimum_jacobian_ratio(const Mesh &mesh);

/// A lower bound of the same ratio over all points of all cells, not over samples: the smallest Bernstein coefficient of the
/// determinant, a polynomial that lies within the hull of its coefficients (Johnen, Remacle, Geuzaine, JCP 233 (2013) 359).
std::vector<double> jacobian_ratio_bounds(const Mesh &mesh); ///< one a cell
double              jacobian_ratio_bound(const Mesh &mesh);  ///< the smallest

/// What curve_boundary has done.
struct CurvingReport
{
  std::size_t n_curved   = 0; ///< edge nodes that lie off the middle of their edge
  std::size_t n_relaxed  = 0; ///< of these, brought back towards the straight edge, since a cell beside them would have folded
  double      bound      = 1; ///< jacobian_ratio_bound at the end
};

/// Moves the edge nodes of a tetrahedral mesh of order 2 that lie on the boundary, or between two regions, onto the smooth surface
/// through its vertices: the middle of the cubic with the vertices' normals (PN triangles: Vlachos et al. 2001), whose error is
/// O(h^4). Surfaces with different names have normals of their own, so that rims stay sharp; flat ones stay flat. Then halves the way of the nodes of
/// cells whose bound lies below `least_ratio` until none does: no cell is folded.
CurvingReport curve_boundary(Mesh &mesh, double least_ratio = 0.1);

} // namespace vesalius
