// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/surrogate_writer.h"
#include "benchmarks/performance/measurement.h"
#include "benchmarks/verification/reliability_tools.h"
#include "solver/app/processes.h"
#include "solver/core/registry.h"
#include "tests/surrogate_example.h"
#include "tests/verification/synthetic_vessel.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <filesystem>

namespace vesalius::performance
{

namespace
{
namespace fs = std::filesystem;

struct PageSize
{
  const char *name;
  std::size_t n_around, n_along;
  bool        is_moved; ///< the shape is predicted, too
};

/// Waves around and along a tube, the faster the weaker; a vector points outwards.
SurrogateField wave_field(const std::string &name, const std::string &unit, std::size_t c, std::size_t n_modes, std::size_t group, double size, const Mesh &tube)
{
  SurrogateField field{name, unit, "wall", c, group, {}, {}, {}, std::vector<float>(tube.points.size(), float(1e-4 * size * size)), {2.5, 0.9, 0, 1e-3 * size}};
  for (const auto &x : tube.points)
    for (std::size_t k = 0; k < c; ++k)
      field.mean.push_back(float(c == 1 ? 0 : x[k]));
  for (std::size_t r = 0; r < n_modes; ++r)
    {
      field.outputs.push_back(std::uint32_t(r));
      for (const auto &x : tube.points)
        {
          const double wave = 0.2 * size / double(r + 1) * std::cos(double(r % 4) * std::atan2(x[1], x[0])) * std::sin(40 * double(r / 4 + 1) * x[2]);
          for (std::size_t k = 0; k < c; ++k)
            field.modes.push_back(float(c == 1 ? wave : k == 2 ? 0 : wave * x[k] / 0.005));
        }
    }
  return field;
}

/// A surrogate whose page has much to draw; every input of its box is within its domain.
SurrogateModel tube_surrogate(const PageSize &size)
{
  std::mt19937_64                      random(1);
  surrogates::testing::VesselRuns      runs;
  runs.n_around   = size.n_around;
  runs.n_along    = size.n_along;
  const Mesh tube = surrogates::testing::vessel_mesh(runs);
  auto       model = example::make_model({.n_inputs = 8, .n_points = 120, .n_scalar_modes = 20, .n_vector_modes = 20});
  model.fields     = {wave_field("wall_pressure", "Pa", 1, 20, 0, 100, tube)};
  if (size.is_moved)
    model.fields.push_back(wave_field("position", "m", 3, 20, 1, 1e-3, tube));
  model.domain.reference_scores.assign(2000, 1e9);
  model.mesh_points.clear();
  for (const auto &x : tube.points)
    model.mesh_points.push_back({float(x[0]), float(x[1]), float(x[2])});
  model.mesh_triangles.clear();
  for (std::size_t f = 0; f < tube.boundary_faces.size(); f += 3)
    model.mesh_triangles.push_back({tube.boundary_faces[f], tube.boundary_faces[f + 1], tube.boundary_faces[f + 2]});
  return model;
}

/// What is timed, in this order; with the limits that a page was given.
struct Timed
{
  const char *name;
  double      limit_ms; ///< 0: none
};
constexpr std::array<Timed, 9> timed{{{"opened, numbers there, a browser's first page", 1000},
                                      {"opened, picture there, a browser's first page", 1000},
                                      {"opened, numbers there, later pages", 1000},
                                      {"opened, picture there, later pages", 1000},
                                      {"slider to picture", 50},
                                      {"of it until the drawing is asked for", 0},
                                      {"the same picture drawn from another side", 0},
                                      {"processor time of a step, the page's process", 0},
                                      {"processor time of a step, the process that draws", 0}}};

/// Nothing where the page or a browser is missing; the reason then in `missing`.
std::vector<double> page_times(const PageSize &size, int repetitions, std::string &missing)
{
  const auto chromium = internal::find_program("chromium"), node = internal::find_program("node");
  if (chromium.empty() || node.empty())
    {
      missing = "chromium or node is not installed";
      return {};
    }
  const verification::WorkFolder folder;
  write_surrogate(tube_surrogate(size), folder.path("tube.surr"));
  if (const auto exported = folder.call({"export-page", folder.path("tube.surr"), "--output", folder.path("tube.html")}, 60); !exported.succeeded())
    {
      missing = exported.output;
      return {};
    }
  const auto run   = internal::run_program({node, VESALIUS_SOURCE_DIR "/benchmarks/performance/page_times.mjs", chromium, folder.path("tube.html"), std::to_string(repetitions)}, ".", 300);
  const auto times = nlohmann::json::parse(run.output, nullptr, false);
  if (!run.succeeded() || !times.is_object())
    {
      missing = "the browser failed: " + run.output;
      return {};
    }
  return {times["first"][0], times["first"][1], times["again"][0], times["again"][1], times["slider"]["toPicture"], times["slider"]["script"], times["drawing"],
          times["processor"]["page"], times["processor"]["graphics"]};
}

class PageBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const auto sizes = quick ? std::vector<PageSize>{{"240 nodes, moved", 12, 20, true}} :
                               std::vector<PageSize>{{"20,000 nodes, 39,800 triangles", 100, 200, false}, {"the same with a predicted shape", 100, 200, true}};
    VerificationResult result;
    std::string        table = "| page |";
    for (const auto &time : timed)
      table += fmt::format(" {}, ms |", time.name);
    table += " foreign programs, s |\n|" + [] { std::string dashes; for (std::size_t i = 0; i < timed.size() + 2; ++i) dashes += "---|"; return dashes; }() + "\n";
    for (const auto &size : sizes)
      {
        std::string missing;
        const auto  times = on_first_ranks(context, 1, [&](RunContext &inside) {
          wait_for_idle(inside, quick ? 0 : 30);
          const double busy = busy_seconds(), own = children_seconds();
          auto         all  = page_times(size, quick ? 3 : 25, missing);
          const double used = children_seconds() - own;
          all.insert(all.begin(), {used, std::max(0., busy_seconds() - busy - used)});
          return all;
        });
        if (times.size() < 2 + timed.size())
          result.remarks.push_back("**Skipped:** " + missing);
        else
          table += add(size, times, quick, result);
      }
    if (!result.records.empty())
      result.remarks.push_back(table.substr(0, table.size() - 1));
    return result;
  }

private:
  static std::string add(const PageSize &size, const std::vector<double> &times, bool quick, VerificationResult &result)
  {
    std::string row = fmt::format("| {} |", size.name);
    for (std::size_t i = 0; i < timed.size(); ++i)
      {
        const bool has_limit = timed[i].limit_ms > 0;
        row += fmt::format(" {:.1f} |", times[2 + i]);
        result.records.push_back(make_record(fmt::format("{}, {}", timed[i].name, size.name), "ms", times[2 + i], quick || !has_limit ? Criterion::shown : Criterion::at_most,
                                             has_limit ? timed[i].limit_ms : std::nan(""), 0, "", {0, times[0], 1, times[1]}));
      }
    return row + fmt::format(" {:.2f} |\n", times[1]);
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_page", "A surrogate's page in a browser: how long it takes to open, and from a slider to the picture.",
   "A made-up surrogate with 8 inputs and 120 training points, a scalar field with 20 modes on a tube, and where the shape is predicted its nodes' positions with 20 modes. Headless Chromium on this machine, without a "
   "graphics card: it draws in software (SwiftShader), on the processors that the page runs on. A picture is there when its pixels can be read; medians of 25 steps of a slider and of five pages, but for the first page of "
   "a browser just started, which starts its graphics process too. A picture for which nothing but the view changes is what drawing takes without any prediction; processor time, unlike the others, does not depend on what else the machine does.",
   "benchmarks/performance/bench_page.cpp"},
  [] { return std::make_unique<PageBenchmark>(); });
} // namespace

} // namespace vesalius::performance
