// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/host_device.h"
#include "solver/kernels/simplex_reference.h"

namespace vesalius::device
{

/// What a flow is computed with: simplices of a dimension, velocities of degree 2 or 1, pressures of degree 1. All kernels of cells and faces are templates over it.
/// Nodes, where nothing else is said, are the velocity's: with degree 1 the vertices.
template <int dimension, int velocity_degree>
struct Element
{
  static constexpr int dim = dimension, degree = velocity_degree;
  static constexpr int n_vertices = dim + 1, n_edges = kernels::SimplexReference<dim>::n_edges;
  static constexpr int n_nodes      = kernels::Lagrange<dim, degree>::n_nodes; ///< of a cell
  static constexpr int n_face_nodes = kernels::Lagrange<dim - 1, degree>::n_nodes;

  static constexpr const char *cells = dim == 3 ? "tetrahedra" : "triangles";
};

/// Vertices of an edge in VTK order: 01 12 20 03 13 23.
VESALIUS_HOST_DEVICE constexpr int edge_vertex(int edge, int end)
{
  return end == 0 ? edge % 3 : (edge < 3 ? (edge + 1) % 3 : 3);
}
VESALIUS_HOST_DEVICE constexpr int edge_between(int a, int b)
{
  return a == 3 ? 3 + b : b == 3 ? 3 + a : a + b == 1 ? 0 : a + b == 3 ? 1 : 2;
}
/// Of a tetrahedron.
VESALIUS_HOST_DEVICE constexpr int opposite_edge(int edge)
{
  return edge == 0 ? 5 : edge == 5 ? 0 : edge == 1 ? 3 : edge == 3 ? 1 : edge == 2 ? 4 : 2;
}

} // namespace vesalius::device
