// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/rank_processes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace vesalius
{

FinishedProcess run_ranks(const CommandLine &line, int n_ranks)
{
  std::vector<std::string> command{own_executable()};
  command.insert(command.end(), line.as_typed.begin() + 1, line.as_typed.end());
  command.push_back("--worker");
  return run_and_wait(with_mpirun(command, n_ranks), SIGUSR1);
}

ExitStatus recorded_status(const std::string &directory, const FinishedProcess &process)
{
  std::ifstream stream(directory + "/run.json");
  const auto    record = nlohmann::json::parse(stream, nullptr, false);
  const int     status = record.is_object() ? record.value("exit_status", -1) : -1;
  if (status >= 0)
    return static_cast<ExitStatus>(status);
  if (process.was_stopped)
    {
      std::cerr << "vesalius: stopped before there was anything to save; the same command goes on from the last finished stage\n";
      return ExitStatus::stopped_early;
    }
  for (const auto known : {ExitStatus::invalid_input, ExitStatus::solver_failed, ExitStatus::resource, ExitStatus::stopped_early})
    if (process.status == static_cast<int>(known))
      return known;
  if (process.status == 128 + SIGKILL)
    throw ResourceError("the run was killed from outside",
                        "Was the memory exhausted? `vesalius check` estimates the need.");
  if (process.status == 0) // the ranks end so whatever happened, once they have recorded it
    throw ResourceError("the run could not record in " + directory + "/run.json how it ended", "Is the disk full? The message before this one says what failed.");
  throw std::runtime_error(fmt::format("the run ended with status {} and left no record", process.status));
}

} // namespace vesalius
