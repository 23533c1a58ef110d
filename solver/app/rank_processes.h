// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/command_line.h"
#include "solver/app/processes.h"
#include "solver/core/errors.h"

#include <string>

/// The process that the user starts, and the ranks that it starts in turn.
namespace vesalius
{

/// The same command on the ranks, until they have ended.
FinishedProcess run_ranks(const CommandLine &line, int n_ranks);

/// What the ranks left in run.json; the process's own status where they did not get that far. Throws ResourceError.
ExitStatus recorded_status(const std::string &directory, const FinishedProcess &process);

} // namespace vesalius
