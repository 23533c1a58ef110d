// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace vesalius::verification
{

namespace
{
constexpr double inner = 1, outer = 2; ///< radii, mu = 1

/// An eighth of the shell.
Mesh eighth(int n)
{
  return make_shell_quarter(n, n, [](double s, double t) -> std::array<double, 2> {
    const double r = inner + (outer - inner) * t, angle = 0.5 * std::numbers::pi * s;
    return {r * std::sin(angle), s == 1 ? 0 : r * std::cos(angle)};
  });
}

/// Incompressible neo-Hookean: the pressure that widens the cavity from A to a.
double sphere_pressure(double a)
{
  const auto   g = [](double l) { return 2 / l + 0.5 / std::pow(l, 4); };
  const double b = std::cbrt(std::pow(outer, 3) + std::pow(a, 3) - std::pow(inner, 3));
  return g(b / outer) - g(a / inner);
}

class SphereCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    const int          n = quick ? 4 : 8;
    for (const double a : {1.1, 1.5, 2.})
      {
        const bool by_volume = a == 2; // beyond the largest pressure
        SolidBench bench(context, on_root(context, [&] { return eighth(n); }), neo_hookean(1, std::numeric_limits<double>::infinity()), load_steps(0.25));
        auto      &solver = bench.solver();
        solver.fix(bench.boundary("pole_side_x"), {true, false, false});
        solver.fix(bench.boundary("pole_side_y"), {false, true, false});
        solver.fix(bench.boundary("end"), {false, false, true});
        const double p = sphere_pressure(a), volume = std::numbers::pi / 6 * (a * a * a - inner);
        if (by_volume)
          solver.add_cavity(bench.boundary("inside"), [volume](double time) { return time * volume; }, {0, 0, 0});
        else
          solver.add_pressure(bench.boundary("inside"), [p](double time) { return time * p; });
        solver.finish_boundaries();
        solver.run();
        if (by_volume)
          result.records.push_back(make_record("pressure at a = 2 A, by cavity volume", "mu", solver.cavity_pressure(0), Criterion::relative, p, quick ? 5e-3 : 1e-3, "exact",
                                               bench.cost()));
        else
          result.records.push_back(make_record(fmt::format("inner radius at p = {:.8f} mu", p), "A", bench.position_of({inner, 0, 0})[0], Criterion::relative, a,
                                               quick ? 5e-3 : 1e-3, "exact", bench.cost()));
        result.records.push_back(make_record(fmt::format("outer radius at a = {} A", a), "A", bench.position_of({0, outer, 0})[1], Criterion::relative,
                                             std::cbrt(7 + a * a * a), quick ? 5e-3 : 1e-3, "exact", bench.cost()));
      }
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "solid_sphere", "Thick sphere under inner pressure and by cavity volume, incompressible neo-Hookean: exact radii and pressure.",
   "Radii A = 1 and B = 2, mu = 1; an eighth of the shell with curved P2/P1 tetrahedra and symmetry on its three cuts. Exact: p = mu [g(b/B) - g(a/A)], "
   "g(l) = 2/l + 1/(2 l^4), b^3 = B^3 + a^3 - A^3. The pressure is largest, 0.81642 mu, at a = 1.828: a = 2 lies on the falling branch and is reached by prescribing "
   "the volume of the cavity.",
   "benchmarks/verification/solid_sphere.cpp"},
  [] { return std::make_unique<SphereCase>(); });
} // namespace

} // namespace vesalius::verification
