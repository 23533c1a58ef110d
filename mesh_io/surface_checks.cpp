// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Polygon_mesh_processing/self_intersections.h>
#include <CGAL/Surface_mesh.h>

#include <algorithm>
#include <numbers>
#include <numeric>

namespace vesalius
{

namespace
{
std::size_t count_pieces(const Surface &surface)
{
  std::vector<int> parent(surface.points.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int v) {
    while (parent[v] != v)
      v = parent[v] = parent[parent[v]];
    return v;
  };
  std::vector<char> used(parent.size(), 0);
  for (const auto &t : surface.triangles)
    for (const int v : t)
      {
        used[v]         = 1;
        parent[root(v)] = root(t[0]);
      }
  std::size_t n = 0;
  for (std::size_t v = 0; v < parent.size(); ++v)
    n += used[v] && root(static_cast<int>(v)) == static_cast<int>(v);
  return n;
}
} // namespace

std::vector<std::string> closed_surface_problems(const Surface &surface)
{
  std::vector<std::pair<int, int>> halves;
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      halves.emplace_back(t[e], t[(e + 1) % 3]);
  std::sort(halves.begin(), halves.end());
  std::size_t n_repeated = 0, n_open = 0;
  for (std::size_t i = 0; i < halves.size(); ++i)
    {
      n_repeated += i > 0 && halves[i] == halves[i - 1];
      n_open += !std::binary_search(halves.begin(), halves.end(), std::pair(halves[i].second, halves[i].first));
    }
  std::vector<std::string> problems;
  if (halves.empty())
    problems.push_back("it has no triangles");
  if (n_open > 0)
    problems.push_back("it is not closed: " + std::to_string(n_open) + " edges belong to one triangle only");
  if (n_repeated > 0)
    problems.push_back(std::to_string(n_repeated) +
                       " edges belong to more than two triangles or to triangles of opposite orientation");
  if (problems.empty())
    {
      if (const std::size_t n = count_pieces(surface); n != 1)
        problems.push_back("it consists of " + std::to_string(n) + " separate pieces");
      if (enclosed_volume(surface) <= 0)
        problems.push_back("its triangles are oriented inwards");
    }
  return problems;
}

std::vector<std::pair<int, int>> self_intersections(const Surface &surface)
{
  using Kernel = CGAL::Exact_predicates_inexact_constructions_kernel;
  using SMesh  = CGAL::Surface_mesh<Kernel::Point_3>;
  SMesh                            mesh;
  std::vector<SMesh::Vertex_index> vertices;
  for (const Vector3 &x : surface.points)
    vertices.push_back(mesh.add_vertex({x[0], x[1], x[2]}));
  std::vector<std::pair<int, int>> pairs;
  std::vector<int>                 triangle_of_face;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (const auto &[a, b, c] = surface.triangles[t];
        mesh.add_face(vertices[a], vertices[b], vertices[c]) == SMesh::null_face())
      pairs.emplace_back(t, t);
    else
      triangle_of_face.push_back(static_cast<int>(t));
  std::vector<std::pair<SMesh::Face_index, SMesh::Face_index>> crossing;
  CGAL::Polygon_mesh_processing::self_intersections(mesh, std::back_inserter(crossing));
  for (const auto &[f, g] : crossing)
    pairs.emplace_back(triangle_of_face[f.idx()], triangle_of_face[g.idx()]);
  return pairs;
}

std::size_t count_self_intersections(const Surface &surface)
{
  return self_intersections(surface).size();
}

double smallest_angle(const Surface &surface)
{
  double largest_cosine = -1;
  for (const auto &t : surface.triangles)
    for (int i = 0; i < 3; ++i)
      {
        const Vector3 &x = surface.points[t[i]];
        largest_cosine   = std::max(largest_cosine, dot(normalised(surface.points[t[(i + 1) % 3]] - x),
                                                        normalised(surface.points[t[(i + 2) % 3]] - x)));
      }
  return std::acos(std::min(1.0, largest_cosine)) * 180 / std::numbers::pi;
}

} // namespace vesalius
