// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_order_study.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

namespace vesalius::verification
{

OrderStudy beltrami_study(double tolerance)
{
  const exact::EthierSteinman flow{}; // the paper's a = pi/4, d = pi/2, nu = 1
  OrderStudy                  study;
  study.velocity = [flow](double t, const double *x, double *u) {
    const auto value = flow.velocity({x[0], x[1], x[2]}, t);
    std::copy(value.begin(), value.end(), u);
  };
  study.pressure     = [flow](double t, const double *x) { return flow.pressure({x[0], x[1], x[2]}, t); };
  study.settings.rho = study.settings.mu = 1;
  study.settings.velocity_tolerance = study.settings.pressure_tolerance = tolerance;
  study.mesh           = [](int n) { return make_box_mesh(3, {-1, -1, -1}, {1, 1, 1}, {n, n, n}); };
  study.set_boundaries = [velocity = study.velocity](FlowBench &bench) {
    for (const auto &[id, name] : bench.space().boundary_names())
      bench.solver().add_exact(id, velocity);
  };
  study.source = "Ethier and Steinman 1994";
  return study;
}

namespace
{
class EthierSteinmanCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const auto         study = beltrami_study(1e-11);
    VerificationResult result;
    study.in_space(context, quick ? std::vector{4, 8} : std::vector{4, 8, 16}, 0.002, 0.02, quick ? 2.8 : 2.9,
                   quick ? 1.8 : 1.9, result);
    auto linear                     = study;
    linear.name                     = ", P1/P1";
    linear.settings.velocity_degree = 1;
    linear.in_space(context, quick ? std::vector{4, 8} : std::vector{4, 8, 16}, 0.002, 0.02, quick ? 1.7 : 1.9, 1, result);
    study.in_time(context, FlowMode::production, 4, 0.02, quick ? 2 : 4, 0.16, 1.9, 1.4, result);
    if (!quick)
      study.in_time(context, FlowMode::certifying, 4, 0.04, 3, 0.16, 1.9, 1.9, result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_ethier_steinman", "Order in space and time against the Beltrami flow of Ethier and Steinman.",
   "The unsteady, fully three-dimensional solution without a body force (Int. J. Numer. Methods Fluids 19 (1994) 369-375, "
   "a = pi/4, d = pi/2, nu = 1) on [-1, 1]^3 cut into Kuhn tetrahedra, velocity given on all sides. Space: t = 0.02 in steps "
   "of 0.002, with P2/P1 and with stabilised P1/P1. Time: one mesh (1/4), runs with ever halved steps to t = 0.16 compared with each other, so that the error in space cancels.",
   "benchmarks/verification/flow_ethier_steinman.cpp"},
  [] { return std::make_unique<EthierSteinmanCase>(); });
} // namespace

} // namespace vesalius::verification
