// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"
#include "benchmarks/verification/flow_order_study.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

namespace vesalius::performance
{

namespace
{
/// What some steps of the Beltrami flow in a box of n^3 cubes took.
struct BoxSteps
{
  double core_seconds_a_step = 0, set_up_seconds = 0, velocity_dofs = 0, velocity_iterations = 0, pressure_iterations = 0, foreign_seconds = 0;
};

BoxSteps run_box(const RunContext &context, int n_ranks, int n, bool quick)
{
  constexpr double dt = 0.002;
  const auto       v  = on_first_ranks(context, n_ranks, [&](RunContext &inside) -> std::vector<double> {
    const auto       study = verification::beltrami_study(1e-6);
    const Mesh       mesh  = verification::on_root(inside, [&] { return study.mesh(n); });
    const Stopwatch  set_up(inside.communicator);
    verification::FlowBench bench(inside, mesh, study.settings);
    study.set_boundaries(bench);
    bench.solver().finish_boundaries();
    bench.solver().start_from_exact(0, dt, study.velocity, study.pressure);
    const auto prepared = set_up.stop();
    for (int i = 0; i < 2; ++i)
      bench.step(dt);
    wait_for_idle(inside, quick ? 0 : 20);
    std::vector<Timing> steps;
    double              velocity = 0, pressure = 0;
    for (int i = 0; i < (quick ? 2 : 5); ++i)
      {
        const Stopwatch watch(inside.communicator);
        const auto      step = bench.step(dt);
        steps.push_back(watch.stop());
        velocity += step.velocity_iterations;
        pressure += step.pressure_iterations;
      }
    const auto median = median_of(steps);
    return {median.median.core_seconds, prepared.wall, 3. * double(bench.space().p2().n_global), velocity / double(steps.size()),
            pressure / double(steps.size()), median.foreign_seconds};
  });
  return {v[0], v[1], v[2], v[3], v[4], v[5]};
}

class ScalingBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    VerificationFigure figure{"ranks", "parallel efficiency", {}, true, false};
    const int          strong = quick ? 4 : 40, weak = quick ? 3 : 12;
    study(context, quick, "strong", [strong](int) { return strong; }, result, figure);
    study(context, quick, "weak", [weak](int n_ranks) { return static_cast<int>(std::lround(weak * std::cbrt(n_ranks))); }, result, figure);
    result.figures.push_back(figure);
    return result;
  }

private:
  /// `size`: cubes along an edge for a number of ranks. Efficiency: core-seconds an unknown on one rank over those on several.
  static void study(const RunContext &context, bool quick, const std::string &name, const std::function<int(int)> &size, VerificationResult &result, VerificationFigure &figure)
  {
    std::string table = "| " + name + " scaling, ranks | velocity DoF | core-s a step | efficiency | iterations a step, velocity / pressure | set-up, core-s | set-up in steps | foreign, s |\n"
                        "|---|---|---|---|---|---|---|---|\n";
    VerificationCurve curve{name, {}, {}, true};
    double            first = 0;
    for (const int n_ranks : rank_numbers(context))
      {
        const auto   m       = run_box(context, n_ranks, size(n_ranks), quick);
        const double one_dof = m.core_seconds_a_step / m.velocity_dofs, set_up = m.set_up_seconds * n_ranks;
        first                = n_ranks == 1 ? one_dof : first;
        const VerificationCost cost{std::uint64_t(m.velocity_dofs), m.core_seconds_a_step, n_ranks, m.foreign_seconds};
        const auto             on = fmt::format(", {} scaling, {} rank{}", name, n_ranks, n_ranks > 1 ? "s" : "");
        result.records.push_back(make_record("core-seconds a step" + on, "s", m.core_seconds_a_step, Criterion::shown, std::nan(""), 0, "", cost));
        result.records.push_back(make_record("parallel efficiency" + on, "", first / one_dof, Criterion::shown, std::nan(""), 0, "", cost));
        result.records.push_back(make_record("set-up, steps that cost as much" + on, "", set_up / m.core_seconds_a_step, Criterion::shown, std::nan(""), 0, "", cost));
        table += fmt::format("| {} | {:.0f} | {:.4g} | {:.2f} | {:.1f} / {:.1f} | {:.3g} | {:.0f} | {:.2f} |\n", n_ranks, m.velocity_dofs, m.core_seconds_a_step, first / one_dof,
                             m.velocity_iterations, m.pressure_iterations, set_up, set_up / m.core_seconds_a_step, m.foreign_seconds);
        curve.x.push_back(n_ranks);
        curve.y.push_back(first / one_dof);
      }
    table.pop_back();
    result.remarks.push_back(table);
    figure.curves.push_back(curve);
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_scaling", "Strong and weak scaling over 1, 2, 4, ... ranks of one run.",
   "The Beltrami flow on [-1, 1]^3, P2/P1, tolerances of 1e-6: 40^3 cubes of six tetrahedra on all numbers of ranks, then 12^3 cubes a rank. Seven steps, the median of the last five. "
   "Within a SLURM job (docs/howto/slurm_scaling.md) to as many ranks as it has.",
   "benchmarks/performance/bench_scaling.cpp"},
  [] { return std::make_unique<ScalingBenchmark>(); });
} // namespace

} // namespace vesalius::performance
