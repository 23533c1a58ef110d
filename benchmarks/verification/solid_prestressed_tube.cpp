// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "physics/solid/prestress.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace vesalius::verification
{

namespace
{
constexpr double inner = 1, outer = 2; ///< radii of the unloaded tube, mu = 1

class PrestressedTubeCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    const int          n = quick ? 4 : 8;
    for (const double a : {1.1, 1.5})
      {
        const double b = std::sqrt(outer * outer + a * a - inner * inner), p = tube_pressure(inner, outer, a);
        auto         settings = load_steps(0.25, 0.25);
        SolidBench   bench(context, on_root(context, [&] { return make_ring(a, b, n); }), neo_hookean(1, std::numeric_limits<double>::infinity()), settings);
        auto        &solver = bench.solver();
        solver.fix(bench.boundary("y_min"), {false, true, false});
        solver.fix(bench.boundary("y_max"), {true, false, false});
        solver.add_pressure(bench.boundary("x_min"), [p](double time) { return time * p; });
        solver.finish_boundaries();
        const auto inside = bench.node_at({a, 0, 0}), outside = bench.node_at({0, b, 0});
        Prestress  prestress(solver, {settings.steps.end});
        int        changes = 0;
        double     distance = 0;
        while (!prestress.done())
          {
            const auto step = prestress.step();
            changes += step.iterations;
            distance = step.distance;
          }
        const auto name = fmt::format("loaded to {:.2f} and {:.4f} A by p = {:.8f} mu", a, b, p);
        result.records.push_back(make_record("unloaded inner radius, " + name, "A", bench.reference_of(inside)[0], Criterion::relative, inner, 5e-3, "exact",
                                             bench.cost()));
        result.records.push_back(make_record("unloaded outer radius, " + name, "A", bench.reference_of(outside)[1], Criterion::relative, outer, 5e-3, "exact",
                                             bench.cost()));
        result.records.push_back(make_record("farthest node from the loaded shape, " + name, "mean edges", distance / prestress.mean_edge(), Criterion::at_most,
                                             1e-3, 0, "the rule by which the search stops", bench.cost()));
        result.records.push_back(make_record("changes of the reference, " + name, "", changes, Criterion::shown, 0, 0, "none", bench.cost()));
      }
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "solid_prestressed_tube", "The unloaded shape of a tube that an image shows under pressure, incompressible neo-Hookean: exact radii.",
   "Thick tube in plane strain, radii A = 1 and B = 2 without load, mu = 1. The mesh is the loaded ring, radii a and b = sqrt(B^2 + a^2 - A^2), with the pressure "
   "p = mu [ln(aB/(bA)) + (a^2 - A^2)/2 (1/a^2 - 1/b^2)] that belongs to it; sought are A and B. The reference is found by fixed-point iteration with Aitken's "
   "factor over growing loads, docs/theory/solid.md.",
   "benchmarks/verification/solid_prestressed_tube.cpp"},
  [] { return std::make_unique<PrestressedTubeCase>(); });
} // namespace

} // namespace vesalius::verification
