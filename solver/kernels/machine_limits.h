// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mpi.h>

namespace vesalius
{

/// What the cores of some ranks can do together, measured now.
struct MachineLimits
{
  double triad_bytes_per_second = 0; ///< STREAM triad a = b + s c on arrays far larger than the caches; 24 bytes an element
  double read_bytes_per_second  = 0; ///< sum of an array
  double flops_per_second       = 0; ///< fused multiply-adds of the widest registers, double precision; 2 flops each
};

/// The best of `repetitions`, in arrays of `megabytes` each, all ranks together. Collective.
MachineLimits measure_machine(MPI_Comm communicator, int repetitions = 10, double megabytes = 128);

} // namespace vesalius
