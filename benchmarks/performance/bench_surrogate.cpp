// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "benchmarks/performance/measurement.h"
#include "benchmarks/verification/reliability_tools.h"
#include "solver/app/processes.h"
#include "solver/core/child_process.h"
#include "solver/core/registry.h"
#include "tests/surrogate_example.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>

namespace vesalius::performance
{

namespace
{
namespace fs = std::filesystem;

/// What is timed, in this order; with the limits that a surrogate in a clinical tool was given.
struct Timed
{
  const char *name;
  double      limit_us; ///< 0: none
};
constexpr std::array<Timed, 4> timed{{{"scalar field, 20 modes", 150}, {"vector field, 60 modes", 1000}, {"scalars", 0}, {"domain", 0}}};

/// Median of so many calls at inputs of the box, in microseconds.
template <class Call>
double median_us(const SurrogateModel &model, int repetitions, const Call &call)
{
  std::mt19937_64     random(1);
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i)
    {
      const auto x     = example::draw_inputs(model, random);
      const auto start = std::chrono::steady_clock::now();
      call(x);
      times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
  std::nth_element(times.begin(), times.begin() + repetitions / 2, times.end());
  return times[repetitions / 2];
}

std::vector<double> native_times(const SurrogateModel &model, const std::string &file, int repetitions)
{
  const SurrogateFile                    surrogate(file);
  const auto                            *opened = surrogate.model();
  std::vector<double>                    workspace(vesalius_surrogate_workspace_size(opened) / 8 + 1);
  const std::size_t                      size = 8 * workspace.size();
  std::vector<float>                     values(model.fields[1].mean.size()), half_widths(model.fields[1].n_nodes());
  std::vector<vesalius_surrogate_number> numbers(model.scalars.size());
  vesalius_surrogate_domain              domain;
  std::vector<double>                    times;
  for (const std::uint32_t field : {0u, 1u})
    times.push_back(median_us(model, repetitions, [&](const std::vector<double> &x) {
      vesalius_surrogate_predict_field(opened, field, x.data(), workspace.data(), size, values.data(), half_widths.data());
    }));
  times.push_back(median_us(model, repetitions, [&](const std::vector<double> &x) {
    vesalius_surrogate_predict_scalars(opened, x.data(), workspace.data(), size, numbers.data());
  }));
  times.push_back(median_us(model, repetitions, [&](const std::vector<double> &x) {
    vesalius_surrogate_check_domain(opened, x.data(), workspace.data(), size, &domain);
  }));
  return times;
}

/// The same under Node; nothing where Node or the module is missing.
std::vector<double> wasm_times(const fs::path &module, const std::string &file, int repetitions)
{
  const auto node = internal::find_program("node");
  if (node.empty() || !fs::exists(module))
    return {};
  const auto source = fs::path(VESALIUS_SOURCE_DIR);
  const auto run    = internal::run_program({node, (source / "benchmarks/performance/surrogate_wasm.mjs").string(), (source / "ai_surrogates/runtime/vesalius_surrogate.mjs").string(),
                                             module.string(), file, std::to_string(repetitions)},
                                            ".", 120);
  const auto times  = nlohmann::json::parse(run.output, nullptr, false);
  return run.succeeded() && times.is_array() ? times.get<std::vector<double>>() : std::vector<double>();
}

/// Of this process and of its children.
double own_seconds()
{
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC + children_seconds();
}

class SurrogateBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const int  repetitions = quick ? 3 : 400;
    const auto module      = fs::path(own_executable()).parent_path().parent_path() / "ai_surrogates/runtime/vesalius_surrogate.wasm";
    const auto times       = on_first_ranks(context, 1, [&](RunContext &inside) -> std::vector<double> {
      const auto model = example::make_model(quick ? example::Sizes{.n_inputs = 8} :
                                                     example::Sizes{.n_inputs = 8, .n_points = 120, .n_nodes = 20000, .n_scalar_modes = 20, .n_vector_modes = 60, .n_scores = 2000});
      const verification::WorkFolder folder;
      write_surrogate(model, folder.path("model.surr"));
      wait_for_idle(inside, quick ? 0 : 30);
      const double busy = busy_seconds(), own = own_seconds();
      auto         all  = native_times(model, folder.path("model.surr"), repetitions);
      const auto   wasm = wasm_times(module, folder.path("model.surr"), repetitions);
      all.insert(all.end(), wasm.begin(), wasm.end());
      const double used = own_seconds() - own;
      all.insert(all.begin(), {used, std::max(0., busy_seconds() - busy - used)});
      return all;
    });
    VerificationResult result;
    add(times, quick, result);
    if (fs::exists(module))
      result.records.push_back(make_record("size of the WebAssembly module", "byte", static_cast<double>(fs::file_size(module)), Criterion::at_most, 8192, 0, "", {}));
    if (times.size() < 2 + 2 * timed.size())
      result.remarks.push_back("**Skipped:** WebAssembly, which needs clang, lld and nodejs.");
    return result;
  }

private:
  static void add(const std::vector<double> &times, bool quick, VerificationResult &result)
  {
    const VerificationCost cost{0, times[0], 1, times[1]};
    std::string            table = "| prediction | native, us | WebAssembly, us | to reach, us |\n|---|---|---|---|\n";
    for (std::size_t i = 0; i < timed.size(); ++i)
      {
        table += fmt::format("| {} |", timed[i].name);
        for (const std::size_t k : {i, timed.size() + i})
          {
            const bool is_there = 2 + k < times.size();
            table += is_there ? fmt::format(" {:.1f} |", times[2 + k]) : " |";
            if (is_there)
              result.records.push_back(make_record(fmt::format("{}, {}", timed[i].name, k == i ? "native" : "WebAssembly"), "us", times[2 + k],
                                                   quick || timed[i].limit_us == 0 ? Criterion::shown : Criterion::at_most, timed[i].limit_us == 0 ? std::nan("") : timed[i].limit_us, 0,
                                                   "", cost));
          }
        table += timed[i].limit_us == 0 ? " |\n" : fmt::format(" {:.0f} |\n", timed[i].limit_us);
      }
    table.pop_back();
    result.remarks.push_back(table);
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_surrogate", "What a surrogate's prediction takes, native and as WebAssembly.",
   "A made-up surrogate with 8 inputs and 120 training points: a scalar field of 20,000 nodes with 20 modes and a vector field with 60, each with its interval, two scalars, the domain's "
   "status with 2,000 reference scores. Medians of 400 calls at inputs drawn anew, on one core, the Gaussian processes' part included; WebAssembly under Node, called through "
   "`ai_surrogates/runtime/vesalius_surrogate.mjs`.",
   "benchmarks/performance/bench_surrogate.cpp"},
  [] { return std::make_unique<SurrogateBenchmark>(); });
} // namespace

} // namespace vesalius::performance
