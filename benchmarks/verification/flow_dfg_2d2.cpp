// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_cylinder.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"

#include <algorithm>

namespace vesalius::verification
{

namespace
{
/// Times at which the lift crosses its mean upwards, interpolated.
std::vector<double> upward_crossings(const std::vector<CylinderRow> &rows, double mean)
{
  std::vector<double> times;
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (rows[i - 1].lift < mean && rows[i].lift >= mean)
      times.push_back(rows[i - 1].time + (rows[i].time - rows[i - 1].time) * (mean - rows[i - 1].lift) / (rows[i].lift - rows[i - 1].lift));
  return times;
}

/// Maximum of a quantity and its minimum, by parabolas.
std::array<double, 2> range_of(std::vector<CylinderRow> rows, double CylinderRow::*quantity)
{
  const double high = maximum_of(rows, quantity).value;
  for (auto &row : rows)
    row.*quantity = -(row.*quantity);
  return {-maximum_of(rows, quantity).value, high};
}

class Dfg2D2Case : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    CylinderFlowSetup setup;
    setup.mesh = quick ? cylinder_mesh(32, 0) : cylinder_mesh(64, 0.0015);
    setup.peak_velocity = [](double) { return 1.5; };
    setup.mean_velocity = 1;
    setup.settings      = cylinder_settings();
    CylinderFlow             flow(context, setup);
    std::vector<CylinderRow> rows;
    const double             dt = quick ? 0.0025 : 0.00125, settled = quick ? 4 : 7, end = settled + 2;
    for (int i = 0; i < std::lround(end / dt); ++i)
      rows.push_back(flow.step(dt));

    // The periodic state: the last six periods before the end.
    VerificationResult       result;
    std::vector<CylinderRow> last;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(last), [&](const CylinderRow &row) { return row.time > settled; });
    const auto lift = range_of(last, &CylinderRow::lift), drag = range_of(last, &CylinderRow::drag);
    const auto crossings = upward_crossings(last, 0.5 * (lift[0] + lift[1]));
    if (crossings.size() < 3)
      throw SolverFailure("the wake does not shed vortices");
    const double frequency = double(crossings.size() - 1) / (crossings.back() - crossings.front());
    const auto   cost      = flow.bench().cost();
    const char  *source    = "FeatFlow; Schaefer and Turek 1996";
    const auto   add       = [&](const char *name, double value, double reference, double limit) {
      result.records.push_back(make_record(name, "", value, Criterion::relative, reference, limit, source, cost));
    };
    add("drag coefficient, maximum", drag[1], 3.227393, quick ? 0.02 : 3e-3);
    add("drag coefficient, minimum", drag[0], 3.164263, quick ? 0.02 : 3e-3);
    add("lift coefficient, peak to peak", lift[1] - lift[0], 2.007871, quick ? 0.1 : 0.01);
    add("Strouhal number", frequency * 0.1, 0.301841, quick ? 0.03 : 3e-3);
    result.figures.push_back(cylinder_figure(rows));
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_dfg_2d2", "Periodic vortex shedding behind a cylinder in a channel, Re 100 (DFG 2D-2).",
   "As 2D-1 with the inflow's peak 1.5 m/s from the start (Stokes flow), U = 1 m/s; forces of the last two seconds, about six periods. "
   "The transport velocity is extrapolated in full, as in 2D-3.",
   "benchmarks/verification/flow_dfg_2d2.cpp"},
  [] { return std::make_unique<Dfg2D2Case>(); });
} // namespace

} // namespace vesalius::verification
