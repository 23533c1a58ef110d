// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/tree_ends.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <optional>

namespace vesalius
{

namespace
{
/// A tip with the way from it towards the root, as far as it is a branch of its own.
struct Branch
{
  std::vector<Vector3> points;     ///< mm, the tip first
  std::vector<double>  radius;     ///< mm, by voxels: short of it where the vessel is only a few of them wide
  std::vector<double>  depth;      ///< mm, by the level set
  double               length = 0; ///< mm, outside of the vessel it comes from
};

Branch make_branch(const Image &level_set, const VoxelTree &tree, const std::vector<int> &path, const std::vector<char> &explained)
{
  Branch branch;
  bool   own = true;
  for (std::size_t i = 0; i < path.size(); ++i)
    {
      branch.points.push_back(tree.position_mm(path[i]));
      branch.radius.push_back(tree.wall_distance[path[i]]);
      branch.depth.push_back(-level_set.values[tree.voxels[path[i]]]);
      own = own && !explained[path[i]];
      if (own && i > 0)
        branch.length += distance(branch.points[i], branch.points[i - 1]);
    }
  return branch;
}

/// Tips by decreasing distance from the first, each with its branch.
std::vector<Branch> find_branches(const Image &level_set, const VoxelTree &tree)
{
  const auto farthest = [&](const std::vector<double> &length, const std::vector<char> &skip) {
    int best = -1;
    for (int v = 0; v < static_cast<int>(length.size()); ++v)
      if (!skip[v] && length[v] < std::numeric_limits<double>::max() && (best < 0 || length[v] > length[best]))
        best = v;
    return best;
  };
  std::vector<char>   explained(tree.voxels.size(), 0);
  const int           first  = farthest(shortest_paths(tree, 0, PathCost::length).length_mm, explained);
  const auto          length = shortest_paths(tree, first, PathCost::length).length_mm;
  const auto          paths  = shortest_paths(tree, first, PathCost::centred);
  std::vector<Branch> branches;
  for (int tip = farthest(length, explained); tip >= 0; tip = farthest(length, explained))
    {
      const std::vector<int> path = path_to_root(paths, tip);
      branches.push_back(make_branch(level_set, tree, path, explained));
      if (branches.size() == 1) // the longest way is a branch seen from either end
        {
          Branch reversed = branches[0];
          std::reverse(reversed.points.begin(), reversed.points.end());
          std::reverse(reversed.radius.begin(), reversed.radius.end());
          std::reverse(reversed.depth.begin(), reversed.depth.end());
          branches.push_back(reversed);
        }
      mark_around_path(tree, path, 1.6, explained);
    }
  return branches;
}

/// Linear interpolation; nothing outside of the image.
std::optional<double> sample(const Image &image, const Vector3 &x_mm)
{
  const auto  c = image.grid.continuous_index(x_mm);
  const auto &n = image.grid.size;
  std::size_t base[3];
  double      t[3];
  for (int d = 0; d < 3; ++d)
    {
      if (!(c[d] >= 0) || !(c[d] <= static_cast<double>(n[d]) - 1))
        return std::nullopt;
      base[d] = std::min(static_cast<std::size_t>(c[d]), n[d] < 2 ? 0 : n[d] - 2);
      t[d]    = c[d] - static_cast<double>(base[d]);
    }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner)
    {
      double      weight = 1;
      std::size_t index[3];
      for (int d = 0; d < 3; ++d)
        {
          const int high = corner >> d & 1;
          weight *= high ? t[d] : 1 - t[d];
          index[d] = std::min(base[d] + high, n[d] - 1);
        }
      if (weight > 0)
        sum += weight * image.values[image.grid.index(index[0], index[1], index[2])];
    }
  return sum;
}

struct Section
{
  Vector3 centroid{0, 0, 0}; ///< mm
  double  area  = 0;         ///< mm^2
  bool    whole = false;     ///< inside of the image and not wider than the window
};

/// The piece of the plane section around `centre`, on a grid of half a voxel.
Section take_section(const Image &level_set, const Vector3 &centre, const Vector3 &axis, double reach_mm)
{
  const auto  &spacing = level_set.grid.spacing_mm;
  const double h       = std::max(0.5 * *std::min_element(spacing.begin(), spacing.end()), reach_mm / 60);
  const int    n       = static_cast<int>(reach_mm / h);
  const auto [u, v]    = plane_axes(axis);
  std::vector<char>                seen((2 * n + 1) * (2 * n + 1), 0);
  std::vector<std::pair<int, int>> piece;
  Section                          section;
  bool                             cut_short = false;
  const auto                       visit     = [&](int i, int j) {
    if (std::abs(i) > n || std::abs(j) > n)
      {
        cut_short = true;
        return;
      }
    char &mark = seen[(i + n) * (2 * n + 1) + j + n];
    if (mark)
      return;
    mark             = 1;
    const auto value = sample(level_set, centre + (h * i) * u + (h * j) * v);
    cut_short        = cut_short || !value;
    if (value && *value < 0)
      piece.emplace_back(i, j);
  };
  visit(0, 0);
  double sum_i = 0, sum_j = 0;
  for (std::size_t p = 0; p < piece.size(); ++p)
    {
      const auto [i, j] = piece[p];
      sum_i += i;
      sum_j += j;
      visit(i + 1, j);
      visit(i - 1, j);
      visit(i, j + 1);
      visit(i, j - 1);
    }
  if (piece.empty())
    return section;
  const double count = static_cast<double>(piece.size());
  section.centroid   = centre + (h * sum_i / count) * u + (h * sum_j / count) * v;
  section.area       = h * h * count;
  section.whole      = !cut_short;
  return section;
}

/// Position along the branch at an arc length from its tip.
Vector3 point_at(const Branch &branch, double arc_length)
{
  double s = 0;
  for (std::size_t i = 1; i < branch.points.size(); ++i)
    {
      const double step = distance(branch.points[i], branch.points[i - 1]);
      if (s + step >= arc_length)
        return branch.points[i - 1] + ((arc_length - s) / step) * (branch.points[i] - branch.points[i - 1]);
      s += step;
    }
  return branch.points.back();
}

/// Arc length from the tip at which the vessel has its typical width: `inside` radii in, where
/// the radius also is at least the smallest wanted; negative if nowhere.
struct Anchor
{
  double arc_length = -1, radius = 0;
};
Anchor find_anchor(const Branch &branch, const std::vector<double> &radius, double inside, double minimum_mm)
{
  double s = 0;
  for (std::size_t i = 1; i < branch.points.size(); ++i)
    {
      s += distance(branch.points[i], branch.points[i - 1]);
      if (s >= inside * radius[i] && radius[i] >= minimum_mm)
        return {s, radius[i]};
    }
  return {};
}

/// Least-squares direction through section centroids, outwards.
Vector3 fit_axis(const std::vector<Section> &sections, const Vector3 &fallback)
{
  if (sections.size() < 4)
    return fallback;
  const double n = static_cast<double>(sections.size());
  Vector3      mean{0, 0, 0}, slope{0, 0, 0};
  for (const Section &s : sections)
    mean = mean + (1 / n) * s.centroid;
  for (std::size_t i = 0; i < sections.size(); ++i)
    slope = slope + (static_cast<double>(i) - 0.5 * (n - 1)) * (sections[i].centroid - mean);
  const Vector3 axis = normalised(slope);
  return dot(axis, fallback) > 0.5 ? axis : fallback;
}

/// Whole sections from the anchor outwards, up to the end of the vessel.
std::vector<Section> walk_outwards(const Image &level_set, const Vector3 &start, const Vector3 &axis, double radius_mm,
                                   double minimum_mm)
{
  const auto          &spacing = level_set.grid.spacing_mm;
  const double         step    = 0.5 * *std::min_element(spacing.begin(), spacing.end());
  std::vector<Section> sections;
  Vector3              centre = start;
  for (double t = 0; t < 12 * radius_mm; t += step)
    {
      const Section section = take_section(level_set, centre, axis, 3 * radius_mm);
      const double  usual   = sections.empty() ? section.area : sections[sections.size() / 2].area;
      if (!section.whole || section.area < std::max(0.6 * usual, std::numbers::pi * minimum_mm * minimum_mm) ||
          section.area > 2.2 * usual)
        break;
      sections.push_back(section);
      centre = section.centroid + step * axis;
    }
  return sections;
}

/// Whole sections outwards from the anchor; `axis` is that of the last three radii.
std::vector<Section> sections_from(const Image &level_set, const Branch &branch, const Anchor &anchor, double minimum_mm,
                                   Vector3 &axis)
{
  const double         r     = anchor.radius;
  const Vector3        start = point_at(branch, anchor.arc_length);
  std::vector<Section> sections;
  axis = normalised(point_at(branch, anchor.arc_length - 0.5 * r) - point_at(branch, anchor.arc_length + 2.5 * r));
  for (int iteration = 0; iteration < 3; ++iteration)
    {
      const auto walked = walk_outwards(level_set, start, axis, r, minimum_mm);
      if (walked.empty())
        break;
      sections = walked;
      // The last three radii: the vessel may bend before.
      const std::size_t window = static_cast<std::size_t>(
        3 * r / (0.5 * *std::min_element(level_set.grid.spacing_mm.begin(), level_set.grid.spacing_mm.end())));
      const std::size_t begin = sections.size() > window ? sections.size() - window : 0;
      axis                    = fit_axis({sections.begin() + begin, sections.end()}, axis);
    }
  return sections;
}

/// Whether a position lies in the outermost two voxels of the image.
bool is_at_border(const ImageGrid &grid, const Vector3 &x_mm)
{
  const auto c = grid.continuous_index(x_mm);
  for (int d = 0; d < 3; ++d)
    if (c[d] < 1.5 || c[d] > static_cast<double>(grid.size[d]) - 2.5)
      return true;
  return false;
}

/// Whole sections enough to know the axis by, as near to the tip as there are any: a vessel that leaves the image aslant is whole
/// further in only.
std::vector<Section> longest_run(const Image &level_set, const Branch &branch, const std::vector<double> &radius, double minimum_mm,
                                 Vector3 &axis)
{
  const auto          &spacing = level_set.grid.spacing_mm;
  const double         step    = 0.5 * *std::min_element(spacing.begin(), spacing.end());
  std::vector<Section> longest;
  for (const double inside : {2.5, 4.0, 6.0})
    {
      const Anchor anchor = find_anchor(branch, radius, inside, minimum_mm);
      if (anchor.arc_length < 0)
        break;
      Vector3    direction{0, 0, 0};
      const auto sections = sections_from(level_set, branch, anchor, minimum_mm, direction);
      if (sections.size() > longest.size())
        {
          longest = sections;
          axis    = direction;
        }
      if (longest.size() * step > 0.8 * anchor.radius || !is_at_border(level_set.grid, branch.points.front()))
        break;
    }
  return longest;
}

std::optional<TreeEnd> locate_end(const Image &level_set, const Branch &branch, double minimum_mm,
                                  double offset_diameters)
{
  Vector3              axis{0, 0, 0};
  std::vector<Section> sections;
  for (const auto &radius : {branch.radius, branch.depth})
    if (sections.empty())
      sections = longest_run(level_set, branch, radius, minimum_mm, axis);
  if (sections.empty())
    return std::nullopt;
  const double  equal_radius = std::sqrt(sections.back().area / std::numbers::pi);
  const double  reach        = 2 * equal_radius * offset_diameters;
  const Vector3 end          = sections.back().centroid;
  std::size_t   at           = sections.size() - 1;
  while (at > 0 && dot(end - sections[at].centroid, axis) < reach)
    --at;
  return TreeEnd{1e-3 * sections[at].centroid, axis, 1e-3 * std::sqrt(sections[at].area / std::numbers::pi)};
}
} // namespace

std::vector<TreeEnd> find_tree_ends(const Image &level_set, const VoxelTree &tree, double minimum_radius,
                                    double cap_offset_diameters)
{
  std::vector<TreeEnd> ends;
  const double         minimum_mm = 1000 * minimum_radius;
  for (const Branch &branch : find_branches(level_set, tree))
    {
      if (branch.length < 6 * minimum_mm) // cannot be long enough below
        continue;
      const auto end = locate_end(level_set, branch, minimum_mm, cap_offset_diameters);
      if (!end || branch.length < 6 * 1000 * end->radius)
        continue;
      // Two tips of one blunt end lead to the same place.
      if (std::none_of(ends.begin(), ends.end(), [&](const TreeEnd &other) {
            return distance(other.centre, end->centre) < 1.5 * std::max(other.radius, end->radius);
          }))
        ends.push_back(*end);
    }
  return ends;
}

} // namespace vesalius
