// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes that need no mesher: boxes, the pipe surface, and the second-order copy of a mesh.
#include "mesh_io/mesh_topology.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <numbers>

namespace vesalius
{

namespace
{
/// Grid node numbers of a box, x fastest.
struct BoxGrid
{
  std::array<int, 3> n;
  std::int32_t       node(int i, int j, int k) const { return i + (n[0] + 1) * (j + (n[1] + 1) * k); }
};

/// Whether a cube is the mirror image of the standard one along each axis.
using Mirrored = std::array<bool, 3>;

/// The six paths from corner 000 to corner 111 along the axes: Kuhn's split. All cubes use the same
/// diagonals, or each the mirror image of its neighbour's, so that neighbours match.
void add_kuhn_tetrahedra(const BoxGrid &grid, int i, int j, int k, const Mirrored &mirrored, Mesh &mesh)
{
  static constexpr int paths[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
  const bool           is_odd      = mirrored[0] ^ mirrored[1] ^ mirrored[2];
  for (int p = 0; p < 6; ++p)
    {
      int          corner[3] = {i + mirrored[0], j + mirrored[1], k + mirrored[2]};
      std::int32_t v[4];
      v[0] = grid.node(corner[0], corner[1], corner[2]);
      for (int s = 0; s < 3; ++s)
        {
          corner[paths[p][s]] += mirrored[paths[p][s]] ? -1 : 1;
          v[s + 1] = grid.node(corner[0], corner[1], corner[2]);
        }
      if ((p >= 3) != is_odd) // odd permutations come out inverted
        std::swap(v[2], v[3]);
      mesh.cells.insert(mesh.cells.end(), v, v + 4);
    }
}

void check_box(int dimension, const Vector3 &lower, const Vector3 &upper, const std::array<int, 3> &n)
{
  if (dimension != 2 && dimension != 3)
    throw InputError("a box mesh of dimension " + std::to_string(dimension) + " does not exist", "ask for 2 or 3");
  for (int d = 0; d < dimension; ++d)
    if (n[d] < 1 || !(upper[d] > lower[d]))
      throw InputError("the box has no extent or no cells along axis " + std::string(1, "xyz"[d]),
                       "give an upper corner above the lower one and at least one cell along each axis");
}

/// Boundary faces of a box get the id of the side they lie on, found by grid index so that no
/// tolerance is needed.
void name_box_sides(const BoxGrid &grid, Mesh &mesh)
{
  const int dim = mesh.dimension;
  for (int d = 0; d < dim; ++d)
    {
      mesh.boundary_names[2 * d + 1] = std::string(1, "xyz"[d]) + "_min";
      mesh.boundary_names[2 * d + 2] = std::string(1, "xyz"[d]) + "_max";
    }
  mesh.boundary_faces = boundary_faces_of(mesh);
  mesh.boundary_id.assign(mesh.n_boundary_faces(), 0);
  const auto index_of = [&](std::int32_t v, int d) {
    const int plane = (grid.n[0] + 1) * (grid.n[1] + 1);
    return d == 0 ? v % (grid.n[0] + 1) : d == 1 ? v % plane / (grid.n[0] + 1) : v / plane;
  };
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    for (int d = 0; d < dim; ++d)
      {
        const auto *v     = &mesh.boundary_faces[f * dim];
        const int   first = index_of(v[0], d);
        if ((first == 0 || first == grid.n[d]) &&
            std::all_of(v, v + dim, [&](std::int32_t w) { return index_of(w, d) == first; }))
          mesh.boundary_id[f] = 2 * d + (first == 0 ? 1 : 2);
      }
}
} // namespace

Mesh make_box_mesh(int dimension, const std::array<double, 3> &lower, const std::array<double, 3> &upper,
                   const std::array<int, 3> &n, BoxDiagonals diagonals)
{
  check_box(dimension, lower, upper, n);
  const BoxGrid grid{dimension == 3 ? n : std::array<int, 3>{n[0], n[1], 0}};
  Mesh          mesh;
  mesh.dimension = dimension;
  for (int k = 0; k <= grid.n[2]; ++k)
    for (int j = 0; j <= grid.n[1]; ++j)
      for (int i = 0; i <= grid.n[0]; ++i)
        {
          const int index[3] = {i, j, k};
          Vector3   x{0, 0, 0};
          for (int d = 0; d < dimension; ++d) // both ends exact, so that sides are exactly flat
            x[d] = index[d] == grid.n[d] ? upper[d] : lower[d] + (upper[d] - lower[d]) * index[d] / grid.n[d];
          mesh.points.push_back(x);
        }
  mesh.n_vertices = mesh.points.size();
  for (int k = 0; k < std::max(1, grid.n[2]); ++k)
    for (int j = 0; j < grid.n[1]; ++j)
      for (int i = 0; i < grid.n[0]; ++i)
        {
          const bool alternate = diagonals == BoxDiagonals::alternating;
          if (dimension == 3)
            {
              add_kuhn_tetrahedra(grid, i, j, k, {alternate && i % 2, alternate && j % 2, alternate && k % 2}, mesh);
              continue;
            }
          const std::int32_t a = grid.node(i, j, 0), b = grid.node(i + 1, j, 0), c = grid.node(i + 1, j + 1, 0),
                             d = grid.node(i, j + 1, 0);
          if (alternate && (i + j) % 2)
            mesh.cells.insert(mesh.cells.end(), {a, b, d, b, c, d});
          else
            mesh.cells.insert(mesh.cells.end(), {a, b, c, a, c, d});
        }
  mesh.region_id.assign(mesh.n_cells(), 1);
  mesh.region_names = {{1, "domain"}};
  name_box_sides(grid, mesh);
  return mesh;
}

namespace
{
/// A disc of concentric rings; `rim` are the point numbers of its boundary, counter-clockwise seen
/// along +z. Neighbouring rings are zipped by angle.
void add_disc(Surface &surface, const std::vector<int> &rim, double rim_phase, double radius, double z, double edge,
              int id, bool upwards)
{
  const int        n_rings     = std::max(1, static_cast<int>(std::lround(radius / (edge * 0.9))));
  std::vector<int> outer       = rim;
  double           outer_phase = rim_phase;
  const auto       add         = [&](int a, int b, int c) {
    surface.triangles.push_back(upwards ? std::array<int, 3>{a, b, c} : std::array<int, 3>{a, c, b});
    surface.boundary_id.push_back(id);
  };
  for (int ring = n_rings - 1; ring >= 0; --ring)
    {
      const double     r     = radius * ring / n_rings;
      const int        n     = ring == 0
                                 ? 1
                                 : std::max(6, static_cast<int>(std::lround(static_cast<double>(rim.size()) * ring / n_rings)));
      const double     phase = outer_phase + std::numbers::pi / static_cast<double>(outer.size());
      std::vector<int> inner;
      for (int i = 0; i < n; ++i)
        {
          const double angle = phase + 2 * std::numbers::pi * i / n;
          inner.push_back(static_cast<int>(surface.points.size()));
          surface.points.push_back({r * std::cos(angle), r * std::sin(angle), z});
        }
      const int n_outer = static_cast<int>(outer.size());
      for (int o = 0, i = 0; o < n_outer || (n > 1 && i < n);)
        {
          const double next_outer = outer_phase + 2 * std::numbers::pi * (o + 1) / n_outer;
          const double next_inner = phase + 2 * std::numbers::pi * (i + 1) / n;
          // Advance on the ring that lags behind.
          if (o < n_outer && (n == 1 || i >= n || next_outer <= next_inner))
            {
              add(outer[o], outer[(o + 1) % n_outer], inner[i % n]);
              ++o;
            }
          else
            {
              add(outer[o % n_outer], inner[(i + 1) % n], inner[i]);
              ++i;
            }
        }
      outer       = inner;
      outer_phase = phase;
    }
}
} // namespace

Surface make_pipe_surface(double radius, double length, double edge_length)
{
  if (!(radius > 0) || !(length > 0) || !(edge_length > 0))
    throw InputError("a pipe needs a positive radius, length and edge length", "give all three in metres");
  const double pi       = std::numbers::pi;
  const int    n_around = std::max(6, static_cast<int>(std::lround(2 * pi * radius / edge_length)));
  const double side     = 2 * radius * std::sin(pi / n_around);
  const int    n_along  = std::max(1, static_cast<int>(std::lround(length / (side * std::sqrt(3.0) / 2))));
  Surface      surface;
  surface.boundary_names = {{1, "wall"}, {2, "inlet"}, {3, "outlet"}};
  const auto phase       = [&](int ring) { return ring % 2 == 0 ? 0.0 : pi / n_around; };
  for (int ring = 0; ring <= n_along; ++ring)
    for (int i = 0; i < n_around; ++i)
      {
        const double angle = phase(ring) + 2 * pi * i / n_around;
        surface.points.push_back(
          {radius * std::cos(angle), radius * std::sin(angle), ring == n_along ? length : length * ring / n_along});
      }
  const auto point = [&](int ring, int i) { return ring * n_around + i % n_around; };
  for (int ring = 0; ring < n_along; ++ring)
    for (int i = 0; i < n_around; ++i)
      {
        const int a = point(ring, i), b = point(ring, i + 1), c = point(ring + 1, i), d = point(ring + 1, i + 1);
        if (ring % 2 == 0) // the upper ring is ahead by half a step
          surface.triangles.insert(surface.triangles.end(), {{a, b, c}, {b, d, c}});
        else
          surface.triangles.insert(surface.triangles.end(), {{a, d, c}, {a, b, d}});
      }
  surface.boundary_id.assign(surface.triangles.size(), 1);
  std::vector<int> bottom, top;
  for (int i = 0; i < n_around; ++i)
    {
      bottom.push_back(point(0, i));
      top.push_back(point(n_along, i));
    }
  add_disc(surface, bottom, phase(0), radius, 0, edge_length, 2, false);
  add_disc(surface, top, phase(n_along), radius, length, edge_length, 3, true);
  const double area         = 0.5 * n_around * radius * radius * std::sin(2 * pi / n_around);
  const double equal_radius = std::sqrt(area / pi);
  surface.caps              = {{"inlet", 2, {0, 0, 0}, {0, 0, -1}, area, equal_radius},
                               {"outlet", 3, {0, 0, length}, {0, 0, 1}, area, equal_radius}};
  return surface;
}

Mesh make_second_order(const Mesh &mesh)
{
  if (mesh.order == 2)
    return mesh;
  static constexpr int edge_vertices[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  const int            n_edges_of_cell     = mesh.dimension == 3 ? 6 : 3;
  const int            n_vertices_of_cell  = mesh.vertices_per_cell();
  std::vector<std::pair<std::int32_t, std::int32_t>> edges;
  edges.reserve(mesh.n_cells() * n_edges_of_cell);
  const auto edge_of = [&](std::size_t cell, int e) -> std::pair<std::int32_t, std::int32_t> {
    const auto *v = &mesh.cells[cell * n_vertices_of_cell];
    return std::minmax(v[edge_vertices[e][0]], v[edge_vertices[e][1]]);
  };
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    for (int e = 0; e < n_edges_of_cell; ++e)
      edges.push_back(edge_of(c, e));
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());

  Mesh second  = mesh;
  second.order = 2;
  second.points.resize(mesh.n_vertices);
  for (const auto &[a, b] : edges)
    second.points.push_back(0.5 * (mesh.points[a] + mesh.points[b]));
  second.cells.clear();
  second.cells.reserve(mesh.n_cells() * second.nodes_per_cell());
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto *v = &mesh.cells[c * n_vertices_of_cell];
      second.cells.insert(second.cells.end(), v, v + n_vertices_of_cell);
      for (int e = 0; e < n_edges_of_cell; ++e)
        {
          const auto found = std::lower_bound(edges.begin(), edges.end(), edge_of(c, e));
          second.cells.push_back(static_cast<std::int32_t>(mesh.n_vertices + (found - edges.begin())));
        }
    }
  return second;
}

} // namespace vesalius
