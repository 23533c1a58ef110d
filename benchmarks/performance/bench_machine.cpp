// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/machine_limits.h"
#include "benchmarks/performance/measurement.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

namespace vesalius::performance
{

namespace
{
class MachineBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    std::string        table = "| ranks | triad, GB/s | read, GB/s | multiply-add, GF/s | flops a byte | foreign programs, s |\n|---|---|---|---|---|---|\n";
    for (const int n_ranks : rank_numbers(context))
      {
        const auto v = on_first_ranks(context, n_ranks, [&](RunContext &inside) -> std::vector<double> {
          wait_for_idle(inside, quick ? 0 : 30);
          const Stopwatch watch(inside.communicator);
          const auto      limits = quick ? measure_machine(inside.communicator, 2, 16) : measure_machine(inside.communicator);
          const auto      timing = watch.stop();
          return {limits.triad_bytes_per_second / 1e9, limits.read_bytes_per_second / 1e9, limits.flops_per_second / 1e9,
                  timing.core_seconds, timing.foreign_seconds};
        });
        const VerificationCost cost{0, v[3], n_ranks, v[4]};
        const auto             on = fmt::format(", {} rank{}", n_ranks, n_ranks > 1 ? "s" : "");
        result.records.push_back(make_record("triad" + on, "GB/s", v[0], Criterion::shown, std::nan(""), 0, "", cost));
        result.records.push_back(make_record("read" + on, "GB/s", v[1], Criterion::shown, std::nan(""), 0, "", cost));
        result.records.push_back(make_record("multiply-add" + on, "GF/s", v[2], Criterion::shown, std::nan(""), 0, "", cost));
        table += fmt::format("| {} | {:.1f} | {:.1f} | {:.0f} | {:.1f} | {:.2f} |\n", n_ranks, v[0], v[1], v[2], v[2] / v[0], v[4]);
      }
    table.pop_back();
    result.remarks.push_back(table);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_machine", "What the machine can do: memory and multiply-adds.",
   "STREAM's triad (24 bytes an element, three arrays of 128 MB a rank), a sum over one of them, and fused multiply-adds in sixteen chains of the "
   "widest registers; the best of ten. The shares of the roofline on the other pages refer to a measurement of the same kind in the same run.",
   "benchmarks/performance/bench_machine.cpp"},
  [] { return std::make_unique<MachineBenchmark>(); });
} // namespace

} // namespace vesalius::performance
