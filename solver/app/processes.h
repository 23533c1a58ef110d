// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/mpirun_command.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Path of this program's executable file; where a new build has replaced it, of the one that runs.
std::string own_executable();

/// The folder that this program was started from.
std::string own_folder();

struct FinishedProcess
{
  int  status      = 0;     ///< exit status, 128 + signal when a signal ended it
  bool was_stopped = false; ///< it was asked to stop
};

/// Runs a command (arguments[0] found on PATH) in a process group of its own and waits. SIGTERM, SIGINT (Ctrl-C) and SIGUSR1
/// reach it as `ask_with`; when they come again, as SIGTERM, then SIGKILL. Throws ResourceError if it cannot start.
FinishedProcess run_and_wait(const std::vector<std::string> &arguments, int ask_with);

/// True when mpirun or srun has started this process: it is then a rank of the user's own parallel job.
bool started_by_mpi();

/// Tells libraries that look at the environment to stay on one thread and off the terminal; makes files that reach a size limit errors.
void prepare_process();

} // namespace vesalius
