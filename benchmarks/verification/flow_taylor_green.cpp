// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_order_study.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

#include <complex>
#include <numbers>

namespace vesalius::verification
{

namespace
{
/// Developed pulsatile flow between plates leaves through an open end: exact with pressure 0 there.
void open_channel_in_time(const RunContext &context, bool quick, VerificationResult &result)
{
  const exact::ChannelWomersley flow{0.5, 1, 0.02, 2 * std::numbers::pi, {1., std::complex<double>(0.5, 0)}};
  OrderStudy                    study;
  study.velocity = [flow](double t, const double *x, double *u) {
    u[0] = flow.velocity(x[1], t);
    u[1] = 0;
  };
  // -dp/dx = rho du/dt - mu d2u/dy2, taken at the wall, where u does not change: by the shape's own equation.
  study.pressure     = [flow](double t, const double *x) {
    const double          h = flow.half_width;
    const std::complex<double> k = h * std::sqrt(std::complex<double>(0, flow.omega * flow.rho / flow.mu));
    const double steady = 1.5 * flow.flow_modes[0].real() / (h * h * h) * flow.mu;
    const double pulse  = (flow.flow_modes[1] / (2 * h) * std::complex<double>(0, flow.omega * flow.rho) / (1. - std::tanh(k) / k) *
                          std::polar(1., flow.omega * t)).real();
    return -(steady + pulse) * (x[0] - 1);
  };
  study.settings.rho                = flow.rho;
  study.settings.mu                 = flow.mu;
  study.settings.velocity_tolerance = study.settings.pressure_tolerance = 1e-11;
  study.mesh           = [](int n) { return make_box_mesh(2, {0, -0.5, 0}, {1, 0.5, 0}, {n, n, 0}); };
  study.set_boundaries = [&study](FlowBench &bench) {
    for (const char *wall : {"y_min", "y_max"})
      bench.solver().add_wall(bench.boundary(wall));
    bench.solver().add_exact(bench.boundary("x_min"), study.velocity);
    bench.solver().add_outlet(bench.boundary("x_max"), pressure_outlet(0));
  };
  study.name = ", open channel";
  study.in_time(context, FlowMode::production, 12, 0.02, quick ? 3 : 5, 1.0, 1.4, 0.9, result);
}

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
    study.in_space(context, quick ? std::vector{8, 16} : std::vector{8, 16, 32}, 0.0025, 0.025, quick ? 2.8 : 2.9,
                   quick ? 1.8 : 1.9, result);
    study.in_time(context, FlowMode::production, 16, 0.1, quick ? 3 : 5, 1.0, 1.9, 1.4, result);
    study.in_time(context, FlowMode::certifying, 16, 0.2, quick ? 2 : 3, 1.0, 1.9, 1.9, result);
    open_channel_in_time(context, quick, result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_taylor_green", "Order in space and time against decaying vortices in the plane.",
   "u = sin x cos y exp(-2 nu t), v = -cos x sin y exp(-2 nu t), p = rho/4 (cos 2x + cos 2y) exp(-4 nu t) with nu = 0.05 m^2/s "
   "on [0.3, 2.3] x [0.7, 2.7], velocity given on all sides. Space: t = 0.025 in steps of 0.0025. Time: one mesh (1/16), runs with ever "
   "halved steps to t = 1 compared with each other, so that the error in space cancels. Open boundary: pulsatile flow between plates (alpha 8.9), "
   "given at one end, pressure 0 at the other, which is exact.",
   "benchmarks/verification/flow_taylor_green.cpp"},
  [] { return std::make_unique<TaylorGreenCase>(); });
} // namespace

} // namespace vesalius::verification
