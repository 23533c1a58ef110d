// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_cylinder.h"
#include "benchmarks/verification/flow_pipe_tools.h"
#include "benchmarks/verification/flow_womersley_tools.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

namespace vesalius::verification
{

namespace
{
/// Quantities of one run over time, in the order of their names.
struct Series
{
  std::vector<double>              time;
  std::vector<std::vector<double>> values; ///< by quantity
  VerificationCost                 cost;

  void add(double t, const std::vector<double> &now)
  {
    time.push_back(t);
    values.resize(now.size());
    for (std::size_t k = 0; k < now.size(); ++k)
      values[k].push_back(now[k]);
  }
  /// Every n-th sample: of a run with n times as many steps.
  Series every(std::size_t n) const
  {
    Series result;
    result.cost = cost;
    for (std::size_t i = n - 1; i < time.size(); i += n)
      {
        std::vector<double> row;
        for (const auto &quantity : values)
          row.push_back(quantity[i]);
        result.add(time[i], row);
      }
    return result;
  }
};

/// A mode's run, and the same mode on half the step (and half the mesh size).
struct ModeRun
{
  Series run, finer;
  double factor = 1; ///< the error is so many times the distance to `finer` (Richardson): 2 and 4/3 for first and second order
};

/// A flow in both modes on the same mesh with the same step.
struct Comparison
{
  std::string              name;
  std::vector<std::string> quantities;
  ModeRun                  production, certifying;
};
constexpr double first_order = 2, second_order = 4. / 3;
/// What resistances fix, as the flow of an outlet, has errors so small that Richardson's extrapolation says nothing of them.
constexpr double smallest_bound = 1e-5;

std::vector<double> distance(const std::vector<double> &a, const std::vector<double> &b)
{
  std::vector<double> result;
  for (std::size_t i = 0; i < a.size(); ++i)
    result.push_back(std::abs(a[i] - b[i]));
  return result;
}

double largest(const std::vector<double> &values)
{
  double result = 0;
  for (const double v : values)
    result = std::isfinite(v) ? std::max(result, std::abs(v)) : v;
  return result;
}

void add_comparison(const Comparison &c, VerificationResult &result)
{
  VerificationFigure figure{"time / s", c.name + ": " + c.quantities[0] + ", relative", {}, false, true};
  for (std::size_t k = 0; k < c.quantities.size(); ++k)
    {
      const double scale      = largest(c.certifying.finer.values[k]);
      const auto   relative   = [&](const Series &a, const Series &b, double factor) {
        auto values = distance(a.values[k], b.values[k]);
        for (auto &value : values)
          value *= factor / scale;
        return values;
      };
      const auto modes      = relative(c.production.run, c.certifying.run, 1),
                 production = relative(c.production.run, c.production.finer, c.production.factor),
                 certifying = relative(c.certifying.run, c.certifying.finer, c.certifying.factor);
      const std::string quantity = c.name + ": " + c.quantities[k];
      result.records.push_back(make_record(quantity + ", difference of the modes", "", largest(modes), Criterion::at_most,
                                           std::max(smallest_bound, largest(production) + largest(certifying)), 0, "the sum of their errors",
                                           c.production.run.cost));
      result.records.push_back(make_record(quantity + ", error of the certifying mode", "", largest(certifying), Criterion::shown,
                                           largest(production), 0, "error of the production mode", c.certifying.run.cost));
      if (k == 0)
        for (const auto &[name, values] : {std::pair{"modes", modes}, {"error, production", production}, {"error, certifying", certifying}})
          figure.curves.push_back({name, c.certifying.run.time, values, false});
    }
  result.figures.push_back(std::move(figure));
}

// --- Womersley -----------------------------------------------------------------------------------

Series run_pipe(const RunContext &context, FlowMode mode, const PipeMesh &pipe, const exact::Womersley &flow, int n_steps)
{
  FlowSettings settings;
  settings.mu                 = flow.mu;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-9;
  FlowBench           bench(context, on_root(context, [&] { return make_pipe_mesh(pipe); }), settings, mode);
  const ExactVelocity velocity = [flow](double t, const double *x, double *u) {
    u[0] = u[1] = 0;
    u[2]        = flow.velocity(std::min(flow.radius, std::hypot(x[0], x[1])), t);
  };
  set_pipe_boundaries(bench, velocity);
  const double dt = 1. / n_steps;
  bench.solver().start_from_exact(0, dt, velocity, [&](double t, const double *x) { return flow.pressure_gradient(t) * (x[2] - pipe.length); });
  const PipeProbe probe(bench, 0.25 * pipe.length, 0.75 * pipe.length);
  Series          series;
  for (int i = 1; i <= n_steps; ++i)
    {
      bench.step(dt);
      const auto ours = probe.measure();
      if (i > n_steps / 4)
        series.add(bench.solver().time(), {ours.axis_velocity, ours.pressure_gradient, ours.wall_shear});
    }
  series.cost = bench.cost();
  return series;
}

Comparison compare_womersley(const RunContext &context, bool quick)
{
  const auto flow = womersley_flow();
  const auto pipe = [&](int level) {
    PipeMesh result;
    result.radius               = flow.radius;
    result.length               = 0.02;
    result.n_along              = 4; // nothing changes along the pipe
    result.section.n_rings      = 2 * level;
    result.section.first_height = (quick ? 0.1 : 0.06) / level;
    result.section.growth       = 2;
    return result;
  };
  const int  n_steps = quick ? 12 : 48;
  const auto both    = [&](FlowMode mode, double factor) {
    return ModeRun{run_pipe(context, mode, pipe(1), flow, n_steps), run_pipe(context, mode, pipe(2), flow, 2 * n_steps).every(2), factor};
  };
  return {"Womersley", {"velocity on the axis", "pressure gradient", "wall shear"}, both(FlowMode::production, first_order), both(FlowMode::certifying, second_order)};
}

// --- the cylinder --------------------------------------------------------------------------------

Series run_cylinder(const RunContext &context, FlowMode mode, int n_around, double dt, double end)
{
  CylinderFlowSetup setup;
  setup.mesh          = cylinder_mesh(n_around, 0);
  setup.peak_velocity = [](double t) { return 1.5 * std::sin(std::numbers::pi * t / 8); };
  setup.mean_velocity = 1;
  setup.settings      = cylinder_settings();
  setup.mode          = mode;
  CylinderFlow flow(context, setup);
  Series       series;
  for (int i = 0; i < std::lround(end / dt); ++i)
    {
      const auto row = flow.step(dt);
      if (i >= std::lround(end / dt) / 4) // beyond the first-order start
        series.add(row.time, {row.drag, row.lift, row.pressure_drop});
    }
  series.cost = flow.bench().cost();
  return series;
}

Comparison compare_cylinder(const RunContext &context, bool quick)
{
  const int    n_around = 16;
  const double dt = quick ? 0.005 : 0.0025, end = quick ? 0.16 : 0.6;
  const auto   both = [&](FlowMode mode, double factor) {
    return ModeRun{run_cylinder(context, mode, n_around, dt, end), run_cylinder(context, mode, 2 * n_around, dt / 2, end).every(2), factor};
  };
  return {"DFG 2D-3", {"drag", "lift", "pressure difference"}, both(FlowMode::production, first_order), both(FlowMode::certifying, second_order)};
}

// --- a bifurcation -------------------------------------------------------------------------------

Series run_wye(const RunContext &context, FlowMode mode, int n_across, int n_steps)
{
  WyeMesh shape;
  shape.n_across = n_across;
  FlowSettings settings;
  settings.mu                 = 1e-2;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-10;
  CertifyingSettings certifying;
  certifying.tolerance = 1e-12; // of a residual that the outlets' pressure rules
  FlowBench bench(context, on_root(context, [&] { return make_wye_mesh(shape); }), settings, mode, certifying);
  auto     &solver = bench.solver();
  solver.add_wall(bench.boundary("wall"));
  solver.add_inflow(bench.boundary("inlet"), Waveform::fourier({5e-4, {0, -2e-4}}, 1.), InflowProfile::Shape::parabolic);
  // Resistances a thousand times the vessel's; flow is per unit depth.
  for (const auto &[outlet, factor] : {std::pair{"outlet_1", 1.}, {"outlet_2", 2.}})
    solver.add_outlet(bench.boundary(outlet), outlet_of("windkessel", fmt::format("set Proximal resistance = {} Pa s/m^3\nset Distal resistance = {} Pa s/m^3\n"
                                                                                  "set Compliance = {} mm^3/Pa",
                                                                                  1e7 * factor, 1e8 * factor, 10 / factor)));
  solver.finish_boundaries();
  solver.start_from_stokes();
  const double dt = 1. / n_steps;
  Series       series;
  for (int i = 0; i < n_steps; ++i)
    {
      bench.step(dt);
      const auto &caps = solver.caps();
      if (i >= n_steps / 4)
        series.add(solver.time(), {caps[0].pressure - caps[1].pressure, caps[1].flow, caps[1].pressure, caps[2].pressure});
    }
  series.cost = bench.cost();
  return series;
}

Comparison compare_wye(const RunContext &context, bool quick)
{
  const int n_across = quick ? 4 : 8, n_steps = quick ? 20 : 100;
  const auto both = [&](FlowMode mode, double factor) {
    return ModeRun{run_wye(context, mode, n_across, n_steps), run_wye(context, mode, 2 * n_across, 2 * n_steps).every(2), factor};
  };
  return {"Bifurcation", {"pressure drop to outlet 1", "flow of outlet 1", "pressure of outlet 1", "pressure of outlet 2"},
          both(FlowMode::production, first_order), both(FlowMode::certifying, second_order)};
}

class ModesCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    add_comparison(compare_womersley(context, quick), result);
    add_comparison(compare_cylinder(context, quick), result);
    add_comparison(compare_wye(context, quick), result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_modes", "Production and certifying mode on the same meshes with the same steps.",
   "Three flows: Womersley (the pipe of `womersley`, one period), the start of DFG 2D-3, and a plane bifurcation with Windkessels whose resistance "
   "outweighs the vessel's. Value: the largest difference of the two modes over time, over the largest value of the quantity. Bound: the sum of the two modes' own "
   "errors on that mesh with that step, from the same mode on half the mesh size and step by Richardson's extrapolation (order 1 for the "
   "production mode, 2 for the certifying one), or 1e-5 where that is more. The first quarter of each run is left out: it starts with steps of first order.",
   "benchmarks/verification/flow_modes.cpp"},
  [] { return std::make_unique<ModesCase>(); });
} // namespace

} // namespace vesalius::verification
