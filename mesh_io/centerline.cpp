// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/centerline.h"

#include "mesh_io/size_field.h"
#include "mesh_io/voxel_tree.h"
#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

namespace
{
/// Points at equal distances along a polyline, both ends kept.
std::vector<Vector3> resample(const std::vector<Vector3> &line, double spacing)
{
  std::vector<double> arc{0};
  for (std::size_t i = 1; i < line.size(); ++i)
    arc.push_back(arc.back() + distance(line[i], line[i - 1]));
  const int            n = std::max(2, static_cast<int>(std::lround(arc.back() / spacing)) + 1);
  std::vector<Vector3> result;
  std::size_t          i = 1;
  for (int k = 0; k < n; ++k)
    {
      const double s = arc.back() * k / (n - 1);
      while (i + 1 < arc.size() && arc[i] < s)
        ++i;
      const double length = arc[i] - arc[i - 1];
      result.push_back(line[i - 1] + (length > 0 ? (s - arc[i - 1]) / length : 0) * (line[i] - line[i - 1]));
    }
  return result;
}

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
/// sphere grows until two or more sides of the wall hold it.
void centre(std::vector<Vector3> &line, const NearestPointField &wall)
{
  for (std::size_t i = 1; i + 1 < line.size(); ++i)
    {
      const Vector3 tangent = normalised(line[i + 1] - line[i - 1]);
      for (double step = 0.1; step > 0.01; step *= 0.8)
        {
          const Vector3 away   = line[i] - wall.nearest(line[i]);
          const Vector3 normal = away - dot(away, tangent) * tangent;
          line[i]              = line[i] + (step * norm(away)) * normalised(normal);
        }
    }
}

std::vector<Vector3> wall_points(const Surface &surface)
{
  std::vector<char> on_wall(surface.points.size(), 0);
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      for (const int v : surface.triangles[t])
        on_wall[v] = 1;
  std::vector<Vector3> points;
  for (std::size_t v = 0; v < on_wall.size(); ++v)
    if (on_wall[v])
      points.push_back(surface.points[v]);
  return points;
}

/// A voxel well inside of a cap: at its centre, a voxel's width in.
int voxel_at(const VoxelTree &tree, const Cap &cap)
{
  return tree.nearest_voxel(1000 * cap.centre - (0.8 * tree.grid.spacing_mm[0]) * cap.normal);
}
} // namespace

Centerline make_centerline(const Surface &surface)
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
  const PathField         paths  = shortest_paths(tree, voxel_at(tree, *root), PathCost::centred);
  const auto              points = wall_points(surface);
  const NearestPointField wall(points, std::vector<double>(points.size(), 0));
  std::vector<char>       used(tree.voxels.size(), 0);
  Centerline              centerline;
  for (auto cap = surface.caps.begin(); cap != surface.caps.end(); ++cap)
    {
      if (cap == root)
        continue;
      std::vector<int> voxels = path_to_root(paths, voxel_at(tree, *cap));
      if (paths.predecessor[voxels.front()] < 0)
        throw InputError("there is no way inside the surface from " + root->name + " to " + cap->name,
                         "the surface is closed off between the two: repair it");
      std::vector<Vector3> line{cap->centre};
      for (const int v : voxels)
        {
          line.push_back(1e-3 * tree.position_mm(v));
          if (used[v]) // ways side by side in one vessel are one
            break;
        }
      mark_around_path(tree, voxels, 0.35, used);
      if (centerline.branches.empty())
        line.push_back(root->centre);
      std::reverse(line.begin(), line.end());
      line = resample(line, 0.25 * smallest);
      smooth(line, 20);
      centre(line, wall);
      smooth(line, 10);
      auto &branch  = centerline.branches.emplace_back();
      branch.points = line;
      for (const Vector3 &x : line)
        branch.radius.push_back(distance(x, wall.nearest(x)));
    }
  return centerline;
}

} // namespace vesalius
