// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/tetrahedron_quality.h"
#include "mesh_io/volume_mesh.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <set>

namespace vesalius
{

namespace
{
constexpr double to_degrees = 180 / std::numbers::pi;

struct CellShape
{
  double min_angle = 0, max_angle = 0, radius_ratio = 0, volume = 0;
};

CellShape triangle_shape(const Vector3 &a, const Vector3 &b, const Vector3 &c)
{
  const double la = distance(b, c), lb = distance(c, a), lc = distance(a, b);
  const double area = 0.5 * area_vector(a, b, c)[2];
  CellShape    shape;
  shape.volume     = area;
  const auto angle = [](double opposite, double s, double t) {
    return to_degrees * std::acos(std::clamp((s * s + t * t - opposite * opposite) / (2 * s * t), -1.0, 1.0));
  };
  const double angles[3] = {angle(la, lb, lc), angle(lb, lc, la), angle(lc, la, lb)};
  shape.min_angle        = *std::min_element(angles, angles + 3);
  shape.max_angle        = *std::max_element(angles, angles + 3);
  // 2 r_in / r_out for a triangle.
  const double perimeter = la + lb + lc;
  shape.radius_ratio     = 2 * (2 * area / perimeter) / (la * lb * lc / (4 * std::abs(area)));
  return shape;
}

CellShape tetrahedron_shape(const std::array<Vector3, 4> &x)
{
  CellShape  shape;
  const auto angles  = dihedral_angles(x);
  shape.min_angle    = to_degrees * *std::min_element(angles.begin(), angles.end());
  shape.max_angle    = to_degrees * *std::max_element(angles.begin(), angles.end());
  shape.volume       = orient(x[0], x[1], x[2], x[3]) / 6;
  shape.radius_ratio = radius_ratio(x);
  return shape;
}

double wall_size(const Mesh &mesh)
{
  double sum = 0;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      const auto name = mesh.boundary_names.find(mesh.boundary_id[f]);
      if (name == mesh.boundary_names.end() || name->second.rfind("wall", 0) != 0)
        continue;
      const auto *v = &mesh.boundary_faces[f * mesh.dimension];
      sum += mesh.dimension == 2 ? distance(mesh.points[v[0]], mesh.points[v[1]])
                                 : 0.5 * norm(area_vector(mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]]));
    }
  return sum;
}
} // namespace

MeshQuality measure_quality(const Mesh &mesh)
{
  MeshQuality quality;
  quality.n_vertices       = mesh.n_vertices;
  quality.n_cells          = mesh.n_cells();
  quality.n_boundary_faces = mesh.n_boundary_faces();
  quality.dihedral_histogram.assign(15, 0.0);
  if (quality.n_cells == 0)
    return quality;

  quality.min_dihedral_deg = quality.min_edge = quality.min_radius_ratio = std::numeric_limits<double>::max();
  quality.max_dihedral_deg = quality.max_edge = 0;
  std::vector<std::pair<std::int32_t, std::int32_t>> edges;
  for (std::size_t c = 0; c < quality.n_cells; ++c)
    {
      const auto     *v        = &mesh.cells[c * mesh.nodes_per_cell()];
      const auto      x        = [&](int i) -> const Vector3             &{ return mesh.points[v[i]]; };
      const CellShape shape    = mesh.dimension == 2 ? triangle_shape(x(0), x(1), x(2))
                                                     : tetrahedron_shape({x(0), x(1), x(2), x(3)});
      quality.min_dihedral_deg = std::min(quality.min_dihedral_deg, shape.min_angle);
      quality.max_dihedral_deg = std::max(quality.max_dihedral_deg, shape.max_angle);
      quality.min_radius_ratio = std::min(quality.min_radius_ratio, shape.radius_ratio);
      quality.mean_radius_ratio += shape.radius_ratio;
      quality.volume += shape.volume;
      quality.dihedral_histogram[std::clamp(static_cast<int>(shape.min_angle / 5), 0, 14)] += 1;
      for (int i = 0; i <= mesh.dimension; ++i)
        for (int j = 0; j < i; ++j)
          edges.emplace_back(std::minmax(v[i], v[j]));
    }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  for (const auto &[a, b] : edges)
    {
      const double length = distance(mesh.points[a], mesh.points[b]);
      quality.min_edge    = std::min(quality.min_edge, length);
      quality.max_edge    = std::max(quality.max_edge, length);
      quality.mean_edge += length;
    }
  quality.mean_edge /= static_cast<double>(edges.size());
  quality.mean_radius_ratio /= static_cast<double>(quality.n_cells);
  for (double &share : quality.dihedral_histogram)
    share /= static_cast<double>(quality.n_cells);
  quality.wall_area = wall_size(mesh);
  return quality;
}

} // namespace vesalius
