// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#ifdef VESALIUS_WITH_MPI
#include <mpi.h>
#endif

namespace vesalius::device
{

/// Who exchanges what with a process: per neighbour the number of items to send and to receive, in the order of the neighbours.
struct Neighbours
{
  std::vector<std::int32_t> ranks;
  std::vector<std::int64_t> send_starts{0}, receive_starts{0}; ///< items; one more than neighbours
};

/// The processes that advance one flow together, each with a device of its own. Built with VESALIUS_WITH_MPI they speak through MPI, by
/// the host's memory; without, a process is alone. All members but rank() and size() are collective.
class ProcessGroup
{
public:
  ProcessGroup() = default;
#ifdef VESALIUS_WITH_MPI
  explicit ProcessGroup(MPI_Comm communicator) : communicator_(communicator)
  {
    MPI_Comm_rank(communicator, &rank_);
    MPI_Comm_size(communicator, &size_);
  }
#endif
  int rank() const { return rank_; }
  int size() const { return size_; }

  /// Sums over the processes, in place, the same on all of them.
  void sum([[maybe_unused]] double *values, [[maybe_unused]] std::size_t n) const
  {
#ifdef VESALIUS_WITH_MPI
    if (size_ > 1)
      MPI_Allreduce(MPI_IN_PLACE, values, count(n), MPI_DOUBLE, MPI_SUM, communicator_);
#endif
  }
  void sum([[maybe_unused]] float *values, [[maybe_unused]] std::size_t n) const
  {
#ifdef VESALIUS_WITH_MPI
    if (size_ > 1)
      MPI_Allreduce(MPI_IN_PLACE, values, count(n), MPI_FLOAT, MPI_SUM, communicator_);
#endif
  }
  /// The largest; NaN wins.
  double maximum(double value) const
  {
#ifdef VESALIUS_WITH_MPI
    if (size_ > 1)
      {
        double both[2] = {std::isnan(value) ? 0. : value, std::isnan(value) ? 1. : 0.};
        MPI_Allreduce(MPI_IN_PLACE, both, 2, MPI_DOUBLE, MPI_MAX, communicator_);
        return both[1] > 0 ? std::numeric_limits<double>::quiet_NaN() : both[0];
      }
#endif
    return value;
  }
  /// The first process's bytes, on all of them.
  void broadcast([[maybe_unused]] char *bytes, [[maybe_unused]] std::size_t n) const
  {
#ifdef VESALIUS_WITH_MPI
    if (size_ > 1)
      MPI_Bcast(bytes, count(n), MPI_BYTE, 0, communicator_);
#endif
  }
  /// For all of them to come here.
  void wait() const
  {
#ifdef VESALIUS_WITH_MPI
    if (size_ > 1)
      MPI_Barrier(communicator_);
#endif
  }
  /// Sends each neighbour its items and receives its own; `item_bytes` an item.
  void exchange([[maybe_unused]] const Neighbours &neighbours, [[maybe_unused]] std::size_t item_bytes, [[maybe_unused]] const char *send,
                [[maybe_unused]] char *receive) const
  {
#ifdef VESALIUS_WITH_MPI
    std::vector<MPI_Request> requests;
    const auto               bytes = [&](const std::vector<std::int64_t> &starts, std::size_t k) { return std::size_t(starts[k + 1] - starts[k]) * item_bytes; };
    for (std::size_t k = 0; k < neighbours.ranks.size(); ++k)
      if (const auto size = bytes(neighbours.receive_starts, k); size > 0)
        MPI_Irecv(receive + std::size_t(neighbours.receive_starts[k]) * item_bytes, count(size), MPI_BYTE, neighbours.ranks[k], tag, communicator_,
                  &requests.emplace_back());
    for (std::size_t k = 0; k < neighbours.ranks.size(); ++k)
      if (const auto size = bytes(neighbours.send_starts, k); size > 0)
        MPI_Isend(send + std::size_t(neighbours.send_starts[k]) * item_bytes, count(size), MPI_BYTE, neighbours.ranks[k], tag, communicator_,
                  &requests.emplace_back());
    MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
#endif
  }

private:
#ifdef VESALIUS_WITH_MPI
  static constexpr int tag = 1;
  static int           count(std::size_t n)
  {
    if (n > std::size_t(std::numeric_limits<int>::max()))
      throw std::length_error("more than 2^31 values in one message: use more processes");
    return int(n);
  }
  MPI_Comm communicator_ = MPI_COMM_SELF;
#endif
  int rank_ = 0, size_ = 1;
};

} // namespace vesalius::device
