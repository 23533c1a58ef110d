// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/driver.h"

namespace vesalius
{

/// Fewer samples are run one by one, which takes no longer: docs/performance.
constexpr std::size_t smallest_group = 5;

/// Reads the table and every sample's case, and checks that they may advance together. Throws InputError with the problems of the first sample
/// that has some, ResourceError where the table cannot be read.
void check_ensemble(const RunOptions &options);

/// `vesalius run --samples`: makes the mesh once, then runs the samples in groups that advance together (from five samples on; fewer are run one by one, which takes no
/// longer); each rank takes whole groups, the mesh is not divided. OUTPUT/samples/NAME holds what a run of the sample alone would write, OUTPUT/samples.csv what became of all of
/// them. Samples whose results are there, of exactly this case, are not run again; those of a group that was interrupted go on together from their last common checkpoint, which
/// is as old as a single run's would be. Where a group fails its samples are run one
/// by one; one that fails alone is recorded and stops no other. Collective; returns the exit status, the same on all ranks.
ExitStatus run_ensemble(const RunOptions &options, MPI_Comm communicator);

} // namespace vesalius
