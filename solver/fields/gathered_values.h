// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <mpi.h>

#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace vesalius
{

/// All ranks' values on rank 0, one rank's after the other's; nothing on the others. Collective.
template <class T>
std::vector<T> gather_on_first(const std::vector<T> &values, MPI_Comm communicator)
{
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, char>);
  const MPI_Datatype type = std::is_same_v<T, double>       ? MPI_DOUBLE :
                            std::is_same_v<T, std::int64_t> ? MPI_INT64_T :
                            std::is_same_v<T, std::int32_t> ? MPI_INT32_T :
                                                              MPI_CHAR;
  int n_ranks = 1, rank = 0;
  MPI_Comm_size(communicator, &n_ranks);
  MPI_Comm_rank(communicator, &rank);
  const int        count = static_cast<int>(values.size());
  std::vector<int> counts(n_ranks, 0), starts(n_ranks, 0);
  MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, communicator);
  std::int64_t n = 0;
  for (int r = 0; r < n_ranks; ++r)
    {
      starts[r] = static_cast<int>(n);
      n += counts[r];
      VESALIUS_ASSERT(n <= std::numeric_limits<int>::max(), "too many values for one message");
    }
  std::vector<T> all(static_cast<std::size_t>(n));
  MPI_Gatherv(values.data(), count, type, all.data(), counts.data(), starts.data(), type, 0, communicator);
  return all;
}

} // namespace vesalius
