// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/segmentation.h"

#include "mesh_io/branch_pruning.h"
#include "mesh_io/vessel_tree.h"
#include "mesh_io/volume_restoration.h"
#include "mesh_io/voxel_field.h"
#include "mesh_io/voxel_refinement.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{
namespace
{
using voxel::Field;
using voxel::Grid;
using voxel::Index;
using voxel::Mask;
using voxel::Point;
using voxel::VesselTree;

constexpr double coarse_voxel_mm     = 1.6; // fine enough for an iliac artery, coarse enough for many filters
constexpr double largest_coarse_grid = 4e6;
constexpr double margin_mm           = 10;
constexpr double outside_mm          = 8; // the level set's value far outside; inside it is exact everywhere
constexpr double inside_mm           = 40;

Point to_grid_frame(const ImageGrid &grid, const Point &x_mm)
{
  auto index = grid.continuous_index(x_mm);
  for (int c = 0; c < 3; ++c)
    index[c] *= grid.spacing_mm[c];
  return index;
}

Point to_lps(const ImageGrid &grid, const Point &x)
{
  return grid.point_mm(x[0] / grid.spacing_mm[0], x[1] / grid.spacing_mm[1], x[2] / grid.spacing_mm[2]);
}

/// CT intensities are Hounsfield units, which the air around and in the body gives away.
bool is_ct(const Image &image)
{
  if (image.modality == "CT" || image.modality == "MR")
    return image.modality == "CT";
  const auto dark = std::count_if(image.values.begin(), image.values.end(), [](float v) { return v < -500; });
  return dark > 0.01 * image.values.size();
}

void check(const Image &image, const VesselSegmentationParameters &p)
{
  std::vector<InputProblem> problems;
  for (int c = 0; c < 3; ++c)
    if (image.grid.size[c] < 8)
      problems.push_back({fmt::format("the image has only {} voxels along axis {}", image.grid.size[c], c + 1),
                          "a vessel needs at least 8 along each axis",
                          {}});
  const auto [lowest, highest] = std::minmax_element(image.values.begin(), image.values.end());
  if (image.values.empty() || *lowest == *highest)
    problems.push_back({"no contrast-filled vessel was found in the image (it has the same value everywhere)",
                        "give a CT or MR angiogram",
                        {}});
  const bool has_thresholds = p.lower_threshold != 0 || p.upper_threshold != 0;
  if (has_thresholds && !(p.lower_threshold < p.upper_threshold))
    problems.push_back(
      {fmt::format("the lower threshold {} is not below the upper threshold {}", p.lower_threshold, p.upper_threshold),
       "give both in the image's intensities, or neither to have them found",
       {}});
  if (p.smoothing_mm < 0 || p.minimum_radius_mm < 0 || p.minimum_branch_length_mm < 0 || p.minimum_branch_ratio < 0)
    problems.push_back({"a length or ratio of the segmentation is negative",
                        "give smoothing, minimum radius and minimum branch length in mm, 0 or more",
                        {}});
  for (const auto &seed : p.seeds_mm)
    {
      const auto index = image.grid.continuous_index(seed);
      for (int c = 0; c < 3; ++c)
        if (!(index[c] > -0.5 && index[c] < image.grid.size[c] - 0.5))
          {
            problems.push_back({fmt::format("the seed ({}, {}, {}) lies outside the image", seed[0], seed[1], seed[2]),
                                "give seeds in LPS millimetres (RAS: change the sign of the first two)",
                                {}});
            break;
          }
    }
  if (!problems.empty())
    throw InputError(std::move(problems));
}

double voxel_of(const Field &field)
{
  return *std::min_element(field.grid.spacing.begin(), field.grid.spacing.end());
}

Field whole_field(const Image &image)
{
  Field field;
  for (int c = 0; c < 3; ++c)
    {
      field.grid.size[c]    = static_cast<int>(image.grid.size[c]);
      field.grid.spacing[c] = image.grid.spacing_mm[c];
    }
  field.values = image.values;
  return field;
}

Field coarsen(const Field &field)
{
  const double volume = field.grid.n_voxels() * field.grid.voxel_volume();
  const double target = std::max(coarse_voxel_mm, std::cbrt(volume / largest_coarse_grid));
  Index        factors;
  for (int c = 0; c < 3; ++c)
    factors[c] = std::max(1, static_cast<int>(std::lround(target / field.grid.spacing[c])));
  return voxel::block_mean(field, factors);
}

/// The part of a grid around a region, in voxels of the grid.
struct Box
{
  Index first{0, 0, 0}, size{0, 0, 0};
};

Box box_around(const Mask &region, const Grid &coarse, const Grid &fine)
{
  Index lower = coarse.size, upper{-1, -1, -1};
  for (std::size_t n = 0; n < region.size(); ++n)
    if (region[n])
      {
        const Index p = coarse.position(n);
        for (int c = 0; c < 3; ++c)
          {
            lower[c] = std::min(lower[c], p[c]);
            upper[c] = std::max(upper[c], p[c]);
          }
      }
  Box         box;
  const Point a = coarse.point(lower), b = coarse.point(upper);
  for (int c = 0; c < 3; ++c)
    {
      const double reach = margin_mm + coarse.spacing[c];
      box.first[c]       = std::max(0, static_cast<int>(std::floor((a[c] - reach) / fine.spacing[c])));
      const int last     = std::min(fine.size[c] - 1, static_cast<int>(std::ceil((b[c] + reach) / fine.spacing[c])));
      box.size[c]        = last - box.first[c] + 1;
    }
  return box;
}

Field cut_out(const Field &field, const Box &box)
{
  Grid grid = field.grid;
  grid.size = box.size;
  for (int c = 0; c < 3; ++c)
    grid.origin[c] += box.first[c] * grid.spacing[c];
  Field part(grid);
  for (int k = 0; k < box.size[2]; ++k)
    for (int j = 0; j < box.size[1]; ++j)
      std::copy_n(field.values.data() + field.grid.index(box.first[0], box.first[1] + j, box.first[2] + k), box.size[0],
                  part.values.data() + grid.index(0, j, k));
  return part;
}

/// Voxels connected to the start among those that `admit`.
template <class Admit>
Mask connected(const Mask &start, const Grid &grid, const Admit &admit)
{
  Mask                     region(start.size(), 0);
  std::vector<std::size_t> stack;
  const auto               visit = [&](std::size_t n) {
    if (region[n] || !admit(n))
      return;
    region[n] = 1;
    stack.push_back(n);
  };
  for (std::size_t n = 0; n < start.size(); ++n)
    if (start[n])
      visit(n);
  while (!stack.empty())
    {
      const std::size_t n = stack.back();
      stack.pop_back();
      voxel::for_each_neighbour(grid, n, visit);
    }
  return region;
}

/// Half maximum minus intensity, over the local contrast: -0.5 in blood, 0.5 in the background, 0 at the wall.
/// What is bright but not connected to the tree, or beyond its reach, counts as background.
Field wall_function(const Field &image, const VesselTree &tree, const VesselSegmentationParameters &parameters)
{
  const Grid  &grid           = image.grid;
  const bool   has_thresholds = parameters.lower_threshold != 0 || parameters.upper_threshold != 0;
  Mask         near(grid.n_voxels(), 0), start(grid.n_voxels(), 0);
  Field        wall(grid, 0.5f), distance = voxel::distance_to(tree.region, tree.grid);
  const double reach = 2.5 * *std::max_element(tree.grid.spacing.begin(), tree.grid.spacing.end());
  for (std::size_t n = 0; n < near.size(); ++n)
    {
      const Point x = grid.point(grid.position(n));
      if (distance.interpolate(x) > reach)
        continue;
      const Index  p     = tree.grid.nearest(x);
      const auto   local = tree.thresholds.at(x);
      const double lower = has_thresholds ? parameters.lower_threshold : local.lower();
      const double upper = has_thresholds ? parameters.upper_threshold : local.upper();
      const double v     = image.values[n];
      start[n]           = tree.region[tree.grid.index(p[0], p[1], p[2])];
      near[n]            = v <= upper ? 1 : 0;
      wall.values[n]     = static_cast<float>(std::clamp((lower - v) / std::max(1e-6, local.contrast()), -0.5, 0.5));
    }
  const Mask lumen = connected(start, grid, [&](std::size_t n) { return near[n] && wall.values[n] < 0; });
  for (std::size_t n = 0; n < near.size(); ++n)
    if (!lumen[n] && wall.values[n] < 0)
      wall.values[n] = 0.5f;
  return wall;
}

/// Fills cavities: the lumen has none, noise and calcifications inside make some.
void fill_cavities(Field &level_set)
{
  const Grid &grid = level_set.grid;
  Mask        border(grid.n_voxels(), 0);
  for (std::size_t n = 0; n < border.size(); ++n)
    {
      const Index p = grid.position(n);
      for (int c = 0; c < 3; ++c)
        border[n] |= p[c] == 0 || p[c] == grid.size[c] - 1 ? 1 : 0;
    }
  const Mask outside = connected(border, grid, [&](std::size_t n) { return level_set.values[n] >= 0; });
  for (std::size_t n = 0; n < border.size(); ++n)
    if (!outside[n] && level_set.values[n] >= 0)
      level_set.values[n] = -0.5f;
}

/// How much of each voxel near the tree is vessel, by its intensity between background and blood; noise takes it out of 0 to 1.
Field lumen_shares(const Field &image, const VesselTree &tree)
{
  const Field  distance = voxel::distance_to(tree.region, tree.grid);
  const double reach    = 2.5 * *std::max_element(tree.grid.spacing.begin(), tree.grid.spacing.end());
  Field        shares(image.grid);
  for (std::size_t n = 0; n < shares.values.size(); ++n)
    {
      const Point x = image.grid.point(image.grid.position(n));
      if (distance.interpolate(x) > reach)
        continue;
      const auto local = tree.thresholds.at(x);
      shares.values[n] = static_cast<float>((image.values[n] - local.background) / std::max(1e-6, local.contrast()));
    }
  return shares;
}

/// A distance from the wall without side branches that are not wanted. Throws InputError where nothing is inside.
Field pruned(const Field &level_set, const VesselSegmentationParameters &parameters)
{
  if (std::all_of(level_set.values.begin(), level_set.values.end(), [](float v) { return v >= 0; }))
    throw InputError("the vessel is too thin for the image's voxels and their noise: nothing is left of it once that is smoothed",
                     "give an image with smaller voxels, or thresholds");
  voxel::PruningRules rules;
  rules.minimum_radius_mm = parameters.minimum_radius_mm;
  rules.minimum_ratio     = parameters.minimum_branch_ratio;
  rules.minimum_length_mm = parameters.minimum_branch_length_mm;
  return voxel::signed_distance(voxel::prune_branches(level_set, rules), inside_mm);
}

/// The wall as the image has it, on voxels small enough for the vessels.
struct Wall
{
  Field function;
  int   factor = 1; ///< voxels of the image over its own
};

Wall find_wall(const Field &image, VesselTree &tree, const VesselSegmentationParameters &parameters)
{
  const double voxel_mm = voxel_of(image);
  const auto   sigma    = [&](int factor) {
    return parameters.smoothing_mm > 0 ? parameters.smoothing_mm : 0.5 * voxel_mm / std::sqrt(factor);
  };
  Field wall = wall_function(voxel::smooth(image, sigma(1)), tree, parameters);
  fill_cavities(wall);
  const int   factor  = voxel::refinement_for(pruned(voxel::signed_distance(wall, inside_mm), parameters));
  const Field refined = voxel::refine(image, factor), blurred = voxel::smooth(refined, sigma(factor));
  wall                = wall_function(blurred, tree, parameters);
  fill_cavities(wall);
  // The coarse grid sees fat where the lumen borders on a thin wall of soft tissue: measure again, nearby. Twice, since the
  // first wall may lie within the blur.
  for (int iteration = 0; iteration < (factor > 1 ? 2 : 1); ++iteration)
    {
      Field level_set = voxel::signed_distance(wall, 5), shares;
      if (factor > 1)
        {
          level_set = voxel::restore_local_volume(level_set, lumen_shares(image, tree));
          shares    = voxel::shares_inside(level_set, image.grid);
        }
      tree.thresholds = voxel::thresholds_beside_wall(image, voxel::block_mean(level_set, {factor, factor, factor}), shares);
      wall            = wall_function(blurred, tree, parameters);
      fill_cavities(wall);
    }
  return {std::move(wall), factor};
}

Field segment_in_box(const Field &image, VesselTree tree, const VesselSegmentationParameters &parameters,
                     const ProgressCallback &progress)
{
  progress("wall", 0);
  const Wall wall = find_wall(image, tree, parameters);
  progress("wall", 0.5);
  const double voxel_mm  = voxel_of(image);
  Field        level_set = voxel::signed_distance(wall.function, inside_mm);
  if (wall.factor == 1) // the curvature's weight takes the noise of single voxels and moves the wall of a 5 mm vessel by 0.03 mm
    level_set = voxel::threshold_contour(level_set, wall.function, 0.12 * voxel_mm, 10);
  progress("wall", 0.8);
  level_set = voxel::signed_distance(level_set, inside_mm);
  level_set = pruned(level_set, parameters);
  if (parameters.lower_threshold == 0 && parameters.upper_threshold == 0) // else the user says where the wall is
    level_set = voxel::restore_local_volume(level_set, lumen_shares(image, tree));
  progress("wall", 1);
  return level_set;
}

/// The level set in the whole image, or in the box alone where its voxels are smaller than the image's: those of a whole image
/// would be too many.
Image level_set_image(const Field &level_set, const Box &box, const Image &image, int factor)
{
  Image result;
  result.grid = image.grid;
  Index first = box.first;
  if (factor > 1)
    {
      result.grid.origin_mm = image.grid.point_mm(first[0], first[1], first[2]);
      for (int c = 0; c < 3; ++c)
        result.grid.size[c] = static_cast<std::size_t>(box.size[c]);
      result.grid = voxel::refine(result.grid, factor);
      first       = {0, 0, 0};
    }
  result.values.assign(result.grid.n_voxels(), static_cast<float>(outside_mm));
  for (std::size_t n = 0; n < level_set.values.size(); ++n)
    {
      const Index p = level_set.grid.position(n);
      result.values[result.grid.index(first[0] + p[0], first[1] + p[1], first[2] + p[2])] =
        std::min(level_set.values[n], static_cast<float>(outside_mm));
    }
  return result;
}

void write_result(const Field &level_set, const Box &box, const Image &image, VesselSegmentation &result)
{
  const int factor = level_set.grid.size[0] / box.size[0];
  result.level_set    = level_set_image(level_set, box, image, factor);
  result.labels.grid  = image.grid;
  result.labels.names = {{1, "lumen"}};
  result.labels.labels.assign(image.grid.n_voxels(), 0);
  const Field coarse  = voxel::block_mean(level_set, {factor, factor, factor});
  std::size_t n_lumen = 0;
  for (std::size_t n = 0; n < coarse.values.size(); ++n)
    {
      const Index       p     = coarse.grid.position(n);
      const std::size_t m     = image.grid.index(box.first[0] + p[0], box.first[1] + p[1], box.first[2] + p[2]);
      result.labels.labels[m] = coarse.values[n] < 0 ? 1 : 0;
      n_lumen += result.labels.labels[m];
    }
  result.volume_ml = n_lumen * image.grid.voxel_volume_mm3() * 1e-3;
}

VesselTree detect(const Field &coarse, const Image &image, const VesselSegmentationParameters &parameters)
{
  if (parameters.seeds_mm.empty())
    return voxel::find_vessel_tree(coarse, is_ct(image));
  std::vector<voxel::TubeSeed> seeds;
  for (const auto &seed : parameters.seeds_mm)
    seeds.push_back({to_grid_frame(image.grid, seed), 4.0, 0});
  VesselTree tree = voxel::grow_vessel(coarse, seeds, is_ct(image));
  if (!tree.objection.empty())
    throw InputError("no contrast-filled vessel was found from the given seeds (" + tree.objection + ")",
                     "give LPS millimetres inside the bright lumen, or no seeds to have them found");
  return tree;
}

} // namespace

VesselSegmentation segment_vessel(const Image &image, const VesselSegmentationParameters &parameters,
                                  const ProgressCallback &progress_or_none)
{
  const ProgressCallback progress = progress_or_none ? progress_or_none : [](const std::string &, double) {};
  check(image, parameters);
  progress("vessel", 0);
  const Field      whole = whole_field(image);
  const VesselTree tree  = detect(coarsen(whole), image, parameters);
  progress("vessel", 1);
  const Box   box       = box_around(tree.region, tree.grid, whole.grid);
  const Field level_set = segment_in_box(cut_out(whole, box), tree, parameters, progress);

  VesselSegmentation result;
  write_result(level_set, box, image, result);
  result.seeds_mm = parameters.seeds_mm;
  if (result.seeds_mm.empty())
    result.seeds_mm.push_back(to_lps(image.grid, tree.seed.x));
  result.lower_threshold = parameters.lower_threshold;
  result.upper_threshold = parameters.upper_threshold;
  if (result.lower_threshold == 0 && result.upper_threshold == 0)
    {
      const voxel::LocalThresholds::Values mean{tree.blood_mean, tree.blood_mean - tree.contrast_mean};
      result.lower_threshold = mean.lower();
      result.upper_threshold = mean.upper();
    }
  return result;
}

} // namespace vesalius
