// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/flat_boundaries.h"
#include "solver/interfaces/mesh.h"

#include <map>

namespace vesalius
{

/// Volume of every region (m^3 for a mesh in metres), from the straight cells.
std::map<int, double> region_volumes(const Mesh &mesh);

/// What restore_region_volumes and improve_worst_cells have done.
struct VertexMoves
{
  double      largest = 0; ///< in the mesh's unit of length
  std::size_t n_held  = 0; ///< vertices that stayed, since a cell beside them would have become too flat
};

/// Moves the vertices of the regions' interfaces along their normals, by the same length over each region's surface where
/// the cells allow it, until every region has the wanted volume to `tolerance` (relative). For tetrahedra of order 1.
/// Vertices with `planes` stay in them. A move that brings a dihedral angle below `min_dihedral_deg` or above `max_dihedral_deg`, or makes worse one that is there,
/// is left out.
VertexMoves restore_region_volumes(Mesh &mesh, const std::map<int, double> &wanted, double tolerance,
                                   double min_dihedral_deg, double max_dihedral_deg, const PlaneNormals &planes = {});

/// Moves single vertices of the cells with a dihedral angle out of bounds to where the worst angle around them is best: inner
/// ones in all directions, those of an interface along it, those where three regions meet along that line.
/// For tetrahedra of order 1; repeatable.
VertexMoves improve_worst_cells(Mesh &mesh, double min_dihedral_deg, double max_dihedral_deg);

} // namespace vesalius
