// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/layer_columns.h"

#include <array>
#include <vector>

namespace vesalius
{

/// A point of a column: vertex of the surface, and how many layers lie below it.
struct ColumnPoint
{
  int  vertex = 0, level = 0;
  bool operator==(const ColumnPoint &) const = default;
};

/// The tetrahedra of layer k over a triangle, positive: three of a whole prism, two of one with an ended column, one of
/// one with two, none when all three have ended.
std::vector<std::array<ColumnPoint, 4>> prism_tetrahedra(const LayerColumns &columns, const std::array<int, 3> &triangle, int k);

/// The triangles of layer k beside the rim's edge from a to b (as the wall's triangle has it), outwards from the cap.
std::vector<std::array<ColumnPoint, 3>> rim_triangles(const LayerColumns &columns, int a, int b, int k);

struct PrismShape
{
  bool   is_empty = false, is_whole = false;
  double scaled_jacobian    = 1; ///< smallest of the corners, stretched along the normal until as high as wide; of whole prisms
  double min_dihedral_deg   = 180, max_dihedral_deg = 0;
  double min_dihedral_ratio = 1e9; ///< smallest dihedral angle over atan(mean height / mean edge)
};
PrismShape prism_shape(const LayerColumns &columns, const std::array<int, 3> &triangle, int k);

/// Scaled Jacobian at least 0.2, smallest dihedral angle at least 0.7 atan(height / edge), largest at most 150 degrees.
bool is_good(const PrismShape &shape);

} // namespace vesalius
