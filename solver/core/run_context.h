// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/log.h"

#include <mpi.h>

#include <cstdint>
#include <string>

namespace vesalius
{

/// Everything a stage needs of its surroundings; passed, never global.
struct RunContext
{
  MPI_Comm      communicator = MPI_COMM_SELF;
  int           rank         = 0;
  int           n_ranks      = 1;
  std::string   device       = "cpu";   ///< where the steps are made: cpu, cuda, or host-kernels, the device's kernels on one core, for tests
  std::string   device_program;         ///< vesalius-gpu, where it is not the cpu
  Log          *log          = nullptr; ///< never null once a run has begun
  std::string   output_directory;       ///< "" writes nothing
  std::uint64_t seed = 1;
  bool          is_root() const { return rank == 0; }
};

} // namespace vesalius
