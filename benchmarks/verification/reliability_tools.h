// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/child_process.h"
#include "solver/interfaces/verification.h"

#include <sys/types.h>

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

/// What the campaigns of `vesalius verify reliability` share: a small flow case that takes a second or two, run by this program as a
/// user would, and means to disturb it.
namespace vesalius::verification
{

/// Arguments that start a program without the variables by which mpirun tells its ranks who they are: it is a job of its own.
std::vector<std::string> clean_environment();

/// How a run under disturbance goes.
struct RunPlan
{
  std::string              output; ///< folder below that of the case
  int                      ranks = 1;
  std::vector<std::string> options; ///< of `vesalius run`
  double                   patience = 300; ///< s, then it hangs: as long as a busy machine may need, it is no figure of a campaign
};

/// A folder that goes away with the object, and this program to call in it.
class WorkFolder
{
public:
  WorkFolder();
  ~WorkFolder();
  WorkFolder(const WorkFolder &)            = delete;
  WorkFolder &operator=(const WorkFolder &) = delete;

  std::string path(const std::string &name) const { return folder_ + "/" + name; }
  /// The program with these arguments in an environment that knows nothing of this run's MPI; ended after `patience` seconds.
  internal::ProcessResult call(const std::vector<std::string> &arguments, double patience) const;

private:
  std::string folder_;
};

class SmallRun : public WorkFolder
{
public:
  SmallRun();

  /// Runs to its end.
  internal::ProcessResult run(const RunPlan &plan) const;
  /// Calls `disturb` while it runs; it gets a function that says whether the run still goes on.
  internal::ProcessResult run(const RunPlan &plan, const std::function<void(const std::function<bool()> &is_running)> &disturb) const;
  /// The processes of a run that is going on: the one the user started first, then mpirun, then the ranks.
  std::vector<pid_t> processes(const std::string &output) const;
  /// Of those the ranks.
  std::vector<pid_t> ranks(const std::string &output) const;
  /// The checkpoint with the most steps, "" if there is none; damaged ones are passed over.
  std::string newest_checkpoint(const std::string &output) const;
  int         n_damaged_checkpoints(const std::string &output) const;
  /// Seconds of the undisturbed run on that many ranks; makes it on the first call, in the folder "reference_N".
  double reference(int ranks);
  /// Largest difference of velocity and pressure of the last checkpoint from the undisturbed run's, over each field's maximum; 0 only
  /// where the whole files are equal. Infinity where there is none to compare.
  double difference(const std::string &output, int ranks);

private:
  std::map<int, double> reference_seconds_;
};

/// The record of something that must not happen, and happened n times.
VerificationRecord never(const std::string &what, double n, const VerificationCost &cost);

/// Processor time of this process and of those it has waited for, s.
double seconds_with_children();

/// Sleeps for so many seconds, less when the run ends before.
void sleep_while(const std::function<bool()> &is_running, double seconds);

} // namespace vesalius::verification
