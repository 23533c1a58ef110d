// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/second_order_mesh.h"

#include "mesh_io/region_volumes.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

Mesh make_curved_mesh(const Mesh &mesh, SecondOrderReport *given_report)
{
  SecondOrderReport ignored;
  auto             &report = given_report ? *given_report : ignored;
  report                   = {};
  if (mesh.order == 2)
    return mesh;
  VESALIUS_ASSERT(mesh.dimension == 3, "only tetrahedra are curved");
  const auto   quality   = measure_quality(mesh);
  const auto   wanted    = region_volumes(mesh);
  const auto   planes    = flat_boundary_normals(mesh);
  Mesh         straight  = mesh, curved;
  auto         aimed_at  = wanted;
  constexpr double tolerance = 1e-5; // relative
  for (int round = 0; round < 4; ++round)
    {
      curved              = make_second_order(straight);
      report.curving      = curve_boundary(curved);
      report.volume_error = 0;
      for (const auto &[region, volume] : curved_region_volumes(curved))
        {
          aimed_at[region] += wanted.at(region) - volume;
          report.volume_error = std::max(report.volume_error, std::abs(volume / wanted.at(region) - 1));
        }
      if (report.volume_error < tolerance || round == 3)
        break;
      restore_region_volumes(straight, aimed_at, 0.1 * tolerance, std::min(8.0, quality.min_dihedral_deg), std::max(165.0, quality.max_dihedral_deg),
                             planes);
    }
  for (std::size_t v = 0; v < mesh.n_vertices; ++v)
    report.largest_move_mm = std::max(report.largest_move_mm, 1e3 * distance(mesh.points[v], straight.points[v]));
  return curved;
}

} // namespace vesalius
