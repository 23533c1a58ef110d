// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/cell_splitting.h"

#include "solver/core/errors.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace vesalius
{

namespace
{
using Faces = std::vector<std::vector<int>>;

/// Faces of a cell as cycles of its corners (VTK's order of corners).
const Faces &faces_of(int dimension, int n_corners)
{
  static const std::map<std::pair<int, int>, Faces> table{
    {{2, 3}, {{0, 1}, {1, 2}, {2, 0}}},
    {{2, 4}, {{0, 1}, {1, 2}, {2, 3}, {3, 0}}},
    {{3, 4}, {{0, 1, 2}, {0, 1, 3}, {1, 2, 3}, {0, 2, 3}}},
    {{3, 5}, {{0, 1, 2, 3}, {0, 1, 4}, {1, 2, 4}, {2, 3, 4}, {3, 0, 4}}},
    {{3, 6}, {{0, 1, 2}, {3, 4, 5}, {0, 1, 4, 3}, {1, 2, 5, 4}, {2, 0, 3, 5}}},
    {{3, 8}, {{0, 1, 2, 3}, {4, 5, 6, 7}, {0, 1, 5, 4}, {1, 2, 6, 5}, {2, 3, 7, 6}, {3, 0, 4, 7}}}};
  const auto found = table.find({dimension, n_corners});
  VESALIUS_ASSERT(found != table.end(), "a cell of " + std::to_string(n_corners) + " corners");
  return found->second;
}

/// Triangles of a face: a fan from its corner of lowest rank.
template <class Rank, class Visit>
void for_each_triangle(const std::vector<std::int32_t> &cycle, const Rank &rank, const Visit &visit)
{
  const auto first = std::min_element(cycle.begin(), cycle.end(), [&](auto a, auto b) { return rank(a) < rank(b); });
  const int  n = static_cast<int>(cycle.size()), at = static_cast<int>(first - cycle.begin());
  for (int i = 1; i + 1 < n; ++i)
    visit(cycle[at], cycle[(at + i) % n], cycle[(at + i + 1) % n]);
}
} // namespace

SplitCells split_to_simplices(const MixedCells &cells, const std::vector<std::int64_t> &rank)
{
  SplitCells result;
  const auto rank_of = [&](std::int32_t point) { return rank.empty() ? std::int64_t(point) : rank[point]; };
  for (std::size_t c = 0; c < cells.n_cells(); ++c)
    {
      const std::int32_t *corner = &cells.corners[cells.start[c]];
      const int           n      = cells.n_corners(c);
      const auto          add    = [&](std::initializer_list<std::int32_t> simplex) {
        result.simplices.insert(result.simplices.end(), simplex);
        result.parent.push_back(static_cast<std::int32_t>(c));
      };
      if (cells.dimension == 2)
        {
          for_each_triangle({corner, corner + n}, rank_of, [&](auto p, auto q, auto r) { add({p, q, r}); });
          continue;
        }
      const auto apex = *std::min_element(corner, corner + n, [&](auto p, auto q) { return rank_of(p) < rank_of(q); });
      for (const auto &face : faces_of(3, n))
        {
          std::vector<std::int32_t> cycle;
          for (const int i : face)
            cycle.push_back(corner[i]);
          if (std::find(cycle.begin(), cycle.end(), apex) == cycle.end())
            for_each_triangle(cycle, rank_of, [&](auto p, auto q, auto r) { add({apex, p, q, r}); });
        }
    }
  return result;
}

std::vector<char> boundary_points(const MixedCells &cells, std::size_t n_points)
{
  std::vector<std::array<std::int32_t, 4>> keys;
  for (std::size_t c = 0; c < cells.n_cells(); ++c)
    for (const auto &face : faces_of(cells.dimension, cells.n_corners(c)))
      {
        std::array<std::int32_t, 4> key{-1, -1, -1, -1};
        for (std::size_t i = 0; i < face.size(); ++i)
          key[i] = cells.corners[cells.start[c] + face[i]];
        std::sort(key.begin(), key.end());
        keys.push_back(key);
      }
  std::sort(keys.begin(), keys.end());
  std::vector<char> is_boundary(n_points, 0);
  for (std::size_t i = 0; i < keys.size(); ++i)
    if ((i == 0 || keys[i - 1] != keys[i]) && (i + 1 == keys.size() || keys[i + 1] != keys[i]))
      for (const auto point : keys[i])
        if (point >= 0)
          is_boundary[point] = 1;
  return is_boundary;
}

const std::vector<NodeSpan> &quadratic_node_spans(int n_corners)
{
  static const std::vector<NodeSpan> quadrilateral{
    {4, {{0, 1}}}, {5, {{1, 2}}}, {6, {{2, 3}}}, {7, {{3, 0}}}, {8, {{0, 2}, {1, 3}}}};
  // VTK's triquadratic hexahedron: edges 8-19, centres of the faces -x +x -y +y -z +z 20-25, centre 26.
  static const std::vector<NodeSpan> hexahedron{{8, {{0, 1}}},
                                                {9, {{1, 2}}},
                                                {10, {{2, 3}}},
                                                {11, {{3, 0}}},
                                                {12, {{4, 5}}},
                                                {13, {{5, 6}}},
                                                {14, {{6, 7}}},
                                                {15, {{7, 4}}},
                                                {16, {{0, 4}}},
                                                {17, {{1, 5}}},
                                                {18, {{2, 6}}},
                                                {19, {{3, 7}}},
                                                {20, {{0, 7}, {3, 4}}},
                                                {21, {{1, 6}, {2, 5}}},
                                                {22, {{0, 5}, {1, 4}}},
                                                {23, {{3, 6}, {2, 7}}},
                                                {24, {{0, 2}, {1, 3}}},
                                                {25, {{4, 6}, {5, 7}}},
                                                {26, {{0, 6}, {1, 7}, {2, 4}, {3, 5}}}};
  VESALIUS_ASSERT(n_corners == 4 || n_corners == 8, "quadratic nodes are known of quadrilaterals and hexahedra");
  return n_corners == 4 ? quadrilateral : hexahedron;
}

} // namespace vesalius
