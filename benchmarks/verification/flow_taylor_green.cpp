// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_order_study.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

namespace vesalius::verification
{

namespace
{
class TaylorGreenCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const exact::TaylorGreen2D flow{0.05, 1};
    OrderStudy                 study;
    study.velocity = [flow](double t, const double *x, double *u) {
      const auto value = flow.velocity(x[0], x[1], t);
      std::copy(value.begin(), value.end(), u);
    };
    study.pressure                    = [flow](double t, const double *x) { return flow.pressure(x[0], x[1], t); };
    study.settings.rho                = flow.rho;
    study.settings.mu                 = flow.nu;
    study.settings.velocity_tolerance = study.settings.pressure_tolerance = 1e-11;
    // Off the symmetry lines, so that neither component vanishes on the sides.
    study.mesh           = [](int n) { return make_box_mesh(2, {0.3, 0.7, 0}, {2.3, 2.7, 0}, {n, n, 0}); };
    study.set_boundaries = [&study](FlowBench &bench) {
      for (const auto &[id, name] : bench.space().boundary_names())
        bench.solver().add_exact(id, study.velocity);
    };
    study.source = "Taylor and Green 1937";
    VerificationResult result;
    study.in_space(context, quick ? std::vector{8, 16} : std::vector{8, 16, 32, 64}, 0.0025, 0.025, quick ? 2.8 : 2.9,
                   quick ? 1.8 : 1.9, result);
    study.in_time(context, 16, 0.1, quick ? 3 : 5, 1.0, 1.9, 1.4, result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_taylor_green", "Order in space and time against decaying vortices in the plane.",
   "u = sin x cos y exp(-2 nu t), v = -cos x sin y exp(-2 nu t), p = rho/4 (cos 2x + cos 2y) exp(-4 nu t) with nu = 0.05 m^2/s "
   "on [0.3, 2.3] x [0.7, 2.7], velocity given on all sides. Space: t = 0.025 in steps of 0.0025. Time: one mesh (1/16), runs with ever "
   "halved steps to t = 1 compared with each other, so that the error in space cancels.",
   "benchmarks/verification/flow_taylor_green.cpp"},
  [] { return std::make_unique<TaylorGreenCase>(); });
} // namespace

} // namespace vesalius::verification
