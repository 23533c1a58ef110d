// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/label_level_set.h"

#include "mesh_io/voxel_field.h"
#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

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
  voxel::Field step(plain);
  std::transform(own.labels.begin(), own.labels.end(), step.values.begin(),
                 [](auto value) { return value != 0 ? -0.5f : 0.5f; });
  Image result;
  result.grid   = grid;
  result.values = voxel::signed_distance(step, 3 * *std::max_element(plain.spacing.begin(), plain.spacing.end())).values;
  return result;
}

} // namespace vesalius
