// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/size_field.h"
#include "solver/interfaces/mesh.h"
#include "solver/interfaces/surface.h"

namespace vesalius
{

/// Fills a closed surface with tetrahedra of the wanted edge length (times `factor`) by gmsh's Delaunay
/// refinement (Geuzaine and Remacle, 2009) and its optimiser (swaps and smoothing). The surface is kept: its points come first, in their order, and its triangles are the boundary
/// faces. One thread, so that the same input gives the same mesh. Throws SolverFailure.
Mesh fill_with_tetrahedra(const Surface &surface, const NearestPointField &edge_length, double factor);

} // namespace vesalius
