// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/grid_splitting.h"

#include "mesh_io/cell_splitting.h"

#include <algorithm>

namespace vesalius
{

namespace
{
struct Shape
{
  int dimension, n_corners, order;
};

/// VTK's cell types that are no simplices.
const std::map<int, Shape> shapes{{9, {2, 4, 1}},  {12, {3, 8, 1}}, {13, {3, 6, 1}}, {14, {3, 5, 1}},
                                  {23, {2, 4, 2}}, {28, {2, 4, 2}}, {25, {3, 8, 2}}, {29, {3, 8, 2}}};

/// Middles of faces and cells that several cells share, by the corners around them.
using SharedMiddles = std::map<std::vector<std::int64_t>, std::int32_t>;

/// The node in the middle between two corners of a quadratic cell.
std::int32_t middle_node(VtkGrid &grid, const std::vector<std::int64_t> &cell, int n_corners, std::int32_t a,
                         std::int32_t b, SharedMiddles &shared)
{
  const auto &spans = quadratic_node_spans(n_corners);
  const auto  joins = [&](const std::array<int, 2> &line) {
    return (cell[line[0]] == a && cell[line[1]] == b) || (cell[line[0]] == b && cell[line[1]] == a);
  };
  const auto span = std::find_if(spans.begin(), spans.end(),
                                 [&](const NodeSpan &s) { return std::any_of(s.lines.begin(), s.lines.end(), joins); });
  if (span->node < static_cast<int>(cell.size()))
    return static_cast<std::int32_t>(cell[span->node]);
  // Serendipity: -1/4 of the corners, and of the edges 1/2 on a face, 1/4 in a cell.
  std::vector<int> corners;
  for (const auto &line : span->lines)
    corners.insert(corners.end(), line.begin(), line.end());
  std::vector<std::int64_t> key;
  for (const int corner : corners)
    key.push_back(cell[corner]);
  std::sort(key.begin(), key.end());
  const auto [found, is_new] = shared.try_emplace(key, static_cast<std::int32_t>(grid.points.size()));
  if (is_new)
    {
      const auto has = [&](int corner) { return std::find(corners.begin(), corners.end(), corner) != corners.end(); };
      Vector3    x{0, 0, 0};
      for (const int corner : corners)
        x = x - 0.25 * grid.points[cell[corner]];
      for (const auto &edge : spans)
        if (edge.lines.size() == 1 && has(edge.lines[0][0]) && has(edge.lines[0][1]))
          x = x + (corners.size() == 4 ? 0.5 : 0.25) * grid.points[cell[edge.node]];
      grid.points.push_back(x);
    }
  return found->second;
}
} // namespace

void split_into_simplices(VtkGrid &grid)
{
  if (std::none_of(grid.types.begin(), grid.types.end(), [](int type) { return shapes.count(type) > 0; }))
    return;
  static constexpr int     edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  VtkGrid                  result;
  std::vector<std::size_t> parent;
  SharedMiddles            shared;
  const std::size_t        n_cells = grid.n_cells();
  for (std::size_t c = 0; c < n_cells; ++c)
    {
      const std::vector<std::int64_t> cell(&grid.nodes[grid.offsets[c]],
                                           &grid.nodes[grid.offsets[c]] + (grid.offsets[c + 1] - grid.offsets[c]));
      std::vector<std::int32_t>       nodes(cell.begin(), cell.end());
      const auto                      found = shapes.find(grid.types[c]);
      if (found == shapes.end())
        {
          result.add_cell(grid.types[c], nodes.data(), static_cast<int>(nodes.size()));
          parent.push_back(c);
          continue;
        }
      const auto &[dimension, n_corners, order] = found->second;
      MixedCells one;
      one.dimension = dimension;
      one.add(nodes.data(), n_corners);
      const auto simplices = split_to_simplices(one).simplices;
      const int  n         = dimension + 1;
      for (std::size_t s = 0; s < simplices.size(); s += n)
        {
          std::vector<std::int32_t> simplex(&simplices[s], &simplices[s] + n);
          for (int e = 0; order == 2 && e < (dimension == 3 ? 6 : 3); ++e)
            simplex.push_back(middle_node(grid, cell, n_corners, simplex[edges[e][0]], simplex[edges[e][1]], shared));
          const int type = dimension == 3 ? (order == 1 ? 10 : 24) : (order == 1 ? 5 : 22);
          result.add_cell(type, simplex.data(), static_cast<int>(simplex.size()));
          parent.push_back(c);
        }
    }
  for (auto &[name, array] : grid.cell_data)
    {
      std::vector<double> values;
      for (const auto c : parent)
        values.insert(values.end(), &array.values[c * array.n_components],
                      &array.values[c * array.n_components] + array.n_components);
      array.values = std::move(values);
    }
  grid.offsets = std::move(result.offsets);
  grid.nodes   = std::move(result.nodes);
  grid.types   = std::move(result.types);
}

} // namespace vesalius
