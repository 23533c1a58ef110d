// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/end_cutting.h"

#include "mesh_io/surface_section.h"
#include "mesh_io/surface_soup.h"
#include "solver/core/errors.h"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Polygon_mesh_processing/triangulate_hole.h>
#include <CGAL/utility.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace vesalius
{

namespace
{
/// The plane's signed distances; points too near to the plane are moved off it, inwards.
std::vector<double> plane_distances(Surface &surface, const Vector3 &centre, const Vector3 &normal)
{
  double mean_edge = 0;
  for (const auto &[a, b, c] : surface.triangles)
    mean_edge += distance(surface.points[a], surface.points[b]);
  mean_edge /= static_cast<double>(surface.triangles.size());
  const double        nudge = 0.02 * mean_edge;
  std::vector<double> d;
  for (Vector3 &x : surface.points)
    {
      double value = dot(x - centre, normal);
      if (std::abs(value) < nudge)
        {
          x     = x - (nudge + value) * normal;
          value = -nudge;
        }
      d.push_back(value);
    }
  return d;
}

/// Vertices beyond the section, reached without crossing it; empty if that reaches the near side.
std::vector<char> beyond(const Surface &surface, const SurfaceSection &section)
{
  const std::set<int>           crossed(section.triangles.begin(), section.triangles.end());
  std::vector<std::vector<int>> triangles_of(surface.points.size());
  for (int t = 0; t < static_cast<int>(surface.triangles.size()); ++t)
    if (!crossed.count(t))
      for (const int v : surface.triangles[t])
        triangles_of[v].push_back(t);
  std::vector<char> reached(surface.points.size(), 0);
  std::vector<int>  front;
  const auto        reach = [&](int v) {
    if (!reached[v])
      {
        reached[v] = 1;
        front.push_back(v);
      }
  };
  for (const auto &[near, far] : section.edges)
    reach(far);
  for (std::size_t i = 0; i < front.size(); ++i)
    for (const int t : triangles_of[front[i]])
      for (const int v : surface.triangles[t])
        reach(v);
  for (const auto &[near, far] : section.edges)
    if (reached[near])
      return {};
  return reached;
}

/// What remains of a crossed triangle on the near side.
void add_near_part(Surface &result, const std::array<int, 3> &triangle, int id, const std::vector<double> &d,
                   const std::map<CrossedEdge, int> &new_point)
{
  std::vector<int> near;
  for (int e = 0; e < 3; ++e)
    {
      const int a = triangle[e], b = triangle[(e + 1) % 3];
      if (d[a] < 0)
        near.push_back(a);
      if ((d[a] < 0) != (d[b] < 0))
        near.push_back(new_point.at(d[a] < 0 ? CrossedEdge{a, b} : CrossedEdge{b, a}));
    }
  const auto add = [&](int a, int b, int c) {
    result.triangles.push_back({a, b, c});
    result.boundary_id.push_back(id);
  };
  if (near.size() == 3)
    add(near[0], near[1], near[2]);
  else if (near.size() == 4)
    {
      const auto &x = result.points;
      if (distance(x[near[0]], x[near[2]]) < distance(x[near[1]], x[near[3]]))
        {
          add(near[0], near[1], near[2]);
          add(near[0], near[2], near[3]);
        }
      else
        {
          add(near[0], near[1], near[3]);
          add(near[1], near[2], near[3]);
        }
    }
}
} // namespace

std::vector<std::vector<int>> open_loops(const Surface &surface)
{
  std::set<std::pair<int, int>> halves;
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      halves.emplace(t[e], t[(e + 1) % 3]);
  std::map<int, int> next;
  for (const auto &[a, b] : halves)
    if (!halves.count({b, a}) && !next.emplace(a, b).second)
      throw InputError("two open ends of the surface touch each other",
                       "repair the surface: each open end needs a rim of its own");
  std::vector<std::vector<int>> loops;
  while (!next.empty())
    {
      std::vector<int> loop{next.begin()->first};
      while (true)
        {
          const auto step = next.find(loop.back());
          VESALIUS_ASSERT(step != next.end(), "an open rim of an oriented surface is a cycle");
          const int v = step->second;
          next.erase(step);
          if (v == loop.front())
            break;
          loop.push_back(v);
        }
      loops.push_back(std::move(loop));
    }
  return loops;
}

namespace
{
/// Closes a loop by a fan around its centroid if each of its triangles faces the same way.
bool fill_with_fan(Surface &surface, const std::vector<int> &rim, int id)
{
  Vector3 centroid{0, 0, 0}, area{0, 0, 0};
  double  length = 0;
  for (std::size_t i = 0; i < rim.size(); ++i)
    {
      const Vector3 &a = surface.points[rim[i]], &b = surface.points[rim[(i + 1) % rim.size()]];
      const double   l = distance(a, b);
      centroid         = centroid + (0.5 * l) * (a + b);
      length += l;
    }
  centroid = (1 / length) * centroid;
  for (std::size_t i = 0; i < rim.size(); ++i)
    area = area + area_vector(centroid, surface.points[rim[i]], surface.points[rim[(i + 1) % rim.size()]]);
  for (std::size_t i = 0; i < rim.size(); ++i)
    if (dot(area, area_vector(centroid, surface.points[rim[i]], surface.points[rim[(i + 1) % rim.size()]])) <= 0)
      return false;
  const int middle = static_cast<int>(surface.points.size());
  surface.points.push_back(centroid);
  for (std::size_t i = 0; i < rim.size(); ++i)
    {
      surface.triangles.push_back({middle, rim[i], rim[(i + 1) % rim.size()]});
      surface.boundary_id.push_back(id);
    }
  return true;
}
} // namespace

void fill_loop(Surface &surface, const std::vector<int> &loop, int id)
{
  // The new triangles run along the open half-edges backwards.
  const std::vector<int> rim(loop.rbegin(), loop.rend());
  if (fill_with_fan(surface, rim, id)) // adds no chord that the wall may have already
    return;
  using Point = CGAL::Exact_predicates_inexact_constructions_kernel::Point_3;
  std::vector<Point> points;
  for (const int v : rim)
    points.emplace_back(surface.points[v][0], surface.points[v][1], surface.points[v][2]);
  std::vector<CGAL::Triple<int, int, int>> triangles;
  CGAL::Polygon_mesh_processing::triangulate_hole_polyline(points, std::back_inserter(triangles));
  if (triangles.size() + 2 != loop.size())
    throw InputError("an open end of the surface could not be closed", "smooth its rim, or cut the end flat");
  for (const auto &t : triangles)
    {
      std::array<int, 3> v{t.first, t.second, t.third};
      std::sort(v.begin(), v.end()); // ascending along the polyline is the polyline's orientation
      surface.triangles.push_back({rim[v[0]], rim[v[1]], rim[v[2]]});
      surface.boundary_id.push_back(id);
    }
}

void remove_unused_points(Surface &surface)
{
  std::vector<int> number(surface.points.size(), -1);
  for (const auto &t : surface.triangles)
    for (const int v : t)
      number[v] = 0;
  int n = 0;
  for (std::size_t v = 0; v < number.size(); ++v)
    if (number[v] == 0)
      {
        surface.points[n] = surface.points[v];
        number[v]         = n++;
      }
  surface.points.resize(n);
  for (auto &t : surface.triangles)
    for (int &v : t)
      v = number[v];
}

void keep_largest_piece(Surface &surface)
{
  std::vector<int> parent(surface.points.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int v) {
    while (parent[v] != v)
      v = parent[v] = parent[parent[v]];
    return v;
  };
  for (const auto &t : surface.triangles)
    for (const int v : t)
      parent[root(v)] = root(t[0]);
  std::map<int, int> count;
  for (const auto &t : surface.triangles)
    ++count[root(t[0])];
  const int   best = std::max_element(count.begin(), count.end(), [](const auto &a, const auto &b) {
                     return a.second < b.second;
                   })->first;
  keep_triangles(surface, [&](std::size_t t) { return root(surface.triangles[t][0]) == best; });
}

bool cut_end(Surface &surface, const Vector3 &centre, const Vector3 &normal, int id)
{
  Surface              result  = surface;
  const auto           d       = plane_distances(result, centre, normal);
  const SurfaceSection section = find_section(result, d, centre, normal);
  if (section.edges.empty())
    return false;
  const std::vector<char> far = beyond(result, section);
  if (far.empty())
    return false;

  const auto          triangles = result.triangles;
  const auto          ids       = result.boundary_id;
  const std::set<int> crossed(section.triangles.begin(), section.triangles.end());
  result.triangles.clear();
  result.boundary_id.clear();
  std::map<CrossedEdge, int> new_point;
  std::vector<int>           loop;
  for (std::size_t i = 0; i < section.edges.size(); ++i)
    {
      loop.push_back(static_cast<int>(result.points.size()));
      new_point[section.edges[i]] = loop.back();
      // Exactly into the plane: the interpolation leaves round-off.
      result.points.push_back(section.points[i] - dot(section.points[i] - centre, normal) * normal);
    }
  for (int t = 0; t < static_cast<int>(triangles.size()); ++t)
    if (crossed.count(t))
      add_near_part(result, triangles[t], ids[t], d, new_point);
    else if (!far[triangles[t][0]])
      {
        result.triangles.push_back(triangles[t]);
        result.boundary_id.push_back(ids[t]);
      }
  // The near parts use each piece of the section in one direction, the cap must use the other.
  std::set<std::pair<int, int>> halves;
  for (const auto &t : result.triangles)
    for (int e = 0; e < 3; ++e)
      halves.emplace(t[e], t[(e + 1) % 3]);
  if (!halves.count({loop[0], loop[1]}))
    std::reverse(loop.begin(), loop.end());
  fill_loop(result, loop, id);
  remove_unused_points(result);
  surface = std::move(result);
  return true;
}

} // namespace vesalius
