// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"
#include "solver/interfaces/viscosity.h"

#include <array>
#include <map>
#include <memory>
#include <vector>

namespace vesalius
{

/// Wall shear stress at the vertices of the wall, and its averages over a time window.
///
/// tau_w = -(sigma n - (n . sigma n) n) with sigma = mu (grad u + grad u^T), mu the local viscosity, and n out of the lumen: the
/// traction that the blood exerts on the wall. The P2 velocity gradient is evaluated on each wall
/// face at its vertices; a vertex takes the area-weighted mean of its faces.
/// TAWSS = mean |tau|, OSI = (1 - |mean tau| / mean |tau|) / 2 (He and Ku 1996),
/// RRT = 1 / ((1 - 2 OSI) TAWSS) (Himburg et al. 2004).
class WallShear
{
public:
  /// `viscosity`: the law of the fluid, taken at the local shear rate; null for a Newtonian one of viscosity `mu`.
  WallShear(const SimplexSpace &space, const std::vector<int> &wall_ids, double mu,
            std::shared_ptr<const ViscosityFunction> viscosity = nullptr);

  /// tau_w at the owned wall vertices, 3 components each, from a local P2 velocity.
  void evaluate(const std::vector<double> &u, std::vector<double> &tau) const;
  /// Local P1 nodes of the owned wall vertices.
  const std::vector<int> &vertices() const { return vertices_; }
  /// Area mean of |tau| over the wall for owned-vertex values. Collective.
  double mean_magnitude(const std::vector<double> &tau) const;

  // --- averages -----------------------------------------------------------------------------------
  /// Adds the trapezoid between the last sample and this one, clipped to [begin, end].
  void accumulate(double time, const std::vector<double> &tau, const std::vector<double> &pressure, double begin, double end);
  void reset_averages();
  /// Starts new integrals; the last sample stays as the beginning of the next trapezoid.
  void begin_window();
  double averaged_time() const { return averaged_time_; }
  struct Averages
  {
    std::vector<double> tawss, osi, rrt, mean_pressure; ///< per owned wall vertex; SI
    std::vector<double> mean_shear;                     ///< 3 each
  };
  Averages averages() const;
  /// State for the checkpoint: one row of 9 values a vertex (integrals, then the last sample), and numbers.
  std::vector<double> state_values() const;
  void set_state(const std::vector<double> &values, double last_time, double averaged_time);
  double last_time() const { return last_time_; }
  static constexpr int n_state_values = 9;
  /// Vertex areas (a third of the faces around), m^2.
  const std::vector<double> &vertex_area() const { return area_; }

private:
  struct Corner
  {
    int cell = 0, cell_vertex = 0, vertex = 0; ///< vertex: index into vertices_
    double                measure = 0;
    std::array<double, 3> normal{};
  };
  const SimplexSpace &space_;
  double              mu_;
  std::shared_ptr<const ViscosityFunction> viscosity_;
  std::vector<int>    vertices_;
  std::vector<Corner> corners_;
  std::vector<double> area_;
  std::vector<double> shear_integral_, magnitude_integral_, pressure_integral_, last_shear_, last_pressure_;
  double              last_time_ = -1, averaged_time_ = 0;
};

} // namespace vesalius
