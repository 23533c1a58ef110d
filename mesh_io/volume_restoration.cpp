// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/volume_restoration.h"

#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>

namespace vesalius::voxel
{

namespace
{
constexpr double neighbourhood = 1.5; // voxels, of averages

/// What a level set says of the voxels of an image.
struct Prediction
{
  Field share;  ///< of each voxel that is inside
  Field growth; ///< of the share, per mm of shift
};

/// Share of a small voxel that is inside, and its growth, of the trilinear level set as the surface will have it: eight parts, each
/// cut by a plane.
std::pair<double, double> inside_of(const Field &level_set, std::size_t n)
{
  const Grid  &grid  = level_set.grid;
  const double width = 0.5 * std::cbrt(grid.voxel_volume());
  if (std::abs(level_set.values[n]) > 4 * width)
    return {level_set.values[n] < 0 ? 1 : 0, 0};
  const Point centre = grid.point(grid.position(n));
  double      share = 0, growth = 0;
  for (int part = 0; part < 8; ++part)
    {
      Point x = centre;
      for (int c = 0; c < 3; ++c)
        x[c] += (part >> c & 1 ? 0.25 : -0.25) * grid.spacing[c];
      const double d = level_set.interpolate(x);
      share += std::clamp(0.5 - d / width, 0.0, 1.0) / 8;
      growth += std::abs(d) < 0.5 * width ? 1 / (8 * width) : 0;
    }
  return {share, growth};
}

Prediction predict(const Field &level_set, const Grid &image)
{
  const int factor = level_set.grid.size[0] / image.size[0];
  Field share(level_set.grid), growth(level_set.grid);
  for (std::size_t n = 0; n < level_set.values.size(); ++n)
    {
      const auto [s, g] = inside_of(level_set, n);
      share.values[n]   = static_cast<float>(s);
      growth.values[n]  = static_cast<float>(g);
    }
  const Index factors{factor, factor, factor};
  Prediction  result{block_mean(share, factors), block_mean(growth, factors)};
  VESALIUS_ASSERT(result.share.grid.size == image.size, "the level set's voxels are parts of the image's");
  return result;
}

/// Marks the voxels within `width_mm` of the wall, but for those that belong to something else, and all beside them.
Mask voxels_that_count(const Field &distance, const Prediction &predicted, const Field &shares, double width_mm)
{
  const Grid &grid = shares.grid;
  Mask        counts(grid.n_voxels(), 0), strange(grid.n_voxels(), 0);
  for (std::size_t n = 0; n < counts.size(); ++n)
    {
      counts[n]          = std::abs(distance.values[n]) < width_mm;
      const double share = predicted.share.values[n];
      if (counts[n] && ((share < 0.02 && shares.values[n] > 0.5) || (share > 0.98 && shares.values[n] < 0.5)))
        strange[n] = 1;
    }
  for (std::size_t n = 0; n < counts.size(); ++n)
    if (strange[n])
      {
        const Index p = grid.position(n);
        for (int neighbour = 0; neighbour < 27; ++neighbour)
          if (const Index q{p[0] + neighbour % 3 - 1, p[1] + neighbour / 3 % 3 - 1, p[2] + neighbour / 9 - 1}; grid.contains(q))
            counts[grid.index(q[0], q[1], q[2])] = 0;
      }
  return counts;
}

/// The largest shift, mm, that blur may have caused: that of a Gaussian of 1.1 voxels where the vessel's radius is four voxels or
/// less, nothing from eight voxels on. There blur takes less than one percent of the volume, while tissue beside the wall that is not
/// quite like the background further off would move it by more.
Field largest_shift(const Field &distance)
{
  constexpr double variance = 1.2; // of the blur, in voxels; half of it over the radius is the shift
  const Grid      &grid     = distance.grid;
  const double     voxel    = std::cbrt(grid.voxel_volume());
  const Field      smoothed = smooth(distance, voxel);
  Field            curvature(grid), result(grid);
  double           square = 0;
  for (const double width : grid.spacing)
    square += width * width / 3;
  for (std::size_t n = 0; n < result.values.size(); ++n)
    curvature.values[n] = 2 * (smoothed.values[n] - distance.values[n]) / static_cast<float>(voxel * voxel);
  curvature = smooth(curvature, neighbourhood * voxel); // else noise would make the shift rough
  for (std::size_t n = 0; n < result.values.size(); ++n)
    if (const double kappa = std::abs(curvature.values[n]); kappa > 0)
      result.values[n] = static_cast<float>(0.5 * variance * square * kappa * std::clamp(2 - 0.25 / (kappa * voxel), 0.0, 1.0));
  return result;
}
} // namespace

Field shares_inside(const Field &level_set, const Grid &grid)
{
  return predict(level_set, grid).share;
}

Field restore_local_volume(const Field &level_set, const Field &shares)
{
  constexpr int    n_iterations = 3;
  constexpr double band         = 1; // voxels
  const Grid      &grid   = shares.grid;
  const int        factor = level_set.grid.size[0] / grid.size[0];
  const double     voxel  = std::cbrt(grid.voxel_volume());
  const Field      distance = block_mean(level_set, {factor, factor, factor}), limit = largest_shift(distance);
  Field            result = level_set, shift(grid);
  for (int iteration = 0; iteration < n_iterations; ++iteration)
    {
      const Prediction predicted = predict(result, grid);
      const Mask       counts    = voxels_that_count(distance, predicted, shares, band * voxel);
      Field            missing(grid), growth(grid);
      for (std::size_t n = 0; n < counts.size(); ++n)
        if (counts[n])
          {
            missing.values[n] = shares.values[n] - predicted.share.values[n];
            growth.values[n]  = predicted.growth.values[n];
          }
      missing = smooth(missing, neighbourhood * voxel);
      growth  = smooth(growth, neighbourhood * voxel);
      for (std::size_t n = 0; n < counts.size(); ++n)
        if (growth.values[n] > 1e-3 / voxel)
          shift.values[n] = std::clamp(shift.values[n] + missing.values[n] / growth.values[n], -limit.values[n], limit.values[n]);
      for (std::size_t n = 0; n < result.values.size(); ++n)
        if (std::abs(level_set.values[n]) < 2 * voxel)
          result.values[n] = level_set.values[n] - static_cast<float>(shift.interpolate(level_set.grid.point(level_set.grid.position(n))));
    }
  return result;
}

} // namespace vesalius::voxel
