// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>

/// Why a run should end before its time, with a checkpoint.
namespace vesalius
{

/// From now on SIGTERM, SIGUSR1 and SIGINT ask this process to stop; a second SIGTERM or SIGINT ends it at once.
void catch_stop_signals();

/// Name of the signal that has come, "" if none has.
std::string caught_stop_signal();

/// Throws StoppedEarly where a signal has come; `stage` tells the user before what. For work that has no state to save.
void stop_before(const std::string &stage);

/// Seconds until the end that the batch system has set for this job (SLURM_JOB_END_TIME), nothing where it says none.
std::optional<double> seconds_left_in_batch_job();

/// Asked after every step, on one process.
class StopRequest
{
public:
  using Clock = std::chrono::steady_clock;
  /// `time_limit` in seconds since `start`; 0: that of the batch system, if it has one. A file `stop` in `directory` asks for a stop, too.
  StopRequest(std::string directory, double time_limit, Clock::time_point start);

  /// What asks for a stop, "" for nothing. `reserve`: seconds that one more step and the checkpoint may take.
  std::string reason(double reserve) const;
  /// The file has done its work.
  void forget_file() const;

private:
  std::string       file_;
  double            limit_ = 0; ///< s since start_; infinity: none
  Clock::time_point start_;
};

} // namespace vesalius
