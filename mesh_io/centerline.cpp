// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/centerline.h"

#include "mesh_io/line_fit.h"
#include "mesh_io/size_field.h"
#include "mesh_io/voxel_tree.h"
#include "mesh_io/wall_projection.h"
#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

namespace
{
void smooth(std::vector<Vector3> &line, int passes)
{
  for (int pass = 0; pass < passes; ++pass)
    {
      const std::vector<Vector3> old = line;
      for (std::size_t i = 1; i + 1 < line.size(); ++i)
        line[i] = 0.25 * old[i - 1] + 0.5 * old[i] + 0.25 * old[i + 1];
    }
}

/// Moves inner points away from the wall within their normal plane, by shrinking steps: the inscribed
/// sphere grows until two or more sides of the wall hold it. A point may go half its first radius far.
void centre(std::vector<Vector3> &line, const WallProjection &wall)
{
  const std::vector<Vector3> old = line;
  for (std::size_t i = 1; i + 1 < line.size(); ++i)
    {
      const Vector3 tangent = normalised(old[i + 1] - old[i - 1]);
      for (double step = 0.1; step > 0.002; step *= 0.8)
        {
          const Vector3 away   = line[i] - wall.nearest(line[i]);
          const Vector3 normal = away - dot(away, tangent) * tangent;
          line[i]              = line[i] + (step * norm(away)) * normalised(normal);
        }
    }
}

std::vector<double> radius_along(const std::vector<Vector3> &line, const WallProjection &wall)
{
  std::vector<double> radius;
  for (const Vector3 &x : line)
    radius.push_back(distance(x, wall.nearest(x)));
  return radius;
}

/// Takes out what is shorter than the vessel is wide, by fits that do not cut corners as an average does.
void straighten(std::vector<Vector3> &line, const WallProjection &wall)
{
  auto window = radius_along(line, wall);
  for (double &w : window)
    w *= 1.5;
  const auto fits = fit_line(line, window);
  for (std::size_t i = 1; i + 1 < line.size(); ++i)
    line[i] = fits[i].position;
}

/// A voxel well inside of a cap: at its centre, a voxel's width in.
int voxel_at(const VoxelTree &tree, const Cap &cap)
{
  return tree.nearest_voxel(1000 * cap.centre - (0.8 * tree.grid.spacing_mm[0]) * cap.normal);
}
} // namespace

Centerline make_centerline_paths(const Surface &surface, const CenterlineProgress &progress)
{
  if (surface.caps.size() < 2)
    throw InputError("a centre line needs two caps, and the surface has " + std::to_string(surface.caps.size()),
                     "cut the vessel's ends flat, or leave them open");
  double smallest = surface.caps.front().radius;
  for (const Cap &cap : surface.caps)
    smallest = std::min(smallest, cap.radius);
  const VoxelTree tree = voxelise(surface, 1000 * smallest / 4);
  auto root = std::find_if(surface.caps.begin(), surface.caps.end(), [](const Cap &c) { return c.name == "inlet"; });
  if (root == surface.caps.end())
    root = surface.caps.begin();
  const PathField      paths = shortest_paths(tree, voxel_at(tree, *root), PathCost::centred);
  const WallProjection wall(surface);
  Centerline           centerline;
  for (auto cap = surface.caps.begin(); cap != surface.caps.end(); ++cap)
    {
      if (cap == root)
        continue;
      const std::vector<int> voxels = path_to_root(paths, voxel_at(tree, *cap));
      if (paths.predecessor[voxels.front()] < 0)
        throw InputError("there is no way inside the surface from " + root->name + " to " + cap->name,
                         "the surface is closed off between the two: repair it");
      std::vector<Vector3> line{cap->centre};
      for (const int v : voxels)
        line.push_back(1e-3 * tree.position_mm(v));
      line.push_back(root->centre);
      std::reverse(line.begin(), line.end());
      line = resample(line, 0.25 * smallest);
      smooth(line, 20);
      for (int pass = 0; pass < 2; ++pass)
        {
          centre(line, wall);
          straighten(line, wall);
        }
      line          = resample(line, 0.25 * smallest);
      auto &branch  = centerline.branches.emplace_back();
      branch.points = line;
      branch.radius = radius_along(line, wall);
      if (progress)
        progress(static_cast<double>(centerline.branches.size()) / static_cast<double>(surface.caps.size() - 1));
    }
  return centerline;
}

Centerline make_centerline(const Surface &surface)
{
  Centerline centerline = make_centerline_paths(surface);
  // Ways side by side in one vessel are one: a later branch begins at the last point before it leaves them.
  for (std::size_t b = 1; b < centerline.branches.size(); ++b)
    {
      Centerline before;
      before.branches.assign(centerline.branches.begin(), centerline.branches.begin() + static_cast<std::ptrdiff_t>(b));
      auto       &branch = centerline.branches[b];
      std::size_t begin  = 0;
      while (begin + 2 < branch.points.size() && distance_to_axis(before, branch.points[begin]) < 0.35)
        ++begin;
      begin = begin > 0 ? begin - 1 : 0;
      branch.points.erase(branch.points.begin(), branch.points.begin() + static_cast<std::ptrdiff_t>(begin));
      branch.radius.erase(branch.radius.begin(), branch.radius.begin() + static_cast<std::ptrdiff_t>(begin));
    }
  return centerline;
}

} // namespace vesalius
