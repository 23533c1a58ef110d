// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace vesalius::verification
{

namespace
{
constexpr double inner = 1, outer = 2; ///< radii, mu = 1

class TubeCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    const int          n = quick ? 4 : 16;
    for (const double a : {1.1, 1.5, 2.})
      {
        SolidBench bench(context, on_root(context, [&] { return make_ring(inner, outer, n); }), neo_hookean(1, std::numeric_limits<double>::infinity()), load_steps(0.25));
        auto      &solver = bench.solver();
        solver.fix(bench.boundary("y_min"), {false, true, false});
        solver.fix(bench.boundary("y_max"), {true, false, false});
        const double p = tube_pressure(inner, outer, a);
        solver.add_pressure(bench.boundary("x_min"), [p](double time) { return time * p; });
        solver.finish_boundaries();
        solver.run();
        result.records.push_back(make_record(fmt::format("inner radius at p = {:.8f} mu", p), "A", bench.position_of({inner, 0, 0})[0],
                                             Criterion::relative, a, 1e-3, "exact", bench.cost()));
        result.records.push_back(make_record(fmt::format("outer radius at p = {:.8f} mu", p), "A", bench.position_of({0, outer, 0})[1],
                                             Criterion::relative, std::sqrt(outer * outer + a * a - 1), 1e-3, "exact", bench.cost()));
      }
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "solid_tube", "Thick tube under inner pressure, plane strain, incompressible neo-Hookean: exact radii.",
   "Radii A = 1 and B = 2, mu = 1; a quarter of the ring with curved P2/P1 triangles and symmetry on its two cuts. The pressure follows the bore. Exact: "
   "p = mu [ln(aB/(bA)) + (a^2 - A^2)/2 (1/a^2 - 1/b^2)], b^2 = B^2 + a^2 - A^2.",
   "benchmarks/verification/solid_tube.cpp"},
  [] { return std::make_unique<TubeCase>(); });
} // namespace

} // namespace vesalius::verification
