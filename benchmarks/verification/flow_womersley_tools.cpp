// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_womersley_tools.h"

namespace vesalius::verification
{

exact::Womersley womersley_flow()
{
  exact::Womersley flow;
  flow.radius     = 0.02;
  flow.rho        = 1060;
  flow.mu         = 0.004;
  flow.omega      = 2 * std::numbers::pi;
  flow.flow_modes = {50e-6, -50e-6};
  return flow;
}

WomersleyMeasures measure_womersley(RunContext &context, const Mesh &mesh, double length, int n_steps)
{
  const auto   flow = womersley_flow();
  FlowSettings settings;
  settings.mu                 = flow.mu;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-8;
  const ExactVelocity velocity = [flow](double t, const double *x, double *u) {
    u[0] = u[1] = 0;
    u[2]        = flow.velocity(std::min(flow.radius, std::hypot(x[0], x[1])), t);
  };
  const ExactPressure pressure = [flow, length](double t, const double *x) { return flow.pressure_gradient(t) * (x[2] - length); };

  FlowBench bench(context, mesh, settings);
  set_pipe_boundaries(bench, velocity);
  const double dt = 1. / n_steps;
  bench.solver().start_from_exact(0, dt, velocity, pressure);
  const PipeProbe   probe(bench, 0.25 * length, 0.75 * length);
  WomersleyMeasures result;
  const char       *labels[4] = {"axis velocity / m/s", "exact", "wall shear / 0.1 Pa", "exact"};
  for (int c = 0; c < 4; ++c)
    result.curves[c] = {labels[c], {}, {}, c % 2 == 1};
  const int n_skip = n_steps / 2; // forgets the start
  for (int i = 1; i <= n_skip + n_steps; ++i)
    {
      bench.step(dt);
      if (i <= n_skip)
        continue;
      const double t = bench.solver().time(), phase = flow.omega * t;
      const auto   ours = probe.measure();
      result.axis.add(phase, ours.axis_velocity, flow.velocity(0, t));
      result.gradient.add(phase, ours.pressure_gradient, flow.pressure_gradient(t));
      result.shear.add(phase, ours.wall_shear, flow.wall_shear(t));
      const double values[4] = {ours.axis_velocity, flow.velocity(0, t), 10 * ours.wall_shear, 10 * flow.wall_shear(t)};
      for (int c = 0; c < 4; ++c)
        if (c % 2 == 0 || i % std::max(1, n_steps / 25) == 0)
          {
            result.curves[c].x.push_back(t);
            result.curves[c].y.push_back(values[c]);
          }
    }
  result.cost = bench.cost();
  return result;
}

void add_harmonic(const std::string &name, const FirstHarmonic &harmonic, double limit, const VerificationCost &cost,
                  VerificationResult &result)
{
  result.records.push_back(make_record(name + ", amplitude over the exact one", "", harmonic.amplitude_ratio(), Criterion::relative, 1,
                                       limit, "Womersley 1955", cost));
  result.records.push_back(make_record(name + ", phase error", "rad", harmonic.phase_difference(), Criterion::absolute, 0, limit,
                                       "Womersley 1955", cost));
}

} // namespace vesalius::verification
