// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/run_context.h"
#include "solver/interfaces/verification.h"

#include <cstdint>
#include <functional>
#include <vector>

/// What all benchmarks time with.
namespace vesalius::performance
{

/// What a piece of work took; the same on all ranks.
struct Timing
{
  double wall            = 0; ///< s, of the slowest rank
  double processor       = 0; ///< s, summed over the ranks
  double foreign_seconds = 0; ///< processor time that other programs took meanwhile on the nodes of these ranks, s
  double core_seconds    = 0; ///< wall times ranks: what the cores were occupied for, waiting included
};

/// From construction to stop(). Collective.
class Stopwatch
{
public:
  explicit Stopwatch(MPI_Comm communicator);
  Timing stop() const;

private:
  MPI_Comm communicator_;
  double   wall_ = 0, processor_ = 0, busy_ = 0;
};

/// Of several repetitions.
struct Repeated
{
  Timing median;          ///< that with the median wall time
  double spread      = 0; ///< (largest - smallest wall time) / median
  int    repetitions = 0;
  double foreign_seconds = 0; ///< of all repetitions together
  VerificationCost cost(std::uint64_t dofs, int n_ranks) const;
};
/// Times `work` so often; its first call (not timed) warms caches. Collective.
Repeated time_repeatedly(const RunContext &context, int repetitions, const std::function<void()> &work);
Repeated median_of(std::vector<Timing> timings);

/// Waits until other programs take less than a twelfth of a core, but not for more than `patience` seconds. Collective.
void wait_for_idle(const RunContext &context, double patience);

/// Processor time that all programs of this machine have taken since it started, s.
double busy_seconds();
/// Processor time of the children of this process that have ended, s.
double children_seconds();

/// Calls `work` on the first `n_ranks` ranks, with a context of their own, while the others sleep; an error there is thrown
/// everywhere. Returns what it returns on rank 0. Collective.
std::vector<double> on_first_ranks(const RunContext &context, int n_ranks, const std::function<std::vector<double>(RunContext &)> &work);

/// 1, 2, 4, ... and the number of ranks itself.
std::vector<int> rank_numbers(const RunContext &context);

/// Resident memory from here on: the largest growth on each rank, summed over the ranks.
class MemoryWatch
{
public:
  explicit MemoryWatch(MPI_Comm communicator);
  double growth() const; ///< bytes; collective

private:
  MPI_Comm communicator_;
  double   before_ = 0;
};

} // namespace vesalius::performance
