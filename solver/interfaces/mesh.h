// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// Quality of a simplex mesh, as reported.
struct MeshQuality
{
  std::size_t n_vertices = 0, n_cells = 0, n_boundary_faces = 0;
  double      min_dihedral_deg = 0, max_dihedral_deg = 0; ///< angles of triangles in 2D
  double      min_radius_ratio = 0, mean_radius_ratio = 0; ///< 3 r_in / r_out, 1 is best
  double      min_edge = 0, mean_edge = 0, max_edge = 0; ///< m
  double      volume = 0, wall_area = 0; ///< m^3, m^2 (area, length in 2D)
  std::vector<double> dihedral_histogram; ///< share of minimum dihedral angles in 5-degree bins 0..75
};

/// Simplex mesh of geometry order 1 or 2; LPS frame, metres.
///
/// Cells are triangles (dimension 2) or tetrahedra (dimension 3), positively oriented, in VTK
/// order; order 2 appends the edge nodes 01 12 20 03 13 23 (triangles 01 12 20). Vertices of the
/// cells are the points 0..n_vertices-1, edge nodes follow. Boundary faces are the simplices on
/// the boundary, oriented outwards, each with an id >= 1 that `boundary_names` names.
struct Mesh
{
  int dimension = 3;
  int order     = 1;
  std::vector<std::array<double, 3>> points; ///< all nodes (z = 0 in 2D)
  std::size_t                        n_vertices = 0;
  std::vector<std::int32_t> cells; ///< flat, nodes_per_cell() each
  std::vector<int>          region_id; ///< per cell
  std::map<int, std::string> region_names;
  std::vector<std::int32_t> boundary_faces; ///< flat, vertices only, `dimension` each
  std::vector<int>          boundary_id;    ///< per boundary face
  std::map<int, std::string> boundary_names;

  int vertices_per_cell() const { return dimension + 1; }
  int nodes_per_cell() const
  {
    return order == 1 ? dimension + 1 : (dimension == 3 ? 10 : 6);
  }
  std::size_t n_cells() const { return cells.size() / nodes_per_cell(); }
  std::size_t n_boundary_faces() const { return boundary_faces.size() / dimension; }
};

} // namespace vesalius
