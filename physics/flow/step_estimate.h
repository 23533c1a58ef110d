// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"

#include <functional>
#include <set>

namespace vesalius
{

/// The largest Courant number a second that a unit of inflow (1 m^3/s) makes in the cells at the mesh's ends: parabolic
/// profiles, the inflow shared out among `inlets` and `outlets` (boundary ids) by area. Vessels are narrowest, and cells
/// smallest, at their ends; a stenosis between them is not seen. 0 without any end.
double courant_rate_per_flow(const Mesh &mesh, const std::set<int> &inlets, const std::set<int> &outlets);

/// What the time loop decides by (FlowModel::step).
struct StepLimits
{
  double period = 1, dt_maximum = 0, courant_limit = 0;
  int    steps_before_growth = 10; ///< StepControl's
};

/// Steps of one cycle when the step follows the Courant number rate_per_flow |inflow(t)| dt on its ladder.
double steps_of_a_cycle(const std::function<double(double)> &inflow, double rate_per_flow, const StepLimits &limits);

} // namespace vesalius
