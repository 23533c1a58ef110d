// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace vesalius::internal
{

/// What a helper process left behind.
struct ProcessResult
{
  bool        started     = false;
  bool        timed_out   = false;
  int         exit_status = -1; ///< 128 + signal when a signal ended it
  std::string output;           ///< what it wrote into its end of the pipe
  bool        succeeded() const { return started && !timed_out && exit_status == 0; }
};

/// Full path of a program on PATH, "" if there is none.
std::string find_program(const std::string &name);

/// Starts a program (full path first in `arguments`) without a shell, in `directory`; its standard output and error
/// are the result's `output`. Killed after `seconds`.
ProcessResult run_program(const std::vector<std::string> &arguments, const std::string &directory, double seconds);

/// Runs `action` in a forked child, so that a library that aborts takes only the child with it. What `action` returns
/// is the result's `output`; its standard error is discarded. Killed after `seconds`.
ProcessResult run_isolated(const std::function<std::string()> &action, double seconds);

/// Ends a child that was started by this process and waits for it.
void end_process(pid_t process);

} // namespace vesalius::internal
