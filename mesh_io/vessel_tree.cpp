// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/vessel_tree.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <queue>

namespace vesalius::voxel
{
namespace
{

// Blood and background are averaged over about the distance along which they change.
constexpr double averaging_mm = 8;
// A region beyond this is a leak: the whole aorta with its branches holds less than half of it.
constexpr double largest_volume_mm3 = 600e3;

double quantile(std::vector<float> values, double fraction)
{
  if (values.empty())
    return 0;
  const auto n = static_cast<std::ptrdiff_t>(fraction * (values.size() - 1));
  std::nth_element(values.begin(), values.begin() + n, values.end());
  return values[n];
}

/// Bone, metal, gas and stray bright voxels would otherwise outweigh blood in every filter.
Field clip(const Field &image, bool is_ct)
{
  const double lower   = is_ct ? -150 : quantile(image.values, 0.01);
  const double upper   = is_ct ? 600 : quantile(image.values, 0.999);
  Field        clipped = image;
  for (auto &v : clipped.values)
    v = std::clamp(v, static_cast<float>(lower), static_cast<float>(upper));
  return clipped;
}

/// Values of the image between two distances of a point.
std::vector<float> values_between(const Field &image, const Point &x, double inner, double outer)
{
  const Grid        &grid = image.grid;
  std::vector<float> values;
  Index              first, last;
  for (int c = 0; c < 3; ++c)
    {
      first[c] = std::max(0, static_cast<int>(std::floor((x[c] - outer - grid.origin[c]) / grid.spacing[c])));
      last[c]  = std::min(grid.size[c] - 1,
                          static_cast<int>(std::ceil((x[c] + outer - grid.origin[c]) / grid.spacing[c])));
    }
  for (int k = first[2]; k <= last[2]; ++k)
    for (int j = first[1]; j <= last[1]; ++j)
      for (int i = first[0]; i <= last[0]; ++i)
        {
          const Point  y = grid.point({i, j, k});
          const double d = std::hypot(y[0] - x[0], y[1] - x[1], y[2] - x[2]);
          if (d >= inner && d <= outer)
            values.push_back(image.values[grid.index(i, j, k)]);
        }
  return values;
}

/// Local maxima of tube strength at one scale.
void add_scale(const Field &image, double sigma, std::vector<TubeSeed> &seeds)
{
  Index factors;
  for (int c = 0; c < 3; ++c)
    factors[c] = std::max(1, static_cast<int>(sigma / (2.2 * image.grid.spacing[c])));
  const Field coarse = block_mean(image, factors);
  if (*std::min_element(coarse.grid.size.begin(), coarse.grid.size.end()) < 4)
    return; // the image is thinner than the tube
  const Field strength = tube_strength(coarse, sigma);
  for (std::size_t n = 0; n < strength.values.size(); ++n)
    {
      bool is_maximum = strength.values[n] > 0;
      for_each_neighbour(strength.grid, n,
                         [&](std::size_t m) { is_maximum = is_maximum && strength.values[m] <= strength.values[n]; });
      if (is_maximum)
        seeds.push_back({strength.grid.point(strength.grid.position(n)), std::numbers::sqrt2 * sigma,
                         std::numbers::e * strength.values[n]});
    }
}

/// Weighted mean of the image around each point: the average of what is known nearby.
Field normalized_average(const Field &weighted_values, const Field &weights, double fallback)
{
  const Field numerator = smooth(weighted_values, averaging_mm), denominator = smooth(weights, averaging_mm);
  Field       mean(weights.grid, static_cast<float>(fallback));
  for (std::size_t n = 0; n < mean.values.size(); ++n)
    if (denominator.values[n] > 1e-5f)
      mean.values[n] = numerator.values[n] / denominator.values[n];
  return mean;
}

/// Layers of voxels around the region: 1 next to it, 2 behind that...; 0 elsewhere.
Mask layers_around(const Mask &region, const Grid &grid, int n_layers)
{
  Mask                     layer(region.size(), 0);
  std::vector<std::size_t> front, next;
  for (std::size_t n = 0; n < region.size(); ++n)
    if (region[n])
      front.push_back(n);
  for (int l = 1; l <= n_layers; ++l)
    {
      next.clear();
      for (const std::size_t n : front)
        for_each_neighbour(grid, n, [&](std::size_t m) {
          if (!region[m] && layer[m] == 0)
            {
              layer[m] = static_cast<std::uint8_t>(l);
              next.push_back(m);
            }
        });
      front.swap(next);
    }
  return layer;
}

bool is_interior(const Mask &region, const Grid &grid, std::size_t n)
{
  bool interior = region[n] != 0;
  for_each_neighbour(grid, n, [&](std::size_t m) { interior = interior && region[m]; });
  return interior;
}

/// Blood from the interior of the region, background from the darker voxels a little away from it.
void update_thresholds(const Field &image, const Mask &region, LocalThresholds &thresholds)
{
  const Grid &grid  = image.grid;
  const Mask  layer = layers_around(region, grid, 4);
  Field       blood(grid), blood_weight(grid), background(grid), background_weight(grid);
  bool        thin = true; // nothing is interior: a vessel of two voxels
  for (std::size_t n = 0; n < region.size(); ++n)
    thin = thin && !is_interior(region, grid, n);
  for (std::size_t n = 0; n < region.size(); ++n)
    if (thin ? region[n] != 0 : is_interior(region, grid, n))
      {
        blood.values[n]        = image.values[n];
        blood_weight.values[n] = 1;
      }
    else if (layer[n] >= 3 && image.values[n] < thresholds.at(grid.point(grid.position(n))).lower())
      {
        background.values[n]        = image.values[n];
        background_weight.values[n] = 1;
      }
  const Index factors{2, 2, 2};
  const auto  mean = [&](const Field &values, const Field &weights, const Field &before) {
    return normalized_average(block_mean(values, factors), block_mean(weights, factors), quantile(before.values, 0.5));
  };
  thresholds.blood      = mean(blood, blood_weight, thresholds.blood);
  thresholds.background = mean(background, background_weight, thresholds.background);
}

/// Voxels connected to the seeds whose intensity the thresholds admit, within reach of the thresholds' support.
Mask flood(const Field &image, const LocalThresholds &thresholds, const Mask &start, const Mask &reach)
{
  const Grid              &grid = image.grid;
  Mask                     region(start.size(), 0);
  std::vector<std::size_t> stack;
  const auto               admit = [&](std::size_t n) {
    if (region[n] || !reach[n])
      return;
    const auto   t = thresholds.at(grid.point(grid.position(n)));
    const double v = image.values[n];
    if (v < t.lower() || v > t.upper())
      return;
    region[n] = 1;
    stack.push_back(n);
  };
  for (std::size_t n = 0; n < start.size(); ++n)
    if (start[n])
      admit(n);
  while (!stack.empty())
    {
      const std::size_t n = stack.back();
      stack.pop_back();
      for_each_neighbour(grid, n, admit);
    }
  return region;
}

/// Shortest ways (mm) from the start through the region over all 26 neighbours (Dijkstra); -1 where none leads.
std::vector<float> ways_from(const Mask &region, const Grid &grid, std::size_t start)
{
  using Entry = std::pair<float, std::size_t>;
  std::vector<float>                                                  way(region.size(), -1);
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> front;
  way[start] = 0;
  front.push({0.0f, start});
  while (!front.empty())
    {
      const auto [length, n] = front.top();
      front.pop();
      if (length > way[n])
        continue;
      const Index p = grid.position(n);
      for (int neighbour = 0; neighbour < 27; ++neighbour)
        {
          const Index d{neighbour % 3 - 1, neighbour / 3 % 3 - 1, neighbour / 9 - 1};
          const Index q{p[0] + d[0], p[1] + d[1], p[2] + d[2]};
          if (!grid.contains(q))
            continue;
          const std::size_t m = grid.index(q[0], q[1], q[2]);
          if (!region[m])
            continue;
          const auto step = static_cast<float>(
            std::hypot(d[0] * grid.spacing[0], d[1] * grid.spacing[1], d[2] * grid.spacing[2]));
          if (way[m] < 0 || length + step < way[m])
            {
              way[m] = length + step;
              front.push({way[m], m});
            }
        }
    }
  return way;
}

double longest_way(const Mask &region, const Grid &grid)
{
  auto   start  = static_cast<std::size_t>(std::find(region.begin(), region.end(), 1) - region.begin());
  double length = 0;
  for (int pass = 0; pass < 2; ++pass)
    {
      const auto way = ways_from(region, grid, start);
      const auto end = std::max_element(way.begin(), way.end());
      start          = static_cast<std::size_t>(end - way.begin());
      length         = *end;
    }
  return length;
}

double boundary_area(const Mask &region, const Grid &grid)
{
  double area = 0;
  for (std::size_t n = 0; n < region.size(); ++n)
    if (region[n])
      {
        const Index p = grid.position(n);
        for (int c = 0; c < 3; ++c)
          {
            const double face = grid.voxel_volume() / grid.spacing[c];
            if (p[c] > 0 && !region[n - grid.stride(c)])
              area += face;
            if (p[c] + 1 < grid.size[c] && !region[n + grid.stride(c)])
              area += face;
          }
      }
  return area / 1.5; // the stairs of a voxel surface have 1.5 times the area of the smooth one, on average
}

void measure(const Field &image, VesselTree &tree)
{
  const Grid &grid     = tree.grid;
  const auto  n_voxels = std::count(tree.region.begin(), tree.region.end(), 1);
  if (n_voxels == 0)
    return;
  tree.volume       = n_voxels * grid.voxel_volume();
  const double area = boundary_area(tree.region, grid);
  tree.radius       = area > 0 ? 2 * tree.volume / area : 0;
  tree.length       = longest_way(tree.region, grid);
  tree.branching    = tree.volume / std::max(1e-9, std::numbers::pi * tree.radius * tree.radius * tree.length);
  const Mask  layer = layers_around(tree.region, grid, 2);
  std::size_t n_rim = 0, n_bright = 0, n_inside = 0;
  double      square = 0;
  bool        thin   = true; // nothing is interior: a vessel of two voxels
  for (std::size_t n = 0; n < tree.region.size(); ++n)
    thin = thin && !is_interior(tree.region, grid, n);
  for (std::size_t n = 0; n < tree.region.size(); ++n)
    if (layer[n] || tree.region[n])
      {
        const auto   t = tree.thresholds.at(grid.point(grid.position(n)));
        const double v = image.values[n];
        if (layer[n] == 2)
          {
            ++n_rim;
            n_bright += v > t.lower() ? 1 : 0;
          }
        else if (thin ? tree.region[n] != 0 : is_interior(tree.region, grid, n))
          {
            ++n_inside;
            square += (v - t.blood) * (v - t.blood) / (t.contrast() * t.contrast());
            tree.blood_mean += t.blood;
            tree.contrast_mean += t.contrast();
          }
      }
  if (n_inside > 0)
    {
      tree.unevenness = std::sqrt(square / n_inside);
      tree.blood_mean /= n_inside;
      tree.contrast_mean /= n_inside;
    }
  const double lower   = tree.blood_mean - 0.5 * tree.contrast_mean;
  std::size_t  n_other = 0;
  for (std::size_t n = 0; n < tree.region.size(); ++n)
    n_other += !tree.region[n] && image.values[n] > lower ? 1 : 0;
  tree.bright_elsewhere = static_cast<double>(n_other) / tree.region.size();
  tree.bright_rim       = n_rim > 0 ? static_cast<double>(n_bright) / n_rim : 0;
}

/// Why the region is no vessel tree; empty if nothing speaks against it.
std::string objection_to(const VesselTree &tree, bool is_ct)
{
  if (tree.volume == 0)
    return "nothing grew from it";
  const double voxel = *std::max_element(tree.grid.spacing.begin(), tree.grid.spacing.end());
  if (tree.contrast_mean <= 0 || tree.radius < 1.1 * voxel)
    return fmt::format("its radius of {:.1f} mm is too small for voxels of {:.1f} mm", tree.radius, voxel);
  if (tree.volume > largest_volume_mm3)
    return fmt::format("it is larger than {:.0f} mL: a leak into other tissue", largest_volume_mm3 * 1e-3);
  if (is_ct && (tree.blood_mean < 130 || tree.contrast_mean < 70))
    return fmt::format("its {:.0f} HU are those of blood without contrast agent", tree.blood_mean);
  if (is_ct && tree.blood_mean > 650)
    return fmt::format("its {:.0f} HU are those of bone", tree.blood_mean);
  if (const double share = tree.volume / (tree.grid.n_voxels() * tree.grid.voxel_volume()); share > 0.25)
    return fmt::format("it fills {:.0f} % of the image: tissue", 100 * share);
  if (tree.bright_elsewhere > 0.1)
    return fmt::format("{:.0f} % of the image are as bright as it", 100 * tree.bright_elsewhere);
  if (tree.length < 50)
    return fmt::format("it is only {:.0f} mm long", tree.length);
  if (tree.length < 8 * tree.radius)
    return fmt::format("it is {:.0f} mm long but {:.0f} mm wide: no tube", tree.length, 2 * tree.radius);
  if (tree.branching > 4)
    return "it is spread out like a sponge, not like a tree";
  if (tree.bright_rim > 0.12)
    return "much of its boundary is as bright as itself: bone or organs";
  if (tree.unevenness > 0.22)
    return "its intensity is uneven: bone or tissue";
  return "";
}

} // namespace

LocalThresholds thresholds_beside_wall(const Field &image, const Field &level_set, const Field &shares)
{
  constexpr double enough = 0.6; // of a voxel, to tell what blood is like
  const Grid      &grid   = image.grid;
  const double     voxel  = std::cbrt(grid.voxel_volume());
  Index            factors;
  for (int c = 0; c < 3; ++c)
    factors[c] = std::max(1, static_cast<int>(averaging_mm / (2.5 * grid.spacing[c])));
  const auto mean = [&](const Field &values, const Field &weights) {
    return normalized_average(block_mean(values, factors), block_mean(weights, factors), 0);
  };
  // Beyond the point spread's reach, but no further than what the lumen borders on.
  Field blood(grid), background(grid), weight(grid);
  for (std::size_t n = 0; n < image.values.size(); ++n)
    if (const double d = level_set.values[n] / voxel; d > 1 && d < 1.6)
      {
        background.values[n] = image.values[n];
        weight.values[n]     = 1;
      }
  LocalThresholds result;
  result.background = mean(background, weight);
  std::fill(weight.values.begin(), weight.values.end(), 0.F);
  for (std::size_t n = 0; n < image.values.size(); ++n)
    if (level_set.values[n] < -1.25 * voxel)
      {
        blood.values[n]  = image.values[n];
        weight.values[n] = 1;
      }
    else if (!shares.values.empty() && shares.values[n] > enough)
      {
        // The power keeps to the voxels that are nearly full, for the others' share rests on the wall that is to be found.
        const double f = shares.values[n], w = std::pow(f, 16), behind = result.background.interpolate(grid.point(grid.position(n)));
        blood.values[n]  = static_cast<float>(w * (behind + (image.values[n] - behind) / f));
        weight.values[n] = static_cast<float>(w);
      }
  result.blood = mean(blood, weight);
  return result;
}

std::vector<TubeSeed> find_tube_seeds(const Field &image, bool is_ct)
{
  const Field           clipped = clip(image, is_ct);
  std::vector<TubeSeed> seeds;
  for (const double radius : {3.5, 5.0, 7.0, 10.0, 14.0})
    add_scale(clipped, radius / std::numbers::sqrt2, seeds);
  // Large and strong first: a vessel's trunk makes the better start.
  std::sort(seeds.begin(), seeds.end(),
            [](const TubeSeed &a, const TubeSeed &b) { return a.strength() > b.strength(); });
  std::vector<TubeSeed> kept;
  for (const auto &seed : seeds)
    {
      if (kept.size() >= 60)
        break;
      const bool   is_new = std::none_of(kept.begin(), kept.end(), [&seed](const TubeSeed &k) {
        return std::hypot(k.x[0] - seed.x[0], k.x[1] - seed.x[1], k.x[2] - seed.x[2]) < k.radius + 5;
      });
      const auto   core   = values_between(image, seed.x, 0, std::max(0.5 * seed.radius, 2.0));
      const double spread = 0.5 * (quantile(core, 0.9) - quantile(core, 0.1)), middle = quantile(core, 0.5);
      if (is_new && spread < 0.35 * seed.contrast && !(is_ct && (middle < 120 || middle > 750)))
        kept.push_back(seed);
    }
  return kept;
}

VesselTree grow_vessel(const Field &image, const std::vector<TubeSeed> &seeds, bool is_ct)
{
  VesselTree tree;
  tree.grid = image.grid;
  tree.seed = seeds.front();
  std::vector<float> core, surroundings;
  Mask               start(image.values.size(), 0), reach(image.values.size(), 0);
  for (const auto &seed : seeds)
    {
      const auto inside = values_between(image, seed.x, 0, std::max(0.5 * seed.radius, 1.5));
      const auto around = values_between(image, seed.x, 1.5 * seed.radius, 2.2 * seed.radius + 2);
      core.insert(core.end(), inside.begin(), inside.end());
      surroundings.insert(surroundings.end(), around.begin(), around.end());
      const Index p                             = image.grid.nearest(seed.x);
      start[image.grid.index(p[0], p[1], p[2])] = 1;
    }
  Grid fields_grid;
  fields_grid.size = {1, 1, 1};
  // So few voxels reach across the wall: the brightest is the one inside.
  const double is_blood = core.size() < 8 ? 1 : 0.5;
  tree.thresholds       = {Field(fields_grid, static_cast<float>(quantile(core, is_blood))),
                           Field(fields_grid, static_cast<float>(quantile(surroundings, 0.4)))};
  if (tree.thresholds.at({0, 0, 0}).contrast() <= 0)
    {
      tree.region.assign(start.size(), 0);
      tree.objection = objection_to(tree, is_ct);
      return tree;
    }

  tree.region      = start;
  std::size_t size = 1;
  for (int round = 0; round < 40; ++round)
    {
      // Each round reaches as far beyond the region as its averages are meaningful.
      const int  n_layers = static_cast<int>(1.5 * averaging_mm / image.grid.spacing[0]);
      const Mask layer    = layers_around(tree.region, image.grid, n_layers);
      for (std::size_t n = 0; n < reach.size(); ++n)
        reach[n] = tree.region[n] || layer[n];
      tree.region         = flood(image, tree.thresholds, start, reach);
      const auto new_size = static_cast<std::size_t>(std::count(tree.region.begin(), tree.region.end(), 1));
      if (new_size == 0 || new_size * image.grid.voxel_volume() > largest_volume_mm3)
        break;
      update_thresholds(image, tree.region, tree.thresholds);
      const bool is_settled = std::abs(static_cast<double>(new_size) - static_cast<double>(size)) < 0.002 * new_size;
      size                  = new_size;
      if (is_settled)
        break;
    }
  measure(image, tree);
  tree.objection = objection_to(tree, is_ct);
  return tree;
}

VesselTree find_vessel_tree(const Field &image, bool is_ct)
{
  constexpr std::size_t most_trials = 16;
  VesselTree            best;
  std::string           nearest    = "nothing in it is a bright tube";
  double                best_score = 0;
  std::vector<Mask>     tried;
  for (const auto &seed : find_tube_seeds(image, is_ct))
    {
      const Index       p = image.grid.nearest(seed.x);
      const std::size_t n = image.grid.index(p[0], p[1], p[2]);
      if (std::any_of(tried.begin(), tried.end(), [n](const Mask &mask) { return mask[n] != 0; }))
        continue;
      // Seeds half as strong as one that led to a vessel lead to its branches or to something lesser.
      if (tried.size() >= most_trials || (best_score > 0 && seed.strength() < 0.5 * best.seed.strength()))
        break;
      auto tree = grow_vessel(image, {seed}, is_ct);
      tried.push_back(tree.region);
      if (tried.size() == 1 && !tree.objection.empty())
        nearest = "the strongest candidate was turned down: " + tree.objection;
      const double score = tree.length * tree.radius;
      if (tree.objection.empty() && score > best_score)
        {
          best_score = score;
          best       = std::move(tree);
        }
    }
  if (best_score == 0)
    throw InputError(
      "no contrast-filled vessel was found in the image (" + nearest + ")",
      "give a CT or MR angiogram in which the vessel is brighter than its surroundings, or seeds inside it");
  return best;
}

} // namespace vesalius::voxel
