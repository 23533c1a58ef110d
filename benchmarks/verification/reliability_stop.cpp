// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/reliability_tools.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"
#include "solver/io/checkpoint.h"
#include "solver/io/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <sys/mount.h>

namespace vesalius::verification
{

namespace
{
namespace fs = std::filesystem;
using Clock  = std::chrono::steady_clock;

constexpr int stopped_early = 75, resource = 4;

class SignalCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const double             start = seconds_with_children();
    constexpr std::array     signals{SIGTERM, SIGUSR1, SIGINT};
    const int                n = quick ? 6 : 90;
    SmallRun                 run;
    std::mt19937             random(1);
    int                      n_finished = 0, n_wrong_status = 0, n_not_continued = 0, n_differing = 0;
    double                   slowest = 0;
    std::string              first_failure;
    const auto               remember = [&](const std::string &what, const std::string &output) {
      if (first_failure.empty())
        first_failure = what + ":\n" + output;
    };
    for (int i = 0; i < n; ++i)
      {
        const std::string output = fmt::format("run_{}", i);
        const RunPlan     plan{.output = output, .ranks = 1 + i % 2, .options = {}};
        // From the first moment, when the case is read, to the last one.
        const double      when = (i + std::uniform_real_distribution<double>(0, 1)(random)) / n * run.reference(plan.ranks);
        Clock::time_point asked;
        const auto        ended = run.run(plan, [&](const std::function<bool()> &is_running) {
          sleep_while(is_running, when);
          asked = Clock::now();
          if (const auto processes = run.processes(output); !processes.empty())
            ::kill(processes.front(), signals[i % signals.size()]);
        });
        slowest = std::max(slowest, std::chrono::duration<double>(Clock::now() - asked).count());
        n_finished += ended.exit_status == 0 ? 1 : 0; // it was done by then
        // In the first milliseconds the program is not there yet and the system ends the process.
        const bool too_early = !fs::exists(run.path(output)) && ended.exit_status > 128;
        if (ended.exit_status != 0 && ended.exit_status != stopped_early && !too_early)
          {
            ++n_wrong_status;
            remember(fmt::format("signal after {:.2f} s, status {}", when, ended.exit_status), ended.output);
          }
        RunPlan again = plan;
        if (!run.newest_checkpoint(output).empty())
          again.options = {"--restart", "latest"};
        if (const auto continued = run.run(again); !continued.succeeded())
          {
            ++n_not_continued;
            remember(fmt::format("continued after a signal at {:.2f} s, status {}{}", when, continued.exit_status, continued.timed_out ? ", too slow" : ""), continued.output);
          }
        else if (run.difference(output, plan.ranks) != 0)
          ++n_differing;
        fs::remove_all(run.path(output));
      }
    const VerificationCost cost{0, seconds_with_children() - start};
    result.records.push_back(make_record("signals sent", "", n, Criterion::shown, n, 0, "", cost));
    result.records.push_back(make_record("runs that were done before it came", "", n_finished, Criterion::shown, 0, 0, "", cost));
    result.records.push_back(never("runs with another exit status than 75", n_wrong_status, cost));
    result.records.push_back(never("runs that did not continue", n_not_continued, cost));
    result.records.push_back(never("continued runs that differ from the undisturbed one", n_differing, cost));
    result.records.push_back(make_record("longest time from the signal to the end", "s", slowest, Criterion::at_most, 10, 0, "a step and a checkpoint", cost));
    if (!first_failure.empty())
      result.remarks.push_back("The first that went wrong:\n\n```\n" + first_failure + "\n```");
    return result;
  }
};

/// False for any file that a reader would stumble over.
bool everything_is_readable(const SmallRun &run, const std::string &output)
{
  if (run.n_damaged_checkpoints(output) > 0)
    return false;
  if (const auto table = run.path(output) + "/statistics.csv"; fs::exists(table) && fs::file_size(table) > 0)
    try
      {
        read_table(table);
      }
    catch (const std::exception &)
      {
        return false;
      }
  return true;
}

/// A disk of its own in memory.
class SmallDisk
{
public:
  SmallDisk(std::string place, std::uintmax_t bytes)
    : place_(std::move(place))
  {
    fs::create_directories(place_);
    is_there_ = ::mount("none", place_.c_str(), "tmpfs", 0, fmt::format("size={}", bytes).c_str()) == 0;
  }
  ~SmallDisk()
  {
    if (is_there_)
      ::umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk &)            = delete;
  SmallDisk &operator=(const SmallDisk &) = delete;
  bool       is_there() const { return is_there_; }

private:
  std::string place_;
  bool        is_there_ = false;
};

std::uintmax_t size_of(const std::string &folder)
{
  std::uintmax_t bytes = 0;
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    bytes += entry.is_regular_file() ? entry.file_size() + 4096 : 4096;
  return bytes;
}

class DiskFullCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const double start = seconds_with_children();
    const int    n     = quick ? 6 : 60;
    SmallRun     run;
    std::mt19937 random(1);
    run.reference(1);
    const auto        needed = size_of(run.path("reference_1"));
    int               n_done = 0, n_wrong_status = 0, n_unnamed = 0, n_unreadable = 0;
    std::string       first_failure;
    for (int i = 0; i < n; ++i)
      {
        const std::string output = fmt::format("run_{}", i);
        const auto        limit = std::uniform_int_distribution<std::uintmax_t>(8192, needed)(random);
        const SmallDisk   disk(run.path(output), limit);
        if (!disk.is_there())
          {
            result.remarks.emplace_back("Skipped: only root may mount a small disk.");
            return result;
          }
        const RunPlan     plan{.output = output, .ranks = 1 + i % 2, .options = {}};
        const auto        ended = run.run(plan);
        n_done += ended.exit_status == 0 ? 1 : 0;
        if (ended.exit_status != 0 && ended.exit_status != resource)
          {
            ++n_wrong_status;
            if (first_failure.empty())
              first_failure = fmt::format("disk of {} bytes, status {}:\n{}", limit, ended.exit_status, ended.output);
          }
        n_unnamed += ended.exit_status == resource && ended.output.find(run.path(output)) == std::string::npos ? 1 : 0;
        n_unreadable += everything_is_readable(run, output) ? 0 : 1;
      }
    const VerificationCost cost{0, seconds_with_children() - start};
    result.records.push_back(make_record("runs on a disk of random size", "", n, Criterion::shown, n, 0, "", cost));
    result.records.push_back(make_record("of them on one that was large enough", "", n_done, Criterion::shown, 0, 0, "", cost));
    result.records.push_back(never("runs with another exit status than 4", n_wrong_status, cost));
    result.records.push_back(never("messages that do not name the file", n_unnamed, cost));
    result.records.push_back(never("runs that left something unreadable", n_unreadable, cost));
    if (!first_failure.empty())
      result.remarks.push_back("The first of another status:\n\n```\n" + first_failure + "\n```");
    return result;
  }
};

const bool registered_signals = Registry<VerificationCase>::add(
  {"verification case", "reliability_signals", "SIGTERM, SIGUSR1 and SIGINT at any time of a run.",
   "The small case of `reliability_kill` gets a signal at moments spread over its whole length, on 1 and 2 ranks; it is to end with status 75 and to continue bit for bit.",
   "benchmarks/verification/reliability_stop.cpp"},
  [] { return std::make_unique<SignalCase>(); });

const bool registered_disk = Registry<VerificationCase>::add(
  {"verification case", "reliability_disk_full", "The disk is full at a random moment.",
   "The output folder of the small case of `reliability_kill` is a disk in memory (tmpfs, which needs root) of a size between that of two pages and what the run needs.", "benchmarks/verification/reliability_stop.cpp"},
  [] { return std::make_unique<DiskFullCase>(); });
} // namespace

} // namespace vesalius::verification
