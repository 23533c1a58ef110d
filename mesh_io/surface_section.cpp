// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_section.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numbers>
#include <set>

namespace vesalius
{

namespace
{
/// Turns of a closed polygon around a point of its plane.
double winding(const std::vector<Vector3> &points, const Vector3 &centre, const Vector3 &normal)
{
  const auto [u, v] = plane_axes(normal);
  double turn       = 0;
  for (std::size_t i = 0; i < points.size(); ++i)
    {
      const Vector3 a = points[i] - centre, b = points[(i + 1) % points.size()] - centre;
      turn += std::remainder(std::atan2(dot(b, v), dot(b, u)) - std::atan2(dot(a, v), dot(a, u)), 2 * std::numbers::pi);
    }
  return std::abs(turn) / (2 * std::numbers::pi);
}

double loop_area(const std::vector<Vector3> &points, const Vector3 &centre)
{
  Vector3 sum{0, 0, 0};
  for (std::size_t i = 0; i < points.size(); ++i)
    sum = sum + 0.5 * cross(points[i] - centre, points[(i + 1) % points.size()] - centre);
  return norm(sum);
}

using PlanePoint = std::array<double, 2>;

double turn(const PlanePoint &a, const PlanePoint &b, const PlanePoint &c)
{
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/// Counter-clockwise convex hull (Andrew 1979).
std::vector<PlanePoint> convex_hull(std::vector<PlanePoint> points)
{
  std::sort(points.begin(), points.end());
  std::vector<PlanePoint> hull;
  for (int side = 0; side < 2; ++side)
    {
      const std::size_t first = hull.size();
      for (const PlanePoint &p : points)
        {
          while (hull.size() >= first + 2 && turn(hull[hull.size() - 2], hull.back(), p) <= 0)
            hull.pop_back();
          hull.push_back(p);
        }
      hull.pop_back(); // begins the other side
      std::reverse(points.begin(), points.end());
    }
  return hull;
}
} // namespace

SurfaceSection find_section(const Surface &surface, const std::vector<double> &d, const Vector3 &centre,
                            const Vector3 &normal)
{
  // Each crossed triangle leads from the edge that leaves the outside to the one that enters it.
  std::map<CrossedEdge, std::pair<CrossedEdge, int>> next;
  for (int t = 0; t < static_cast<int>(surface.triangles.size()); ++t)
    {
      CrossedEdge from{-1, -1}, to{-1, -1};
      for (int e = 0; e < 3; ++e)
        {
          const int a = surface.triangles[t][e], b = surface.triangles[t][(e + 1) % 3];
          if (d[a] >= 0 && d[b] < 0)
            from = {b, a};
          if (d[a] < 0 && d[b] >= 0)
            to = {a, b};
        }
      if (from.first >= 0)
        next[from] = {to, t};
    }
  SurfaceSection        best;
  std::set<CrossedEdge> seen;
  for (const auto &[start, unused] : next)
    {
      SurfaceSection section;
      CrossedEdge    edge = start;
      while (seen.insert(edge).second)
        {
          const auto step = next.find(edge);
          if (step == next.end())
            break; // an open surface ends here
          const auto [a, b] = edge;
          const double t    = d[a] / (d[a] - d[b]);
          section.edges.push_back(edge);
          section.points.push_back(surface.points[a] + t * (surface.points[b] - surface.points[a]));
          section.triangles.push_back(step->second.second);
          edge = step->second.first;
        }
      if (section.edges.size() < 3 || edge != start || winding(section.points, centre, normal) < 0.5)
        continue;
      section.area = loop_area(section.points, centre);
      if (best.is_empty() || section.area < best.area)
        best = std::move(section);
    }
  return best;
}

SectionWidth section_width(const std::vector<Vector3> &contour, const Vector3 &normal)
{
  const auto [u, v] = plane_axes(normal);
  std::vector<PlanePoint> points;
  for (const Vector3 &x : contour)
    points.push_back({dot(x, u), dot(x, v)});
  const auto   hull = convex_hull(std::move(points));
  SectionWidth width{std::numeric_limits<double>::max(), 0};
  for (std::size_t i = 0; i < hull.size(); ++i)
    {
      // The smallest width is across an edge of the hull, the largest from corner to corner.
      const PlanePoint &a = hull[i], &b = hull[(i + 1) % hull.size()];
      const double      length = std::hypot(b[0] - a[0], b[1] - a[1]);
      double            across = 0;
      for (const PlanePoint &c : hull)
        {
          across        = std::max(across, turn(a, b, c));
          width.largest = std::max(width.largest, std::hypot(c[0] - a[0], c[1] - a[1]));
        }
      if (length > 0)
        width.smallest = std::min(width.smallest, across / length);
    }
  width.smallest = std::min(width.smallest, width.largest);
  return width;
}

} // namespace vesalius
