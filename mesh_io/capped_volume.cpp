// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/capped_volume.h"

#include "mesh_io/voxel_tree.h"

#include <algorithm>

namespace vesalius
{

namespace
{
/// Width (mm) of a voxel along a direction.
double width_along(const ImageGrid &grid, const Vector3 &direction)
{
  double width = 0;
  for (int c = 0; c < 3; ++c)
    {
      double component = 0;
      for (int r = 0; r < 3; ++r)
        component += grid.direction[r][c] * direction[r];
      width += std::abs(component) * grid.spacing_mm[c];
    }
  return width;
}

/// Takes off what lies beyond a cap.
void cut_off(const VoxelTree &tree, const Cap &cap, std::vector<double> &share)
{
  const double      h      = *std::max_element(tree.grid.spacing_mm.begin(), tree.grid.spacing_mm.end());
  const double      width  = width_along(tree.grid, cap.normal);
  const auto        height = [&](int v) { return dot(tree.position_mm(v) - 1000 * cap.centre, cap.normal); };
  std::vector<char> seen(tree.voxels.size(), 0);
  std::vector<int>  front;
  const auto        reach = [&](int v) {
    seen[v] = 1;
    front.push_back(v);
  };
  for (int v = 0; v < static_cast<int>(tree.voxels.size()); ++v)
    if (const double d = height(v); d > -0.5 * width && d < h)
      if (distance(tree.position_mm(v), 1000 * cap.centre) < 1500 * cap.radius + h)
        reach(v);
  for (std::size_t i = 0; i < front.size(); ++i)
    {
      share[front[i]] *= std::clamp(0.5 - height(front[i]) / width, 0.0, 1.0);
      for_neighbours(tree.grid, tree.voxels[front[i]], true, [&](std::size_t n, double) {
        if (const int w = tree.number[n]; w >= 0 && !seen[w] && height(w) > -0.5 * width)
          reach(w);
      });
    }
}
} // namespace

double volume_between_caps(const ImageGrid &grid, const std::vector<float> &shares, const std::vector<Cap> &caps)
{
  std::vector<char> inside(shares.size());
  std::transform(shares.begin(), shares.end(), inside.begin(), [](float share) { return share > 0; });
  const VoxelTree     tree = make_voxel_tree(grid, inside);
  std::vector<double> share;
  for (const std::size_t v : tree.voxels)
    share.push_back(shares[v]);
  for (const Cap &cap : caps)
    cut_off(tree, cap, share);
  double sum = 0;
  for (const double s : share)
    sum += s;
  return sum * grid.voxel_volume_mm3() * 1e-9;
}

} // namespace vesalius
