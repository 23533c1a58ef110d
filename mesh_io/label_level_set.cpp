// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/label_level_set.h"

#include "mesh_io/volume_restoration.h"
#include "mesh_io/voxel_field.h"
#include "mesh_io/voxel_refinement.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
/// -0.5 inside to 0.5 outside, smoothed over the staircase; the centres of voxels stay on their side.
voxel::Field smooth_step(const voxel::Grid &grid, const std::vector<std::uint16_t> &labels, double sigma_mm)
{
  constexpr float least = 0.05F;
  voxel::Field    step(grid);
  std::transform(labels.begin(), labels.end(), step.values.begin(), [](auto value) { return value != 0 ? -0.5F : 0.5F; });
  voxel::Field result = voxel::smooth(step, sigma_mm);
  for (std::size_t n = 0; n < labels.size(); ++n)
    result.values[n] = step.values[n] < 0 ? std::min(result.values[n], -least) : std::max(result.values[n], least);
  return result;
}
} // namespace

LabelImage only_label(const LabelImage &labels, int label)
{
  std::map<int, std::size_t> count;
  for (const auto value : labels.labels)
    if (value != 0)
      ++count[value];
  std::string list;
  for (const auto &[value, n] : count)
    {
      const auto name = labels.names.find(value);
      list += (list.empty() ? "" : ", ") + std::to_string(value) +
              (name == labels.names.end() ? "" : " " + name->second) + " (" + std::to_string(n) + " voxels)";
    }
  if (count.empty())
    throw InputError("the label image is empty", "give one that holds a vessel");
  if (label == 0 && count.size() > 1)
    throw InputError("the label image holds several labels: " + list, "choose the vessel's with --label");
  const int chosen = label == 0 ? count.begin()->first : label;
  if (!count.count(chosen))
    throw InputError("the label image has no label " + std::to_string(chosen), "it holds " + list);
  LabelImage result;
  result.grid = labels.grid;
  for (const auto value : labels.labels)
    result.labels.push_back(value == chosen);
  return result;
}

Image label_level_set(const LabelImage &labels, int label)
{
  const LabelImage own  = only_label(labels, label);
  const auto      &grid = own.grid;
  voxel::Grid      plain;
  for (int d = 0; d < 3; ++d)
    {
      plain.size[d]    = static_cast<int>(grid.size[d]);
      plain.spacing[d] = grid.spacing_mm[d];
    }
  const voxel::Field wall   = smooth_step(plain, own.labels, 0.7 * std::cbrt(plain.voxel_volume()));
  const int          factor = voxel::refinement_for(wall);
  const double       limit  = 3 * *std::max_element(plain.spacing.begin(), plain.spacing.end());
  voxel::Field       shares(plain);
  std::transform(own.labels.begin(), own.labels.end(), shares.values.begin(), [](auto value) { return value != 0 ? 1.F : 0.F; });
  Image result;
  result.grid   = voxel::refine(grid, factor);
  result.values = voxel::restore_local_volume(voxel::signed_distance(voxel::refine(wall, factor), limit), shares).values;
  return result;
}

} // namespace vesalius
