// SPDX-License-Identifier: GPL-3.0-or-later
#define CGAL_EIGEN3_ENABLED 1 // the fairing's linear solver
#include "mesh_io/surface_patching.h"

#include "mesh_io/surface_soup.h"
#include "solver/core/errors.h"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Polygon_mesh_processing/self_intersections.h>
#include <CGAL/Polygon_mesh_processing/triangulate_hole.h>
#include <CGAL/Surface_mesh.h>

#include <map>

namespace vesalius
{

namespace
{
using Kernel = CGAL::Exact_predicates_inexact_constructions_kernel;
using SMesh  = CGAL::Surface_mesh<Kernel::Point_3>;

/// The triangles' numbers stay; false if the surface is not manifold.
bool to_mesh(const Surface &surface, SMesh &mesh)
{
  for (const Vector3 &x : surface.points)
    mesh.add_vertex({x[0], x[1], x[2]});
  for (const auto &[a, b, c] : surface.triangles)
    if (mesh.add_face(SMesh::Vertex_index(a), SMesh::Vertex_index(b), SMesh::Vertex_index(c)) == SMesh::null_face())
      return false;
  return true;
}

std::map<std::pair<int, int>, int> triangles_of_halves(const Surface &surface)
{
  std::map<std::pair<int, int>, int> triangle_of;
  for (int t = 0; t < static_cast<int>(surface.triangles.size()); ++t)
    for (int e = 0; e < 3; ++e)
      triangle_of[{surface.triangles[t][e], surface.triangles[t][(e + 1) % 3]}] = t;
  return triangle_of;
}

int commonest_id(const Surface &surface, const std::vector<int> &loop)
{
  const std::set<int> rim(loop.begin(), loop.end());
  std::map<int, int>  votes;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    for (const int v : surface.triangles[t])
      votes[surface.boundary_id[t]] += static_cast<int>(rim.count(v));
  return std::max_element(votes.begin(), votes.end(), [](const auto &a, const auto &b) { return a.second < b.second; })
    ->first;
}
} // namespace

bool is_end_of_tube(const Surface &surface, const std::vector<int> &loop)
{
  Vector3 centre{0, 0, 0}, area{0, 0, 0};
  for (const int v : loop)
    centre = centre + (1.0 / static_cast<double>(loop.size())) * surface.points[v];
  const std::size_t n = loop.size();
  for (std::size_t i = 0; i < n; ++i) // open half-edges run clockwise seen from outside
    area = area + cross(surface.points[loop[(i + 1) % n]] - centre, surface.points[loop[i]] - centre);
  const Vector3 normal      = normalised(area);
  const auto    triangle_of = triangles_of_halves(surface);
  double        along = 0, length = 0;
  for (std::size_t i = 0; i < n; ++i)
    {
      const int      a = loop[i], b = loop[(i + 1) % n];
      const auto    &t   = surface.triangles[triangle_of.at({a, b})];
      const int      c   = t[0] + t[1] + t[2] - a - b;
      const Vector3 &x   = surface.points[a];
      const Vector3  d   = surface.points[b] - x, back = surface.points[c] - x;
      const Vector3  out = normalised(dot(back, d) / std::max(dot(d, d), 1e-300) * d - back); // of the wall, across the edge
      along += norm(d) * dot(out, normal);
      length += norm(d);
    }
  return n >= 6 && along > 0.5 * length;
}

bool patch_hole(Surface &surface, const std::vector<int> &loop)
{
  SMesh mesh;
  if (!to_mesh(surface, mesh))
    return false;
  const auto half = mesh.halfedge(SMesh::Vertex_index(loop[1]), SMesh::Vertex_index(loop[0]));
  if (half == SMesh::null_halfedge() || !mesh.is_border(half))
    return false;
  std::vector<SMesh::Face_index>   faces;
  std::vector<SMesh::Vertex_index> vertices;
  CGAL::Polygon_mesh_processing::triangulate_refine_and_fair_hole(mesh, half, std::back_inserter(faces),
                                                                  std::back_inserter(vertices));
  if (faces.empty())
    return false;
  const int id = commonest_id(surface, loop);
  for (const auto v : vertices) // numbered on from the surface's, in this order or another
    surface.points.resize(std::max<std::size_t>(surface.points.size(), v.idx() + 1));
  for (const auto v : vertices)
    surface.points[v.idx()] = {mesh.point(v).x(), mesh.point(v).y(), mesh.point(v).z()};
  for (const auto f : faces)
    {
      const auto h = mesh.halfedge(f);
      surface.triangles.push_back({static_cast<int>(mesh.source(h).idx()), static_cast<int>(mesh.target(h).idx()),
                                   static_cast<int>(mesh.target(mesh.next(h)).idx())});
      surface.boundary_id.push_back(id);
    }
  return true;
}

std::set<int> crossing_triangles(const Surface &surface)
{
  SMesh mesh;
  VESALIUS_ASSERT(to_mesh(surface, mesh), "the surface is manifold");
  std::vector<std::pair<SMesh::Face_index, SMesh::Face_index>> pairs;
  CGAL::Polygon_mesh_processing::self_intersections(mesh, std::back_inserter(pairs));
  std::set<int> crossing;
  for (const auto &[f, g] : pairs)
    crossing.insert({static_cast<int>(f.idx()), static_cast<int>(g.idx())});
  return crossing;
}

void remove_with_neighbours(Surface &surface, const std::set<int> &triangles, int n_rings)
{
  std::vector<char> removed(surface.triangles.size(), 0);
  for (const int t : triangles)
    removed[t] = 1;
  for (int ring = 0; ring < n_rings; ++ring)
    {
      std::vector<char> touched(surface.points.size(), 0);
      for (std::size_t t = 0; t < removed.size(); ++t)
        if (removed[t])
          for (const int v : surface.triangles[t])
            touched[v] = 1;
      for (std::size_t t = 0; t < removed.size(); ++t)
        for (const int v : surface.triangles[t])
          removed[t] = removed[t] || touched[v];
    }
  keep_triangles(surface, [&](std::size_t t) { return !removed[t]; });
}

} // namespace vesalius
