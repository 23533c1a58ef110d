// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/verification/flow_case_tools.h"

/// Steady flow through a duct on several meshes, at several flow rates.
namespace vesalius::verification
{

/// A duct with the boundaries "inlet" (parabolic profile), "outlet" (pressure 0) and "wall".
struct SteadyDuct
{
  double                             density = 0, viscosity = 0; ///< kg/m^3, Pa s
  std::vector<double>                flow_rates;                 ///< m^3/s, growing
  std::vector<std::function<Mesh()>> meshes;                     ///< from the coarsest
  /// Time step (s) of the production mode, which marches until the velocity changes by less than `rate` (1/s) of its maximum; without
  /// it the certifying mode solves for the steady flow at once.
  std::function<double(std::size_t mesh, std::size_t flow_rate)> time_step;
  std::function<double(std::size_t flow_rate)>                   rate;
};

/// Called with the solved flow; `cost` counts what the mesh took up to there.
using MeasureDuct = std::function<void(FlowBench &bench, std::size_t mesh, std::size_t flow_rate, const VerificationCost &cost)>;

/// Solves and measures on every mesh at the flow rates for which `is_wanted`. The coarsest mesh passes all of them, each from
/// the flow before speeded up in proportion; the others start from the next coarser mesh. Throws SolverFailure. Collective.
void solve_duct(const RunContext &context, const SteadyDuct &duct, const std::function<bool(std::size_t flow_rate)> &is_wanted,
                const MeasureDuct &measure);

} // namespace vesalius::verification
