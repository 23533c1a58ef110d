// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/run_plan.h"
#include "solver/core/errors.h"
#include "solver/interfaces/physics_model.h"

#include <mpi.h>

#include <chrono>
#include <string>
#include <vector>

namespace vesalius
{

/// What `vesalius ensemble` was asked to do.
struct DatasetOptions
{
  std::string              case_file;
  std::vector<std::string> overrides;
  std::string              data_file;
  std::string              table;               ///< of runs that are made instead of the plan's, "" for none
  int                      n_chosen      = 0;     ///< runs that are chosen where they help most and made instead of the plan's
  bool                     is_fall_back  = false; ///< the table holds what a surrogate had no answer for
  int                      ranks_per_run = 1;
  double                   time_limit    = 0; ///< wall time, s; 0: the batch system's
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now(); ///< of the time limit
  bool                     holds_lock = false; ///< the process that started this one has locked the folder
  bool                     keep_runs  = false; ///< the folders of runs that did not fail, too
  bool                     quiet      = false;
  std::vector<std::string> command_line; ///< as typed, for run.json
};

/// Where the runs of a data set are made: data_runs beside data.h5.
std::string dataset_folder(const std::string &data_file);

/// Everything that can be said before a mesh is made: entries, units and ends of every input, fields, the plan. Throws InputError, ResourceError.
void check_dataset_ensemble(const DatasetOptions &options);

/// What a case's section Ensemble asks for.
struct EnsembleEstimate
{
  surrogates::PlanSize size;
  std::size_t          n_inputs = 0;
  RunEstimate          most; ///< of a run on one rank, over the ends of the inputs; zeros without a mesh
};

/// Everything that can be said of it before a mesh is made, and with a mesh what the physics says of it. Throws InputError with the line of the table of inputs.
EnsembleEstimate estimate_ensemble(const std::string &case_file, const std::vector<std::string> &overrides, const Mesh *mesh);

/// Makes the runs of a case's section Ensemble, or of a table, that the data set does not have, on teams of `ranks_per_run` ranks, and adds them to it. Runs that differ in boundary values
/// alone advance together where each has one rank. A run that fails is a row with its reason and stops nothing. Collective; returns the exit status, the same on all ranks.
ExitStatus make_dataset(const DatasetOptions &options, MPI_Comm communicator);

} // namespace vesalius
