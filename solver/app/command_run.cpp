// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "solver/app/case_file.h"
#include "solver/app/case_parameters.h"
#include "solver/app/checkpoint_slots.h"
#include "solver/app/device_choice.h"
#include "solver/app/driver.h"
#include "solver/app/ensemble.h"
#include "solver/app/error_bars.h"
#include "solver/app/failure.h"
#include "solver/app/mpi_session.h"
#include "solver/app/output_folder.h"
#include "solver/app/patient_identifiers.h"
#include "solver/app/processes.h"
#include "solver/app/rank_processes.h"
#include "solver/app/stop_request.h"
#include "solver/core/quantity.h"
#include "solver/io/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <petscsys.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

std::string demo_case()
{
  return VESALIUS_CASES_DIR "/abdominal_aorta/case.prm";
}

RunOptions run_options(const CommandLine &line)
{
  RunOptions options;
  options.case_file    = line.command == "demo" ? demo_case() : line.input;
  options.overrides    = all_overrides(line);
  options.samples      = line.samples;
  options.output       = line.command == "demo" && line.output.empty() ? "output/demo" : line.output;
  options.restart         = line.restart;
  options.allowed_changes = line.allowed_changes;
  options.time_limit      = line.time_limit.empty() ? 0 : Quantity::parse(line.time_limit, dimension::time).si;
  options.device          = line.device;
  options.holds_lock      = line.is_worker;
  options.force        = line.force;
  options.quiet        = line.quiet;
  options.keep_identifiers = line.keep_identifiers;
  options.profile          = line.profile;
  options.command_line = line.as_typed;
  return options;
}

/// Throws InputError: options that say nothing, or the wrong thing, of an ensemble.
void refuse_with_samples(const CommandLine &line)
{
  if (!line.restart.empty())
    throw InputError("an ensemble is not restarted from a checkpoint", "leave out --restart: samples that are finished are not run again");
  if (line.error_bars)
    throw InputError("an ensemble has no error bars", "leave out --error-bars, or compute them for one of the samples with --set in place of --samples");
  if (line.device != "auto" && line.device != "cpu")
    throw InputError("an ensemble runs on the processor only", "leave out --device");
  if (line.profile)
    throw InputError("an ensemble is not profiled", "leave out --profile");
}

ExitStatus run_as_rank(const CommandLine &line)
{
  catch_stop_signals();
  MpiSession       session;
  const RunOptions options = run_options(line);
  if (!options.samples.empty())
    {
      refuse_with_samples(line);
      const ExitStatus status = run_ensemble(options, PETSC_COMM_WORLD);
      return line.is_worker ? ExitStatus::done : status;
    }
  const bool       with_error_bars = wants_error_bars(load_case(options.case_file, options.overrides).parameters);
  const ExitStatus status = (with_error_bars ? run_case_with_error_bars : run_case)(options, PETSC_COMM_WORLD);
  // Under our own mpirun the status travels in run.json: mpirun would add a page about a failed process.
  return line.is_worker ? ExitStatus::done : status;
}

std::string absolute(const std::string &path)
{
  return fs::absolute(path).lexically_normal().string();
}

ExitStatus make_report(const CommandLine &line, const std::string &directory)
{
  const auto start   = std::chrono::steady_clock::now();
  const auto process = run_and_wait({own_executable(), "report", directory}, SIGTERM);
  if (process.was_stopped)
    {
      std::cerr << "vesalius: stopped before the report was written; `vesalius report " << directory << "` writes it\n";
      return ExitStatus::stopped_early;
    }
  if (process.status != 0)
    return static_cast<ExitStatus>(process.status);
  if (!line.quiet)
    std::cout << fmt::format("  {:<12} {:8.1f} s\n", "report",
                             std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return ExitStatus::done;
}

ExitStatus run_samples(const CommandLine &line, const RunOptions &options)
{
  refuse_with_samples(line);
  check_ensemble(options); // tells all mistakes before MPI starts
  const std::string directory = output_directory(load_case(options.case_file, options.overrides), options.output);
  if (!options.force)
    require_own_folder(directory);
  const FolderLock lock(directory);
  fs::remove(directory + "/run.json"); // an old record must not pass for this run's
  const auto status = recorded_status(directory, run_ranks(line, std::max(1, line.n_ranks)));
  if (status == ExitStatus::done && !line.quiet)
    std::cout << "samples: " << absolute(directory + "/samples.csv") << std::endl;
  return status;
}

/// The process that the user started: checks the case, starts the ranks, waits, has the report made.
ExitStatus run_and_report(const CommandLine &line)
{
  catch_stop_signals();
  const RunOptions options    = run_options(line);
  if (!options.samples.empty())
    return run_samples(line, options);
  const Case       simulation = load_case(options.case_file, options.overrides); // tells all mistakes before MPI starts
  require_geometry_source(simulation.parameters);
  const int  n_ranks    = line.n_ranks > 0 ? line.n_ranks : (line.command == "demo" ? 2 : 1);
  if (line.device != "auto") // before minutes go into a mesh
    choose_device({line.device, n_ranks}, simulation, nullptr);
  const std::string directory = output_directory(simulation, options.output);
  const std::string report    = absolute(directory + "/report.html");

  const bool error_bars = wants_error_bars(simulation.parameters);
  if (error_bars)
    companion_runs(simulation, options); // their mistakes, too
  if (!options.restart.empty()) // before minutes go into a mesh
    {
      Log silent(true, Log::Terminal::none);
      CheckpointSlots(directory, simulation.parameters.integer("Checkpoint/Slots")).find(options.restart, silent);
    }
  const bool has_results = !options.force && options.restart.empty() && results_are_current(simulation, directory);
  if (has_results && (!error_bars || error_bars_are_current(simulation, options)))
    {
      std::cout << fmt::format("nothing to run: {} holds the results of exactly this case (--force computes them anew)\n", directory);
      if (Log log(true, line.quiet ? Log::Terminal::none : Log::Terminal::output); keep_identifiers(simulation, directory, options.keep_identifiers, log))
        fs::remove(report); // made anew
    }
  else
    {
      if (!options.force)
        require_own_folder(directory);
      const FolderLock lock(directory);
      if (!has_results)
        fs::remove(directory + "/run.json"); // an old record must not pass for this run's
      fs::remove(directory + "/error_bars/run.json");
      const auto process = run_ranks(line, n_ranks);
      const auto status  = recorded_status(directory, process);
      if (status != ExitStatus::done)
        return status;
      if (error_bars)
        if (const auto bars = recorded_status(directory + "/error_bars", process); bars != ExitStatus::done)
          return bars;
    }
  if (line.no_report || !simulation.physics)
    return ExitStatus::done;
  if (!fs::is_regular_file(report))
    if (const auto status = make_report(line, directory); status != ExitStatus::done)
      return status;
  if (!line.quiet)
    std::cout << "report: " << report << std::endl;
  return ExitStatus::done;
}
} // namespace

std::vector<std::string> all_overrides(const CommandLine &line)
{
  auto result = line.overrides;
  for (const char *section : {"Surface", "Mesh"})
    {
      if (!line.unit.empty())
        result.push_back(std::string(section) + "/Unit = " + line.unit);
      if (!line.frame.empty())
        result.push_back(std::string(section) + "/Frame = " + line.frame);
    }
  if (line.error_bars)
    result.push_back("Error bars/Compute = true");
  return result;
}

ExitStatus command_run(const CommandLine &line)
{
  return line.is_worker || started_by_mpi() ? run_as_rank(line) : run_and_report(line);
}

ExitStatus command_report(const CommandLine &line)
{
  const std::string &directory = line.input;
  if (!fs::is_regular_file(directory + "/run.json"))
    throw InputError("'" + directory + "' is not the output folder of a run",
                     "It has no run.json; give the folder that `vesalius run` named.");
  ReportInput       input;
  const std::string geometry = directory + "/geometry/";
  input.output_directory     = directory;
  if (fs::is_regular_file(geometry + "labels.nii.gz"))
    input.labels = read_label_image(geometry + "labels.nii.gz");
  if (fs::is_regular_file(geometry + "surface.vtp"))
    input.surface = read_surface(geometry + "surface.vtp");

  std::ifstream     stream(geometry + "geometry.json");
  const auto        summary = nlohmann::json::parse(stream, nullptr, false);
  const std::string image = summary.is_object() && summary.contains("image") ? summary["image"].value("file", "") : "";
  if (image.starts_with("phantom:") || (!image.empty() && fs::exists(image)))
    input.image = read_image(image, TiltedGantry::resample); // the case has chosen
  else if (!image.empty())
    std::cerr << "warning: the image " << image << " is no longer there; the report has no slices\n";
  std::cout << "wrote " << write_report(input) << std::endl;
  return ExitStatus::done;
}

} // namespace vesalius
