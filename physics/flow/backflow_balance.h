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
  /// `scales`: 0.5 rho beta of each outlet. The boundaries are finished.
  BackflowBalance(SimplexSpace &space, const FlowBoundaries &boundaries, const std::vector<double> &scales);

  /// Area mean over each outlet of scale (u . n)^2 where u . n < 0, Pa.
  void measure_mean(const double *u, std::vector<double> &mean) const;
  /// Takes the speed at which the projected velocity enters, per vertex: (flux of u + (u, grad eta) - ...) / area for the
  /// vertex's hat function eta, from -(div u, eta), the potential phi (local P1) and tau = dt / (gamma0 rho). Its integral
  /// over a cap through which blood only enters is the cap's flow exactly.
  void measure_entry_speed(const double *u, const std::vector<double> &negative_divergence,
                           const std::vector<double> &phi, double tau, const PressureSolver &pressure);
  void accept();
  /// r -= < scale (entry speed)^2 n, v > on the outlets; the speed is extrapolated by ratio = dt / dt_old.
  void add_traction(double ratio, double *r) const;
  /// Outward speeds at the last two steps, local P1, m/s: state that a restart needs.
  std::vector<double> &entry_speed() { return entry_speed_; }
  std::vector<double> &old_entry_speed() { return old_entry_speed_; }
  /// Of the step that is being made; accept() makes it the last one's.
  std::vector<double> &new_entry_speed() { return new_entry_speed_; }

private:
  SimplexSpace         &space_;
  const FlowBoundaries &boundaries_;
  std::vector<double>   scales_;
  int                   dim_;
  std::vector<double>   vertex_area_, entry_speed_, old_entry_speed_, new_entry_speed_, stiffness_phi_;
};

} // namespace vesalius
