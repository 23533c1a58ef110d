// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/reliability_tools.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>

namespace vesalius::verification
{

namespace
{
/// On the same ranks every bit, on others what tight tolerances leave.
constexpr double other_ranks_tolerance = 1e-8;
constexpr double longest_end           = 10; // s, from the death of a rank to that of the job

/// What became of all runs of a campaign.
struct Tally
{
  int         n = 0, n_before_the_first_checkpoint = 0, n_not_restarted = 0, n_damaged = 0, n_hung = 0;
  double      same_ranks = 0, other_ranks = 0, slowest_end = 0;
  std::string first_failure;
};

/// Restarts what is left of a run (anew where it has no checkpoint) and compares with the undisturbed run.
void restart_and_compare(SmallRun &run, const std::string &output, int ranks_before, int ranks, Tally &tally)
{
  const bool has_checkpoint = !run.newest_checkpoint(output).empty();
  tally.n_before_the_first_checkpoint += has_checkpoint ? 0 : 1;
  RunPlan plan{.output = output, .ranks = ranks, .options = {}};
  if (has_checkpoint)
    plan.options = {"--restart", "latest"};
  const auto result = run.run(plan);
  if (!result.succeeded())
    {
      ++tally.n_not_restarted;
      if (tally.first_failure.empty())
        tally.first_failure = result.output;
      return;
    }
  tally.n_damaged += run.n_damaged_checkpoints(output);
  double &largest = ranks == ranks_before || !has_checkpoint ? tally.same_ranks : tally.other_ranks;
  largest         = std::max(largest, run.difference(output, ranks));
  std::filesystem::remove_all(run.path(output));
}

void add_records(const Tally &tally, double seconds, VerificationResult &result)
{
  const VerificationCost cost{0, seconds};
  result.records.push_back(make_record("runs disturbed", "", tally.n, Criterion::shown, tally.n, 0, "", cost));
  result.records.push_back(make_record("of them before the first checkpoint, run anew", "", tally.n_before_the_first_checkpoint, Criterion::shown, 0, 0, "", cost));
  result.records.push_back(never("runs that did not continue", tally.n_not_restarted, cost));
  result.records.push_back(never("jobs that did not end", tally.n_hung, cost));
  result.records.push_back(never("checkpoints damaged after the restart", tally.n_damaged, cost));
  result.records.push_back(never("difference on the same number of ranks", tally.same_ranks, cost));
  result.records.push_back(make_record("difference on another number of ranks", "of each field's maximum", tally.other_ranks, Criterion::at_most,
                                       other_ranks_tolerance, 0, "the tolerances", cost));
  result.records.push_back(make_record("longest time from the death of a rank to the end of the job", "s", tally.slowest_end, Criterion::at_most, longest_end, 0,
                                       "", cost));
  if (!tally.first_failure.empty())
    result.remarks.push_back("The first run that did not continue said:\n\n```\n" + tally.first_failure + "\n```");
}

/// Runs, is disturbed by `when` and a kill, continues.
template <class Wait>
VerificationResult campaign(const RunContext &context, int n, const std::vector<std::string> &options, const Wait &wait)
{
  VerificationResult result;
  if (!context.is_root()) // the runs have ranks of their own
    return result;
  const double start = seconds_with_children();
  SmallRun     run;
  std::mt19937 random(1);
  Tally        tally;
  for (int i = 0; i < n; ++i)
    {
      const std::string output = fmt::format("run_{}", i);
      const RunPlan     plan{.output = output, .ranks = 1 + i % 2, .options = options};
      const double      share = std::uniform_real_distribution<double>(0.2, 1)(random), seconds = run.reference(plan.ranks);
      const bool        all   = i % 3 == 2;
      std::chrono::steady_clock::time_point killed;
      const auto ended = run.run(plan, [&](const std::function<bool()> &is_running) {
        wait(run, output, is_running, share * seconds);
        auto victims = all ? run.processes(output) : run.ranks(output);
        if (!all && victims.size() > 1)
          victims = {victims[random() % victims.size()]};
        killed = std::chrono::steady_clock::now();
        for (const pid_t victim : victims)
          ::kill(victim, SIGKILL);
      });
      tally.slowest_end = std::max(tally.slowest_end, std::chrono::duration<double>(std::chrono::steady_clock::now() - killed).count());
      tally.n_hung += ended.timed_out ? 1 : 0;
      ++tally.n;
      restart_and_compare(run, output, plan.ranks, 1 + (i / 2) % 3, tally);
    }
  add_records(tally, seconds_with_children() - start, result);
  return result;
}

class KillCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    return campaign(context, quick ? 12 : 300, {}, [](const SmallRun &run, const std::string &output, const std::function<bool()> &is_running, double seconds) {
      if (std::hash<std::string>()(output) % 4 != 0) // mostly while it steps
        while (is_running() && run.newest_checkpoint(output).empty())
          sleep_while(is_running, 0.01);
      sleep_while(is_running, 0.5 * seconds);
    });
  }
};

class KillInCheckpointCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    return campaign(context, quick ? 6 : 100, {"--set", "Checkpoint/Steps = 1"},
                    [](const SmallRun &run, const std::string &output, const std::function<bool()> &is_running, double seconds) {
                      sleep_while(is_running, 0.7 * seconds);
                      const auto writes = [&] {
                        std::error_code ignored;
                        for (const auto &entry : std::filesystem::directory_iterator(run.path(output) + "/checkpoints", ignored))
                          if (entry.path().extension() == ".writing")
                            return true;
                        return false;
                      };
                      while (is_running() && !writes())
                        ;
                    });
  }
};

const bool registered_kill = Registry<VerificationCase>::add(
  {"verification case", "reliability_kill", "A rank, or the whole job, is killed at a random moment; the run is continued.",
   "A small pulsatile case with a checkpoint every four steps, on 1 and 2 ranks. SIGKILL to one rank or (every third time) to all processes. Then `--restart latest` on 1, 2 or 3 "
   "ranks (a plain run where there was no checkpoint yet), and the last checkpoint is compared with that of an undisturbed run: bytes on the same number of ranks, "
   "velocity and pressure on another.",
   "benchmarks/verification/reliability_kill.cpp"},
  [] { return std::make_unique<KillCase>(); });

const bool registered_checkpoint = Registry<VerificationCase>::add(
  {"verification case", "reliability_kill_in_checkpoint", "Runs are killed while they write a checkpoint.",
   "As `reliability_kill`, with a checkpoint after every step; the kill comes as soon as the file that is being written is seen.", "benchmarks/verification/reliability_kill.cpp"},
  [] { return std::make_unique<KillInCheckpointCase>(); });
} // namespace

} // namespace vesalius::verification
