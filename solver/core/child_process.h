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
  double      peak_memory = 0;  ///< resident, bytes
  bool        succeeded() const { return started && !timed_out && exit_status == 0; }
};

/// Full path of a program on PATH, "" if there is none.
std::string find_program(const std::string &name);

/// Starts a program (full path first in `arguments`) without a shell, in `directory`; its standard output and error
/// are the result's `output`. Killed after `seconds`. It gets at most `memory_bytes` of addresses; 0: as many as there are.
ProcessResult run_program(const std::vector<std::string> &arguments, const std::string &directory, double seconds, double memory_bytes = 0);

/// Runs `action` in a forked child, so that a library that aborts takes only the child with it. What `action` returns
/// is the result's `output`; its standard error is discarded. Killed after `seconds`. It gets at most `memory_bytes` of addresses
/// more than this process has; 0: as many as there are.
ProcessResult run_isolated(const std::function<std::string()> &action, double seconds, double memory_bytes = 0);

/// Runs `action` in a forked child as if it were a program: what it returns is the exit status, its standard output and error are the
/// result's `output`. It gets at most `memory_bytes` of addresses more than this process has. Killed after `seconds`.
ProcessResult run_as_program(const std::function<int()> &action, double seconds, double memory_bytes);

/// Ends a child that was started by this process and waits for it.
void end_process(pid_t process);

} // namespace vesalius::internal
