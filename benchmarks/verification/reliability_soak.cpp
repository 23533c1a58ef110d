// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/reliability_tools.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <unistd.h>

namespace vesalius::verification
{

namespace
{
namespace fs = std::filesystem;
using Clock  = std::chrono::steady_clock;

constexpr double duration = 3600; // s

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Resident memory of a process, bytes; 0 if it is gone.
double resident_memory(pid_t process)
{
  double        total = 0, resident = 0;
  std::ifstream stream(fmt::format("/proc/{}/statm", process));
  stream >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

struct MemoryHistory
{
  std::vector<double> hours, megabytes;

  /// Slope of the line of least squares over the mean, behind the first tenth of the time.
  double growth_an_hour() const
  {
    double n = 0, t = 0, m = 0, tt = 0, tm = 0;
    for (std::size_t i = 0; i < hours.size(); ++i)
      if (hours[i] > 0.1 * hours.back())
        {
          n += 1;
          t += hours[i];
          m += megabytes[i];
          tt += hours[i] * hours[i];
          tm += hours[i] * megabytes[i];
        }
    return n > 2 ? (n * tm - t * m) / (n * tt - t * t) / (m / n) : std::nan("");
  }
};

/// What the program said last, on one line.
std::string last_line(std::string output)
{
  output.erase(output.find_last_not_of(" \r\n") + 1);
  return output.substr(output.rfind('\n') + 1); // npos + 1 is 0
}

/// How a run ended, for whoever has to find out why.
std::string end_of(const internal::ProcessResult &ended)
{
  const std::string status = ended.timed_out ? "ended after its patience" : fmt::format("status {}", ended.exit_status);
  return fmt::format("{}, last line `{}`", status, last_line(ended.output));
}

/// One run that never ends, watched.
MemoryHistory watch_long_run(const SmallRun &run)
{
  MemoryHistory history;
  const RunPlan plan{.output = "long", .ranks = 1, .options = {"--set", "Time/Cycles = 1000", "--set", "Time/Steps per cycle = 2000"}, .patience = duration + 300};
  run.run(plan, [&](const std::function<bool()> &is_running) {
    const auto start = Clock::now();
    while (is_running() && seconds_since(start) < duration)
      {
        sleep_while(is_running, 10);
        if (const auto ranks = run.ranks(plan.output); !ranks.empty())
          if (const double memory = resident_memory(ranks.front()); memory > 0)
            {
              history.hours.push_back(seconds_since(start) / 3600);
              history.megabytes.push_back(memory / 1e6);
            }
      }
    if (const auto ranks = run.ranks(plan.output); !ranks.empty())
      ::kill(ranks.front(), SIGTERM);
  });
  return history;
}

/// Files that nobody should find after a run.
int count_leftovers(const std::string &folder)
{
  int n = 0;
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    {
      const std::string name = entry.path().filename();
      n += name.starts_with(".") || name.ends_with(".writing") || name == "running.lock" || name == "stop" ? 1 : 0;
    }
  return n;
}

int count_temporary_files()
{
  int             n = 0;
  std::error_code ignored;
  for (const auto &entry : fs::directory_iterator(fs::temp_directory_path(), ignored))
    n += entry.path().filename().string().starts_with("vesalius") ? 1 : 0;
  return n;
}

class SoakCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    if (quick)
      {
        result.remarks.emplace_back("An hour: left out of the quick form.");
        return result;
      }
    const double start_seconds = seconds_with_children();
    SmallRun     run;
    run.reference(1);
    const int    n_temporary = count_temporary_files();
    const auto   start       = Clock::now();
    auto         watched     = std::async(std::launch::async, [&] { return watch_long_run(run); });
    std::mt19937 random(1);
    int          n_runs = 0, n_stopped = 0, n_not_continued = 0, n_differing = 0, n_leftovers = 0;
    while (seconds_since(start) < duration)
      {
        const RunPlan        plan{.output = "short", .ranks = 1, .options = {}};
        constexpr std::array signals{SIGTERM, SIGUSR1, SIGINT};
        const double         when = std::uniform_real_distribution<double>(0.2, 1)(random) * run.reference(1);
        const auto           ended = run.run(plan, [&](const std::function<bool()> &is_running) {
          sleep_while(is_running, when);
          if (const auto processes = run.processes(plan.output); !processes.empty())
            ::kill(processes.front(), signals[static_cast<std::size_t>(n_runs) % signals.size()]);
        });
        n_stopped += ended.exit_status == 75 ? 1 : 0;
        RunPlan again = plan;
        if (!run.newest_checkpoint(plan.output).empty())
          again.options = {"--restart", "latest"};
        if (const auto continued = run.run(again); !continued.succeeded())
          {
            ++n_not_continued;
            result.remarks.push_back(fmt::format("Run {}, stopped after {:.2f} s with {}, did not continue{}: {}.", n_runs + 1, when, end_of(ended),
                                                 again.options.empty() ? " anew" : "", end_of(continued)));
          }
        else if (run.difference(plan.output, 1) != 0)
          ++n_differing;
        n_leftovers += count_leftovers(run.path(plan.output));
        fs::remove_all(run.path(plan.output));
        ++n_runs;
      }
    const MemoryHistory    history = watched.get();
    const VerificationCost cost{0, seconds_with_children() - start_seconds};
    result.records = {make_record("runs started, stopped and restarted", "", n_runs, Criterion::shown, n_runs, 0, "", cost),
                      make_record("of them stopped before their end", "", n_stopped, Criterion::shown, n_runs, 0, "", cost),
                      never("runs that did not continue", n_not_continued, cost),
                      never("continued runs that differ from the undisturbed one", n_differing, cost),
                      never("files left behind in output folders", n_leftovers + count_leftovers(run.path("long")), cost),
                      never("temporary files left behind", std::max(0, count_temporary_files() - n_temporary), cost),
                      make_record("growth of a run's memory", "% an hour", 100 * history.growth_an_hour(), Criterion::at_most, 1, 0, "a run may last for weeks", cost)};
    result.figures.push_back({"time / h", "resident memory / MB", {{"one run", history.hours, history.megabytes, false}}});
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "reliability_soak", "An hour of runs started, stopped and restarted, beside one that goes on.",
   "The small case of `reliability_kill` is started, stopped by a signal at a random moment and continued, again and again for an hour; beside it one run goes on for the "
   "whole hour, and the resident memory of its process is sampled every ten seconds.",
   "benchmarks/verification/reliability_soak.cpp"},
  [] { return std::make_unique<SoakCase>(); });
} // namespace

} // namespace vesalius::verification
