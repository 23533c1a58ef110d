// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/size_field.h"

#include "mesh_io/surface_curvature.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace vesalius
{

namespace
{
struct NearSegment
{
  double ratio = std::numeric_limits<double>::max(), radius = 0;
};

void visit_segment(const Vector3 &x, const Vector3 &a, const Vector3 &b, double ra, double rb, NearSegment &best)
{
  const Vector3 d      = b - a;
  const double  square = dot(d, d);
  const double  t      = square > 0 ? std::clamp(dot(x - a, d) / square, 0.0, 1.0) : 0;
  const double  r      = (1 - t) * ra + t * rb;
  const double  ratio  = distance(x, a + t * d) / r;
  if (ratio < best.ratio)
    best = {ratio, r};
}

NearSegment near_segment(const Centerline &centerline, const Vector3 &x)
{
  NearSegment best;
  for (const auto &branch : centerline.branches)
    for (std::size_t i = 0; i + 1 < branch.points.size(); ++i)
      visit_segment(x, branch.points[i], branch.points[i + 1], branch.radius[i], branch.radius[i + 1], best);
  return best;
}
} // namespace

double local_radius(const Centerline &centerline, const Vector3 &x)
{
  return near_segment(centerline, x).radius;
}

double distance_to_axis(const Centerline &centerline, const Vector3 &x)
{
  return near_segment(centerline, x).ratio;
}

/// A k-d tree in an array: the middle of each range splits along `axis` of its depth.
struct NearestPointField::Tree
{
  std::vector<Vector3> points;
  std::vector<double>  values;
  std::vector<int>     order;

  void build(std::size_t begin, std::size_t end, int axis)
  {
    if (end - begin < 2)
      return;
    const std::size_t middle = (begin + end) / 2;
    std::nth_element(order.begin() + begin, order.begin() + middle, order.begin() + end, [&](int a, int b) {
      return points[a][axis] != points[b][axis] ? points[a][axis] < points[b][axis] : a < b;
    });
    build(begin, middle, (axis + 1) % 3);
    build(middle + 1, end, (axis + 1) % 3);
  }
  int nearest(const Vector3 &x) const
  {
    int    best   = 0;
    double square = std::numeric_limits<double>::max();
    search(x, 0, order.size(), 0, best, square);
    return best;
  }
  void search(const Vector3 &x, std::size_t begin, std::size_t end, int axis, int &best, double &best_square) const
  {
    if (begin >= end)
      return;
    const std::size_t middle = (begin + end) / 2;
    const Vector3     d      = x - points[order[middle]];
    if (const double square = dot(d, d); square < best_square)
      {
        best_square = square;
        best        = order[middle];
      }
    const bool below = d[axis] < 0;
    search(x, below ? begin : middle + 1, below ? middle : end, (axis + 1) % 3, best, best_square);
    if (d[axis] * d[axis] < best_square)
      search(x, below ? middle + 1 : begin, below ? end : middle, (axis + 1) % 3, best, best_square);
  }
};

NearestPointField::NearestPointField(std::vector<Vector3> points, std::vector<double> values)
{
  auto tree    = std::make_shared<Tree>();
  tree->points = std::move(points);
  tree->values = std::move(values);
  tree->order.resize(tree->points.size());
  std::iota(tree->order.begin(), tree->order.end(), 0);
  tree->build(0, tree->order.size(), 0);
  tree_ = tree;
}

double NearestPointField::operator()(const Vector3 &x) const
{
  return tree_->values[tree_->nearest(x)];
}

Vector3 NearestPointField::nearest(const Vector3 &x) const
{
  return tree_->points[tree_->nearest(x)];
}

NearestPointField make_size_field(const Surface &surface, const Centerline &centerline, const EdgeSizes &sizes)
{
  constexpr double    gradation = 0.25, most_for_curvature = 3;
  std::vector<double> size, reach;
  for (const Vector3 &x : surface.points)
    {
      const double r = local_radius(centerline, x);
      size.push_back(2 * r / sizes.cells_across);
      reach.push_back(0.3 * r);
    }
  if (sizes.share_of_curvature_radius > 0)
    {
      const auto curvature = largest_curvature(surface, reach);
      for (std::size_t v = 0; v < size.size(); ++v)
        if (curvature[v] > 0)
          size[v] = std::clamp(sizes.share_of_curvature_radius / curvature[v], size[v] / most_for_curvature, size[v]);
    }
  for (double &h : size)
    {
      h = std::max(h, sizes.minimum);
      h = sizes.maximum > 0 ? std::min(h, sizes.maximum) : h;
    }
  for (bool changed = true; changed;)
    {
      changed = false;
      for (const auto &t : surface.triangles)
        for (int e = 0; e < 3; ++e)
          {
            const int    a = t[e], b = t[(e + 1) % 3];
            const double limit = gradation * distance(surface.points[a], surface.points[b]);
            for (const auto &[from, to] : {std::pair(a, b), std::pair(b, a)})
              if (size[to] > size[from] + limit * (1 + 1e-9))
                {
                  size[to] = size[from] + limit;
                  changed  = true;
                }
          }
    }
  return {surface.points, size};
}

} // namespace vesalius
