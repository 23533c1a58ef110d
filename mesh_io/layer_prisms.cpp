// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/layer_prisms.h"

#include "mesh_io/tetrahedron_quality.h"

#include <algorithm>
#include <numbers>

namespace vesalius
{

namespace
{
constexpr double to_degrees = 180 / std::numbers::pi;

ColumnPoint at_level(const LayerColumns &columns, int vertex, int level)
{
  return {vertex, std::min(level, columns.n_layers[vertex])};
}

template <std::size_t n>
bool is_degenerate(const std::array<ColumnPoint, n> &points)
{
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (points[i] == points[j])
        return true;
  return false;
}

/// The smallest determinant of the unit vectors along the edges that meet at a corner; 1 for the prism over an equilateral
/// triangle. Stretched along the normal of the triangle until the mean height is the mean edge.
double stretched_jacobian(const LayerColumns &columns, const std::array<int, 3> &triangle, int k, double height, double edge)
{
  Vector3 x[2][3];
  for (int i = 0; i < 3; ++i)
    for (int level = 0; level < 2; ++level)
      x[level][i] = columns.point(triangle[i], k + level);
  const Vector3 normal = normalised(area_vector(x[0][0], x[0][2], x[0][1])); // towards the lumen
  for (auto &level : x)
    for (Vector3 &y : level)
      y = y + ((edge / height - 1) * dot(y - columns.point(triangle[0], k), normal)) * normal;
  double smallest = 1;
  for (int i = 0; i < 3; ++i)
    for (int level = 0; level < 2; ++level)
      {
        const Vector3 &corner = x[level][i];
        const double   volume = dot(cross(normalised(x[level][(i + 2) % 3] - corner), normalised(x[level][(i + 1) % 3] - corner)),
                                    normalised(x[1][i] - x[0][i]));
        smallest              = std::min(smallest, 2 / std::sqrt(3.) * volume);
      }
  return smallest;
}
} // namespace

std::vector<std::array<ColumnPoint, 4>> prism_tetrahedra(const LayerColumns &columns, const std::array<int, 3> &triangle, int k)
{
  std::array<int, 3> order = triangle;
  std::sort(order.begin(), order.end());
  const int  first   = static_cast<int>(std::find(triangle.begin(), triangle.end(), order[0]) - triangle.begin());
  const bool is_even = triangle[(first + 1) % 3] == order[1];
  const auto low     = [&](int i) { return at_level(columns, order[i], k); };
  const auto high    = [&](int i) { return at_level(columns, order[i], k + 1); };

  std::vector<std::array<ColumnPoint, 4>> result;
  for (int part = 0; part < 3; ++part)
    {
      std::array<ColumnPoint, 4> t = part == 0   ? std::array{low(0), low(1), low(2), high(2)}
                                     : part == 1 ? std::array{low(0), low(1), high(1), high(2)}
                                                 : std::array{low(0), high(0), high(1), high(2)};
      // Seen from the lumen the triangle runs clockwise.
      if (is_even == (part != 1))
        std::swap(t[0], t[1]);
      if (!is_degenerate(t))
        result.push_back(t);
    }
  return result;
}

std::vector<std::array<ColumnPoint, 3>> rim_triangles(const LayerColumns &columns, int a, int b, int k)
{
  const auto a0 = at_level(columns, a, k), a1 = at_level(columns, a, k + 1), b0 = at_level(columns, b, k),
             b1 = at_level(columns, b, k + 1);
  std::vector<std::array<ColumnPoint, 3>> result;
  const auto parts = a < b ? std::array{std::array{b0, a0, b1}, std::array{a0, a1, b1}}
                           : std::array{std::array{b0, a0, a1}, std::array{b0, a1, b1}};
  for (const auto &t : parts)
    if (!is_degenerate(t))
      result.push_back(t);
  return result;
}

PrismShape prism_shape(const LayerColumns &columns, const std::array<int, 3> &triangle, int k)
{
  PrismShape shape;
  double     height = 0, edge = 0;
  int        n_standing = 0;
  for (int i = 0; i < 3; ++i)
    {
      height += columns.height(triangle[i], k);
      edge += distance(columns.point(triangle[i], k), columns.point(triangle[(i + 1) % 3], k)) / 3;
      n_standing += k < columns.n_layers[triangle[i]];
    }
  shape.is_empty = n_standing == 0;
  shape.is_whole = n_standing == 3;
  if (shape.is_empty)
    return shape;
  height /= n_standing;
  for (const auto &t : prism_tetrahedra(columns, triangle, k))
    {
      std::array<Vector3, 4> x;
      for (int i = 0; i < 4; ++i)
        x[i] = columns.point(t[i].vertex, t[i].level);
      const auto angles      = dihedral_angles(x);
      shape.min_dihedral_deg = std::min(shape.min_dihedral_deg, to_degrees * *std::min_element(angles.begin(), angles.end()));
      shape.max_dihedral_deg = std::max(shape.max_dihedral_deg, to_degrees * *std::max_element(angles.begin(), angles.end()));
    }
  shape.min_dihedral_ratio = shape.min_dihedral_deg / (to_degrees * std::atan(height / edge));
  if (shape.is_whole)
    shape.scaled_jacobian = stretched_jacobian(columns, triangle, k, height, edge);
  return shape;
}

bool is_good(const PrismShape &shape)
{
  return shape.is_empty || (shape.min_dihedral_ratio >= 0.7 && shape.max_dihedral_deg <= 150 && shape.scaled_jacobian >= 0.2);
}

} // namespace vesalius
