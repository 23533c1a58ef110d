// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/boundary_layers.h"

#include "mesh_io/layer_prisms.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace vesalius
{

namespace
{
/// Moves the rims to the inner ends of their columns and the other vertices of the caps along: each by the mean of its
/// neighbours' shifts, starting from the shrinking of a disc.
void shrink_caps(const Surface &surface, const WallPatch &wall, Surface &inner)
{
  std::vector<std::set<int>> neighbours(surface.points.size());
  std::map<int, std::set<int>> vertices_of; // cap -> its vertices
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (!is_wall(surface, static_cast<int>(t)))
      for (const int v : surface.triangles[t])
        {
          vertices_of[surface.boundary_id[t]].insert(v);
          neighbours[v].insert(surface.triangles[t].begin(), surface.triangles[t].end());
        }
  std::vector<Vector3> shift(surface.points.size(), {0, 0, 0});
  for (const auto &[id, vertices] : vertices_of)
    {
      Vector3 centre{0, 0, 0};
      double  radius = 0, shrinking = 0, n_rim = 0;
      for (const int v : vertices)
        if (!wall.around[v].empty())
          {
            shift[v] = inner.points[v] - surface.points[v];
            centre   = centre + surface.points[v];
            n_rim += 1;
          }
      centre = (1 / std::max(1., n_rim)) * centre;
      for (const int v : vertices)
        if (!wall.around[v].empty())
          {
            radius += distance(surface.points[v], centre);
            shrinking += norm(shift[v]);
          }
      for (const int v : vertices)
        if (wall.around[v].empty() && radius > 0)
          shift[v] = (-shrinking / radius) * (surface.points[v] - centre);
      for (int sweep = 0; sweep < 100; ++sweep)
        for (const int v : vertices)
          if (wall.around[v].empty())
            {
              Vector3 sum{0, 0, 0};
              for (const int w : neighbours[v])
                if (w != v)
                  sum = sum + shift[w];
              shift[v] = (1. / static_cast<double>(neighbours[v].size() - 1)) * sum;
            }
      for (const int v : vertices)
        if (wall.around[v].empty())
          inner.points[v] = surface.points[v] + shift[v];
    }
}

Surface inner_surface(const Surface &surface, const WallPatch &wall, const LayerColumns &columns)
{
  Surface inner = surface;
  for (std::size_t v = 0; v < inner.points.size(); ++v)
    if (!wall.around[v].empty())
      inner.points[v] = columns.point(static_cast<int>(v), columns.count);
  shrink_caps(surface, wall, inner);
  inner.caps = measure_caps(inner);
  return inner;
}

using Blame = std::map<int, LayerLimit>; ///< vertex -> what is wrong there

Blame bad_prisms(const Surface &surface, const WallPatch &wall, const LayerColumns &columns)
{
  Blame blame;
  for (const int t : wall.triangles)
    for (int k = 0; k < columns.count; ++k)
      if (!is_good(prism_shape(columns, surface.triangles[t], k)))
        for (const int v : surface.triangles[t])
          if (columns.n_layers[v] > 0)
            blame.emplace(v, LayerLimit::prism_shape);
  return blame;
}

/// Triangles of caps that got too small or turned over; the whole rim is to blame, since its shifts reach all of the cap.
Blame bad_caps(const Surface &surface, const WallPatch &wall, const Surface &inner)
{
  std::set<int> crumpled;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (!is_wall(surface, static_cast<int>(t)))
      {
        const auto   &[a, b, c] = surface.triangles[t];
        const Vector3 before    = area_vector(surface.points[a], surface.points[b], surface.points[c]);
        const Vector3 after     = area_vector(inner.points[a], inner.points[b], inner.points[c]);
        if (dot(before, after) < 0.05 * dot(before, before))
          crumpled.insert(surface.boundary_id[t]);
      }
  Blame blame;
  for (std::size_t v = 0; v < wall.cap.size(); ++v)
    if (crumpled.contains(wall.cap[v]))
      blame.emplace(static_cast<int>(v), LayerLimit::cap);
  return blame;
}

Blame crossings(const Surface &surface, const WallPatch &wall, const Surface &inner)
{
  Blame blame;
  for (const auto &[s, t] : self_intersections(inner))
    for (const int triangle : {s, t})
      for (const int v : surface.triangles[triangle])
        if (!wall.around[v].empty())
          blame.emplace(v, LayerLimit::crossing);
  return blame;
}

/// Weakens columns until every prism is good and the inner surface encloses the core.
Surface settle(const Surface &surface, const WallPatch &wall, LayerColumns &columns)
{
  // Every round takes a step down at some column, and none has more than twenty.
  for (std::size_t round = 0; round < 20 * surface.points.size(); ++round)
    {
      Blame   blame = bad_prisms(surface, wall, columns);
      Surface inner;
      if (blame.empty())
        {
          inner = inner_surface(surface, wall, columns);
          blame = bad_caps(surface, wall, inner);
          blame.merge(crossings(surface, wall, inner));
          std::erase_if(blame, [&](const auto &item) { return columns.n_layers[item.first] == 0; });
          if (blame.empty())
            return inner;
        }
      for (const auto &[v, why] : blame)
        weaken_column(columns, v, why);
      grade_columns(surface, wall, columns);
    }
  throw SolverFailure("boundary layers: the columns did not settle");
}

double triangle_area(const Surface &surface, int t)
{
  const auto &[a, b, c] = surface.triangles[t];
  return 0.5 * norm(area_vector(surface.points[a], surface.points[b], surface.points[c]));
}

/// Connected pieces of the wall with fewer layers, largest first.
std::vector<LayerLoss> find_losses(const Surface &surface, const WallPatch &wall, const LayerColumns &columns)
{
  const auto fewest = [&](int t) {
    int n = columns.count;
    for (const int v : surface.triangles[t])
      n = std::min(n, columns.n_layers[v]);
    return n;
  };
  std::vector<LayerLoss> losses;
  std::set<int>          seen;
  for (const int start : wall.triangles)
    {
      if (fewest(start) == columns.count || !seen.insert(start).second)
        continue;
      LayerLoss                 loss{{0, 0, 0}, 0, columns.count, ""};
      std::map<LayerLimit, int> votes;
      std::vector<int>          open{start};
      while (!open.empty())
        {
          const int t = open.back();
          open.pop_back();
          const auto &[a, b, c] = surface.triangles[t];
          const double area     = triangle_area(surface, t);
          loss.area += area;
          loss.centre   = loss.centre + (area / 3) * (surface.points[a] + surface.points[b] + surface.points[c]);
          loss.n_layers = std::min(loss.n_layers, fewest(t));
          for (const int v : surface.triangles[t])
            {
              if (columns.n_layers[v] < columns.count)
                ++votes[columns.limit[v]];
              for (const int next : wall.around[v])
                if (fewest(next) < columns.count && seen.insert(next).second)
                  open.push_back(next);
            }
        }
      loss.centre = (1 / loss.area) * loss.centre;
      loss.reason = sentence(
        std::max_element(votes.begin(), votes.end(), [](const auto &a, const auto &b) { return a.second < b.second; })->first);
      losses.push_back(loss);
    }
  std::stable_sort(losses.begin(), losses.end(), [](const LayerLoss &a, const LayerLoss &b) { return a.area > b.area; });
  return losses;
}

void measure_heights(const Surface &surface, const WallPatch &wall, const LayerColumns &columns, LayerQuality &q)
{
  double all = 0, whole = 0, thinned = 0;
  q.min_first_height = std::numeric_limits<double>::max();
  for (const int t : wall.triangles)
    {
      const double area = triangle_area(surface, t);
      all += area;
      const auto &corners = surface.triangles[t];
      if (std::any_of(corners.begin(), corners.end(), [&](int v) { return columns.n_layers[v] < columns.count; }))
        continue;
      whole += area;
      bool is_thin = false;
      for (const int v : corners)
        {
          const double first = columns.height(v, 0);
          is_thin            = is_thin || columns.scale[v] < 0.9;
          q.min_first_height = std::min(q.min_first_height, first);
          q.mean_first_height += area / 3 * first;
          q.mean_thickness += area / 3 * columns.scale[v] * columns.wanted[v];
        }
      thinned += is_thin ? area : 0;
    }
  q.coverage      = whole / all;
  q.thinned_share = thinned / all;
  if (whole > 0)
    {
      q.mean_first_height /= whole;
      q.mean_thickness /= whole;
    }
  else
    q.min_first_height = 0;
}

} // namespace

LayerQuality measure_layers(const Surface &surface, const WallPatch &wall, const LayerColumns &columns)
{
  LayerQuality q;
  q.count = columns.count;
  measure_heights(surface, wall, columns, q);
  q.losses              = find_losses(surface, wall, columns);
  q.min_scaled_jacobian = 1;
  q.min_dihedral_deg    = 180;
  q.min_dihedral_ratio  = std::numeric_limits<double>::max();
  for (const int t : wall.triangles)
    for (int k = 0; k < columns.count; ++k)
      if (const auto shape = prism_shape(columns, surface.triangles[t], k); !shape.is_empty)
        {
          q.min_scaled_jacobian = std::min(q.min_scaled_jacobian, shape.scaled_jacobian);
          q.min_dihedral_ratio  = std::min(q.min_dihedral_ratio, shape.min_dihedral_ratio);
          q.min_dihedral_deg    = std::min(q.min_dihedral_deg, shape.min_dihedral_deg);
          q.max_dihedral_deg    = std::max(q.max_dihedral_deg, shape.max_dihedral_deg);
          q.n_cells += prism_tetrahedra(columns, surface.triangles[t], k).size();
        }
  return q;
}

GrownLayers grow_boundary_layers(const Surface &surface, const Centerline &centerline, const BoundaryLayerParameters &parameters,
                                 double thickness_factor)
{
  GrownLayers layers;
  layers.wall = find_wall(surface);
  if (layers.wall.triangles.empty())
    throw InputError("boundary layers need a wall, and no boundary of the surface has a name that begins with 'wall'",
                     "name it, or set Mesh/Layers = 0");
  layers.columns = make_columns(surface, layers.wall, centerline, parameters, thickness_factor);
  layers.inner   = settle(surface, layers.wall, layers.columns);
  layers.quality = measure_layers(surface, layers.wall, layers.columns);
  return layers;
}

Mesh join_layers_and_core(const Surface &surface, const GrownLayers &layers, const Mesh &core)
{
  const LayerColumns       &columns = layers.columns;
  const std::size_t         n       = surface.points.size();
  Mesh                      mesh;
  std::vector<std::int32_t> above(n); // number of the point over the first layer
  mesh.points = layers.inner.points;  // right for vertices without layers
  for (std::size_t v = 0; v < n; ++v)
    {
      above[v] = static_cast<std::int32_t>(mesh.points.size());
      for (int k = 1; k <= columns.n_layers[v]; ++k)
        mesh.points.push_back(columns.point(static_cast<int>(v), k));
      if (columns.n_layers[v] > 0)
        mesh.points[v] = surface.points[v];
    }
  const auto number = [&](const ColumnPoint &p) -> std::int32_t { return p.level == 0 ? p.vertex : above[p.vertex] + p.level - 1; };
  const auto interior       = static_cast<std::int32_t>(mesh.points.size() - n);
  const auto number_of_core = [&](std::int32_t v) -> std::int32_t {
    return v < static_cast<std::int32_t>(n) ? number({v, columns.n_layers[v]}) : v + interior;
  };
  mesh.points.insert(mesh.points.end(), core.points.begin() + static_cast<std::ptrdiff_t>(n), core.points.end());
  mesh.n_vertices = mesh.points.size();

  std::map<std::pair<int, int>, int> rim; // edge as the wall has it -> cap
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (!is_wall(surface, static_cast<int>(t)))
      for (int e = 0; e < 3; ++e)
        rim[{surface.triangles[t][(e + 1) % 3], surface.triangles[t][e]}] = surface.boundary_id[t];
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    {
      const auto &corners = surface.triangles[t];
      const bool  on_wall = is_wall(surface, static_cast<int>(t));
      for (const int v : corners)
        mesh.boundary_faces.push_back(on_wall ? v : number_of_core(v));
      mesh.boundary_id.push_back(surface.boundary_id[t]);
      for (int k = 0; on_wall && k < columns.count; ++k)
        {
          for (const auto &tetrahedron : prism_tetrahedra(columns, corners, k))
            for (const auto &p : tetrahedron)
              mesh.cells.push_back(number(p));
          for (int e = 0; e < 3; ++e)
            if (const auto cap = rim.find({corners[e], corners[(e + 1) % 3]}); cap != rim.end())
              for (const auto &triangle : rim_triangles(columns, corners[e], corners[(e + 1) % 3], k))
                {
                  for (const auto &p : triangle)
                    mesh.boundary_faces.push_back(number(p));
                  mesh.boundary_id.push_back(cap->second);
                }
        }
    }
  for (const std::int32_t v : core.cells)
    mesh.cells.push_back(number_of_core(v));
  mesh.region_id.assign(mesh.n_cells(), 1);
  mesh.region_names   = core.region_names;
  mesh.boundary_names = surface.boundary_names;
  return mesh;
}

} // namespace vesalius
