// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mpi.h>

#include <ctime>

namespace vesalius
{

/// Processor time since the start of the processes, summed over the ranks, s. Collective.
inline double processor_seconds(MPI_Comm communicator)
{
  double mine = double(std::clock()) / CLOCKS_PER_SEC, all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, communicator);
  return all;
}

} // namespace vesalius
