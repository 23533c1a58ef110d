// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/pipe_run.h"
#include "benchmarks/verification/flow_case_tools.h"
#include "physics/flow/flow_ensemble.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

namespace vesalius::performance
{

namespace
{
constexpr double dt = 0.005, wanted_gain = 2.5;

/// Samples of the pipe on one process, advancing together or, one alone, as FlowSolver makes a run.
class PipeSamples
{
public:
  PipeSamples(const RunContext &context, const Mesh &mesh, int n)
  {
    RunContext alone   = context;
    alone.communicator = MPI_COMM_SELF;
    alone.rank         = 0;
    alone.n_ranks      = 1;
    std::vector<FlowSolver *> solvers;
    for (int s = 0; s < n; ++s)
      {
        benches_.push_back(std::make_unique<verification::FlowBench>(alone, mesh, pipe_settings()));
        start_pipe(benches_.back()->solver(), n == 1 ? 1. : 0.8 + 0.4 * s / (n - 1));
        solvers.push_back(dynamic_cast<FlowSolver *>(&benches_.back()->solver()));
      }
    if (n > 1)
      ensemble_ = std::make_unique<FlowEnsemble>(solvers);
  }
  FlowStep step()
  {
    const auto result = ensemble_ ? ensemble_->step(dt).front() : benches_.front()->step(dt);
    if (!result.accepted)
      throw SolverFailure("a step of the samples was not accepted: " + result.reason);
    return result;
  }
  double velocity_dofs() const { return 3. * double(benches_.front()->space().p2().n_global); }

private:
  std::vector<std::unique_ptr<verification::FlowBench>> benches_;
  std::unique_ptr<FlowEnsemble>                         ensemble_;
};

struct Measures
{
  double core_seconds = 0; ///< a step of one sample
  double spread = 0, foreign = 0, velocity_iterations = 0, pressure_iterations = 0, dofs = 0;
};

/// Every rank has `n_samples` of its own on the whole mesh.
Measures measure(const RunContext &context, int n_ranks, double cells_across, int n_samples, int blocks, int steps_a_block, double patience)
{
  const auto numbers = on_first_ranks(context, n_ranks, [&](RunContext &inside) {
    PipeSamples samples(inside, make_benchmark_pipe(cells_across), n_samples);
    for (int i = 0; i < 3; ++i)
      samples.step();
    wait_for_idle(inside, patience);
    std::vector<Timing> timings;
    double              velocity = 0, pressure = 0;
    for (int block = 0; block < blocks; ++block)
      {
        const Stopwatch watch(inside.communicator);
        for (int i = 0; i < steps_a_block; ++i)
          {
            const auto step = samples.step();
            velocity += step.velocity_iterations;
            pressure += step.pressure_iterations;
          }
        timings.push_back(watch.stop());
      }
    const auto   repeated = median_of(timings);
    const double n_steps  = double(blocks) * steps_a_block;
    return std::vector<double>{repeated.median.core_seconds / steps_a_block / (double(n_samples) * n_ranks), repeated.spread, repeated.foreign_seconds,
                               velocity / n_steps, pressure / n_steps, samples.velocity_dofs()};
  });
  return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
}

class EnsembleBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    struct Size
    {
      const char *name;
      double      cells_across;
    };
    const auto         sizes = quick ? std::vector<Size>{{"2 k", 3}} : std::vector<Size>{{"11 k", 5.8}, {"42 k", 8.8}};
    VerificationResult result;
    std::string        table = "| tetrahedra | ranks | samples a rank | core-s a step and sample | velocity DoF per core-s | times one sample's | iterations a step, velocity / pressure | spread | "
                               "foreign, s |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const auto &size : sizes)
      for (const int n_ranks : rank_numbers(context))
        {
          double alone = 0;
          for (const int n_samples : {1, 2, 4, 8})
            {
              const auto m = measure(context, n_ranks, size.cells_across, n_samples, quick ? 2 : 5, quick ? 1 : (n_samples == 1 ? 12 : 4), quick ? 0 : 20);
              if (n_samples == 1)
                alone = m.core_seconds;
              const double gain = alone / m.core_seconds;
              table += fmt::format("| {} | {} | {} | {:.4g} | {:.3g} M | {:.2f} | {:.1f} / {:.1f} | {:.0f} % | {:.2f} |\n", size.name, n_ranks, n_samples, m.core_seconds,
                                   1e-6 * m.dofs / m.core_seconds, gain, m.velocity_iterations, m.pressure_iterations, 100 * m.spread, m.foreign);
              const VerificationCost cost{std::uint64_t(m.dofs), m.core_seconds, n_ranks, m.foreign};
              const auto             name = fmt::format("{} samples, {} tetrahedra, {} rank{}", n_samples, size.name, n_ranks, n_ranks > 1 ? "s" : "");
              result.records.push_back(make_record("core-seconds a step and sample, " + name, "s", m.core_seconds, Criterion::shown, std::nan(""), 0, "", cost));
              if (n_samples == 8)
                result.records.push_back(make_record("throughput a core over that of one sample, " + name, "", gain, quick ? Criterion::shown : Criterion::at_least,
                                                     wanted_gain, 0, "FlowSolver with one sample on every rank", cost));
            }
        }
    table.pop_back();
    result.remarks.push_back(table);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_ensemble", "Samples of the published pipe with inflows of their own, one, two, four and eight together.",
   "The pipe of the case `pipe`, P2/P1, dt 0.005 s, implicit convection; the samples' inflows are 0.8 to 1.2 times the published one. One sample is a "
   "run as `vesalius run` makes it, with the step that it would have alone; two to eight advance together (FlowEnsemble), with spare places below eight. Each rank "
   "has the whole mesh and samples of its own. After three steps five blocks of steps are timed; the median block counts. Core-seconds: wall time times ranks, over "
   "the samples.",
   "benchmarks/performance/bench_ensemble.cpp"},
  [] { return std::make_unique<EnsembleBenchmark>(); });
} // namespace

} // namespace vesalius::performance
