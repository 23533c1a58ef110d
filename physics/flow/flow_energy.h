// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_scheme.h"

#include <vector>

namespace vesalius
{

/// Where the kinetic energy of the lumen comes from and goes to, all in W but for `kinetic` (J) and `helicity` (m^4/s^2):
///
///     rate = pressure_power + kinetic_inflow + viscous_work - dissipation - backflow_loss + residual
///
/// term for term the energy identity of the equations as solved (docs/theory/quantities.md); `residual` is what the time
/// stepping and the projection add (negative: numerical dissipation).
struct EnergyTerms
{
  double kinetic        = 0; ///< rho/2 int |u|^2
  double rate           = 0; ///< its derivative by the BDF of the step
  double pressure_power = 0; ///< - sum over caps of int p u . n (outlets: the model's pressure times the cap's flow)
  double kinetic_inflow = 0; ///< - sum over caps of int rho/2 |u|^2 u . n
  double viscous_work   = 0; ///< of the viscous traction at the caps
  double dissipation    = 0; ///< 2 mu int S : S
  double backflow_loss  = 0; ///< taken by the backflow stabilisation
  double residual       = 0;
  double helicity       = 0; ///< int u . curl u
};

/// Follows the energy budget from step to step; every boundary with a velocity that is not zero must be a cap.
class EnergyBudget
{
public:
  explicit EnergyBudget(const FlowScheme &solver) : solver_(solver) {}
  /// The initial state: no rate yet. Collective, as below.
  void start();
  void after_step(double dt);

  const EnergyTerms  &terms() const { return terms_; }
  std::vector<double> state() const { return {terms_.kinetic, previous_, dt_old_, double(n_steps_)}; }
  void                restore(const std::vector<double> &state);

private:
  void measure();
  void add_caps(double (&sums)[4]) const;

  const FlowScheme &solver_;
  EnergyTerms       terms_;
  double            previous_ = 0, dt_old_ = 0;
  int               n_steps_ = 0;
};

} // namespace vesalius
