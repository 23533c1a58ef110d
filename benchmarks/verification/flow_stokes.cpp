// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_order_study.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace vesalius::verification
{

namespace
{
/// From the stream function y h with h = sin(pi x) exp(pi y) harmonic, hence biharmonic: u = h + y h_y, v = -y h_x,
/// p = -2 mu h_x. Needs no body force.
struct StreamFunctionFlow
{
  double mu = 1;
  void   velocity(const double *x, double *u) const
  {
    const double pi = std::numbers::pi, growth = std::exp(pi * x[1]);
    u[0] = std::sin(pi * x[0]) * growth * (1 + pi * x[1]);
    u[1] = -x[1] * pi * std::cos(pi * x[0]) * growth;
  }
  double pressure(const double *x) const
  {
    const double pi = std::numbers::pi;
    return -2 * mu * pi * std::cos(pi * x[0]) * std::exp(pi * x[1]);
  }
};

/// A pair of elements, and what its peer says: svFSI's relative errors on its own manufactured solution.
struct StokesElements
{
  std::string         name;
  int                 velocity_degree = 2;
  std::vector<int>    n; ///< cells along an edge
  std::vector<double> peer;
  double              velocity_order = 0, pressure_order = 0; ///< to reach
};

class StokesCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const StokesElements taylor_hood{"P2/P1", 2, quick ? std::vector{4, 8, 16} : std::vector{4, 8, 16, 32, 64},
                                     {9.13e-2, 7.68e-3, 5.37e-4, 3.62e-5, 2.47e-6}, 2.9, 1.9};
    const StokesElements linear{"P1/P1", 1, quick ? std::vector{8, 16, 32} : std::vector{8, 16, 32, 64, 128},
                                {1.94e-1, 5.67e-2, 1.47e-2, 3.67e-3, 9.18e-4}, 1.9, 1};
    VerificationResult   result;
    refine(context, taylor_hood, result);
    refine(context, linear, result);
    result.remarks.push_back("The peers' lists belong to another manufactured solution, one with a body force, which this solver does not "
                             "take; their relative errors stand beside ours for the size only. The L2 errors are integrated with a rule of degree 8. "
                             "P1/P1 (`Solver/Elements`) is stabilised as in `docs/theory/flow.md`; it is there for comparison.");
    return result;
  }

private:
  /// Appends records and a figure.
  static void refine(RunContext &context, const StokesElements &elements, VerificationResult &result)
  {
    const StreamFunctionFlow flow;
    const ExactVelocity      velocity = [flow](double, const double *x, double *u) { flow.velocity(x, u); };
    const ExactPressure      pressure = [flow](double, const double *x) { return flow.pressure(x); };
    const auto              &n        = elements.n;
    const int                degree   = elements.velocity_degree;
    VerificationCurve        u{"velocity, L2", {}, {}, true}, p{"pressure, L2", {}, {}, true}, rms{"velocity, nodal RMS", {}, {}, true};
    for (std::size_t k = 0; k < n.size(); ++k)
      {
        FlowSettings settings;
        settings.rho = settings.mu = 1;
        settings.initial_tolerance = 1e-11;
        settings.velocity_degree   = degree;
        FlowBench bench(context, on_root(context, [&] { return make_box_mesh(2, {0, 0, 0}, {1, 1, 0}, {n[k], n[k], 0}); }), settings);
        for (const auto &[id, name] : bench.space().boundary_names())
          bench.solver().add_exact(id, velocity);
        bench.solver().finish_boundaries();
        bench.solver().start_from_stokes();
        const auto errors = flow_errors(bench.space(), bench.solver().velocity(), bench.solver().pressure(), 0, velocity, pressure, degree);
        u.x.push_back(1. / n[k]);
        u.y.push_back(errors.velocity_l2);
        p.y.push_back(errors.pressure_l2);
        rms.y.push_back(errors.velocity_rms);
        const auto add = [&](const std::string &quantity, double value, Criterion criterion, double reference, const std::string &source) {
          result.records.push_back(make_record(elements.name + ", " + quantity, "", value, criterion, reference, 0, source, bench.cost()));
        };
        add(fmt::format("velocity, nodal RMS error, h = 1/{}", n[k]), errors.velocity_rms, Criterion::shown, elements.peer[k],
            "svFSI " + elements.name + ", another solution: not gated");
        if (k + 1 < n.size())
          continue;
        const auto pair = fmt::format("h = 1/{} to 1/{}", n[k - 1], n[k]);
        add("velocity, L2 order, " + pair, observed_order(u.y[k - 1], u.y[k]), Criterion::at_least, elements.velocity_order,
            fmt::format("P{}: {}", degree, degree + 1));
        add("pressure, L2 order, " + pair, observed_order(p.y[k - 1], p.y[k]), Criterion::at_least, elements.pressure_order,
            degree == 2 ? "P1: 2" : "P1/P1: 1 at least");
      }
    p.x = rms.x = u.x;
    result.figures.push_back({"cell size / edge (" + elements.name + ")", "relative error",
                              {u, p, rms, slope_line(fmt::format("order {}", degree + 1), u.x, u.y[0], degree + 1),
                               slope_line(fmt::format("order {}", degree), p.x, p.y[0], degree)}, true, true});
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_stokes", "Order in space of the Stokes problem against a manufactured solution.",
   "Stokes flow on the unit square (uniform right triangles, velocity given on all sides) from the stream function y sin(pi x) exp(pi y), "
   "which is biharmonic, so that no body force is needed: u = h + y h_y, v = -y h_x, p = -2 mu h_x with h = sin(pi x) exp(pi y). "
   "With P2/P1 and, beside it, with stabilised P1/P1.",
   "benchmarks/verification/flow_stokes.cpp"},
  [] { return std::make_unique<StokesCase>(); });
} // namespace

} // namespace vesalius::verification
