// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_wrap.h"

#include "mesh_io/vector_math.h"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Surface_mesh.h>
#include <CGAL/alpha_wrap_3.h>

namespace vesalius
{

Surface wrap_surface(const Surface &surface, double alpha, double offset)
{
  using Point = CGAL::Exact_predicates_inexact_constructions_kernel::Point_3;
  std::vector<Point>                      points;
  std::vector<std::array<std::size_t, 3>> faces;
  for (const Vector3 &x : surface.points)
    points.emplace_back(x[0], x[1], x[2]);
  for (const auto &[a, b, c] : surface.triangles)
    faces.push_back({static_cast<std::size_t>(a), static_cast<std::size_t>(b), static_cast<std::size_t>(c)});
  CGAL::Surface_mesh<Point> wrap;
  CGAL::alpha_wrap_3(points, faces, alpha, offset, wrap);

  Surface                          result;
  std::vector<int>                 number(wrap.num_vertices() + wrap.number_of_removed_vertices(), -1);
  for (const auto v : wrap.vertices())
    {
      number[v.idx()] = static_cast<int>(result.points.size());
      result.points.push_back({wrap.point(v).x(), wrap.point(v).y(), wrap.point(v).z()});
    }
  std::vector<Vector3> normals(result.points.size(), {0, 0, 0});
  for (const auto f : wrap.faces())
    {
      const auto          h = wrap.halfedge(f);
      std::array<int, 3>  t{number[wrap.source(h).idx()], number[wrap.target(h).idx()], number[wrap.target(wrap.next(h)).idx()]};
      const Vector3       area = area_vector(result.points[t[0]], result.points[t[1]], result.points[t[2]]);
      for (const int v : t)
        normals[v] = normals[v] + area;
      result.triangles.push_back(t);
    }
  for (std::size_t v = 0; v < normals.size(); ++v)
    result.points[v] = result.points[v] - offset * normalised(normals[v]);
  result.boundary_id.assign(result.triangles.size(), 1);
  result.boundary_names = {{1, "wall"}};
  return result;
}

} // namespace vesalius
