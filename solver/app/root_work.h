// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <mpi.h>

#include <functional>
#include <optional>

namespace vesalius
{

/// Runs `work` on rank 0 while the other ranks sleep (MPI's own waiting would keep their cores busy for minutes).
/// What it throws is thrown again on rank 0; the other ranks throw FailedElsewhere with the same exit status.
void on_root(MPI_Comm communicator, const std::function<void()> &work);

/// Returns when all ranks have come here; they sleep until then.
void wait_for_all(MPI_Comm communicator);

/// Called on a rank that has failed. Waits up to `patience` seconds for all other ranks to fail too; returns the
/// largest of the exit statuses, or nothing when some rank is still at work, so that only MPI_Abort can end it.
/// `communicator` must be used for nothing else.
std::optional<ExitStatus> agree_on_failure(MPI_Comm communicator, ExitStatus status, double patience);

} // namespace vesalius
