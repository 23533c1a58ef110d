// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/branch_pruning.h"

#include "mesh_io/voxel_tree.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace vesalius::voxel
{
namespace
{

constexpr double shortest_branch_mm = 8; // shorter ones are bumps of the wall
constexpr int    most_branches      = 60;

struct Branch
{
  std::vector<int> path;               ///< voxels of the tree, from the tip to where it meets its parent
  int              parent        = -1; ///< index of the parent, -1 for the trunk
  double           length        = 0;  ///< mm, beyond the parent's lumen
  double           radius        = 0;  ///< mm, median
  double           parent_radius = 0;
  bool             leaves_image  = false;
  bool             is_kept       = true;
};

VoxelTree tree_of(const Field &level_set)
{
  ImageGrid         grid;
  std::vector<char> inside(level_set.values.size());
  for (int c = 0; c < 3; ++c)
    {
      grid.size[c]       = static_cast<std::size_t>(level_set.grid.size[c]);
      grid.spacing_mm[c] = level_set.grid.spacing[c];
    }
  std::transform(level_set.values.begin(), level_set.values.end(), inside.begin(),
                 [](float v) { return v < 0 ? 1 : 0; });
  return make_voxel_tree(grid, inside);
}

bool is_at_border(const Grid &grid, std::size_t n)
{
  const Index p = grid.position(n);
  for (int c = 0; c < 3; ++c)
    if (p[c] < 2 || p[c] > grid.size[c] - 3)
      return true;
  return false;
}

int farthest(const PathField &paths, const std::vector<char> &covered)
{
  int tip = -1;
  for (std::size_t v = 0; v < paths.length_mm.size(); ++v)
    if (!covered[v] && (tip < 0 || paths.length_mm[v] > paths.length_mm[tip]))
      tip = static_cast<int>(v);
  return tip;
}

/// The trunk from end to end of the tree, then its branches, the longest first (TEASAR, Sato et al. 2000).
std::vector<Branch> find_branches(const VoxelTree &tree, const Field &level_set)
{
  const auto          depth = [&](int v) { return -static_cast<double>(level_set.values[tree.voxels[v]]); };
  std::vector<char>   covered(tree.voxels.size(), 0);
  std::vector<int>    owner(tree.voxels.size(), -1);
  const int           end   = farthest(shortest_paths(tree, 0, PathCost::length), covered);
  const PathField     paths = shortest_paths(tree, end, PathCost::centred);
  std::vector<Branch> branches;
  while (static_cast<int>(branches.size()) < most_branches)
    {
      const int tip = farthest(paths, covered);
      if (tip < 0)
        break;
      Branch branch;
      for (int v = tip; v >= 0; v = paths.predecessor[v])
        {
          branch.path.push_back(v);
          if (owner[v] >= 0)
            {
              branch.parent = owner[v]; // reached the parent's lumen
              break;
            }
        }
      branch.length       = paths.length_mm[tip] - paths.length_mm[branch.path.back()];
      branch.leaves_image = is_at_border(level_set.grid, tree.voxels[tip]);
      std::vector<double> radii;
      for (const int v : branch.path)
        radii.push_back(depth(v));
      std::nth_element(radii.begin(), radii.begin() + radii.size() / 2, radii.end());
      branch.radius = radii[radii.size() / 2];
      if (branch.parent >= 0) // the parent's radius: on its axis, further along the way to the root
        for (int v = branch.path.back(), steps = 0; v >= 0 && steps < 15; v = paths.predecessor[v], ++steps)
          branch.parent_radius = std::max(branch.parent_radius, depth(v));

      std::vector<char> marks(tree.voxels.size(), 0);
      mark_around_path(tree, branch.path, 1.2, marks);
      const bool is_branch = branch.parent < 0 || branch.length >= shortest_branch_mm;
      for (std::size_t v = 0; v < marks.size(); ++v)
        if (marks[v])
          {
            if (!covered[v] && is_branch)
              owner[v] = static_cast<int>(branches.size());
            covered[v] = 1;
          }
      if (is_branch)
        branches.push_back(std::move(branch));
    }
  return branches;
}

void apply(const PruningRules &rules, std::vector<Branch> &branches)
{
  for (auto &b : branches)
    if (b.parent >= 0)
      {
        const bool fades = !b.leaves_image && b.length < rules.minimum_length_mm;
        b.is_kept        = branches[b.parent].is_kept && !fades && b.radius >= rules.minimum_radius_mm &&
                    b.radius >= rules.minimum_ratio * b.parent_radius;
      }
}

/// The opening of the level set by a ball: what the ball can sweep while its centre stays in the part of `core` (deeper
/// than the radius, not excluded) that is connected to the deepest point.
Field open(const Field &level_set, const Mask &excluded, double radius_mm)
{
  const Grid &grid    = level_set.grid;
  std::size_t deepest = 0;
  for (std::size_t n = 0; n < excluded.size(); ++n)
    if (level_set.values[n] < level_set.values[deepest])
      deepest = n;
  Mask                     kept(excluded.size(), 0);
  std::vector<std::size_t> stack{deepest};
  kept[deepest] = 1;
  while (!stack.empty())
    {
      const std::size_t n = stack.back();
      stack.pop_back();
      for_each_neighbour(grid, n, [&](std::size_t m) {
        if (!kept[m] && !excluded[m] && level_set.values[m] < -radius_mm)
          {
            kept[m] = 1;
            stack.push_back(m);
          }
      });
    }
  Field from_core(grid);
  for (std::size_t n = 0; n < kept.size(); ++n)
    {
      const auto shifted  = static_cast<float>(level_set.values[n] + radius_mm);
      from_core.values[n] = kept[n] ? shifted : std::max(shifted, 0.1f);
    }
  // The stump of a branch ends where the ball ends; a little play leaves the other walls as they are.
  const double play = 0.3 * *std::max_element(grid.spacing.begin(), grid.spacing.end());
  from_core         = signed_distance(from_core, radius_mm + play + 5);
  Field opened      = level_set;
  for (std::size_t n = 0; n < kept.size(); ++n)
    opened.values[n] = std::max(opened.values[n], static_cast<float>(from_core.values[n] - radius_mm - play));
  return opened;
}

/// Voxels of the dropped branches, but for what lies well inside of the kept ones.
Mask voxels_to_drop(const Field &level_set, const VoxelTree &tree, const std::vector<Branch> &branches,
                    double radius_mm)
{
  const Grid      &grid = level_set.grid;
  std::vector<int> axes; // of the kept branches
  for (const auto &b : branches)
    if (b.is_kept)
      axes.insert(axes.end(), b.path.begin(), b.path.end());
  const auto is_in_kept_branch = [&](int v) {
    const Point x = grid.point(grid.position(tree.voxels[v]));
    return std::any_of(axes.begin(), axes.end(), [&](int a) {
      const Point  y     = grid.point(grid.position(tree.voxels[a]));
      const double reach = -level_set.values[tree.voxels[a]] - 0.5 * radius_mm;
      return std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]) <= reach;
    });
  };
  std::vector<char> dropped(tree.voxels.size(), 0);
  for (const auto &b : branches)
    if (!b.is_kept)
      {
        std::vector<int> beyond;
        std::copy_if(b.path.begin(), b.path.end(), std::back_inserter(beyond),
                     [&](int v) { return !is_in_kept_branch(v); });
        mark_around_path(tree, beyond, 1.5, dropped);
      }
  Mask result(grid.n_voxels(), 0);
  for (std::size_t v = 0; v < dropped.size(); ++v)
    if (dropped[v] && !is_in_kept_branch(static_cast<int>(v)))
      result[tree.voxels[v]] = 1;
  return result;
}

} // namespace

Field prune_branches(const Field &level_set, const PruningRules &rules)
{
  // The deepest voxel of a thin branch lies up to half a voxel beside its axis.
  const Grid     &grid     = level_set.grid;
  const double    radius   = std::max(0.0, rules.minimum_radius_mm -
                                             0.5 * *std::max_element(grid.spacing.begin(), grid.spacing.end()));
  const Field     opened   = open(level_set, Mask(grid.n_voxels(), 0), radius);
  const VoxelTree tree     = tree_of(opened);
  auto            branches = find_branches(tree, level_set);
  apply(rules, branches);
  if (std::all_of(branches.begin(), branches.end(), [](const Branch &b) { return b.is_kept; }))
    return opened;
  return open(level_set, voxels_to_drop(level_set, tree, branches, radius), radius);
}

} // namespace vesalius::voxel
