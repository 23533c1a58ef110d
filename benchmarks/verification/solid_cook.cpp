// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <limits>

namespace vesalius::verification
{

namespace
{
/// One published value of the membrane.
struct Setting
{
  std::string   name;
  SolidMaterial material;
  double        traction = 0; ///< on the reference edge
  double        displacement = 0;
  std::string   source;
};

std::vector<Setting> settings_of_the_membrane()
{
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // Small strains: a load so small that only its first-order effect is left, E = 250, nu = 0.5.
  constexpr double small = 1e-6;
  return {{"linear, incompressible", neo_hookean(250. / 3, infinity), 6.25 * small, 7.767 * small, "Chavan, Lamichhane, Wohlmuth 2007"},
          {"incompressible, shear 6.25", neo_hookean(80.194, infinity), 6.25, 6.93, "Brink and Stein 1996"},
          {"incompressible, shear 20", neo_hookean(80.194, infinity), 20, 16.32, "Brink and Stein 1996"},
          {"compressible, nu = 0.3", neo_hookean(422.5e3, bulk_modulus(422.5e3, 0.3), VolumeFunction::logarithmic), 62.5e3, 13.772,
           "own computation (DESIGN: solid.md)"}};
}

Mesh membrane(int n)
{
  return mapped_box(2, {n, n, 0}, [](const std::array<double, 3> &x) -> std::array<double, 3> {
    const double low = 44 * x[0], high = 44 + 16 * x[0];
    return {48 * x[0], low + (high - low) * x[1], 0};
  });
}

class CookCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult     result;
    const std::vector<int> sizes = quick ? std::vector{8, 16} : std::vector{8, 16, 32, 64, 128};
    for (const auto &setting : settings_of_the_membrane())
      {
        VerificationCurve curve{setting.name, {}, {}, true};
        for (const int n : sizes)
          {
            SolidBench bench(context, on_root(context, [&] { return membrane(n); }), setting.material, load_steps(1));
            auto      &solver = bench.solver();
            solver.fix(bench.boundary("x_min"));
            solver.add_traction(bench.boundary("x_max"), [&](double time, const double *, double *t) {
              t[0] = 0;
              t[1] = time * setting.traction;
            });
            solver.finish_boundaries();
            solver.run();
            const double v = solver.displacement_of(bench.node_at({48, 60, 0}))[1];
            curve.x.push_back(n);
            curve.y.push_back(v / setting.displacement);
            if (n == sizes.back())
              result.records.push_back(make_record("displacement of the corner, " + setting.name, "", v, Criterion::relative, setting.displacement,
                                                   quick ? 0.02 : 3e-3, setting.source, bench.cost()));
          }
        if (result.figures.empty())
          result.figures.push_back({"cells along an edge", "displacement over reference", {}, true, false});
        result.figures[0].curves.push_back(curve);
      }
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "solid_cook", "Cook's membrane: bending and shear of a tapered panel, with and without volume change.",
   "Plane strain; corners (0, 0), (48, 44), (48, 60), (0, 44), held at x = 0, a constant shear traction on the reference edge of length 16 at x = 48. Vertical "
   "displacement of the corner (48, 60). The incompressible settings run with P2/P1 (chosen by K/mu_0), the compressible one with P2. The linear value is "
   "reached with a millionth of the load.",
   "benchmarks/verification/solid_cook.cpp"},
  [] { return std::make_unique<CookCase>(); });
} // namespace

} // namespace vesalius::verification
