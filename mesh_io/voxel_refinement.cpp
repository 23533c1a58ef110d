// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/voxel_refinement.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vesalius::voxel
{

namespace
{
/// Coefficients of the cubic B-spline through the samples of a line, mirrored at its ends (Unser, Aldroubi, Eden 1993).
void to_coefficients(std::vector<double> &line)
{
  const double pole = std::numbers::sqrt3 - 2;
  const auto   n    = static_cast<int>(line.size());
  if (n < 2)
    return;
  for (double &value : line)
    value *= 6;
  double sum = 0, power = 1; // 1e-8 after 14 terms
  for (int k = 0; k < 14; ++k, power *= pole)
    sum += power * line[std::abs(k % (2 * n - 2) < n ? k % (2 * n - 2) : 2 * n - 2 - k % (2 * n - 2))];
  line[0] = sum;
  for (int k = 1; k < n; ++k)
    line[k] += pole * line[k - 1];
  line[n - 1] = pole / (pole * pole - 1) * (line[n - 1] + pole * line[n - 2]);
  for (int k = n - 2; k >= 0; --k)
    line[k] = pole * (line[k + 1] - line[k]);
}

/// The spline of a line's coefficients at x (in samples).
double spline(const std::vector<double> &coefficients, double x)
{
  const auto   n = static_cast<int>(coefficients.size());
  const int    first = static_cast<int>(std::floor(x));
  const double t = x - first, weight[4] = {(1 - t) * (1 - t) * (1 - t) / 6, (3 * t * t * t - 6 * t * t + 4) / 6,
                                           (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6, t * t * t / 6};
  double       sum = 0;
  for (int k = 0; k < 4; ++k)
    {
      int at = std::abs(first - 1 + k);
      if (at >= n)
        at = std::max(0, 2 * n - 2 - at);
      sum += weight[k] * coefficients[at];
    }
  return n < 2 ? coefficients[0] : sum;
}

Field refine_axis(const Field &field, int axis, int factor)
{
  Grid grid = field.grid;
  grid.size[axis] *= factor;
  grid.spacing[axis] /= factor;
  grid.origin[axis] += 0.5 * (grid.spacing[axis] - field.grid.spacing[axis]);
  Field               result(grid);
  std::vector<double> line(field.grid.size[axis]);
  for (std::size_t n = 0; n < field.values.size(); ++n)
    {
      Index p = field.grid.position(n);
      if (p[axis] != 0)
        continue;
      for (std::size_t i = 0; i < line.size(); ++i)
        line[i] = field.values[n + i * field.grid.stride(axis)];
      to_coefficients(line);
      const std::size_t to = grid.index(p[0], p[1], p[2]);
      for (int i = 0; i < grid.size[axis]; ++i)
        result.values[to + i * grid.stride(axis)] = static_cast<float>(spline(line, (i + 0.5) / factor - 0.5));
    }
  return result;
}
} // namespace

int refinement_for(const Field &level_set)
{
  constexpr double wanted_radius = 3.5, most_voxels = 2e6;
  const Grid      &grid          = level_set.grid;
  const double     voxel         = std::cbrt(grid.voxel_volume());
  Mask             outside(level_set.values.size());
  std::transform(level_set.values.begin(), level_set.values.end(), outside.begin(), [](float v) { return v >= 0; });
  Field depth = distance_to(outside, grid);
  for (float &d : depth.values)
    d = -d;
  std::vector<float> radii;
  for (std::size_t n = 0; n < outside.size(); ++n)
    if (!outside[n] && is_lowest(depth, n))
      radii.push_back(-depth.values[n]);
  if (radii.empty())
    return 1;
  const auto thin = radii.begin() + static_cast<std::ptrdiff_t>(radii.size() / 10);
  std::nth_element(radii.begin(), thin, radii.end());
  const double radius = *thin / voxel - 0.5; // the wall is half a voxel before the first centre outside
  int          factor = std::clamp(static_cast<int>(std::ceil(wanted_radius / radius - 0.1)), 1, 3);
  while (factor > 1 && std::pow(factor, 3) * static_cast<double>(grid.n_voxels()) > most_voxels)
    --factor;
  return factor;
}

ImageGrid refine(const ImageGrid &grid, int factor)
{
  ImageGrid result = grid;
  for (int c = 0; c < 3; ++c)
    {
      result.size[c] *= factor;
      result.spacing_mm[c] /= factor;
    }
  const double first = 0.5 / factor - 0.5; // centre of the first small voxel in the grid's index
  result.origin_mm   = grid.point_mm(first, first, first);
  return result;
}

Field refine(const Field &field, int factor)
{
  Field result = field;
  for (int axis = 0; axis < 3 && factor > 1; ++axis)
    result = refine_axis(result, axis, factor);
  return result;
}

} // namespace vesalius::voxel
