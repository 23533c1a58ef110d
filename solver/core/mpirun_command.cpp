// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/mpirun_command.h"

#include <unistd.h>

#include <thread>

namespace vesalius
{

std::vector<std::string> with_mpirun(const std::vector<std::string> &command, int n_ranks)
{
  if (n_ranks == 1)
    return command;
  std::vector<std::string> result{"mpirun", "-n", std::to_string(n_ranks), "--bind-to", "none"};
  const int                n_cores = static_cast<int>(std::thread::hardware_concurrency());
  if (n_ranks >= n_cores) // no core is left for anything else: a rank that waits should give way
    result.insert(result.end(), {"--mca", "mpi_yield_when_idle", "1"});
  if (n_ranks > n_cores)
    result.push_back("--oversubscribe");
  if (geteuid() == 0)
    result.push_back("--allow-run-as-root");
  result.insert(result.end(), command.begin(), command.end());
  return result;
}

} // namespace vesalius
