// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/curved_cells.h"

#include "mesh_io/flat_boundaries.h"
#include "mesh_io/mesh_topology.h"
#include "solver/core/errors.h"
#include "solver/interfaces/bernstein_bound.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace vesalius
{

namespace
{
constexpr int edge_vertices[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
using Barycentric                 = std::array<double, 4>;

/// dx/dlambda_a - dx/dlambda_0 for a = 1..dimension of the quadratic map of the cell.
std::array<Vector3, 3> tangents(const Mesh &mesh, std::size_t cell, const Barycentric &x)
{
  const int              dim = mesh.dimension;
  const auto            *v   = &mesh.cells[cell * mesh.nodes_per_cell()];
  std::array<Vector3, 4> slope{};
  for (int a = 0; a <= dim; ++a)
    slope[a] = slope[a] + (mesh.order == 1 ? 1. : 4 * x[a] - 1) * mesh.points[v[a]];
  for (int e = 0; mesh.order == 2 && e < (dim == 3 ? 6 : 3); ++e)
    {
      const auto [a, b] = edge_vertices[e];
      slope[a]          = slope[a] + 4 * x[b] * mesh.points[v[dim + 1 + e]];
      slope[b]          = slope[b] + 4 * x[a] * mesh.points[v[dim + 1 + e]];
    }
  return {slope[1] - slope[0], slope[2] - slope[0], slope[3] - slope[0]};
}

double determinant(const Mesh &mesh, std::size_t cell, const Barycentric &x)
{
  const auto t = tangents(mesh, cell, x);
  return mesh.dimension == 3 ? dot(cross(t[0], t[1]), t[2]) : t[0][0] * t[1][1] - t[0][1] * t[1][0];
}

double straight_determinant(const Mesh &mesh, std::size_t cell)
{
  const auto   *v = &mesh.cells[cell * mesh.nodes_per_cell()];
  const Vector3 a = mesh.points[v[1]] - mesh.points[v[0]], b = mesh.points[v[2]] - mesh.points[v[0]];
  return mesh.dimension == 3 ? dot(cross(a, b), mesh.points[v[3]] - mesh.points[v[0]]) : a[0] * b[1] - a[1] * b[0];
}

/// All points whose barycentric coordinates are multiples of 1/3.
std::vector<Barycentric> lattice(int dimension)
{
  std::vector<Barycentric> points;
  for (int i = 0; i <= 3; ++i)
    for (int j = 0; i + j <= 3; ++j)
      for (int k = 0; i + j + k <= 3; ++k)
        if (dimension == 3 || i + j + k == 3)
          points.push_back({i / 3., j / 3., k / 3., (3 - i - j - k) / 3.});
  return points;
}

/// Degree 3, exact for the determinant (Newton-Cotes with corners, and edges or faces, and centre).
double cell_volume(const Mesh &mesh, std::size_t cell)
{
  double sum = 0;
  if (mesh.dimension == 3)
    {
      for (int a = 0; a < 4; ++a)
        {
          Barycentric corner{}, face{1. / 3, 1. / 3, 1. / 3, 1. / 3};
          corner[a] = 1;
          face[a]   = 0;
          sum += determinant(mesh, cell, corner) / 40 + determinant(mesh, cell, face) * 9 / 40;
        }
      return sum / 6;
    }
  for (int a = 0; a < 3; ++a)
    {
      Barycentric middle{0.5, 0.5, 0.5, 0};
      middle[a] = 0;
      sum += determinant(mesh, cell, middle) / 3;
    }
  return sum / 2;
}

/// Area of a quadratic triangle or length of a quadratic line from its nodes (vertices, then edges 01 12 20).
double face_measure(int dimension, const std::array<Vector3, 6> &x)
{
  double sum = 0;
  if (dimension == 2)
    {
      for (const auto &[s, w] : {std::pair{-std::sqrt(0.6), 5. / 18}, {0., 8. / 18}, {std::sqrt(0.6), 5. / 18}})
        sum += 2 * w * norm((s - 0.5) * x[0] + (s + 0.5) * x[1] - (2 * s) * x[2]);
      return sum;
    }
  // Radon's seven points.
  const double root = std::sqrt(15.);
  const auto   add  = [&](double w, double l0, double l1, double l2) {
    const Vector3 slope0 = (4 * l0 - 1) * x[0] + 4 * l1 * x[3] + 4 * l2 * x[5],
                  slope1 = (4 * l1 - 1) * x[1] + 4 * l0 * x[3] + 4 * l2 * x[4],
                  slope2 = (4 * l2 - 1) * x[2] + 4 * l1 * x[4] + 4 * l0 * x[5];
    sum += w * 0.5 * norm(cross(slope1 - slope0, slope2 - slope0));
  };
  add(9. / 40, 1. / 3, 1. / 3, 1. / 3);
  for (const double sign : {-1., 1.})
    {
      const double a = (6 + sign * root) / 21, w = (155 + sign * root) / 1200;
      add(w, a, a, 1 - 2 * a);
      add(w, a, 1 - 2 * a, a);
      add(w, 1 - 2 * a, a, a);
    }
  return sum;
}

std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> nodes_of_edges(const Mesh &mesh)
{
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> nodes;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto *v = &mesh.cells[c * mesh.nodes_per_cell()];
      for (int e = 0; e < (mesh.dimension == 3 ? 6 : 3); ++e)
        nodes[std::minmax(v[edge_vertices[e][0]], v[edge_vertices[e][1]])] = v[mesh.dimension + 1 + e];
    }
  return nodes;
}

/// The smallest Bernstein coefficient of the determinant over the straight cell's.
double bernstein_ratio(const Mesh &mesh, std::size_t cell)
{
  std::array<std::array<Vector3, 3>, 4> at{};
  for (int i = 0; i <= mesh.dimension; ++i)
    {
      Barycentric corner{};
      corner[i] = 1;
      at[i]     = tangents(mesh, cell, corner);
    }
  return bernstein_bound(mesh.dimension, at).value / straight_determinant(mesh, cell);
}

/// The named parts of the boundary and the interfaces between regions, one list of triangles each.
std::vector<std::vector<std::int32_t>> surface_patches(const Mesh &mesh)
{
  std::map<int, std::vector<std::int32_t>> outer, inner;
  const auto                               append = [](auto &patches, int id, const std::int32_t *v) {
    patches[id].insert(patches[id].end(), v, v + 3);
  };
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    append(outer, mesh.boundary_id[f], &mesh.boundary_faces[3 * f]);
  const auto interfaces = interface_faces(mesh);
  for (std::size_t f = 0; f < interfaces.id.size(); ++f)
    append(inner, interfaces.id[f], &interfaces.faces[3 * f]);
  std::vector<std::vector<std::int32_t>> patches;
  for (auto *group : {&outer, &inner})
    for (auto &[unused, faces] : *group)
      patches.push_back(std::move(faces));
  return patches;
}

using Edge = std::pair<std::int32_t, std::int32_t>;

/// Where the middles of a patch's edges go, relative to the straight edges.
std::map<Edge, Vector3> patch_offsets(const Mesh &mesh, const std::vector<std::int32_t> &faces)
{
  std::map<std::int32_t, Vector3> normals;
  for (std::size_t f = 0; f < faces.size(); f += 3)
    {
      const auto   *v      = &faces[f];
      const Vector3 normal = normalised(area_vector(mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]]));
      for (int i = 0; i < 3; ++i)
        {
          // Weighted by the angle at the vertex: independent of how the surface is cut into triangles.
          const Vector3 a = normalised(mesh.points[v[(i + 1) % 3]] - mesh.points[v[i]]),
                        b = normalised(mesh.points[v[(i + 2) % 3]] - mesh.points[v[i]]);
          Vector3      &sum = normals.try_emplace(v[i], Vector3{0, 0, 0}).first->second;
          sum               = sum + std::acos(std::clamp(dot(a, b), -1.0, 1.0)) * normal;
        }
    }
  for (auto &[unused, normal] : normals)
    normal = normalised(normal);
  std::map<Edge, Vector3> offsets;
  for (std::size_t f = 0; f < faces.size(); f += 3)
    for (int i = 0; i < 3; ++i)
      {
        const Edge     edge = std::minmax(faces[f + i], faces[f + (i + 1) % 3]);
        const Vector3 &na = normals.at(edge.first), &nb = normals.at(edge.second);
        const Vector3  along = mesh.points[edge.second] - mesh.points[edge.first];
        offsets[edge]        = (-0.125 * dot(along, na)) * na + (0.125 * dot(along, nb)) * nb;
      }
  return offsets;
}

/// On an edge of two patches that go on smoothly the offsets are one and the same; at a rim each gives its own part.
std::map<Edge, Vector3> surface_offsets(const Mesh &mesh)
{
  std::map<Edge, Vector3> all;
  for (const auto &faces : surface_patches(mesh))
    for (const auto &[edge, offset] : patch_offsets(mesh, faces))
      {
        const auto [entry, is_new] = all.try_emplace(edge, offset);
        if (is_new)
          continue;
        const bool smooth = dot(normalised(entry->second), normalised(offset)) > 0.9;
        entry->second     = smooth ? 0.5 * (entry->second + offset) : entry->second + offset;
      }
  const auto planes = flat_boundary_normals(mesh);
  for (auto &[edge, offset] : all)
    if (const auto a = planes.find(edge.first), b = planes.find(edge.second); a != planes.end() && b != planes.end())
      {
        std::vector<Vector3> common;
        for (const Vector3 &normal : a->second)
          if (std::find(b->second.begin(), b->second.end(), normal) != b->second.end())
            common.push_back(normal);
        offset = within_planes(offset, common);
      }
  return all;
}
} // namespace

void place_edge_nodes(Mesh &mesh, const std::function<Vector3(std::int32_t, std::int32_t)> &place)
{
  VESALIUS_ASSERT(mesh.order == 2, "a mesh without edge nodes");
  for (const auto &[edge, node] : nodes_of_edges(mesh))
    mesh.points[node] = place(edge.first, edge.second);
}

double curved_volume(const Mesh &mesh)
{
  double sum = 0;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    sum += cell_volume(mesh, c);
  return sum;
}

std::map<int, double> curved_region_volumes(const Mesh &mesh)
{
  std::map<int, double> volumes;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    volumes[mesh.region_id[c]] += cell_volume(mesh, c);
  return volumes;
}

double curved_boundary_measure(const Mesh &mesh, const std::string &boundary_name)
{
  const auto edges = mesh.order == 2 ? nodes_of_edges(mesh) : decltype(nodes_of_edges(mesh)){};
  double     sum   = 0;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      if (mesh.boundary_names.at(mesh.boundary_id[f]) != boundary_name)
        continue;
      const auto            *v = &mesh.boundary_faces[f * mesh.dimension];
      std::array<Vector3, 6> x{};
      const int              n = mesh.dimension, n_edges = n == 3 ? 3 : 1;
      for (int i = 0; i < n; ++i)
        x[i] = mesh.points[v[i]];
      for (int e = 0; e < n_edges; ++e)
        {
          const auto a = v[e], b = v[(e + 1) % n];
          x[n + e] = mesh.order == 1 ? 0.5 * (mesh.points[a] + mesh.points[b])
                                     : mesh.points[edges.at(std::minmax(a, b))];
        }
      sum += face_measure(mesh.dimension, x);
    }
  return sum;
}

double minimum_jacobian_ratio(const Mesh &mesh)
{
  double     smallest = 1;
  const auto points   = lattice(mesh.dimension);
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    for (const auto &x : points)
      smallest = std::min(smallest, determinant(mesh, c, x) / straight_determinant(mesh, c));
  return smallest;
}

std::vector<double> jacobian_ratio_bounds(const Mesh &mesh)
{
  std::vector<double> bounds;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    bounds.push_back(bernstein_ratio(mesh, c));
  return bounds;
}

double jacobian_ratio_bound(const Mesh &mesh)
{
  const auto bounds = jacobian_ratio_bounds(mesh);
  return *std::min_element(bounds.begin(), bounds.end());
}

CurvingReport curve_boundary(Mesh &mesh, double least_ratio)
{
  VESALIUS_ASSERT(mesh.dimension == 3 && mesh.order == 2, "only tetrahedra with edge nodes are curved");
  const auto    offsets = surface_offsets(mesh);
  CurvingReport report;
  place_edge_nodes(mesh, [&](std::int32_t a, std::int32_t b) {
    const Vector3 middle = 0.5 * (mesh.points[a] + mesh.points[b]);
    const auto    found  = offsets.find({a, b});
    report.n_curved += found != offsets.end() && norm(found->second) > 1e-6 * distance(mesh.points[a], mesh.points[b]);
    return found == offsets.end() ? middle : middle + found->second;
  });
  std::set<std::int32_t> relaxed;
  constexpr int          n_halvings = 12; // then the edges of a cell that is still too bent become straight
  for (int round = 0; round <= n_halvings; ++round)
    {
      std::map<std::int32_t, Vector3> middles;
      for (std::size_t c = 0; c < mesh.n_cells(); ++c)
        if (bernstein_ratio(mesh, c) < least_ratio)
          {
            const auto *v = &mesh.cells[c * mesh.nodes_per_cell()];
            for (int e = 0; e < 6; ++e)
              middles[v[4 + e]] = 0.5 * (mesh.points[v[edge_vertices[e][0]]] + mesh.points[v[edge_vertices[e][1]]]);
          }
      if (middles.empty())
        break;
      for (const auto &[node, middle] : middles)
        if (norm(mesh.points[node] - middle) > 0)
          {
            relaxed.insert(node);
            mesh.points[node] = round == n_halvings ? middle : 0.5 * (mesh.points[node] + middle);
          }
    }
  report.n_relaxed = relaxed.size();
  report.bound     = jacobian_ratio_bound(mesh);
  return report;
}

} // namespace vesalius
