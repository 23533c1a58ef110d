// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/sleeping_wait.h"

#include <algorithm>
#include <thread>

namespace vesalius
{

bool wait_asleep(MPI_Request &request, double seconds, std::chrono::microseconds longest_pause)
{
  const auto start = std::chrono::steady_clock::now();
  auto       pause = std::chrono::microseconds(50);
  for (;;)
    {
      int done = 0;
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done)
        return true;
      if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > seconds)
        return false;
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, longest_pause);
    }
}

} // namespace vesalius
