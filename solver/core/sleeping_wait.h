// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mpi.h>

#include <chrono>
#include <limits>

namespace vesalius
{

/// Waits for a request of MPI without keeping the core busy, as MPI's own waiting would; looks for it at least every `longest_pause`. True when the request
/// is complete, false when `seconds` have passed.
bool wait_asleep(MPI_Request &request, double seconds = std::numeric_limits<double>::infinity(),
                 std::chrono::microseconds longest_pause = std::chrono::milliseconds(5));

} // namespace vesalius
