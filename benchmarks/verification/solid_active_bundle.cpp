// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>

namespace vesalius::verification
{

namespace
{
constexpr double inner = 1, outer = 2; ///< radii of the ring

SolidMaterial active_tissue(double tension) { return tissue_of(fmt::format("set Shear modulus = 1 Pa\nset Active tension = 0 s: 0 Pa, 1 s: {} Pa\n", tension)); }

/// Length of a block over that at rest, its fibres along it.
double bundle_stretch(RunContext &context, int n, double tension, VerificationCost &cost)
{
  SolidBench bench(context, on_root(context, [&] { return mapped_box(3, {2 * n, n, n}, [](const std::array<double, 3> &x) -> std::array<double, 3> { return {2 * x[0], x[1], x[2]}; }); }),
                   active_tissue(tension), load_steps(0.25, 0.25));
  bench.set_fibres(make_constant_fibres({1, 0, 0}, {0, 1, 0}));
  auto &solver = bench.solver();
  solver.fix(bench.boundary("x_min"), {true, false, false});
  solver.fix(bench.boundary("y_min"), {false, true, false});
  solver.fix(bench.boundary("z_min"), {false, false, true});
  solver.finish_boundaries();
  solver.run();
  cost = bench.cost();
  return bench.position_of({2, 1, 1})[0] / 2;
}

/// The inner radius of a ring with fibres around it: the one at which no pressure is needed.
double ring_radius(double tension)
{
  // Sum over the wall of (sigma_c - sigma_r) dr/r, in the variable R, by Simpson's rule; r dr = R dR.
  const auto pressure = [&](double a) {
    const auto integrand = [&](double R) {
      const double r2 = R * R - inner * inner + a * a, l2 = r2 / (R * R);
      return (l2 - 1 / l2 + tension * l2) * R / r2;
    };
    constexpr int n   = 2000;
    double        sum = integrand(inner) + integrand(outer);
    for (int i = 1; i < n; ++i)
      sum += (i % 2 == 1 ? 4 : 2) * integrand(inner + (outer - inner) * i / n);
    return sum * (outer - inner) / (3 * n);
  };
  double low = 0.1, high = 1;
  for (int k = 0; k < 60; ++k)
    (pressure(0.5 * (low + high)) > 0 ? high : low) = 0.5 * (low + high);
  return 0.5 * (low + high);
}

std::array<double, 2> contracted_ring(RunContext &context, int n, double tension, VerificationCost &cost)
{
  SolidBench bench(context, on_root(context, [&] { return make_ring(inner, outer, n); }), active_tissue(tension), load_steps(0.25, 0.25));
  HelixRule  around;
  around.inner_radius = inner;
  around.outer_radius = outer;
  bench.set_fibres(make_helix_fibres(around));
  auto &solver = bench.solver();
  solver.fix(bench.boundary("y_min"), {false, true, false});
  solver.fix(bench.boundary("y_max"), {true, false, false});
  solver.finish_boundaries();
  solver.run();
  cost = bench.cost();
  return {bench.position_of({inner, 0, 0})[0], bench.position_of({0, outer, 0})[1]};
}

class ActiveBundleCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    for (const double tension : {0.5, 2.})
      {
        VerificationCost cost;
        const double     stretch = bundle_stretch(context, 3, tension, cost);
        result.records.push_back(make_record(fmt::format("length of the free bundle, T = {} mu", tension), "of the first", stretch, Criterion::relative,
                                             std::cbrt(1 / (1 + tension)), 5e-3, "exact", cost));
        const auto   radii = contracted_ring(context, quick ? 6 : 12, tension, cost);
        const double a     = ring_radius(tension);
        result.records.push_back(make_record(fmt::format("inner radius of the ring, T = {} mu", tension), "A", radii[0], Criterion::relative, a, 5e-3,
                                             "exact (one integral)", cost));
        result.records.push_back(make_record(fmt::format("outer radius of the ring, T = {} mu", tension), "A", radii[1], Criterion::relative,
                                             std::sqrt(outer * outer + a * a - inner * inner), 5e-3, "exact (one integral)", cost));
      }
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "solid_active_bundle", "A bundle and a ring of active fibres contract without load, incompressible neo-Hookean: exact lengths.",
   "The active tension T adds T f0 f0 to the second Piola-Kirchhoff stress. A free bundle with all fibres along it contracts to (mu/(mu + T))^(1/3) of its length. A ring in "
   "plane strain, radii A = 1 and B = 2, with fibres around it (rule `helix in a cylinder`, angle 0, at the quadrature points of curved triangles) contracts until the "
   "integral of (mu (l^2 - l^-2) + T l^2) dr/r through the wall is zero, l = r/R, r^2 = R^2 - A^2 + a^2.",
   "benchmarks/verification/solid_active_bundle.cpp"},
  [] { return std::make_unique<ActiveBundleCase>(); });
} // namespace

} // namespace vesalius::verification
