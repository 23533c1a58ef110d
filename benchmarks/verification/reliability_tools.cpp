// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/reliability_tools.h"

#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/io/checkpoint.h"
#include "tests/verification/channel_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <limits>
#include <sys/resource.h>
#include <thread>

namespace vesalius::verification
{

namespace fs = std::filesystem;
using Clock  = std::chrono::steady_clock;

namespace
{
constexpr const char *case_text = R"(set Physics = flow
subsection Mesh
  set File = channel.vtu
end
subsection Time
  set Cycles          = 1
  set Run-in          = false
  set Steps per cycle = 120
end
subsection Solver
  # So tight that runs on other ranks agree.
  set Velocity tolerance = 1e-13
  set Pressure tolerance = 1e-13
end
subsection Output
  set Snapshots per cycle = 6
end
subsection Checkpoint
  set Steps = 4
end
)";

constexpr const char *outlet_text = R"(    set Type                = windkessel
    set Proximal resistance = 1e7 Pa s/m^3
    set Distal resistance   = 1e8 Pa s/m^3
    set Compliance          = 1 mm^3/Pa
)";

std::string text_of(const fs::path &file)
{
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Whether the arguments of a process name the folder.
bool belongs_to(const fs::path &process, const std::string &folder)
{
  return text_of(process / "cmdline").find(folder) != std::string::npos;
}
} // namespace

std::vector<std::string> clean_environment()
{
  std::vector<std::string> command{"/usr/bin/env", "-i", "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMP_NUM_THREADS=1"};
  for (const char *name : {"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"})
    if (const char *value = std::getenv(name))
      command.push_back(std::string(name) + "=" + value);
  return command;
}

WorkFolder::WorkFolder()
{
  std::string pattern = (fs::temp_directory_path() / "vesalius_reliability_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw ResourceError("no temporary folder could be made", "is " + fs::temp_directory_path().string() + " full or read-only?");
  folder_ = pattern;
}

SmallRun::SmallRun()
{
  testing::write_channel(path("channel.vtu"));
  std::ofstream(path("case.prm")) << case_text << testing::channel_boundaries(outlet_text);
}

WorkFolder::~WorkFolder()
{
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

internal::ProcessResult WorkFolder::call(const std::vector<std::string> &arguments, double patience) const
{
  auto command = clean_environment();
  command.push_back(fs::read_symlink("/proc/self/exe").string());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return internal::run_program(command, folder_, patience);
}

internal::ProcessResult SmallRun::run(const RunPlan &plan) const
{
  std::vector<std::string> arguments{"--ranks", std::to_string(plan.ranks), "run", path("case.prm"), "--output", path(plan.output), "--no-report"};
  arguments.insert(arguments.end(), plan.options.begin(), plan.options.end());
  return call(arguments, plan.patience);
}

double seconds_with_children()
{
  double sum = 0;
  for (const auto whose : {RUSAGE_SELF, RUSAGE_CHILDREN})
    {
      rusage usage{};
      getrusage(whose, &usage);
      for (const auto &part : {usage.ru_utime, usage.ru_stime})
        sum += double(part.tv_sec) + 1e-6 * double(part.tv_usec);
    }
  return sum;
}

VerificationRecord never(const std::string &what, double n, const VerificationCost &cost)
{
  return make_record(what, "", n, Criterion::absolute, 0, 0, "the run's promise", cost);
}

internal::ProcessResult SmallRun::run(const RunPlan &plan, const std::function<void(const std::function<bool()> &is_running)> &disturb) const
{
  std::atomic<bool> goes_on{true};
  auto              result = std::async(std::launch::async, [&] {
    auto ended = run(plan);
    goes_on    = false;
    return ended;
  });
  disturb([&] { return goes_on.load(); });
  return result.get();
}

std::vector<pid_t> SmallRun::processes(const std::string &output) const
{
  std::vector<pid_t> result;
  std::error_code    ignored;
  for (const auto &entry : fs::directory_iterator("/proc", ignored))
    if (const std::string name = entry.path().filename(); name.find_first_not_of("0123456789") == std::string::npos)
      if (belongs_to(entry.path(), path(output)))
        result.push_back(static_cast<pid_t>(std::stol(name)));
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<pid_t> SmallRun::ranks(const std::string &output) const
{
  const std::string  program = fs::read_symlink("/proc/self/exe").string();
  std::vector<pid_t> result;
  for (const pid_t process : processes(output))
    {
      std::error_code   error;
      const fs::path    place = "/proc/" + std::to_string(process);
      const std::string file  = fs::read_symlink(place / "exe", error).string();
      if (file == program && text_of(place / "cmdline").find("--worker") != std::string::npos)
        result.push_back(process);
    }
  return result;
}

std::string SmallRun::newest_checkpoint(const std::string &output) const
{
  std::string     newest;
  double          steps = -1;
  std::error_code ignored;
  for (const auto &entry : fs::directory_iterator(path(output) + "/checkpoints", ignored))
    if (entry.path().extension() == ".h5" && damage_of_checkpoint(entry.path()).empty())
      if (const double n = checkpoint_numbers(entry.path()).numbers.at("clock").at(1); n > steps)
        {
          steps  = n;
          newest = entry.path();
        }
  return newest;
}

int SmallRun::n_damaged_checkpoints(const std::string &output) const
{
  int             n = 0;
  std::error_code ignored;
  for (const auto &entry : fs::directory_iterator(path(output) + "/checkpoints", ignored))
    n += entry.path().extension() == ".h5" && !damage_of_checkpoint(entry.path()).empty() ? 1 : 0;
  return n;
}

double SmallRun::reference(int ranks)
{
  if (const auto found = reference_seconds_.find(ranks); found != reference_seconds_.end())
    return found->second;
  const auto start  = Clock::now();
  const auto result = run({.output = fmt::format("reference_{}", ranks), .ranks = ranks, .options = {}});
  if (!result.succeeded())
    throw SolverFailure("the undisturbed run failed: " + result.output);
  return reference_seconds_[ranks] = std::chrono::duration<double>(Clock::now() - start).count();
}

double SmallRun::difference(const std::string &output, int ranks)
{
  constexpr double none = std::numeric_limits<double>::infinity();
  reference(ranks);
  const auto ours = newest_checkpoint(output), theirs = newest_checkpoint(fmt::format("reference_{}", ranks));
  if (ours.empty() || theirs.empty())
    return none;
  if (sha256_file(ours) == sha256_file(theirs))
    return 0;
  const auto a = checkpoint_fields(ours), b = checkpoint_fields(theirs);
  double     largest = 0;
  for (const char *name : {"velocity", "pressure"})
    {
      const auto &x = a.at(name), &y = b.at(name);
      if (x.size() != y.size())
        return none;
      double maximum = 0, difference = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        {
          maximum    = std::max(maximum, std::abs(y[i]));
          difference = std::max(difference, std::abs(x[i] - y[i]));
        }
      largest = std::max(largest, difference / maximum);
    }
  return std::max(largest, std::numeric_limits<double>::min());
}

void sleep_while(const std::function<bool()> &is_running, double seconds)
{
  for (const auto end = Clock::now() + std::chrono::duration<double>(seconds); is_running() && Clock::now() < end;)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

} // namespace vesalius::verification
