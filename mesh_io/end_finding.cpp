// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/end_finding.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/vector_math.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace vesalius
{

namespace
{
/// Neighbour across edge e (from vertex e to vertex e+1) of each triangle, -1 at open edges.
std::vector<std::array<int, 3>> triangle_neighbours(const Surface &surface)
{
  std::map<std::pair<int, int>, std::pair<int, int>> open;
  std::vector<std::array<int, 3>>                    neighbours(surface.triangles.size(), {-1, -1, -1});
  for (int t = 0; t < static_cast<int>(surface.triangles.size()); ++t)
    for (int e = 0; e < 3; ++e)
      {
        const int a = surface.triangles[t][e], b = surface.triangles[t][(e + 1) % 3];
        if (const auto twin = open.find({b, a}); twin != open.end())
          {
            neighbours[t][e]                                    = twin->second.first;
            neighbours[twin->second.first][twin->second.second] = t;
          }
        else
          open[{a, b}] = {t, e};
      }
  return neighbours;
}

struct Patch
{
  std::vector<int> triangles;
  double           area = 0;
};

/// Grows a planar patch over neighbours whose normal is within a degree of the patch's first.
Patch grow_patch(int seed, const std::vector<Vector3> &normals, const std::vector<double> &areas,
                 const std::vector<std::array<int, 3>> &neighbours, std::vector<char> &taken)
{
  Patch           patch;
  std::queue<int> front({seed});
  taken[seed] = 1;
  while (!front.empty())
    {
      const int t = front.front();
      front.pop();
      patch.triangles.push_back(t);
      patch.area += areas[t];
      for (const int n : neighbours[t])
        if (n >= 0 && !taken[n] && dot(normals[n], normals[seed]) > 0.9998)
          {
            taken[n] = 1;
            front.push(n);
          }
    }
  return patch;
}

/// True if the patch ends at a rim that is sharp along at least nine tenths of its length and a
/// single loop, round enough to be the end of a tube.
bool has_sharp_rim(const Patch &patch, int number, const std::vector<int> &patch_of, const Surface &surface,
                   const std::vector<Vector3> &normals, const std::vector<std::array<int, 3>> &neighbours)
{
  double             length = 0, sharp = 0;
  std::map<int, int> next;
  for (const int t : patch.triangles)
    for (int e = 0; e < 3; ++e)
      {
        const int n = neighbours[t][e];
        if (n >= 0 && patch_of[n] == number)
          continue;
        const int    a = surface.triangles[t][e], b = surface.triangles[t][(e + 1) % 3];
        const double l = distance(surface.points[a], surface.points[b]);
        length += l;
        if (n >= 0 && dot(normals[n], normals[t]) < 0.77) // 40 degrees
          sharp += l;
        if (!next.emplace(a, b).second)
          return false; // two loops touch
      }
  if (next.empty() || sharp < 0.9 * length)
    return false;
  std::size_t steps = 0;
  for (int v = next.begin()->first, first = v;;)
    {
      v = next.at(v);
      ++steps;
      if (v == first)
        break;
    }
  // A circle has 4 pi A / L^2 = 1; an ellipse of 3:1 has 0.6.
  return steps == next.size() && 4 * 3.14159265 * patch.area / (length * length) > 0.5;
}
} // namespace

std::vector<int> find_flat_ends(const Surface &surface)
{
  const int            n          = static_cast<int>(surface.triangles.size());
  const auto           neighbours = triangle_neighbours(surface);
  std::vector<Vector3> normals(n);
  std::vector<double>  areas(n);
  for (int t = 0; t < n; ++t)
    {
      const auto &[a, b, c] = surface.triangles[t];
      const Vector3 twice   = area_vector(surface.points[a], surface.points[b], surface.points[c]);
      normals[t]            = normalised(twice);
      areas[t]              = 0.5 * norm(twice);
    }
  // Large triangles first: thin ones have normals that round-off can turn.
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int s, int t) { return areas[s] > areas[t]; });
  std::vector<char>  taken(n, 0);
  std::vector<int>   patch_of(n, 0);
  std::vector<Patch> patches;
  for (const int seed : order)
    if (!taken[seed])
      {
        Patch patch = grow_patch(seed, normals, areas, neighbours, taken);
        if (patch.triangles.size() < 6)
          continue;
        patches.push_back(std::move(patch));
        for (const int t : patches.back().triangles)
          patch_of[t] = static_cast<int>(patches.size());
      }
  std::vector<int> end_of(n, 0);
  int              n_ends = 0;
  for (std::size_t p = 0; p < patches.size(); ++p)
    if (has_sharp_rim(patches[p], static_cast<int>(p) + 1, patch_of, surface, normals, neighbours))
      {
        ++n_ends;
        for (const int t : patches[p].triangles)
          end_of[t] = n_ends;
      }
  return end_of;
}

void name_ends(Surface &surface, const std::vector<int> &end_of_triangle)
{
  const int n_ends = end_of_triangle.empty() ? 0 : *std::max_element(end_of_triangle.begin(), end_of_triangle.end());
  surface.boundary_names = {{1, "wall"}};
  surface.boundary_id.assign(surface.triangles.size(), 1);
  for (int e = 1; e <= n_ends; ++e)
    surface.boundary_names[e + 1] = "end_" + std::to_string(e);
  for (std::size_t t = 0; t < end_of_triangle.size(); ++t)
    surface.boundary_id[t] = end_of_triangle[t] + 1;
  std::vector<Cap> caps = measure_caps(surface);
  // The inlet first, then from head to foot.
  std::stable_sort(caps.begin(), caps.end(), [](const Cap &a, const Cap &b) { return a.centre[2] > b.centre[2]; });
  std::rotate(
    caps.begin(),
    std::max_element(caps.begin(), caps.end(), [](const Cap &a, const Cap &b) { return a.radius < b.radius; }),
    caps.end());
  if (caps.size() > 1)
    std::stable_sort(caps.begin() + 1, caps.end(),
                     [](const Cap &a, const Cap &b) { return a.centre[2] > b.centre[2]; });
  if (caps.size() == 3 && caps[1].centre[0] < caps[2].centre[0])
    std::swap(caps[1], caps[2]); // left before right
  std::map<int, int> new_id{{1, 1}};
  surface.boundary_names = {{1, "wall"}};
  for (std::size_t c = 0; c < caps.size(); ++c)
    {
      caps[c].name                                = c == 0             ? "inlet"
                                                    : caps.size() == 2 ? "outlet"
                                                    : caps.size() == 3 ? (c == 1 ? "outlet_left" : "outlet_right")
                                                                       : "outlet_" + std::to_string(c);
      new_id[caps[c].boundary_id]                 = static_cast<int>(c) + 2;
      caps[c].boundary_id                         = static_cast<int>(c) + 2;
      surface.boundary_names[caps[c].boundary_id] = caps[c].name;
    }
  for (int &id : surface.boundary_id)
    id = new_id.at(id);
  surface.caps = caps;
}

void name_flat_ends(Mesh &mesh)
{
  mesh.boundary_id.assign(mesh.n_boundary_faces(), 1);
  mesh.boundary_names = {{1, "wall"}};
  Surface surface     = boundary_surface(mesh);
  name_ends(surface, find_flat_ends(surface));
  if (surface.caps.size() < 2)
    throw InputError("the mesh carries no boundary ids, and only " + std::to_string(surface.caps.size()) +
                       " flat ends with a sharp rim were found on it",
                     "give its boundary faces an array BoundaryId, or cut the vessel ends flat");
  mesh.boundary_id    = surface.boundary_id;
  mesh.boundary_names = surface.boundary_names;
}

} // namespace vesalius
