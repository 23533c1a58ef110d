// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_cylinder.h"
#include "solver/core/registry.h"

#include <numbers>

namespace vesalius::verification
{

namespace
{
class Dfg2D3Case : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    CylinderFlowSetup setup;
    setup.mesh = quick ? cylinder_mesh(32, 0) : cylinder_mesh(64, 0.0015);
    setup.peak_velocity = [](double t) { return 1.5 * std::sin(std::numbers::pi * t / 8); };
    setup.mean_velocity = 1;
    setup.settings      = cylinder_settings();
    CylinderFlow             flow(context, setup);
    std::vector<CylinderRow> rows;
    const double             dt      = quick ? 0.0025 : 0.00125;
    const int                n_steps = static_cast<int>(std::lround(8 / dt));
    for (int i = 0; i < n_steps; ++i)
      rows.push_back(flow.step(dt));

    const auto         cost = flow.bench().cost();
    const auto         drag = maximum_of(rows, &CylinderRow::drag), lift = maximum_of(rows, &CylinderRow::lift);
    const char        *source = "John 2004; FeatFlow";
    VerificationResult result;
    const auto add = [&](const char *name, const char *unit, double value, Criterion criterion, double reference, double limit) {
      result.records.push_back(make_record(name, unit, value, criterion, reference, limit, source, cost));
    };
    add("drag coefficient, maximum", "", drag.value, Criterion::relative, 2.950921575, quick ? 0.01 : 2e-4);
    add("time of the drag's maximum", "s", drag.time, Criterion::absolute, 3.93625, quick ? 0.01 : 0.002);
    add("lift coefficient, maximum", "", lift.value, Criterion::relative, 0.47795, quick ? 0.25 : 0.01);
    add("time of the lift's maximum", "s", lift.time, Criterion::absolute, 5.693125, quick ? 0.2 : 0.01);
    add("pressure difference at 8 s", "Pa", rows.back().pressure_drop, Criterion::relative, -0.1116, quick ? 0.15 : 0.01);
    result.records.push_back(make_record("processor time", "s", cost.core_seconds, Criterion::shown, 3284, 0,
                                         "bessemer (Q3/Q2, IMEX), 4 ranks x 821 s, errors 3.3e-6 and 4.5e-3", cost));
    result.figures.push_back(cylinder_figure(rows));
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_dfg_2d3", "Start and stop of the flow past a cylinder in a channel, Re up to 100 (DFG 2D-3).",
   "As 2D-1 with the inflow's peak 1.5 sin(pi t/8) m/s for 8 s, U = 1 m/s. The transport velocity is extrapolated in full "
   "(`extrapolation_limit` out of the way): limited, the scheme is of first order in time at the steps used here; full, it is unstable above 0.0025 s.",
   "benchmarks/verification/flow_dfg_2d3.cpp"},
  [] { return std::make_unique<Dfg2D3Case>(); });
} // namespace

} // namespace vesalius::verification
