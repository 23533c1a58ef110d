// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_boundaries.h"
#include "solver/algebra/flow_solvers.h"

#include <vector>

namespace vesalius
{

/// Where blood enters through an outlet, the implicit backflow term is a traction -1/2 rho beta (u . n)^2 along n. The
/// projection knows nothing of it: it holds the cap's pressure at one value. This class gives what balances the
/// term: the mean by which the cap's pressure lies below the outlet's, and the traction that draws the velocity
/// on the cap to the flow of the projected velocity below it. docs/theory/flow.md, "Backflow".
/// All members are collective.
class BackflowBalance
{
public:
  /// `scale` = 0.5 rho beta. The boundaries are finished.
  BackflowBalance(SimplexSpace &space, const FlowBoundaries &boundaries, double scale);

  /// Area mean over each outlet of scale (u . n)^2 where u . n < 0, Pa.
  void measure_mean(const double *u, std::vector<double> &mean) const;
  /// Takes the speed that is missing on the caps: per vertex (div-free flux through its hat function - flux of u) / area,
  /// from -(div u, eta), the potential phi (local P1) and tau = dt / (gamma0 rho).
  void measure_missing_speed(const std::vector<double> &negative_divergence, const std::vector<double> &phi, double tau,
                             const PressureSolver &pressure);
  void accept() { std::swap(missing_speed_, new_missing_speed_); }
  /// r -= < scale min(u* . n + missing speed, 0)^2 n, v > on the outlets.
  void add_traction(const double *u_star, double *r) const;
  /// Local P1, m/s: state that a restart needs.
  std::vector<double> &missing_speed() { return missing_speed_; }

private:
  SimplexSpace         &space_;
  const FlowBoundaries &boundaries_;
  double                scale_;
  int                   dim_;
  std::vector<double>   vertex_area_, missing_speed_, new_missing_speed_, stiffness_phi_;
};

} // namespace vesalius
