// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/case_file.h"
#include "solver/core/errors.h"
#include "solver/core/log.h"

#include <mpi.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace vesalius
{

/// What `vesalius run` was asked to do.
struct RunOptions
{
  std::string              case_file;
  std::vector<std::string> overrides;
  std::string              samples;         ///< table of samples (ensemble.h), "" for none
  std::string              output;          ///< "" for the case's own
  std::string              restart;         ///< "" for a fresh run; which checkpoint otherwise (CheckpointSlots::find)
  std::vector<std::string> allowed_changes; ///< entries that may differ from the checkpoint's
  std::string              device = "cpu";  ///< auto, cpu, cuda or host-kernels (device_choice.h)
  double                   time_limit = 0;  ///< wall time, s; 0: the batch system's
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now(); ///< of the time limit
  bool                     holds_lock = false; ///< the process that started this one has locked the output folder
  bool                     force   = false; ///< computes every stage anew
  bool                     quiet   = false;
  bool                     keep_identifiers = false; ///< what a DICOM series says of the patient goes to the output
  bool                     profile = false; ///< times every phase
  std::vector<std::string> command_line; ///< as typed, for run.json
};

/// Walks one case from its image (surface, mesh) to its last time step. Collective over `communicator`; every
/// failure is told to the user by one rank and recorded in run.json. Returns the exit status, the same on all ranks.
ExitStatus run_case(const RunOptions &options, MPI_Comm communicator);

/// What the results of a case on a mesh of this hash depend on.
std::string physics_key(const Case &simulation, const std::string &mesh_hash);

/// As quantities.json has them.
nlohmann::ordered_json quantities_json(const std::vector<ResultQuantity> &quantities);

/// Throws ResourceError where this machine has less memory to give than the run is estimated to need: better now than in hours.
void require_memory(double bytes);

/// True when OUTPUT holds the finished results of exactly this case: there is nothing to run.
bool results_are_current(const Case &simulation, const std::string &output_directory);

} // namespace vesalius
