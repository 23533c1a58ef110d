// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "solver/app/case_file.h"
#include "solver/app/case_parameters.h"
#include "solver/app/dataset_ensemble.h"
#include "solver/app/error_bars.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/app/mesh_morphing.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

namespace vesalius
{

namespace
{
void print_table(const ParameterTree &parameters)
{
  std::vector<ParameterTree::Entry> entries;
  std::size_t                       path_width = 5, written_width = 9;
  for (auto entry : parameters.entries())
    if (entry.set_by_user)
      {
        if (entry.path == "Image/File")
          entry.used = image_name(parameters);
        path_width    = std::max(path_width, entry.path.size());
        written_width = std::max(written_width, entry.written.size());
        entries.push_back(entry);
      }
  std::cout << fmt::format("{:<{}}  {:<{}}  {}\n", "entry", path_width, "you wrote", written_width, "we use");
  for (const auto &entry : entries)
    std::cout << fmt::format("{:<{}}  {:<{}}  {}\n", entry.path, path_width, entry.written, written_width, entry.used);
}

/// The same case in the format that the name of the file asks for.
void write_twin(const ParameterTree &parameters, const std::string &file)
{
  const auto ending = std::filesystem::path(file).extension();
  if (ending != ".json" && ending != ".prm")
    throw UsageError("--write takes a file that ends in .json or .prm, not '" + file + "'");
  write_file_atomically(file, ending == ".json" ? parameters.full_json() : parameters.full_prm());
  std::cout << "\nwrote " << file << "\n";
}

std::string duration_text(double seconds)
{
  if (seconds < 120)
    return fmt::format("{:.0f} s", seconds);
  return seconds < 7200 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

void print_estimate(const RunEstimate &estimate, int n_ranks, double budget_minutes)
{
  std::cout << fmt::format("\npredicted on {} rank{}: {:.0f} steps, {}, {:.1f} GiB\n", n_ranks, n_ranks == 1 ? "" : "s",
                           estimate.n_steps, duration_text(estimate.seconds), estimate.memory_bytes / (1 << 30));
  for (const auto &[message, what_to_do] : estimate.warnings)
    std::cout << "warning: " << message << "\n    " << what_to_do << "\n";
  if (budget_minutes > 0 && estimate.seconds > 60 * budget_minutes)
    std::cout << fmt::format(
      "warning: the predicted {} exceed the budget of {:g} min\n"
      "    Fewer Mesh/Cells across (time goes with the fourth power), fewer Time/Cycles, or more --ranks.\n",
      duration_text(estimate.seconds), budget_minutes);
}

void print_ensemble(const EnsembleEstimate &ensemble)
{
  const auto &size = ensemble.size;
  const int   n    = size.n_training + size.n_calibration + size.n_test;
  std::cout << fmt::format("\nensemble: {} runs ({} training, {} calibration, {} test) of {} inputs", n, size.n_training, size.n_calibration, size.n_test, ensemble.n_inputs);
  if (ensemble.most.seconds > 0)
    std::cout << fmt::format("; at most {} each on a rank, {} in all", duration_text(ensemble.most.seconds), duration_text(n * ensemble.most.seconds));
  std::cout << "\n";
}
} // namespace

ExitStatus command_check(const CommandLine &line)
{
  const Case  simulation = load_case(line.input, all_overrides(line));
  const auto &parameters = simulation.parameters;
  require_geometry_source(parameters);
  segmentation_parameters(parameters); // their checks of single entries
  surface_parameters(parameters);
  const bool reads_mesh = has_source_mesh(parameters);
  if (simulation.physics && !reads_mesh) // with a mesh, check() below shows these together with the mesh's
    simulation.physics->check_case(parameters);
  print_table(parameters);
  if (!line.write.empty())
    write_twin(parameters, line.write);

  const int         n_ranks   = std::max(1, line.n_ranks);
  const std::string directory = output_directory(simulation, line.output);
  Log               log;
  GeometryStages    stages(simulation, directory, false, log);
  if (line.full && !reads_mesh)
    stages.run(GeometryStages::Stage::mesh);

  std::optional<Mesh> mesh;
  if (reads_mesh)
    mesh = wants_morph(parameters) ? morphed(parameters, source_mesh(parameters)) : source_mesh(parameters);
  else if (stages.is_current())
    mesh = stages.mesh();
  if (!mesh)
    std::cout << "\nnot checked: names of boundaries, steps, time and memory, since the mesh has not been made yet\n"
                 "    --full makes it first; its stages are then skipped by `run`.\n";
  else if (simulation.physics)
    {
      auto estimate = simulation.physics->check(parameters, *mesh, n_ranks);
      estimate.seconds *= error_bar_cost_factor(simulation);
      print_estimate(estimate, n_ranks, line.budget_minutes);
    }
  if (!parameters.file("Ensemble/Inputs").empty())
    print_ensemble(estimate_ensemble(line.input, all_overrides(line), mesh ? &*mesh : nullptr));
  std::cout << "\nno mistakes found\n";
  return ExitStatus::done;
}

} // namespace vesalius
