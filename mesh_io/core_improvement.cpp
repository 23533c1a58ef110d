// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/boundary_layers.h"
#include "mesh_io/layer_prisms.h"
#include "mesh_io/tetrahedron_quality.h"

#include <algorithm>
#include <numbers>
#include <numeric>

namespace vesalius
{

namespace
{
class CoreImprover
{
public:
  CoreImprover(const Surface &surface, double aimed_dihedral_deg, GrownLayers &layers, Mesh &core)
    : surface_(surface), aimed_(aimed_dihedral_deg), layers_(layers), core_(core), start_(core.points.size() + 1, 0),
      cells_of_(core.cells.size())
  {
    for (const std::int32_t v : core.cells)
      ++start_[v + 1];
    std::partial_sum(start_.begin(), start_.end(), start_.begin());
    auto next = start_;
    for (std::size_t i = 0; i < core.cells.size(); ++i)
      cells_of_[next[core.cells[i]]++] = i / 4;
  }

  /// One pass over the bad cells; false if nothing moved.
  bool pass()
  {
    bool moved = false;
    for (std::size_t c = 0; c < core_.n_cells(); ++c)
      for (int i = 0; i < 4 && score(c) < goal; ++i)
        if (const auto v = core_.cells[4 * c + i]; is_column(v))
          moved = move_along_column(v) || moved;
        else if (v >= static_cast<std::int32_t>(surface_.points.size()))
          moved = move_freely(v) || moved;
    return moved;
  }

private:
  static constexpr double goal = 1.05; ///< beyond what is asked for, lest the next move spoils it

  /// 1 for a cell that just has the angles that are asked for; negative for an inverted one.
  double score(std::size_t cell) const
  {
    std::array<Vector3, 4> x;
    for (int i = 0; i < 4; ++i)
      x[i] = core_.points[core_.cells[4 * cell + i]];
    const auto angles      = dihedral_angles(x);
    const auto [low, high] = std::minmax_element(angles.begin(), angles.end());
    constexpr double degree = std::numbers::pi / 180;
    return std::min(*low / (aimed_ * degree), (180 * degree - *high) / (15 * degree));
  }

  double worst_around(std::int32_t v) const
  {
    double worst = 1e9;
    for (std::size_t i = start_[v]; i < start_[v + 1]; ++i)
      worst = std::min(worst, score(cells_of_[i]));
    return worst;
  }

  double shortest_edge(std::int32_t v) const
  {
    double shortest = 1e9;
    for (std::size_t i = start_[v]; i < start_[v + 1]; ++i)
      for (int j = 0; j < 4; ++j)
        if (const auto w = core_.cells[4 * cells_of_[i] + j]; w != v)
          shortest = std::min(shortest, distance(core_.points[v], core_.points[w]));
    return shortest;
  }

  /// Columns of a rim stay: their cap moves with them.
  bool is_column(std::int32_t v) const
  {
    return v < static_cast<std::int32_t>(surface_.points.size()) && layers_.columns.n_layers[v] > 0 && layers_.wall.cap[v] == 0;
  }

  bool prisms_are_good(int v) const
  {
    for (const int t : layers_.wall.around[v])
      for (int k = 0; k < layers_.columns.count; ++k)
        if (!is_good(prism_shape(layers_.columns, surface_.triangles[t], k)))
          return false;
    return true;
  }

  bool move_along_column(std::int32_t v)
  {
    auto        &columns = layers_.columns;
    const double before  = columns.scale[v];
    double       best = worst_around(v), best_scale = before;
    for (const double step : {-0.3, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.3})
      {
        columns.scale[v] = before * (1 + step);
        core_.points[v]  = columns.point(v, columns.count);
        if (const double now = worst_around(v); now > best && prisms_are_good(v))
          {
            best       = now;
            best_scale = columns.scale[v];
          }
      }
    columns.scale[v] = best_scale;
    core_.points[v] = layers_.inner.points[v] = columns.point(v, columns.count);
    return best_scale != before;
  }

  bool move_freely(std::int32_t v)
  {
    const Vector3 before = core_.points[v];
    Vector3       best_place = before;
    double        best = worst_around(v);
    const double  edge = shortest_edge(v);
    for (const double step : {0.3, 0.15, 0.07, 0.03})
      for (int direction = 0; direction < 27; ++direction)
        {
          const Vector3 way{direction % 3 - 1., direction / 3 % 3 - 1., direction / 9 - 1.};
          core_.points[v] = before + (step * edge) * normalised(way);
          if (const double now = worst_around(v); now > best)
            {
              best       = now;
              best_place = core_.points[v];
            }
        }
    core_.points[v] = best_place;
    return best_place != before;
  }

  const Surface           &surface_;
  double                   aimed_;
  GrownLayers             &layers_;
  Mesh                    &core_;
  std::vector<std::size_t> start_, cells_of_; ///< cells of vertex v: cells_of_[start_[v]] to before start_[v + 1]
};
} // namespace

void improve_core(const Surface &surface, double aimed_dihedral_deg, GrownLayers &layers, Mesh &core)
{
  CoreImprover improver(surface, aimed_dihedral_deg, layers, core);
  for (int pass = 0; pass < 10 && improver.pass(); ++pass)
    {}
}

} // namespace vesalius
