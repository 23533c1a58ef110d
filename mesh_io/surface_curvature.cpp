// SPDX-License-Identifier: GPL-3.0-or-later
#define CGAL_EIGEN3_ENABLED 1 // the fit's linear algebra
#include "mesh_io/surface_curvature.h"

#include "mesh_io/vector_math.h"

#include <CGAL/Monge_via_jet_fitting.h>
#include <CGAL/Simple_cartesian.h>

#include <algorithm>

namespace vesalius
{

namespace
{
std::vector<std::vector<int>> wall_neighbours(const Surface &surface)
{
  std::vector<std::vector<int>> neighbours(surface.points.size());
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      for (int e = 0; e < 3; ++e)
        {
          const auto &v = surface.triangles[t];
          neighbours[v[e]].push_back(v[(e + 1) % 3]);
          neighbours[v[e]].push_back(v[(e + 2) % 3]);
        }
  for (auto &list : neighbours)
    {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  return neighbours;
}
} // namespace

std::vector<double> largest_curvature(const Surface &surface, const std::vector<double> &reach)
{
  using Kernel  = CGAL::Simple_cartesian<double>;
  using Fitting = CGAL::Monge_via_jet_fitting<Kernel>;
  constexpr int       n_coefficients = 6, n_rings = 2, most_points = 200;
  const auto          neighbours = wall_neighbours(surface);
  std::vector<double> curvature(surface.points.size(), 0);
  std::vector<int>    seen_for(surface.points.size(), -1);
  for (int v = 0; v < static_cast<int>(neighbours.size()); ++v)
    {
      std::vector<int> patch{v};
      seen_for[v]       = v;
      std::size_t begin = 0;
      for (int ring = 0; begin < patch.size() && patch.size() < most_points; ++ring)
        {
          const std::size_t end = patch.size();
          for (std::size_t i = begin; i < end; ++i)
            for (const int w : neighbours[patch[i]])
              if (seen_for[w] != v && (ring < n_rings || distance(surface.points[w], surface.points[v]) < reach[v]))
                {
                  seen_for[w] = v;
                  patch.push_back(w);
                }
          begin = end;
        }
      if (patch.size() < n_coefficients + 1)
        continue;
      std::vector<Kernel::Point_3> points;
      for (const int w : patch)
        points.emplace_back(surface.points[w][0], surface.points[w][1], surface.points[w][2]);
      Fitting    fitting;
      const auto form = fitting(points.begin(), points.end(), 2, 2);
      curvature[v]    = std::max(std::abs(form.principal_curvatures(0)), std::abs(form.principal_curvatures(1)));
    }
  return curvature;
}

} // namespace vesalius
