// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "solver/app/dataset_ensemble.h"
#include "solver/app/mesh_error.h"
#include "solver/app/mpi_session.h"
#include "solver/app/output_folder.h"
#include "solver/app/rank_processes.h"
#include "solver/app/stop_request.h"
#include "solver/core/quantity.h"

#include <fmt/format.h>
#include <petscsys.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace vesalius
{

namespace
{
DatasetOptions dataset_options(const CommandLine &line)
{
  DatasetOptions options;
  options.case_file     = line.input;
  options.overrides     = all_overrides(line);
  options.data_file     = line.output;
  options.table         = line.samples;
  options.n_chosen      = line.n_chosen;
  options.is_fall_back  = line.is_fall_back;
  options.ranks_per_run = line.ranks_per_run;
  options.time_limit    = line.time_limit.empty() ? 0 : Quantity::parse(line.time_limit, dimension::time).si;
  options.holds_lock    = line.is_worker;
  options.keep_runs     = line.keep_runs;
  options.quiet         = line.quiet;
  options.command_line  = line.as_typed;
  return options;
}
ExitStatus mesh_error(const CommandLine &line, const DatasetOptions &options, int n_ranks)
{
  const FolderLock lock(mesh_error_folder(options.data_file));
  const auto       status = measure_mesh_error(options, line.n_mesh_error, n_ranks);
  if (status == ExitStatus::done && !line.quiet)
    std::cout << fmt::format("wrote {0}; next: vesalius train {1} --mesh-error {0}", mesh_error_file(options.data_file), options.data_file) << std::endl;
  return status;
}
} // namespace

ExitStatus command_ensemble(const CommandLine &line)
{
  catch_stop_signals();
  const auto options = dataset_options(line);
  if (line.is_worker || started_by_mpi())
    {
      if (!line.is_worker)
        check_dataset_ensemble(options);
      MpiSession       session;
      const ExitStatus status = make_dataset(options, PETSC_COMM_WORLD);
      return line.is_worker ? ExitStatus::done : status; // it travels in run.json: mpirun would add a page about a failed process
    }
  check_dataset_ensemble(options); // tells all mistakes before MPI starts
  const int n_ranks = std::max(line.n_ranks, 1);
  if (line.n_mesh_error > 0)
    return mesh_error(line, options, n_ranks);
  if (options.ranks_per_run > n_ranks)
    throw InputError("a run is to have more ranks than there are", "give --ranks at least as many as --ranks-per-run");
  const std::string folder = dataset_folder(options.data_file);
  require_own_folder(folder);
  const FolderLock lock(folder);
  std::filesystem::remove(folder + "/run.json"); // an old record must not pass for this run's
  const auto status = recorded_status(folder, run_ranks(line, n_ranks));
  if (status == ExitStatus::done && !line.quiet)
    std::cout << "next: vesalius train " << options.data_file << " --output " << std::filesystem::path(options.data_file).replace_extension(".surr").string() << std::endl;
  return status;
}

} // namespace vesalius
