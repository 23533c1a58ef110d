// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/planar_section.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/vector_math.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace vesalius
{

PlanarSection::PlanarSection(double merging_distance) : merging_distance_(merging_distance)
{
  cells_.dimension = 2;
}

std::int32_t PlanarSection::add_point(const Point &point)
{
  const std::int64_t i = std::llround(point[0] / merging_distance_), j = std::llround(point[1] / merging_distance_);
  for (std::int64_t a = i - 1; a <= i + 1; ++a)
    for (std::int64_t b = j - 1; b <= j + 1; ++b)
      if (const auto found = buckets_.find({a, b}); found != buckets_.end())
        for (const auto other : found->second)
          if (std::hypot(points_[other][0] - point[0], points_[other][1] - point[1]) < merging_distance_)
            return other;
  points_.push_back(point);
  buckets_[{i, j}].push_back(static_cast<std::int32_t>(points_.size() - 1));
  return static_cast<std::int32_t>(points_.size() - 1);
}

void PlanarSection::add_patch(const std::vector<double> &s, const std::vector<double> &t,
                              const std::function<Point(double, double)> &place)
{
  std::vector<std::int32_t> grid;
  for (const double tt : t)
    for (const double ss : s)
      grid.push_back(add_point(place(ss, tt)));
  const auto n = s.size();
  for (std::size_t j = 0; j + 1 < t.size(); ++j)
    for (std::size_t i = 0; i + 1 < n; ++i)
      add_cell({grid[j * n + i], grid[j * n + i + 1], grid[(j + 1) * n + i + 1], grid[(j + 1) * n + i]});
}

void PlanarSection::split(double mirror)
{
  const auto outside = boundary_points(cells_, points_.size());
  MixedCells triangles;
  triangles.dimension = 2;
  for (std::size_t c = 0; c < cells_.n_cells(); ++c)
    {
      const std::int32_t *v = &cells_.corners[cells_.start[c]];
      if (cells_.n_corners(c) == 3)
        {
          triangles.add(v, 3);
          continue;
        }
      const auto length = [&](int i, int j) {
        return std::hypot(points_[v[i]][0] - points_[v[j]][0], points_[v[i]][1] - points_[v[j]][1]);
      };
      const double middle = 0.5 * (points_[v[0]][1] + points_[v[2]][1]), slack = middle < mirror ? -1e-9 : 1e-9;
      int          begin  = length(0, 2) <= length(1, 3) * (1 + slack) ? 0 : 1;
      int          n_inside = 0, inside = 0;
      for (int i = 0; i < 4; ++i)
        if (!outside[v[i]])
          {
            ++n_inside;
            inside = i;
          }
      if (n_inside == 1)
        begin = inside;
      triangles.add({v[begin], v[(begin + 1) % 4], v[(begin + 2) % 4]});
      triangles.add({v[begin], v[(begin + 2) % 4], v[(begin + 3) % 4]});
    }
  cells_ = std::move(triangles);
}

std::vector<double> uniform_steps(double a, double b, int n)
{
  VESALIUS_ASSERT(n > 0, "a range without steps");
  std::vector<double> steps;
  for (int i = 0; i <= n; ++i)
    steps.push_back(i == n ? b : a + (b - a) * i / n);
  return steps;
}

std::vector<double> graded_steps(double length, double first, double growth, double largest)
{
  VESALIUS_ASSERT(length > 0 && first > 0 && growth >= 1 && largest >= first, "steps that do not grow");
  std::vector<double> steps{0};
  for (double step = first; steps.back() < length; step = std::min(largest, step * growth))
    steps.push_back(steps.back() + step);
  // Fewer or more steps, whichever is stretched less.
  if (steps.size() > 2 && steps.back() - length > length - steps[steps.size() - 2])
    steps.pop_back();
  const double stretch = length / steps.back();
  for (double &step : steps)
    step *= stretch;
  steps.back() = length;
  return steps;
}

namespace
{
/// Points of a ring; `n` is a multiple of six, and the sixth-turns hold exactly the same angles.
std::vector<std::int32_t> add_ring(PlanarSection &section, double radius, int n)
{
  std::vector<std::int32_t> ring;
  for (int i = 0; i < n; ++i)
    {
      const double angle = 2 * std::numbers::pi * i / n;
      ring.push_back(section.add_point({radius * std::cos(angle), radius * std::sin(angle)}));
    }
  return ring;
}

/// Triangles between a ring of 6 k points and one of 6 (k + 1).
void zip_rings(PlanarSection &section, const std::vector<std::int32_t> &inner, const std::vector<std::int32_t> &outer)
{
  const int k = static_cast<int>(outer.size()) / 6 - 1, n_inner = static_cast<int>(inner.size()), n_outer = 6 * (k + 1);
  for (int sector = 0; sector < 6; ++sector)
    for (int j = 0; j <= k; ++j)
      {
        const auto in  = [&](int i) { return inner[(sector * k + i) % n_inner]; };
        const auto out = [&](int i) { return outer[(sector * (k + 1) + i) % n_outer]; };
        section.add_cell({out(j), out(j + 1), in(j)});
        if (j < k)
          section.add_cell({in(j), out(j + 1), in(j + 1)});
      }
}
} // namespace

PlanarSection make_disc_section(const RoundSection &section, const std::vector<double> &outer_radii,
                                double &straight_radius)
{
  if (section.n_rings < 1 || section.first_height < 0 || section.first_height > 0.5 || section.growth < 1)
    throw InputError(
      "a round section needs at least one ring, a first height from 0 to 0.5 radii and a growth of at least 1",
      "for example 4 rings, first height 0.02 and growth 1.5");
  // Layers from the wall inwards, until the next would be as high as the rings.
  std::vector<double> layers;
  double              core = 1;
  for (double h = section.first_height; h > 0 && h < (core - h) / section.n_rings; h *= section.growth)
    {
      layers.push_back(core);
      core -= h;
    }
  PlanarSection             disc(1e-9);
  std::vector<std::int32_t> last{disc.add_point({0, 0})};
  for (int k = 1; k <= section.n_rings; ++k)
    {
      const auto ring = add_ring(disc, k == section.n_rings ? core : core * k / section.n_rings, 6 * k);
      zip_rings(disc, last, ring);
      last = ring;
    }
  std::reverse(layers.begin(), layers.end());
  layers.insert(layers.end(), outer_radii.begin(), outer_radii.end());
  for (const double radius : layers)
    {
      const auto ring = add_ring(disc, radius, 6 * section.n_rings);
      for (std::size_t i = 0; i < ring.size(); ++i)
        {
          const auto j = (i + 1) % ring.size();
          disc.add_cell({last[i], ring[i], ring[j], last[j]});
        }
      last = ring;
    }
  disc.split();
  straight_radius = core * (section.n_rings - 1) / section.n_rings;
  return disc;
}

namespace
{
/// Names become ids in the order in which they appear; faces must have been found.
template <class NameOfFace>
void name_faces(Mesh &mesh, const NameOfFace &name_of)
{
  std::map<std::string, int> ids;
  std::vector<std::string>   names;
  mesh.boundary_faces = boundary_faces_of(mesh);
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    names.push_back(name_of(&mesh.boundary_faces[f * mesh.dimension]));
  for (const auto &name : names)
    ids.try_emplace(name, 0);
  for (int next = 1; auto &[name, id] : ids) // alphabetical, so that ids do not depend on the cells' order
    {
      id                      = next++;
      mesh.boundary_names[id] = name;
    }
  for (const auto &name : names)
    mesh.boundary_id.push_back(ids.at(name));
}

void finish(Mesh &mesh)
{
  mesh.region_id.assign(mesh.n_cells(), 1);
  mesh.region_names = {{1, "domain"}};
  mesh.n_vertices   = mesh.points.size();
  orient_cells(mesh);
}
} // namespace

Mesh make_planar_mesh(const PlanarSection &section, const EdgeName &name_of)
{
  Mesh mesh;
  mesh.dimension = 2;
  for (const auto &p : section.points())
    mesh.points.push_back({p[0], p[1], 0});
  mesh.cells = split_to_simplices(section.cells()).simplices;
  finish(mesh);
  name_faces(mesh, [&](const std::int32_t *v) { return name_of(section.points()[v[0]], section.points()[v[1]]); });
  return mesh;
}

Mesh make_swept_mesh(const PlanarSection &section, const std::vector<double> &z,
                     const std::function<bool(const std::array<double, 2> &, int)> &is_filled,
                     const std::function<std::string(const SweptFace &)> &name_of, const std::vector<std::int64_t> &order)
{
  const auto               &flat = section.cells();
  MixedCells                prisms;
  std::vector<std::int32_t> number(section.points().size() * z.size(), -1), layer_of_vertex;
  std::vector<std::int64_t> rank;
  Mesh                      mesh;
  const auto                vertex = [&](std::int32_t point, std::size_t layer) {
    auto &v = number[layer * section.points().size() + point];
    if (v < 0)
      {
        v = static_cast<std::int32_t>(mesh.points.size());
        mesh.points.push_back({section.points()[point][0], section.points()[point][1], z[layer]});
        layer_of_vertex.push_back(static_cast<std::int32_t>(layer));
        const std::size_t other = z.size() - 1 - layer, layer_rank = layer <= other ? 2 * layer : 2 * other + 1;
        rank.push_back(order.empty() ? v : order[point] * static_cast<std::int64_t>(2 * z.size()) + layer_rank);
      }
    return v;
  };
  for (std::size_t layer = 0; layer + 1 < z.size(); ++layer)
    for (std::size_t c = 0; c < flat.n_cells(); ++c)
      {
        const std::int32_t   *p = &flat.corners[flat.start[c]];
        const int             n = flat.n_corners(c);
        std::array<double, 2> centre{};
        for (int i = 0; i < n; ++i)
          for (int d = 0; d < 2; ++d)
            centre[d] += section.points()[p[i]][d] / n;
        if (!is_filled(centre, static_cast<int>(layer)))
          continue;
        std::vector<std::int32_t> corners;
        for (const auto side : {layer, layer + 1})
          for (int i = 0; i < n; ++i)
            corners.push_back(vertex(p[i], side));
        prisms.add(corners.data(), 2 * n);
      }
  // Points inside come first: every tetrahedron of a prism that touches one then has it (needed for Taylor-Hood, Boffi 1997).
  const auto                outside = boundary_points(prisms, mesh.points.size());
  for (std::size_t v = 0; v < rank.size(); ++v)
    rank[v] += outside[v] ? std::int64_t(1) << 60 : 0;
  mesh.cells = split_to_simplices(prisms, rank).simplices;
  finish(mesh);
  name_faces(mesh, [&](const std::int32_t *v) {
    SweptFace  face;
    const auto layer = layer_of_vertex[v[0]];
    if (layer_of_vertex[v[1]] == layer && layer_of_vertex[v[2]] == layer)
      face.layer = layer;
    face.centre = (1. / 3) * (mesh.points[v[0]] + mesh.points[v[1]] + mesh.points[v[2]]);
    return name_of(face);
  });
  return mesh;
}

} // namespace vesalius
