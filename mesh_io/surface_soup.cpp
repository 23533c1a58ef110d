// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_soup.h"

#include "mesh_io/end_cutting.h"
#include "mesh_io/mesh_topology.h"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Polygon_mesh_processing/orient_polygon_soup.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace vesalius
{

namespace
{
using Cell   = std::array<long, 3>;
using Edge   = std::pair<int, int>;
using Bucket = std::map<Cell, std::vector<int>>;

Cell cell_of(const Vector3 &x, double size)
{
  return {std::lround(x[0] / size), std::lround(x[1] / size), std::lround(x[2] / size)};
}

/// Calls `visit` with all points in the 27 cells around `x`.
template <class Visit>
void for_each_near(const Bucket &buckets, const Cell &cell, Visit &&visit)
{
  for (long i = -1; i <= 1; ++i)
    for (long j = -1; j <= 1; ++j)
      for (long k = -1; k <= 1; ++k)
        if (const auto found = buckets.find({cell[0] + i, cell[1] + j, cell[2] + k}); found != buckets.end())
          for (const int v : found->second)
            visit(v);
}

Edge edge_key(int a, int b)
{
  return std::minmax(a, b);
}

std::map<Edge, int> count_edges(const Surface &surface)
{
  std::map<Edge, int> count;
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      ++count[edge_key(t[e], t[(e + 1) % 3])];
  return count;
}

std::set<int> points_of_open_edges(const Surface &surface)
{
  std::set<int> points;
  for (const auto &[edge, n] : count_edges(surface))
    if (n == 1)
      points.insert({edge.first, edge.second});
  return points;
}

bool uses_point_twice(const std::array<int, 3> &t)
{
  return t[0] == t[1] || t[1] == t[2] || t[2] == t[0];
}

double smallest_height(const Surface &surface, const std::array<int, 3> &t)
{
  const Vector3 &a = surface.points[t[0]], &b = surface.points[t[1]], &c = surface.points[t[2]];
  const double   longest = std::max({distance(a, b), distance(b, c), distance(c, a)});
  return longest > 0 ? norm(area_vector(a, b, c)) / longest : 0;
}

/// True if each half-edge is used once and the triangles around each point form one fan.
bool is_oriented_manifold(const Surface &surface)
{
  std::set<Edge>                              halves;
  std::vector<std::vector<std::pair<int, int>>> around(surface.points.size()); // the edge opposite to the point
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      {
        if (!halves.emplace(t[e], t[(e + 1) % 3]).second)
          return false;
        around[t[e]].emplace_back(t[(e + 1) % 3], t[(e + 2) % 3]);
      }
  for (const auto &links : around)
    {
      std::map<int, int> next(links.begin(), links.end());
      std::set<int>      targets;
      for (const auto &[from, to] : links)
        targets.insert(to);
      // One chain has at most one start; one cycle has none and comes back after all of them.
      std::vector<int> starts;
      for (const auto &[from, to] : next)
        if (!targets.count(from))
          starts.push_back(from);
      if (starts.size() > 1)
        return false;
      if (links.empty())
        continue;
      std::size_t n = 0;
      for (auto at = next.find(starts.empty() ? next.begin()->first : starts.front());
           at != next.end() && n < next.size(); at = next.find(at->second), ++n)
        if (n > 0 && starts.empty() && at == next.begin())
          break;
      if (n != next.size())
        return false;
    }
  return true;
}

/// Joins doubled points where two open edges fit: same two places, opposite directions, no third with them.
void join_matching_edges(Surface &surface, const std::vector<int> &original)
{
  std::map<Edge, std::vector<Edge>> open; // by original points
  std::map<Edge, int>               count = count_edges(surface);
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      if (const int a = t[e], b = t[(e + 1) % 3]; count[edge_key(a, b)] == 1)
        open[edge_key(original[a], original[b])].emplace_back(a, b);
  Surface          joined = surface;
  std::vector<int> parent(surface.points.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int v) {
    while (parent[v] != v)
      v = parent[v] = parent[parent[v]];
    return v;
  };
  for (const auto &[key, edges] : open)
    if (edges.size() == 2 && original[edges[0].first] == original[edges[1].second])
      {
        parent[root(edges[0].first)]  = root(edges[1].second);
        parent[root(edges[0].second)] = root(edges[1].first);
      }
  for (auto &t : joined.triangles)
    for (int &v : t)
      v = root(v);
  if (!is_oriented_manifold(joined))
    return; // joining would undo what the doubling did
  remove_unused_points(joined);
  surface = std::move(joined);
}
} // namespace

int keep_triangles(Surface &surface, const std::function<bool(std::size_t)> &keep)
{
  std::size_t kept = 0;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (keep(t))
      {
        surface.triangles[kept]     = surface.triangles[t];
        surface.boundary_id[kept++] = surface.boundary_id[t];
      }
  const int n_dropped = static_cast<int>(surface.triangles.size() - kept);
  surface.triangles.resize(kept);
  surface.boundary_id.resize(kept);
  if (n_dropped > 0)
    remove_unused_points(surface);
  return n_dropped;
}

double extent_of(const Surface &surface)
{
  Vector3 low = surface.points.front(), high = low;
  for (const Vector3 &x : surface.points)
    for (int c = 0; c < 3; ++c)
      {
        low[c]  = std::min(low[c], x[c]);
        high[c] = std::max(high[c], x[c]);
      }
  return distance(low, high);
}

double mean_edge_length(const Surface &surface)
{
  double sum = 0;
  for (const auto &[a, b, c] : surface.triangles)
    sum += distance(surface.points[a], surface.points[b]) + distance(surface.points[b], surface.points[c]) +
           distance(surface.points[c], surface.points[a]);
  return sum / (3.0 * static_cast<double>(surface.triangles.size()));
}

int weld_points(Surface &surface, double tolerance, bool open_edges_only)
{
  std::vector<char> candidate(surface.points.size(), !open_edges_only);
  if (open_edges_only)
    for (const int v : points_of_open_edges(surface))
      candidate[v] = 1;
  Bucket           buckets;
  std::vector<int> to(surface.points.size());
  int              n = 0;
  for (int v = 0; v < static_cast<int>(to.size()); ++v)
    {
      to[v] = v;
      if (!candidate[v])
        continue;
      const Cell cell = cell_of(surface.points[v], 2 * tolerance);
      for_each_near(buckets, cell, [&](int w) {
        if (to[v] == v && distance(surface.points[v], surface.points[w]) <= tolerance)
          to[v] = w;
      });
      if (to[v] == v)
        buckets[cell].push_back(v);
      else
        ++n;
    }
  if (n == 0)
    return 0;
  for (auto &t : surface.triangles)
    for (int &v : t)
      v = to[v];
  remove_unused_points(surface);
  return n;
}

int drop_degenerate_triangles(Surface &surface, double tolerance)
{
  return keep_triangles(surface, [&](std::size_t t) {
    return !uses_point_twice(surface.triangles[t]) && smallest_height(surface, surface.triangles[t]) > tolerance;
  });
}

int drop_duplicate_triangles(Surface &surface)
{
  std::set<std::array<int, 3>> seen;
  return keep_triangles(surface, [&](std::size_t t) {
    auto key = surface.triangles[t];
    std::sort(key.begin(), key.end());
    return seen.insert(key).second;
  });
}

int split_at_hanging_points(Surface &surface, double tolerance)
{
  int n_split = 0;
  for (int pass = 0, n_before = -1; pass < 5 && n_split != n_before; ++pass)
    {
      n_before            = n_split;
      const auto count    = count_edges(surface);
      double     longest  = 0;
      for (const auto &[edge, n] : count)
        if (n == 1)
          longest = std::max(longest, distance(surface.points[edge.first], surface.points[edge.second]));
      if (longest == 0)
        return n_split;
      Bucket buckets;
      for (const int v : points_of_open_edges(surface))
        buckets[cell_of(surface.points[v], longest)].push_back(v);
      const std::size_t n_triangles = surface.triangles.size();
      for (std::size_t t = 0; t < n_triangles; ++t)
        for (int e = 0; e < 3; ++e)
          {
            const auto triangle = surface.triangles[t];
            const int  a = triangle[e], b = triangle[(e + 1) % 3], c = triangle[(e + 2) % 3];
            const auto uses = count.find(edge_key(a, b));
            if (uses == count.end() || uses->second != 1)
              continue;
            const Vector3 &xa = surface.points[a], d = surface.points[b] - xa;
            std::vector<std::pair<double, int>> hanging;
            for_each_near(buckets, cell_of(xa + 0.5 * d, longest), [&](int v) {
              const double s = dot(surface.points[v] - xa, d) / dot(d, d);
              if (v != a && v != b && v != c && s > 0 && s < 1 && distance(surface.points[v], xa + s * d) < tolerance)
                hanging.emplace_back(s, v);
            });
            if (hanging.empty())
              continue;
            std::sort(hanging.begin(), hanging.end());
            surface.triangles[t] = {a, hanging.front().second, c};
            for (std::size_t i = 0; i < hanging.size(); ++i)
              {
                surface.triangles.push_back({hanging[i].second, i + 1 < hanging.size() ? hanging[i + 1].second : b, c});
                surface.boundary_id.push_back(surface.boundary_id[t]);
              }
            ++n_split;
            break; // its other edges in the next pass
          }
    }
  return n_split;
}

int drop_fins(Surface &surface)
{
  int n_dropped = 0;
  for (int n = -1; n != 0; n_dropped += n)
    {
      const auto count = count_edges(surface);
      n                = keep_triangles(surface, [&](std::size_t t) {
        bool shared = false, open = false;
        for (int e = 0; e < 3; ++e)
          {
            const int uses = count.at(edge_key(surface.triangles[t][e], surface.triangles[t][(e + 1) % 3]));
            shared         = shared || uses > 2;
            open           = open || uses == 1;
          }
        return !(shared && open);
      });
      if (n > 0 && surface.triangles.empty())
        break;
    }
  return n_dropped;
}

int orient_consistently(Surface &surface)
{
  if (is_oriented_manifold(surface))
    return 0;
  using Point = CGAL::Exact_predicates_inexact_constructions_kernel::Point_3;
  std::vector<Point>                    points;
  std::vector<std::vector<std::size_t>> polygons;
  std::map<Vector3, int>                place;
  std::vector<int>                      original;
  for (const Vector3 &x : surface.points)
    points.emplace_back(x[0], x[1], x[2]);
  for (const auto &[a, b, c] : surface.triangles)
    polygons.push_back({static_cast<std::size_t>(a), static_cast<std::size_t>(b), static_cast<std::size_t>(c)});
  const std::vector<Vector3> before = surface.points;
  CGAL::Polygon_mesh_processing::orient_polygon_soup(points, polygons);
  const auto triangles_before = surface.triangles;
  surface.points.clear();
  for (const Point &p : points)
    {
      surface.points.push_back({p.x(), p.y(), p.z()});
      original.push_back(place.try_emplace(surface.points.back(), static_cast<int>(place.size())).first->second);
    }
  std::vector<char> turned(polygons.size());
  for (std::size_t t = 0; t < polygons.size(); ++t)
    {
      for (int i = 0; i < 3; ++i)
        surface.triangles[t][i] = static_cast<int>(polygons[t][i]);
      const auto &old = triangles_before[t], &now = surface.triangles[t];
      turned[t] = dot(area_vector(before[old[0]], before[old[1]], before[old[2]]),
                      area_vector(surface.points[now[0]], surface.points[now[1]], surface.points[now[2]])) < 0;
    }
  join_matching_edges(surface, original);
  // Which of the two ways is the right one is found later: here the smaller number counts.
  const int n = static_cast<int>(std::count(turned.begin(), turned.end(), 1));
  if (2 * n > static_cast<int>(turned.size()))
    for (auto &t : surface.triangles)
      std::swap(t[1], t[2]);
  return std::min(n, static_cast<int>(turned.size()) - n);
}

int flatten_spikes(Surface &surface)
{
  std::vector<std::set<int>> neighbours(surface.points.size());
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      {
        neighbours[t[e]].insert(t[(e + 1) % 3]);
        neighbours[t[e]].insert(t[(e + 2) % 3]);
      }
  const std::set<int>                  open = points_of_open_edges(surface);
  std::vector<std::pair<int, Vector3>> moved;
  for (int v = 0; v < static_cast<int>(neighbours.size()); ++v)
    {
      if (neighbours[v].size() < 3 || open.count(v))
        continue;
      Vector3      centre{0, 0, 0};
      const double share = 1.0 / static_cast<double>(neighbours[v].size());
      for (const int w : neighbours[v])
        centre = centre + share * surface.points[w];
      double width = 0;
      for (const int w : neighbours[v])
        width += share * distance(surface.points[w], centre);
      if (distance(surface.points[v], centre) > 2 * width)
        moved.emplace_back(v, centre);
    }
  for (const auto &[v, x] : moved)
    surface.points[v] = x;
  return static_cast<int>(moved.size());
}

bool orient_outwards(Surface &surface)
{
  double volume = enclosed_volume(surface);
  for (const auto &loop : open_loops(surface)) // with each open end closed by a fan
    for (std::size_t i = 1; i + 1 < loop.size(); ++i)
      volume += orient(surface.points.front(), surface.points[loop[0]], surface.points[loop[i + 1]],
                       surface.points[loop[i]]) /
                6;
  if (volume >= 0)
    return false;
  for (auto &t : surface.triangles)
    std::swap(t[1], t[2]);
  return true;
}

} // namespace vesalius
