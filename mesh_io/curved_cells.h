// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/mesh.h"

#include <functional>
#include <string>

namespace vesalius
{

/// Moves the edge nodes of an order-2 mesh: `place(a, b)` gets the indices of the edge's vertices, a < b, and
/// returns where its node shall lie.
void place_edge_nodes(Mesh &mesh, const std::function<Vector3(std::int32_t, std::int32_t)> &place);

/// Volume (area in 2D) of the mesh as it is curved; the same as with straight cells for order 1.
double curved_volume(const Mesh &mesh);

/// Area (length in 2D) of the named boundary as it is curved. Quadrature of degree 5 on the root of a polynomial:
/// a relative error far below h^4.
double curved_boundary_measure(const Mesh &mesh, const std::string &boundary_name);

/// The smallest ratio of the Jacobian's determinant to that of the cell with straight edges, over sample points
/// (the lattice of degree 3) of all cells: 1 for straight cells, not positive where a cell is folded.
double minimum_jacobian_ratio(const Mesh &mesh);

} // namespace vesalius
