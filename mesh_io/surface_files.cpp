// SPDX-License-Identifier: GPL-3.0-or-later
// Surfaces and centre lines on disk.
#include "mesh_io/glb_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/errors.h"
#include "solver/core/promised_size.h"

#include <algorithm>

namespace vesalius
{

namespace
{
constexpr const char *radius_names[] = {"MaximumInscribedSphereRadius", "Radius", "radius"};

/// Closes gaps between points that are the same but for the file's rounding: STL knows no points.
void merge_identical_points(Surface &surface)
{
  std::map<Vector3, int> number;
  std::vector<int>       new_number;
  std::vector<Vector3>   points;
  for (const Vector3 &x : surface.points)
    {
      const auto [found, is_new] = number.try_emplace(x, static_cast<int>(points.size()));
      if (is_new)
        points.push_back(x);
      new_number.push_back(found->second);
    }
  surface.points   = std::move(points);
  std::size_t kept = 0;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    {
      auto v = surface.triangles[t];
      for (int &i : v)
        i = new_number[i];
      if (v[0] == v[1] || v[1] == v[2] || v[2] == v[0])
        continue;
      surface.triangles[kept]     = v;
      surface.boundary_id[kept++] = surface.boundary_id[t];
    }
  surface.triangles.resize(kept);
  surface.boundary_id.resize(kept);
}
} // namespace

void write_surface(const Surface &surface, const std::string &path)
{
  if (extension_of(path) == ".glb")
    return write_glb(surface, path);
  VtkGrid grid;
  grid.points = surface.points;
  for (const auto &t : surface.triangles)
    {
      const std::int32_t v[3] = {t[0], t[1], t[2]};
      grid.add_cell(5, v, 3);
    }
  if (extension_of(path) != ".vtp" && extension_of(path) != ".stl")
    throw InputError("a surface cannot be written to " + path, "give a name that ends in .vtp, .stl or .glb");
  grid.cell_data = {{"BoundaryId", {1, true, {surface.boundary_id.begin(), surface.boundary_id.end()}}}};
  grid.text = {{"BoundaryNames", names_to_text(surface.boundary_names)}, {"LengthUnit", {"m"}}, {"Frame", {"LPS"}}};
  write_vtk_grid(grid, path);
}

Surface read_surface(const std::string &path, const std::string &unit, const std::string &frame)
{
  VtkGrid grid = read_vtk_grid(path);
  to_metres_lps(grid, path, unit, frame, true);
  check_extent(grid.points, path);
  Surface surface;
  surface.points = grid.points;
  const auto ids = grid.integer_cell_data("BoundaryId");
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    {
      const auto *v   = &grid.nodes[grid.offsets[c]];
      const auto  n   = grid.offsets[c + 1] - grid.offsets[c];
      const auto  add = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
        surface.triangles.push_back({static_cast<int>(v[i]), static_cast<int>(v[j]), static_cast<int>(v[k])});
        surface.boundary_id.push_back(ids.empty() ? 1 : ids[c]);
      };
      if (grid.types[c] == 5 || grid.types[c] == 7 || grid.types[c] == 9) // triangle, polygon, quadrilateral
        for (std::int64_t i = 2; i < n; ++i)
          add(0, i - 1, i);
      else if (grid.types[c] == 6) // strip
        for (std::int64_t i = 2; i < n; ++i)
          i % 2 == 0 ? add(i - 2, i - 1, i) : add(i - 1, i - 2, i);
    }
  if (surface.triangles.empty())
    throw InputError(path + " holds no triangles", "give a triangulated surface (STL, VTP, PLY, OBJ)", {path, 0});
  if (const auto names = grid.text.find("BoundaryNames"); names != grid.text.end())
    surface.boundary_names = names_from_text(names->second, path);
  for (const int id : surface.boundary_id)
    surface.boundary_names.try_emplace(id, ids.empty() ? "wall" : "boundary_" + std::to_string(id));
  check_promised_count(path, "boundaries", surface.boundary_names.size(), most_names);
  merge_identical_points(surface);
  surface.caps = measure_caps(surface);
  return surface;
}

void write_centerline(const Centerline &centerline, const std::string &path)
{
  VtkGrid        grid;
  VtkGrid::Array radius;
  for (const auto &branch : centerline.branches)
    {
      std::vector<std::int32_t> nodes;
      for (std::size_t i = 0; i < branch.points.size(); ++i)
        {
          nodes.push_back(static_cast<std::int32_t>(grid.points.size()));
          grid.points.push_back(branch.points[i]);
          radius.values.push_back(branch.radius[i]);
        }
      grid.add_cell(4, nodes.data(), static_cast<int>(nodes.size()));
    }
  grid.point_data = {{radius_names[0], radius}};
  grid.text       = {{"LengthUnit", {"m"}}, {"Frame", {"LPS"}}};
  if (extension_of(path) != ".vtp")
    throw InputError("a centre line cannot be written to " + path, "give a name that ends in .vtp");
  write_vtk_grid(grid, path);
}

Centerline read_centerline(const std::string &path, const std::string &unit, const std::string &frame)
{
  VtkGrid grid = read_vtk_grid(path);
  to_metres_lps(grid, path, unit, frame, true, {std::begin(radius_names), std::end(radius_names)});
  check_extent(grid.points, path);
  const VtkGrid::Array *radius = nullptr;
  for (const char *name : radius_names)
    if (const auto found = grid.point_data.find(name); !radius && found != grid.point_data.end())
      radius = &found->second;
  if (!radius)
    throw InputError(path + " has no radius along its lines", std::string("add a point array ") + radius_names[0],
                     {path, 0});
  Centerline centerline;
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    {
      if (grid.types[c] != 3 && grid.types[c] != 4)
        continue;
      auto &branch = centerline.branches.emplace_back();
      for (std::int64_t i = grid.offsets[c]; i < grid.offsets[c + 1]; ++i)
        {
          branch.points.push_back(grid.points[grid.nodes[i]]);
          branch.radius.push_back(radius->values[grid.nodes[i]]);
        }
    }
  if (centerline.branches.empty())
    throw InputError(path + " holds no lines", "give a centre line as VTP polylines", {path, 0});
  return centerline;
}

} // namespace vesalius
