// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace vesalius
{

/// Cells of mixed shape by their corners, in VTK's order. Two dimensions: 3 corners are a triangle, 4 a
/// quadrilateral; three: 4 a tetrahedron, 5 a pyramid, 6 a wedge, 8 a hexahedron.
struct MixedCells
{
  int                       dimension = 3;
  std::vector<std::int32_t> corners;
  std::vector<std::size_t>  start{0};

  std::size_t n_cells() const { return start.size() - 1; }
  int         n_corners(std::size_t cell) const { return static_cast<int>(start[cell + 1] - start[cell]); }
  void        add(std::initializer_list<std::int32_t> cell) { add(cell.begin(), static_cast<int>(cell.size())); }
  void        add(const std::int32_t *first, int n)
  {
    corners.insert(corners.end(), first, first + n);
    start.push_back(corners.size());
  }
};

struct SplitCells
{
  std::vector<std::int32_t> simplices; ///< flat, dimension + 1 corners each, in either orientation
  std::vector<std::int32_t> parent;    ///< the cell that each simplex was cut from
};

/// Cuts every cell into simplices without new points. The diagonal of a quadrilateral starts at its corner of
/// lowest rank, and a cell is the cone from its corner of lowest rank, so that neighbours agree whatever their
/// shape (Dompierre, Labbe, Vallet, Camarero, "How to subdivide pyramids, prisms, and hexahedra into
/// tetrahedra", 8th International Meshing Roundtable, 1999). `rank` holds one distinct number a point; empty: the point's index.
SplitCells split_to_simplices(const MixedCells &cells, const std::vector<std::int64_t> &rank = {});

/// Whether each of `n_points` points lies on a face that belongs to one cell only.
std::vector<char> boundary_points(const MixedCells &cells, std::size_t n_points);

/// The edges, face diagonals and space diagonals of a quadrilateral (4 corners) or a hexahedron (8) on which the
/// nodes of VTK's biquadratic and triquadratic cells lie: nodes 4.. (8..) are edges, then face centres, then the centre.
struct NodeSpan
{
  int                             node = 0; ///< index of the node in the VTK cell
  std::vector<std::array<int, 2>> lines;    ///< pairs of corners whose straight line has it in its middle
};
const std::vector<NodeSpan> &quadratic_node_spans(int n_corners);

} // namespace vesalius
