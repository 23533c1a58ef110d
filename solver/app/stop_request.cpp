// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/stop_request.h"

#include "solver/app/failure.h"
#include "solver/core/temporary_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>

namespace vesalius
{

namespace
{
std::atomic<int> caught{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait");

extern "C" void remember(int signal)
{
  if (signal != SIGUSR1 && caught != 0)
    {
      remove_temporary_files();
      _exit(128 + signal);
    }
  caught = signal;
}
} // namespace

void catch_stop_signals()
{
  struct sigaction action
  {
  };
  action.sa_handler = remember;
  action.sa_flags   = SA_RESTART;
  for (const int signal : {SIGTERM, SIGUSR1, SIGINT})
    sigaction(signal, &action, nullptr);
}

std::string caught_stop_signal()
{
  const int signal = caught;
  return signal == 0 ? "" : std::string("SIG") + sigabbrev_np(signal);
}

void stop_before(const std::string &stage)
{
  if (const auto signal = caught_stop_signal(); !signal.empty())
    throw StoppedEarly("stopped by " + signal + " before the stage '" + stage + "'; the same command goes on there");
}

std::optional<double> seconds_left_in_batch_job()
{
  const char *text = std::getenv("SLURM_JOB_END_TIME");
  long        end  = 0;
  if (text == nullptr || std::from_chars(text, text + std::strlen(text), end).ec != std::errc() || end <= 0)
    return std::nullopt;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  return static_cast<double>(end - now.count());
}

StopRequest::StopRequest(std::string directory, double time_limit, Clock::time_point start)
  : file_(std::move(directory) + "/stop"), limit_(time_limit), start_(start)
{
  if (limit_ > 0)
    return;
  const auto left = seconds_left_in_batch_job();
  limit_ = left ? *left + std::chrono::duration<double>(Clock::now() - start).count() : std::numeric_limits<double>::infinity();
}

std::string StopRequest::reason(double reserve) const
{
  if (const auto signal = caught_stop_signal(); !signal.empty())
    return signal;
  if (std::chrono::duration<double>(Clock::now() - start_).count() + reserve > limit_)
    return fmt::format("the time limit of {:.0f} s", limit_);
  std::error_code ignored;
  return std::filesystem::exists(file_, ignored) ? "the file " + file_ : "";
}

void StopRequest::forget_file() const
{
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

} // namespace vesalius
