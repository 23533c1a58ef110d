// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/wall_projection.h"

#include <CGAL/AABB_traits.h>
#include <CGAL/AABB_tree.h>
#include <CGAL/AABB_triangle_primitive.h>
#include <CGAL/Simple_cartesian.h>

#include <vector>

namespace vesalius
{

struct WallProjection::Tree
{
  using Kernel    = CGAL::Simple_cartesian<double>;
  using Point     = Kernel::Point_3;
  using Triangles = std::vector<Kernel::Triangle_3>;
  using Primitive = CGAL::AABB_triangle_primitive<Kernel, Triangles::const_iterator>;

  Triangles                                             triangles;
  CGAL::AABB_tree<CGAL::AABB_traits<Kernel, Primitive>> boxes;
};

WallProjection::WallProjection(const Surface &surface)
{
  auto       tree  = std::make_shared<Tree>();
  const auto point = [&surface](int v) {
    const Vector3 &x = surface.points[v];
    return Tree::Point(x[0], x[1], x[2]);
  };
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      {
        const auto &[a, b, c] = surface.triangles[t];
        tree->triangles.emplace_back(point(a), point(b), point(c));
      }
  tree->boxes.insert(tree->triangles.cbegin(), tree->triangles.cend());
  tree->boxes.accelerate_distance_queries();
  tree_ = tree;
}

Vector3 WallProjection::nearest(const Vector3 &x) const
{
  if (tree_->triangles.empty())
    return x;
  const auto p = tree_->boxes.closest_point({x[0], x[1], x[2]});
  return {p.x(), p.y(), p.z()};
}

} // namespace vesalius
