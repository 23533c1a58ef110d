// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_cylinder.h"
#include "benchmarks/verification/flow_order_study.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

namespace vesalius::verification
{

namespace
{
struct SteadyResult
{
  CylinderRow      row;
  VerificationCost cost;
};

/// Production: from Stokes flow until max |du/dt| < 1e-5 max |u| per second. Certifying: by Newton's method.
SteadyResult steady_flow(const RunContext &context, int n_around, FlowMode mode)
{
  CylinderFlowSetup setup;
  setup.mesh = cylinder_mesh(n_around, 0);
  setup.peak_velocity = [](double) { return 0.3; };
  setup.mean_velocity = 0.2;
  setup.settings      = cylinder_settings();
  setup.mode          = mode;
  setup.settings.extrapolation_limit = FlowSettings{}.extrapolation_limit; // large steps to a steady state
  CylinderFlow flow(context, setup);
  if (mode == FlowMode::certifying)
    {
      const CylinderRow row = flow.solve_steady();
      return {row, flow.bench().cost()};
    }
  for (int i = 0; i < 1000; ++i)
    {
      const CylinderRow row = flow.step(0.05);
      if (i > 10 && flow.change_rate() < 1e-5)
        return {row, flow.bench().cost()};
    }
  throw SolverFailure("no steady state within 50 s");
}

class Dfg2D1Case : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    constexpr double       drag = 5.57953523384, lift = 0.010618948146, drop = 0.11752016697;
    const std::vector<int> n_around = quick ? std::vector{40} : std::vector{32, 64, 128, 256};
    const char            *source   = "FeatFlow; Nabh 1998";
    VerificationResult     result;
    VerificationCurve      c_d{"drag", {}, {}, true}, c_l{"lift", {}, {}, true}, dp{"pressure difference", {}, {}, true};
    for (const int n : n_around)
      {
        const auto [row, cost] = steady_flow(context, n, FlowMode::certifying);
        c_d.x.push_back(n);
        c_d.y.push_back(std::abs(row.drag / drag - 1));
        c_l.y.push_back(std::abs(row.lift / lift - 1));
        dp.y.push_back(std::abs(row.pressure_drop / drop - 1));
        const bool gated = n == n_around.back();
        const auto where = gated ? std::string() : fmt::format(", {} elements around", n);
        const auto add   = [&](const std::string &name, const std::string &unit, double value, double reference, double limit) {
          result.records.push_back(make_record(name + where, unit, value, gated ? Criterion::relative : Criterion::shown,
                                               reference, limit, source, cost));
        };
        add("drag coefficient", "", row.drag, drag, quick ? 0.01 : 5e-4);
        add("lift coefficient", "", row.lift, lift, quick ? 0.08 : 5e-3);
        add("pressure difference", "Pa", row.pressure_drop, drop, quick ? 0.02 : 5e-4);
      }
    // The production mode reaches the same steady state.
    const auto newton = steady_flow(context, 32, FlowMode::certifying), marched = steady_flow(context, 32, FlowMode::production);
    result.records.push_back(make_record("drag, production beside certifying, 32 elements around", "", marched.row.drag,
                                         Criterion::relative, newton.row.drag, 1e-4, "certifying mode", marched.cost));
    result.records.push_back(make_record("lift, production beside certifying, 32 elements around", "", marched.row.lift,
                                         Criterion::relative, newton.row.lift, 1e-2, "certifying mode", marched.cost));
    if (quick)
      return result;
    c_l.x = dp.x = c_d.x;
    result.figures.push_back({"elements around the cylinder", "relative error",
                              {c_d, c_l, dp, slope_line("order 2", c_d.x, c_d.y[0], -2)}, true, true});
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_dfg_2d1", "Steady flow past a cylinder in a channel, Re 20 (DFG 2D-1).",
   "Channel 2.2 x 0.41 m with a cylinder of diameter 0.1 m at (0.2, 0.2) m; parabolic inflow with peak 0.3 m/s, nu = 1e-3 m^2/s, "
   "pseudo-traction outflow (Schaefer and Turek 1996). Solved by the certifying mode; the production mode, marched in steps of 0.05 s to the steady "
   "state, is held to it. Forces by the volume form (the residual of the momentum equation); coefficients 2 F / (rho U^2 D), U = 0.2 m/s.",
   "benchmarks/verification/flow_dfg_2d1.cpp"},
  [] { return std::make_unique<Dfg2D1Case>(); });
} // namespace

} // namespace vesalius::verification
