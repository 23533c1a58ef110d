// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_metrics.h"

#include "mesh_io/curved_cells.h"
#include "mesh_io/tetrahedron_quality.h"

#include <numbers>
#include <numeric>

namespace vesalius
{

namespace
{
/// Bins from `first` to `last`, or over the range of the values where the two are equal.
MeshMetric summarise(const std::string &name, const std::string &unit, const std::vector<double> &values, double first, double last, int n_bins)
{
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const auto n           = static_cast<double>(values.size());
  if (first == last)
    {
      first = *low;
      last  = *high > *low ? *high : *low + 1;
    }
  MeshMetric metric{name, unit, *low, std::accumulate(values.begin(), values.end(), 0.0) / n, *high, first, (last - first) / n_bins, {}};
  metric.shares.assign(n_bins, 0.0);
  for (const double value : values)
    metric.shares[std::clamp(static_cast<int>((value - first) / metric.bin_width), 0, n_bins - 1)] += 1 / n;
  return metric;
}
} // namespace

std::vector<MeshMetric> measure_metrics(const Mesh &mesh)
{
  if (mesh.dimension != 3 || mesh.n_cells() == 0)
    return {};
  constexpr double    to_degrees = 180 / std::numbers::pi;
  std::vector<double> low, high, ratio, jacobian, size;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto                  *v = &mesh.cells[c * mesh.nodes_per_cell()];
      const std::array<Vector3, 4> x{mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]};
      const auto                   angles = dihedral_angles(x);
      const auto [smallest, largest]      = std::minmax_element(angles.begin(), angles.end());
      low.push_back(to_degrees * *smallest);
      high.push_back(to_degrees * *largest);
      ratio.push_back(radius_ratio(x));
      jacobian.push_back(scaled_jacobian(x));
      size.push_back(1e3 * std::cbrt(std::numbers::sqrt2 * orient(x[0], x[1], x[2], x[3])));
    }
  std::vector<MeshMetric> metrics{summarise("smallest dihedral angle", "degrees", low, 0, 75, 15),
                                  summarise("largest dihedral angle", "degrees", high, 70, 180, 22),
                                  summarise("radius ratio", "", ratio, 0, 1, 20),
                                  summarise("scaled Jacobian", "", jacobian, 0, 1, 20),
                                  summarise("size", "mm", size, 0, 0, 20)};
  if (mesh.order == 2)
    metrics.push_back(summarise("curved Jacobian, lower bound", "", jacobian_ratio_bounds(mesh), 0, 1.2, 24));
  return metrics;
}

} // namespace vesalius
