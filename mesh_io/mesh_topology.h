// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"
#include "solver/interfaces/surface.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// The vertices of a face in ascending order: equal for the same face seen from either side.
/// The third is -1 for an edge (n = 2).
using FaceKey = std::array<std::int32_t, 3>;
FaceKey face_key(const std::int32_t *vertices, int n);

/// Simplices on the boundary, `dimension` vertices each, oriented outwards, in the order of the
/// cells they belong to.
std::vector<std::int32_t> boundary_faces_of(const Mesh &mesh);

/// The cell that each boundary face of `mesh` belongs to; -1 where the face belongs to none or to two.
std::vector<std::int64_t> cells_of_boundary_faces(const Mesh &mesh);

/// Everything that the contract of Mesh promises (positive cells, one id a boundary face, faces
/// outwards and exactly the topological boundary, no more separate pieces than regions): a sentence for each
/// promise that is broken, none for a sound mesh.
std::vector<std::string> broken_promises(const Mesh &mesh);

/// Faces between cells of two regions, of geometry order 1: each once, its normal from the lower region id to the higher.
struct InterfaceFaces
{
  std::vector<std::int32_t>        faces;   ///< flat, `dimension` vertices each
  std::vector<int>                 id;      ///< per face, from 1; a number for each pair of regions that touch
  std::map<int, std::array<int, 2>> regions; ///< id -> the pair, ascending
  std::map<int, std::string>       names;   ///< id -> "liver|kidney", in the order of `regions`
};
InterfaceFaces interface_faces(const Mesh &mesh);

/// Makes cells positive by swapping nodes; third-party meshes come in either orientation.
void orient_cells(Mesh &mesh);

/// The boundary of a volume mesh as a closed surface with the ids and names of the mesh and caps
/// measured. Points are renumbered; `vertex_of_point` (if given) gets the mesh vertex of each point.
Surface boundary_surface(const Mesh &mesh, std::vector<std::int32_t> *vertex_of_point = nullptr);

/// Centre, normal, area and radius of every boundary that is not the wall, from its triangles.
std::vector<Cap> measure_caps(const Surface &surface);

/// Volume enclosed by a closed surface (m^3).
double enclosed_volume(const Surface &surface);

} // namespace vesalius
