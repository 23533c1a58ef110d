// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/wall_clearance.h"

#include <CGAL/AABB_traits.h>
#include <CGAL/AABB_tree.h>
#include <CGAL/AABB_triangle_primitive.h>
#include <CGAL/Simple_cartesian.h>

#include <algorithm>
#include <limits>

namespace vesalius
{

namespace
{
using Kernel    = CGAL::Simple_cartesian<double>;
using Triangles = std::vector<Kernel::Triangle_3>;
using Primitive = CGAL::AABB_triangle_primitive<Kernel, Triangles::const_iterator>;

Kernel::Point_3 to_point(const Vector3 &x)
{
  return {x[0], x[1], x[2]};
}
} // namespace

struct WallClearance::Tree
{
  const Surface                                        &surface;
  std::vector<int>                                      numbers;
  Triangles                                             triangles;
  CGAL::AABB_tree<CGAL::AABB_traits<Kernel, Primitive>> tree;
};

WallClearance::WallClearance(const Surface &surface, const std::vector<int> &triangles)
  : tree_(new Tree{surface, triangles, {}, {}})
{
  for (const int t : triangles)
    {
      const auto &[a, b, c] = surface.triangles[t];
      tree_->triangles.emplace_back(to_point(surface.points[a]), to_point(surface.points[b]), to_point(surface.points[c]));
    }
  tree_->tree.insert(tree_->triangles.cbegin(), tree_->triangles.cend());
  tree_->tree.accelerate_distance_queries();
}

WallClearance::~WallClearance() = default;

double WallClearance::ahead(int v, const Vector3 &direction) const
{
  const Vector3       &x = tree_->surface.points[v];
  const Kernel::Ray_3  ray(to_point(x), Kernel::Vector_3(direction[0], direction[1], direction[2]));
  const auto           touches = [&](Triangles::const_iterator t) {
    const auto &corners = tree_->surface.triangles[tree_->numbers[t - tree_->triangles.cbegin()]];
    return std::find(corners.begin(), corners.end(), v) != corners.end();
  };
  const auto hit = tree_->tree.first_intersection(ray, touches);
  if (!hit)
    return std::numeric_limits<double>::infinity();
  if (const auto *point = boost::get<Kernel::Point_3>(&hit->first))
    return distance(x, {point->x(), point->y(), point->z()});
  const auto &segment = boost::get<Kernel::Segment_3>(hit->first); // a triangle seen edge-on
  return std::sqrt(std::min(CGAL::squared_distance(segment.source(), to_point(x)), CGAL::squared_distance(segment.target(), to_point(x))));
}

double WallClearance::nearest(const Vector3 &x) const
{
  return std::sqrt(tree_->tree.squared_distance(to_point(x)));
}

} // namespace vesalius
