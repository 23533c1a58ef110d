// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

#include <algorithm>
#include <numbers>

namespace vesalius::verification
{

namespace
{
/// 1/2 rho int |u|^2 by the exact mass matrix of the error norm: the error against fluid at rest.
double kinetic_energy(FlowBench &bench)
{
  const double norm = bench.solver().velocity_error_l2([](double, const double *, double *u) { u[0] = u[1] = 0; });
  return 0.5 * bench.solver().settings().rho * norm * norm;
}

class UnderResolvedCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const exact::TaylorGreen2D flow{1. / 5000, 1};
    const ExactVelocity        velocity = [flow](double t, const double *x, double *u) {
      const auto value = flow.velocity(x[0], x[1], t);
      std::copy(value.begin(), value.end(), u);
    };
    const ExactPressure pressure = [flow](double t, const double *x) { return flow.pressure(x[0], x[1], t); };
    FlowSettings        settings;
    settings.rho = flow.rho;
    settings.mu  = flow.nu;
    const int    n = quick ? 8 : 12;
    const double side = 2 * std::numbers::pi, dt = 0.05;
    FlowBench    bench(context, on_root(context, [&] { return make_box_mesh(2, {0, 0, 0}, {side, side, 0}, {n, n, 0}); }), settings);
    for (const auto &[id, name] : bench.space().boundary_names())
      bench.solver().add_wall(id);
    bench.solver().finish_boundaries();
    bench.solver().start_from_exact(0, dt, velocity, pressure);
    VerificationCurve ours{"ours", {0}, {kinetic_energy(bench)}, false}, decay{"vortices without walls", {}, {}, false};
    const double      start = ours.y.front();
    for (int i = 1; i <= 2000; ++i)
      {
        bench.step(dt);
        if (i % 5 != 0)
          continue;
        ours.x.push_back(bench.solver().time());
        ours.y.push_back(kinetic_energy(bench));
      }
    for (const double t : ours.x)
      {
        decay.x.push_back(t);
        decay.y.push_back(start * std::exp(-4 * flow.nu * t));
      }
    const double       largest = *std::max_element(ours.y.begin(), ours.y.end());
    VerificationResult result;
    result.records.push_back(make_record("largest kinetic energy in 2,000 steps over the initial", "", largest / start, Criterion::at_most,
                                         1 + 1e-6, 0, "no growth", bench.cost()));
    result.records.push_back(make_record("kinetic energy at the end over the initial", "", ours.y.back() / start, Criterion::shown,
                                         decay.y.back() / start, 0, "the exact vortices, without walls", bench.cost()));
    result.figures.push_back({"time / s", "kinetic energy / J m^-1", {ours, decay}, false, false});
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_under_resolved", "Taylor-Green vortices at Re 5000 on a mesh far too coarse: the energy may not grow.",
   "The vortices of `flow_taylor_green` with nu = 1/5000 on [0, 2 pi]^2, 12 x 12 x 2 triangles, 2,000 steps of 0.05 s by the production mode. Periodic boundaries are not available, and "
   "walls that move with the exact velocity would do work: the sides, where the vortices' normal velocity is zero, become walls at rest at the start, so that nothing feeds the flow.",
   "benchmarks/verification/flow_under_resolved.cpp"},
  [] { return std::make_unique<UnderResolvedCase>(); });
} // namespace

} // namespace vesalius::verification
