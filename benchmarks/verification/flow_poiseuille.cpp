// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_pipe_tools.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

namespace vesalius::verification
{

namespace
{
class PoiseuilleCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const exact::Poiseuille flow{0.02, 0.3, 100e-6, 0.004};
    PipeMesh                pipe;
    pipe.radius          = flow.radius;
    pipe.length          = flow.length;
    pipe.n_along         = quick ? 5 : 12;
    pipe.section.n_rings = quick ? 5 : 10;
    FlowSettings settings;
    settings.mu                 = flow.mu;
    settings.velocity_tolerance = settings.pressure_tolerance = 1e-9;
    FlowBench bench(context, on_root(context, [&] { return make_pipe_mesh(pipe); }), settings);
    set_pipe_boundaries(bench, [flow](double, const double *x, double *u) {
      u[0] = u[1] = 0;
      u[2]        = flow.velocity(std::min(flow.radius, std::hypot(x[0], x[1])));
    });
    bench.solver().start_from_stokes();
    // Stokes flow is the solution already; the steps show that convection leaves it alone.
    for (int i = 0; i < 5; ++i)
      bench.step(0.05);

    const auto         ours = PipeProbe(bench, 0.2 * flow.length, 0.8 * flow.length).measure();
    const auto         cost = bench.cost();
    VerificationResult result;
    const auto         add = [&](const char *name, const char *unit, double value, double reference) {
      result.records.push_back(make_record(name, unit, value, Criterion::relative, reference, quick ? 0.05 : 5e-3, "Poiseuille", cost));
    };
    add("velocity on the axis", "m/s", ours.axis_velocity, flow.maximum_velocity());
    add("pressure drop", "Pa", -ours.pressure_gradient * flow.length, flow.pressure_drop());
    add("wall shear, mean", "Pa", ours.wall_shear, flow.wall_shear());

    VerificationCurve                  exact_curve{"exact", {}, {}, false}, our_curve{"ours", {}, {}, true};
    std::vector<std::array<double, 3>> points;
    for (int i = 0; i < 40; ++i)
      {
        const double r = flow.radius * i / 40;
        points.push_back({r, 0, flow.length / 2});
        exact_curve.y.push_back(flow.velocity(r));
        exact_curve.x.push_back(r);
      }
    for (const auto &u : PointValues(bench.space(), points).velocity(bench.solver().velocity()))
      our_curve.y.push_back(u[2]);
    our_curve.x = exact_curve.x;
    result.figures.push_back({"radius / m", "axial velocity / m/s", {exact_curve, our_curve}, false, false});
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_poiseuille", "Steady flow in a round pipe.",
   "Pipe of radius 2 cm and length 30 cm, Q = 100 mL/s, rho = 1060 kg/m^3, mu = 0.004 Pa s (Reynolds number 840); the parabola given on the inlet, pressure 0 at the "
   "outlet. Stokes flow, then five steps of 0.05 s. Pressure drop and wall shear from the middle three fifths.",
   "benchmarks/verification/flow_poiseuille.cpp"},
  [] { return std::make_unique<PoiseuilleCase>(); });
} // namespace

} // namespace vesalius::verification
