// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_pipe_tools.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

#include <complex>

namespace vesalius::verification
{

namespace
{
/// First harmonic of samples over one period, c with value = mean + Re(c exp(i w t)).
class FirstHarmonic
{
public:
  void add(double phase, double value, double exact)
  {
    const auto turn = std::polar(2., -phase);
    ours_ += value * turn;
    exact_ += exact * turn;
  }
  double amplitude_ratio() const { return std::abs(ours_) / std::abs(exact_); }
  double phase_difference() const { return std::arg(ours_ / exact_); } ///< rad

private:
  std::complex<double> ours_, exact_;
};

class WomersleyCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    exact::Womersley flow;
    flow.radius     = 0.02;
    flow.rho        = 1060;
    flow.mu         = 0.004;
    flow.omega      = 2 * std::numbers::pi;
    flow.flow_modes = {50e-6, -50e-6}; // 50 (1 - cos 2 pi t) mL/s
    PipeMesh pipe;
    pipe.radius               = flow.radius;
    pipe.length               = 0.02;
    pipe.n_along              = 4;
    pipe.section.n_rings      = quick ? 4 : 8;
    pipe.section.first_height = quick ? 0.0183 : 0.008; // three layers within sqrt(2 nu / w) = 0.055 R
    pipe.section.growth       = quick ? 2 : 1.4;
    FlowSettings settings;
    settings.mu                 = flow.mu;
    settings.velocity_tolerance = settings.pressure_tolerance = 1e-8;
    const ExactVelocity velocity = [flow](double t, const double *x, double *u) {
      u[0] = u[1] = 0;
      u[2]        = flow.velocity(std::min(flow.radius, std::hypot(x[0], x[1])), t);
    };
    const ExactPressure pressure = [flow, pipe](double t, const double *x) { return flow.pressure_gradient(t) * (x[2] - pipe.length); };

    FlowBench bench(context, on_root(context, [&] { return make_pipe_mesh(pipe); }), settings);
    set_pipe_boundaries(bench, velocity);
    const int    n_steps = quick ? 40 : 100;
    const double dt      = 1. / n_steps;
    bench.solver().start_from_exact(0, dt, velocity, pressure);
    const PipeProbe   probe(bench, 0.25 * pipe.length, 0.75 * pipe.length);
    FirstHarmonic     axis, gradient, shear;
    VerificationCurve curves[4] = {{"axis velocity / m/s", {}, {}, false}, {"exact", {}, {}, true},
                                   {"wall shear / 0.1 Pa", {}, {}, false}, {"exact", {}, {}, true}};
    const int         n_skip    = n_steps / 2; // forgets the start
    for (int i = 1; i <= n_skip + n_steps; ++i)
      {
        bench.step(dt);
        if (i <= n_skip)
          continue;
        const double t = bench.solver().time(), phase = flow.omega * t;
        const auto   ours = probe.measure();
        axis.add(phase, ours.axis_velocity, flow.velocity(0, t));
        gradient.add(phase, ours.pressure_gradient, flow.pressure_gradient(t));
        shear.add(phase, ours.wall_shear, flow.wall_shear(t));
        const double values[4] = {ours.axis_velocity, flow.velocity(0, t), 10 * ours.wall_shear, 10 * flow.wall_shear(t)};
        for (int c = 0; c < 4; ++c)
          if (c % 2 == 0 || i % (n_steps / 25) == 0)
            {
              curves[c].x.push_back(t);
              curves[c].y.push_back(values[c]);
            }
      }

    VerificationResult result;
    const auto         cost = bench.cost();
    const auto         add  = [&](const std::string &name, const FirstHarmonic &harmonic) {
      const double limit = quick ? 0.06 : 5e-3;
      result.records.push_back(make_record(name + ", amplitude over the exact one", "", harmonic.amplitude_ratio(), Criterion::relative, 1,
                                           limit, "Womersley 1955", cost));
      result.records.push_back(make_record(name + ", phase error", "rad", harmonic.phase_difference(), Criterion::absolute, 0, limit,
                                           "Womersley 1955", cost));
    };
    add("velocity on the axis", axis);
    add("pressure gradient", gradient);
    add("wall shear", shear);
    result.figures.push_back({"time / s", "velocity, wall shear", {curves[0], curves[1], curves[2], curves[3]}, false, false});
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_womersley", "Pulsatile flow in a round pipe at alpha = 25.8.",
   "Q(t) = 50 (1 - cos 2 pi t) mL/s in a pipe of radius 2 cm (2 cm of its length), rho = 1060 kg/m^3, mu = 0.004 Pa s; the exact profile given on the inlet, pressure "
   "0 at the outlet, started from the exact state half a period before measuring. Three layers of elements lie within sqrt(2 nu/omega). Amplitude and phase of the first harmonic "
   "over one period; 0.5 % and 0.005 rad are the limits.",
   "benchmarks/verification/flow_womersley.cpp"},
  [] { return std::make_unique<WomersleyCase>(); });
} // namespace

} // namespace vesalius::verification
