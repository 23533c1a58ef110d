// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vesalius
{

/// Path of this program's executable file.
std::string own_executable();

/// Runs a command (arguments[0] found on PATH), waits, and passes SIGTERM on to it; Ctrl-C reaches it through the
/// terminal. Returns its exit status, 128 + signal when a signal ended it. Throws ResourceError if it cannot start.
int run_and_wait(const std::vector<std::string> &arguments);

/// `command` under mpirun with the options that one machine needs (root, more ranks than cores).
/// For one rank the command itself: MPI starts as a singleton.
std::vector<std::string> with_mpirun(const std::vector<std::string> &command, int n_ranks);

/// True when mpirun or srun has started this process: it is then a rank of the user's own parallel job.
bool started_by_mpi();

/// Tells libraries that look at the environment to stay on one thread and off the terminal.
void set_library_environment();

} // namespace vesalius
