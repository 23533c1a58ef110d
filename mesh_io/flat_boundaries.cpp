// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/flat_boundaries.h"

#include <algorithm>
#include <limits>
#include <set>

namespace vesalius
{

PlaneNormals flat_boundary_normals(const Mesh &mesh)
{
  std::map<int, Vector3>                areas;
  std::map<int, std::set<std::int32_t>> vertices;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      const auto *v    = &mesh.boundary_faces[3 * f];
      Vector3    &area = areas.try_emplace(mesh.boundary_id[f], Vector3{0, 0, 0}).first->second;
      area             = area + area_vector(mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]]);
      vertices[mesh.boundary_id[f]].insert(v, v + 3);
    }
  PlaneNormals normals;
  for (const auto &[id, area] : areas)
    {
      if (norm(area) == 0) // closed in itself
        continue;
      const Vector3  normal = normalised(area);
      const Vector3 &first  = mesh.points[*vertices[id].begin()];
      double         low = std::numeric_limits<double>::max(), high = -low, extent = 0;
      for (const auto v : vertices[id])
        {
          const double height = dot(mesh.points[v] - first, normal);
          low                 = std::min(low, height);
          high                = std::max(high, height);
          extent              = std::max(extent, distance(mesh.points[v], first));
        }
      if (high - low <= 1e-5 * extent)
        for (const auto v : vertices[id])
          normals[v].push_back(normal);
    }
  return normals;
}

Vector3 within_planes(Vector3 x, const std::vector<Vector3> &normals)
{
  std::vector<Vector3> basis;
  for (Vector3 n : normals)
    {
      for (const Vector3 &b : basis)
        n = n - dot(n, b) * b;
      if (norm(n) < 1e-3) // the planes are one
        continue;
      basis.push_back(normalised(n));
      x = x - dot(x, basis.back()) * basis.back();
    }
  return x;
}

} // namespace vesalius
