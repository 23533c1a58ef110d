// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"
#include "benchmarks/verification/reliability_tools.h"
#include "solver/app/processes.h"
#include "solver/core/registry.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace vesalius::performance
{

namespace
{
/// What one run of the program found; `problem` is why there is nothing, the same on all ranks, the rest is rank 0's.
struct KernelRun
{
  std::string    problem;
  nlohmann::json output;
  double         core_seconds = 0, foreign_seconds = 0;
};

/// The program of `ninja benchmarks`, on so many ranks.
KernelRun run_kernel_program(const RunContext &context, int n_ranks, bool quick)
{
  KernelRun  result;
  const auto program = std::filesystem::path(own_executable()).parent_path().parent_path() / "benchmarks/benchmark_kernels";
  if (!std::filesystem::exists(program))
    {
      result.problem = "the kernels' program has not been built: ninja -C build benchmarks";
      return result;
    }
  const auto good = on_first_ranks(context, 1, [&](RunContext &) {
    const verification::WorkFolder folder;
    auto                           command = verification::clean_environment();
    for (const auto &word : with_mpirun({program.string(), quick ? "6" : "56", quick ? "0.01" : "0.4", "--benchmark_out=kernels.json", "--benchmark_out_format=json",
                                         quick ? "--benchmark_repetitions=1" : "--benchmark_repetitions=5",
                                         "--benchmark_report_aggregates_only=false"},
                                        n_ranks))
      command.push_back(word);
    const double busy = busy_seconds(), own = children_seconds();
    const auto   run  = internal::run_program(command, folder.path("."), 900);
    result.core_seconds    = children_seconds() - own;
    result.foreign_seconds = std::max(0., busy_seconds() - busy - result.core_seconds);
    std::ifstream stream(folder.path("kernels.json"));
    result.output = nlohmann::json::parse(stream, nullptr, false);
    return std::vector<double>{run.succeeded() && result.output.is_object() ? 1. : 0.};
  });
  if (good[0] == 0)
    result.problem = "the kernels' program failed";
  return result;
}

/// A counter's median over the repetitions of each kernel.
std::map<std::string, double> medians(const nlohmann::json &output, const std::string &counter)
{
  std::map<std::string, std::vector<double>> values;
  for (const auto &entry : output.at("benchmarks"))
    if (entry.value("run_type", "") == "iteration")
      {
        const std::string name = entry.at("name"); // name/iterations:9
        values[name.substr(0, name.find('/'))].push_back(entry.at(counter));
      }
  std::map<std::string, double> result;
  for (auto &[name, list] : values)
    {
      std::sort(list.begin(), list.end());
      result[name] = list[list.size() / 2];
    }
  return result;
}

class KernelsBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    std::string        table = "| kernel | ranks | MDoF/s a core | GB/s a core | flops a byte | share of the roofline |\n|---|---|---|---|---|---|\n", context_text;
    for (const int n_ranks : rank_numbers(context))
      {
        wait_for_idle(context, quick ? 0 : 60);
        const auto kernels = run_kernel_program(context, n_ranks, quick);
        if (!kernels.problem.empty())
          {
            result.remarks.push_back("**Skipped:** " + kernels.problem + ".");
            return result;
          }
        if (!context.is_root())
          continue;
        const auto &output = kernels.output;
        add(kernels, n_ranks, quick, table, result);
        context_text += fmt::format("With {} rank{}: triad {} GB/s, multiply-add {} GF/s a core. ", n_ranks, n_ranks > 1 ? "s" : "",
                                    output.at("context").at("triad_GB_per_second_and_rank").get<std::string>(),
                                    output.at("context").at("multiply_add_GF_per_second_and_rank").get<std::string>());
      }
    table.pop_back();
    result.remarks = {context_text, table};
    return result;
  }

private:
  static void add(const KernelRun &run, int n_ranks, bool quick, std::string &table, VerificationResult &result)
  {
    const auto &output = run.output;
    const auto share = medians(output, "share"), dofs = medians(output, "dofs_per_second"), bytes = medians(output, "bytes_per_second"),
               intensity = medians(output, "flops_per_byte");
    for (const auto &[name, value] : share)
      {
        const VerificationCost cost{0, run.core_seconds, n_ranks, run.foreign_seconds};
        const auto             on = fmt::format("{}, {} rank{}", name, n_ranks, n_ranks > 1 ? "s" : "");
        table += fmt::format("| {} | {} | {:.1f} | {:.1f} | {:.2f} | {:.0f} % |\n", name, n_ranks, 1e-6 * dofs.at(name), 1e-9 * bytes.at(name), intensity.at(name), 100 * value);
        result.records.push_back(make_record("share of the roofline, " + on, "", value, quick ? Criterion::shown : Criterion::at_least, 0.7, 0, "", cost));
        result.records.push_back(make_record("DoF/s a core, " + on, "1/s", dofs.at(name), Criterion::shown, std::nan(""), 0, "", cost));
      }
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_kernels", "Element kernels and matrix products, each beside the roofline.",
   "`benchmark_kernels` (Google Benchmark, `ninja -C build benchmarks`): each kernel on 56^3 cubes of six tetrahedra a rank (P1: 112^3), whose matrices take 300 and 570 MB, all ranks at once, the median of five repetitions. The roofline is min(peak of "
   "multiply-adds, flops a byte times triad), measured by the same program just before; `benchmarks/performance/kernels/benchmark_kernels.cpp` counts bytes and flops.",
   "benchmarks/performance/bench_kernels.cpp"},
  [] { return std::make_unique<KernelsBenchmark>(); });
} // namespace

} // namespace vesalius::performance
