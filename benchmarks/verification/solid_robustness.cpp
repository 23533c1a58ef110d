// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "physics/solid/solid_fields.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace vesalius::verification
{

namespace
{
/// Runs to the end with default steps and tolerances, and records how.
void converge(const std::string &name, SolidBench &bench, VerificationResult &result)
{
  auto &solver = bench.solver();
  int   newton = 0;
  try
    {
      while (!solver.finished())
        newton += solver.step().newton;
    }
  catch (const SolverFailure &failure)
    {
      result.remarks.push_back(name + ": " + failure.what());
    }
  const auto add = [&](const std::string &quantity, double value, Criterion criterion, double reference, double limit) {
    result.records.push_back(make_record(name + ": " + quantity, "", value, criterion, reference, limit, "", bench.cost()));
  };
  add("share of the loading reached", solver.time(), Criterion::at_least, 1, 1e-9);
  const auto s = solid_summary(solver);
  add("smallest Jacobian", s.volume_ratio_smallest, Criterion::at_least, 0, 0);
  add("change of the whole volume", s.volume_change, Criterion::absolute, 0, 5e-3);
  add("load steps", solver.stepping().n_steps(), Criterion::shown, 0, 0);
  add("load steps cut back", solver.stepping().n_cutbacks(), Criterion::shown, 0, 0);
  add("Newton iterations", newton, Criterion::shown, 0, 0);
}

class TwistCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    const int          n = quick ? 2 : 4;
    SolidBench bench(context, on_root(context, [&] { return make_box_mesh(3, {-0.5, -0.5, 0}, {0.5, 0.5, 3}, {n, n, 3 * n}); }), neo_hookean(1e4, std::numeric_limits<double>::infinity()));
    auto      &solver = bench.solver();
    solver.fix(bench.boundary("z_min"));
    solver.prescribe(bench.boundary("z_max"), [](double time, const double *x, double *u) {
      const double angle = std::numbers::pi * time, c = std::cos(angle), s = std::sin(angle);
      u[0] = (c - 1) * x[0] - s * x[1];
      u[1] = s * x[0] + (c - 1) * x[1];
      u[2] = 0;
    });
    solver.finish_boundaries();
    converge("column twisted by 180 degrees", bench, result);
    return result;
  }
};

class CompressionCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    const int          n = quick ? 3 : 6;
    SolidBench bench(context, on_root(context, [&] { return make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {n, n, n}); }), neo_hookean(1e4, bulk_modulus(1e4, 0.4999)));
    auto      &solver = bench.solver();
    solver.fix(bench.boundary("x_min"), {true, false, false});
    solver.fix(bench.boundary("y_min"), {false, true, false});
    solver.fix(bench.boundary("z_min"), {false, false, true});
    solver.prescribe(bench.boundary("z_max"), [](double time, const double *, double *u) {
      u[0] = u[1] = 0;
      u[2]        = -0.6 * time;
    });
    solver.finish_boundaries();
    converge("cube compressed to 40 %, top bonded", bench, result);
    return result;
  }
};

class InclusionCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    const int          n = quick ? 4 : 8;
    const std::vector  materials{neo_hookean(1e3, std::numeric_limits<double>::infinity()), neo_hookean(1e6, std::numeric_limits<double>::infinity())};
    SolidBench bench(context, on_root(context, [&] { return make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {n, n, n}); }), materials, true,
                     [](const double *x) { return std::abs(x[0] - 0.5) < 0.25 && std::abs(x[1] - 0.5) < 0.25 && std::abs(x[2] - 0.5) < 0.25 ? 1 : 0; });
    auto      &solver = bench.solver();
    solver.fix(bench.boundary("z_min"));
    solver.prescribe(bench.boundary("z_max"), [](double time, const double *, double *u) {
      u[0] = u[1] = 0;
      u[2]        = -0.2 * time;
    });
    solver.finish_boundaries();
    converge("block with an inclusion 1000 times as stiff, compressed by 20 %", bench, result);
    return result;
  }
};

const bool registered_twist = Registry<VerificationCase>::add(
  {"verification case", "solid_twist", "A column twisted by half a turn, with default options.",
   "Column of 1 x 1 x 3, incompressible neo-Hookean, held at the bottom, its top turned by 180 degrees without change of height. Gated: it converges without options, and no element is inverted.",
   "benchmarks/verification/solid_robustness.cpp"},
  [] { return std::make_unique<TwistCase>(); });
const bool registered_compression = Registry<VerificationCase>::add(
  {"verification case", "solid_compression", "A nearly incompressible cube compressed to 40 %, with default options.",
   "Cube of neo-Hookean tissue, nu = 0.4999; its top is bonded to a plate that comes down by 60 %, symmetry on the bottom and on two sides. Gated: it converges without options, and no element "
   "is inverted.",
   "benchmarks/verification/solid_robustness.cpp"},
  [] { return std::make_unique<CompressionCase>(); });
const bool registered_inclusion = Registry<VerificationCase>::add(
  {"verification case", "solid_inclusion", "A soft block with a hard inclusion, with default options.",
   "Cube of incompressible neo-Hookean tissue with a cube in its middle a thousand times as stiff; top and bottom are bonded to plates, the top comes down by 20 %. Gated: it converges without "
   "options, and no element is inverted.",
   "benchmarks/verification/solid_robustness.cpp"},
  [] { return std::make_unique<InclusionCase>(); });
} // namespace

} // namespace vesalius::verification
