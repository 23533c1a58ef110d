// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/layer_columns.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/size_field.h"
#include "mesh_io/wall_clearance.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>

namespace vesalius
{

namespace
{
/// Layers take at most this share of the local radius when their height is derived, and of the way to the opposite wall always.
constexpr double share_of_radius = 0.3, share_of_way = 0.25;
/// The last layer is at most this high, in edges of the wall around it: higher would be taller than wide.
constexpr double share_of_edge = 0.7;

std::vector<Vector3> inward_normals(const Surface &surface, const std::vector<int> &triangles)
{
  std::vector<Vector3> normals;
  for (const int t : triangles)
    {
      const auto &[a, b, c] = surface.triangles[t];
      normals.push_back(normalised(area_vector(surface.points[a], surface.points[c], surface.points[b])));
    }
  return normals;
}

double visibility(const Vector3 &direction, const std::vector<Vector3> &normals)
{
  double smallest = 1;
  for (const Vector3 &n : normals)
    smallest = std::min(smallest, dot(direction, n));
  return smallest;
}

/// Centre of the smallest cap of the unit sphere that holds the normals, by steps towards the farthest one (Badoiu and
/// Clarkson, 2003).
Vector3 most_visible(const std::vector<Vector3> &normals)
{
  Vector3 best{0, 0, 0};
  for (const Vector3 &n : normals)
    best = best + n;
  best      = normalised(best);
  Vector3 d = best;
  for (int k = 1; k <= 60; ++k)
    {
      const auto farthest = std::min_element(normals.begin(), normals.end(),
                                             [&](const Vector3 &m, const Vector3 &n) { return dot(d, m) < dot(d, n); });
      d                   = normalised(d + (1. / (k + 1)) * (*farthest - d));
      if (visibility(d, normals) > visibility(best, normals))
        best = d;
    }
  return best;
}

Vector3 in_plane(const Vector3 &direction, const WallPatch &wall, std::size_t v)
{
  if (wall.cap[v] <= 0)
    return direction;
  return normalised(direction - dot(direction, wall.cap_normal[v]) * wall.cap_normal[v]);
}

/// Unit directions of the columns, Laplacian-smoothed as far as they stay visible.
std::vector<Vector3> column_directions(const Surface &surface, const WallPatch &wall)
{
  const std::size_t                 n = surface.points.size();
  std::vector<Vector3>              direction(n, {0, 0, 0});
  std::vector<std::vector<Vector3>> normals(n);
  std::vector<double>               needed(n, 0);
  for (std::size_t v = 0; v < n; ++v)
    if (!wall.around[v].empty())
      {
        normals[v]   = inward_normals(surface, wall.around[v]);
        direction[v] = in_plane(most_visible(normals[v]), wall, v);
        needed[v]    = 0.95 * visibility(direction[v], normals[v]);
      }
  for (int sweep = 0; sweep < 5; ++sweep)
    {
      const auto before = direction;
      for (std::size_t v = 0; v < n; ++v)
        if (!wall.neighbours[v].empty())
          {
            Vector3 mean{0, 0, 0};
            for (const int w : wall.neighbours[v])
              mean = mean + before[w];
            const Vector3 smoothed = in_plane(normalised(before[v] + normalised(mean)), wall, v);
            if (visibility(smoothed, normals[v]) >= needed[v])
              direction[v] = smoothed;
          }
    }
  return direction;
}

double mean_edge(const Surface &surface, const WallPatch &wall, std::size_t v)
{
  double sum = 0;
  for (const int w : wall.neighbours[v])
    sum += distance(surface.points[v], surface.points[w]);
  return sum / static_cast<double>(wall.neighbours[v].size());
}

/// Height of all layers over that of the first.
double total_over_first(const BoundaryLayerParameters &p)
{
  double sum = 0, height = 1;
  for (int k = 0; k < p.count; ++k, height *= p.growth)
    sum += height;
  return sum;
}

void limit_scale(LayerColumns &columns, std::size_t v, double scale, LayerLimit why)
{
  if (scale < columns.scale[v])
    {
      columns.scale[v] = scale;
      columns.limit[v] = why;
    }
}

/// Keeps columns away from other parts of the wall: those ahead, and those that the wall's own bend brings near.
void keep_clear(const Surface &surface, const WallPatch &wall, LayerColumns &columns)
{
  const WallClearance clearance(surface, wall.triangles);
  for (std::size_t v = 0; v < columns.foot.size(); ++v)
    {
      if (columns.n_layers[v] == 0)
        continue;
      const int i = static_cast<int>(v);
      if (const double way = share_of_way * clearance.ahead(i, normalised(columns.step[v])); way < columns.wanted[v])
        limit_scale(columns, v, way / columns.wanted[v], LayerLimit::opposite_wall);
      while (columns.n_layers[v] > 0 && clearance.nearest(columns.point(i, columns.count)) <
                                          0.7 * columns.scale[v] * columns.share(columns.n_layers[v]) * columns.wanted[v])
        weaken_column(columns, i, LayerLimit::folding);
    }
}
} // namespace

const char *sentence(LayerLimit limit)
{
  switch (limit)
    {
      case LayerLimit::none:
        return "";
      case LayerLimit::radius:
        return "the vessel is too thin for the height";
      case LayerLimit::opposite_wall:
        return "the opposite wall is too near";
      case LayerLimit::folding:
        return "the wall bends more sharply than the layers are thick";
      case LayerLimit::prism_shape:
        return "the prisms would be badly shaped";
      case LayerLimit::crossing:
        return "the layers of two parts of the wall would meet";
      case LayerLimit::cap:
        return "the cap leaves no room";
      case LayerLimit::core:
        return "what the layers leave could not be filled";
    }
  return "";
}

double LayerColumns::share(int k) const
{
  return growth == 1 ? double(k) / count : (std::pow(growth, k) - 1) / (std::pow(growth, count) - 1);
}

Vector3 LayerColumns::point(int v, int k) const
{
  const int level = std::min(k, n_layers[v]);
  return level == 0 ? foot[v] : foot[v] + (scale[v] * share(level)) * step[v];
}

double LayerColumns::height(int v, int k) const
{
  return k >= n_layers[v] ? 0 : scale[v] * wanted[v] * (share(k + 1) - share(k));
}

bool is_wall(const Surface &surface, int triangle)
{
  const auto name = surface.boundary_names.find(surface.boundary_id[triangle]);
  return name != surface.boundary_names.end() && name->second.starts_with("wall");
}

WallPatch find_wall(const Surface &surface)
{
  const std::size_t n = surface.points.size();
  WallPatch         wall{{}, std::vector<std::vector<int>>(n), std::vector<std::vector<int>>(n), std::vector<int>(n, 0),
                 std::vector<Vector3>(n, {0, 0, 0})};
  std::map<int, Vector3> normal_of;
  for (const Cap &cap : measure_caps(surface))
    normal_of[cap.boundary_id] = cap.normal;
  for (int t = 0; t < static_cast<int>(surface.triangles.size()); ++t)
    if (is_wall(surface, t))
      {
        wall.triangles.push_back(t);
        for (const int v : surface.triangles[t])
          wall.around[v].push_back(t);
      }
  std::set<std::pair<int, int>> rim;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (!is_wall(surface, static_cast<int>(t)))
      for (const int v : surface.triangles[t])
        if (!wall.around[v].empty())
          {
            const int id       = surface.boundary_id[t];
            wall.cap[v]        = wall.cap[v] == 0 || wall.cap[v] == id ? id : -1;
            wall.cap_normal[v] = normal_of[id];
          }
  for (const int t : wall.triangles)
    for (int e = 0; e < 3; ++e)
      {
        const int a = surface.triangles[t][e], b = surface.triangles[t][(e + 1) % 3];
        // Each edge inside of the wall is met twice, once from either side; one of the rim once.
        wall.neighbours[a].push_back(b);
        if (wall.cap[a] != 0 && wall.cap[b] != 0)
          wall.neighbours[b].push_back(a);
      }
  for (std::size_t v = 0; v < n; ++v)
    {
      auto &list = wall.neighbours[v];
      if (wall.cap[v] != 0)
        std::erase_if(list, [&](int w) { return wall.cap[w] != wall.cap[v]; });
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  return wall;
}

LayerColumns make_columns(const Surface &surface, const WallPatch &wall, const Centerline &centerline,
                          const BoundaryLayerParameters &parameters, double thickness_factor)
{
  const std::size_t n          = surface.points.size();
  const auto        directions = column_directions(surface, wall);
  LayerColumns      columns{parameters.count,
                       parameters.growth,
                       surface.points,
                       std::vector<Vector3>(n, {0, 0, 0}),
                       std::vector<double>(n, 0),
                       std::vector<double>(n, 1),
                       std::vector<double>(n, 0),
                       std::vector<int>(n, 0),
                       std::vector<LayerLimit>(n, LayerLimit::none)};
  const double ratio = total_over_first(parameters), last_over_first = std::pow(parameters.growth, parameters.count - 1);
  for (std::size_t v = 0; v < n; ++v)
    {
      if (wall.around[v].empty() || wall.neighbours[v].empty())
        continue;
      const double by_radius = share_of_radius * local_radius(centerline, surface.points[v]);
      const double by_edge   = share_of_edge * mean_edge(surface, wall, v) * ratio / last_over_first;
      const double derived   = std::min({parameters.stokes_layer, by_radius, by_edge});
      columns.wanted[v]      = parameters.first_height > 0 ? parameters.first_height * ratio : derived;
      // Over a bent wall a column leans against some facets: longer by that, the layers are as high as they should be.
      double leaning = 0;
      for (const Vector3 &normal : inward_normals(surface, wall.around[v]))
        leaning += dot(directions[v], normal) / static_cast<double>(wall.around[v].size());
      columns.step[v]     = (columns.wanted[v] / std::max(0.5, leaning)) * directions[v];
      columns.n_layers[v] = parameters.count;
      if (thickness_factor < 1)
        limit_scale(columns, v, thickness_factor, LayerLimit::core);
      if (std::min(by_radius, by_edge) < columns.wanted[v])
        limit_scale(columns, v, std::min(by_radius, by_edge) / columns.wanted[v], LayerLimit::radius);
      if (wall.cap[v] < 0 || leaning < 0.3)
        {
          columns.n_layers[v] = 0;
          columns.limit[v]    = wall.cap[v] != 0 ? LayerLimit::cap : LayerLimit::folding;
        }
    }
  keep_clear(surface, wall, columns);
  grade_columns(surface, wall, columns);
  for (std::size_t v = 0; v < n; ++v)
    columns.least[v] = 0.2 * columns.scale[v];
  return columns;
}

void grade_columns(const Surface &surface, const WallPatch &wall, LayerColumns &columns)
{
  constexpr double slope = 0.3, jump = 1.25;
  const auto       full  = [&](int v) { return columns.scale[v] * columns.wanted[v]; };
  using Item             = std::pair<double, int>; // lowest first, as in Dijkstra's algorithm
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
  for (int v = 0; v < static_cast<int>(columns.foot.size()); ++v)
    if (columns.n_layers[v] > 0)
      queue.emplace(full(v), v);
  while (!queue.empty())
    {
      const auto [height, v] = queue.top();
      queue.pop();
      if (height > full(v))
        continue;
      for (const int t : wall.around[v])
        for (const int w : surface.triangles[t])
          if (const double limit = std::min(jump * height, height + slope * distance(columns.foot[v], columns.foot[w]));
              columns.n_layers[w] > 0 && full(w) > limit * (1 + 1e-9))
            {
              limit_scale(columns, w, limit / columns.wanted[w], columns.limit[v]);
              queue.emplace(full(w), w);
            }
    }
}

void weaken_column(LayerColumns &columns, int v, LayerLimit why)
{
  if (columns.n_layers[v] == 0)
    return;
  columns.limit[v] = why;
  if (columns.scale[v] > columns.least[v])
    columns.scale[v] *= 0.85;
  else
    columns.n_layers[v] /= 2;
}

} // namespace vesalius
