// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_cylinder.h"
#include "solver/core/registry.h"

#include <numbers>

namespace vesalius::verification
{

namespace
{
CylinderChannelMesh channel(bool quick)
{
  CylinderChannelMesh mesh;
  mesh.dimension    = 3;
  mesh.n_around     = quick ? 16 : 24;
  mesh.first_height = quick ? 0.01 : 0.006;
  mesh.n_depth      = quick ? 4 : 6;
  mesh.first_depth  = quick ? 0 : 0.02;
  mesh.wake_growth  = 1.3;
  mesh.front_growth = 1.4;
  return mesh;
}

class Dfg3D1ZCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    CylinderFlowSetup setup;
    setup.mesh          = channel(quick);
    setup.peak_velocity = [](double) { return 0.45; };
    setup.mean_velocity = 0.2;
    setup.settings      = cylinder_settings();
    setup.mode          = FlowMode::certifying;
    CylinderFlow flow(context, setup);
    const auto   row  = flow.solve_steady();
    const auto   cost = flow.bench().cost();

    VerificationResult result;
    result.records.push_back(make_record("drag coefficient", "", row.drag, Criterion::relative, 6.18533, quick ? 0.01 : 3e-3,
                                         "John 2002; FeatFlow", cost));
    result.records.push_back(make_record("lift coefficient", "", row.lift, quick ? Criterion::shown : Criterion::relative, 0.009401,
                                         0.05, "John 2002; FeatFlow", cost));
    result.records.push_back(make_record("pressure difference", "Pa", row.pressure_drop, Criterion::shown, 0.17, 0,
                                         "Schaefer and Turek 1996: 0.165 to 0.175", cost));
    return result;
  }
};

class Dfg3D3ZCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    CylinderFlowSetup setup;
    setup.mesh          = channel(quick);
    setup.peak_velocity = [](double t) { return 2.25 * std::sin(std::numbers::pi * t / 8); };
    setup.mean_velocity = 1;
    setup.settings      = cylinder_settings();
    // Large steps: the flow hardly changes from one to the next, least of all at its maximum.
    setup.settings.extrapolation_limit = FlowSettings{}.extrapolation_limit;
    setup.settings.velocity_tolerance = setup.settings.pressure_tolerance = 1e-6;
    CylinderFlow             flow(context, setup);
    std::vector<CylinderRow> rows;
    const double             dt = quick ? 0.05 : 0.01, end = quick ? 4.4 : 8; // the drag's maximum lies before 4.4 s
    for (int i = 0; i < std::lround(end / dt); ++i)
      rows.push_back(flow.step(dt));

    VerificationResult result;
    const auto         cost = flow.bench().cost();
    result.records.push_back(make_record("drag coefficient, maximum", "", maximum_of(rows, &CylinderRow::drag).value, Criterion::relative,
                                         3.2978, quick ? 0.1 : 0.01, "John 2006; Bayraktar et al. 2012", cost));
    if (!quick)
      {
        for (auto &row : rows)
          row.lift = -row.lift;
        result.records.push_back(make_record("lift coefficient, minimum", "", -maximum_of(rows, &CylinderRow::lift).value, Criterion::relative,
                                             -0.010999, 0.1, "John 2006; Bayraktar et al. 2012", cost));
        for (auto &row : rows)
          row.lift = -row.lift;
      }
    result.figures.push_back(cylinder_figure(rows));
    return result;
  }
};

const bool registered_1z = Registry<VerificationCase>::add(
  {"verification case", "flow_dfg_3d1z", "Steady flow past a cylinder in a square duct, Re 20 (DFG 3D-1Z).",
   "Duct 2.5 x 0.41 x 0.41 m with a cylinder of diameter 0.1 m at (0.5, 0.2) m along z; inflow 16 U y z (H - y)(H - z)/H^4 with U = 0.45 m/s, "
   "nu = 1e-3 m^2/s. Solved by the certifying mode. Coefficients 2 F / (rho U^2 D H) with U = 0.2 m/s.",
   "benchmarks/verification/flow_dfg_3d.cpp"},
  [] { return std::make_unique<Dfg3D1ZCase>(); });
const bool registered_3z = Registry<VerificationCase>::add(
  {"verification case", "flow_dfg_3d3z", "Start and stop of the flow past a cylinder in a square duct, Re up to 100 (DFG 3D-3Z); long.",
   "As 3D-1Z with U = 2.25 sin(pi t/8) m/s for 8 s; coefficients with U = 1 m/s. Production mode. The quick variant ends after the drag's maximum and "
   "gates that alone.",
   "benchmarks/verification/flow_dfg_3d.cpp"},
  [] { return std::make_unique<Dfg3D3ZCase>(); });
} // namespace

} // namespace vesalius::verification
