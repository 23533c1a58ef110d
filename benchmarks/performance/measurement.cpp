// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"

#include "solver/core/errors.h"
#include "solver/core/processor_time.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace vesalius::performance
{

namespace
{
/// A line of /proc/self/status, bytes; 0 where the system does not say.
double own_memory(const std::string &key)
{
  std::ifstream stream("/proc/self/status");
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(key))
      {
        std::istringstream words(line.substr(key.size()));
        double             kilobytes = 0;
        words >> kilobytes;
        return 1024 * kilobytes;
      }
  return 0;
}

/// Sum over the nodes of `of_node`, which all ranks of a node know alike.
double sum_over_nodes(MPI_Comm communicator, double of_node)
{
  MPI_Comm node    = MPI_COMM_NULL;
  int      on_node = 0;
  MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  MPI_Comm_rank(node, &on_node);
  MPI_Comm_free(&node);
  double sum = on_node == 0 ? of_node : 0;
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, communicator);
  return sum;
}
} // namespace

double busy_seconds()
{
  std::ifstream stream("/proc/stat");
  std::string   word;
  stream >> word;
  double sum = 0;
  for (int i = 0; i < 8; ++i) // user nice system idle iowait irq softirq steal
    {
      double ticks = 0;
      stream >> ticks;
      sum += i == 3 || i == 4 ? 0 : ticks;
    }
  return sum / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double children_seconds()
{
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval &t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Stopwatch::Stopwatch(MPI_Comm communicator) : communicator_(communicator)
{
  MPI_Barrier(communicator);
  busy_      = sum_over_nodes(communicator, busy_seconds());
  processor_ = processor_seconds(communicator);
  wall_      = MPI_Wtime();
}

Timing Stopwatch::stop() const
{
  int n_ranks = 1;
  MPI_Comm_size(communicator_, &n_ranks);
  Timing timing;
  timing.wall = MPI_Wtime() - wall_;
  MPI_Allreduce(MPI_IN_PLACE, &timing.wall, 1, MPI_DOUBLE, MPI_MAX, communicator_);
  timing.processor       = processor_seconds(communicator_) - processor_;
  timing.foreign_seconds = std::max(0., sum_over_nodes(communicator_, busy_seconds()) - busy_ - timing.processor);
  timing.core_seconds    = timing.wall * n_ranks;
  return timing;
}

VerificationCost Repeated::cost(std::uint64_t dofs, int n_ranks) const
{
  return {dofs, median.core_seconds, n_ranks, foreign_seconds};
}

Repeated median_of(std::vector<Timing> timings)
{
  VESALIUS_ASSERT(!timings.empty(), "nothing was timed");
  std::sort(timings.begin(), timings.end(), [](const Timing &a, const Timing &b) { return a.wall < b.wall; });
  Repeated result;
  result.median      = timings[timings.size() / 2];
  result.repetitions = static_cast<int>(timings.size());
  result.spread      = (timings.back().wall - timings.front().wall) / result.median.wall;
  for (const auto &timing : timings)
    result.foreign_seconds += timing.foreign_seconds;
  return result;
}

Repeated time_repeatedly(const RunContext &context, int repetitions, const std::function<void()> &work)
{
  work();
  std::vector<Timing> timings;
  for (int i = 0; i < repetitions; ++i)
    {
      const Stopwatch watch(context.communicator);
      work();
      timings.push_back(watch.stop());
    }
  return median_of(timings);
}

void wait_for_idle(const RunContext &context, double patience)
{
  constexpr double idle = 0.08, interval = 0.5;
  for (double waited = 0; waited < patience; waited += interval)
    {
      const Stopwatch watch(context.communicator);
      std::this_thread::sleep_for(std::chrono::duration<double>(interval));
      const auto timing = watch.stop();
      if (timing.foreign_seconds < idle * timing.wall)
        return;
    }
}

std::vector<double> on_first_ranks(const RunContext &context, int n_ranks, const std::function<std::vector<double>(RunContext &)> &work)
{
  MPI_Comm   group  = MPI_COMM_NULL;
  const bool is_in  = context.rank < n_ranks;
  RunContext inside = context;
  MPI_Comm_split(context.communicator, is_in ? 0 : MPI_UNDEFINED, context.rank, &group);
  std::vector<double> values;
  std::string         message;
  if (is_in)
    {
      inside.communicator = group;
      inside.n_ranks      = n_ranks;
      try
        {
          values = work(inside);
        }
      catch (const std::exception &failure)
        {
          message = failure.what();
        }
      MPI_Comm_free(&group);
    }
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(context.communicator, &request);
  for (int done = 0; done == 0;) // a rank that waits in a barrier would take processor time
    {
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  int sizes[2] = {static_cast<int>(values.size()), static_cast<int>(message.size())};
  MPI_Bcast(sizes, 2, MPI_INT, 0, context.communicator);
  values.resize(sizes[0]);
  message.resize(sizes[1]);
  MPI_Bcast(values.data(), sizes[0], MPI_DOUBLE, 0, context.communicator);
  MPI_Bcast(message.data(), sizes[1], MPI_CHAR, 0, context.communicator);
  if (!message.empty())
    throw SolverFailure(message);
  return values;
}

std::vector<int> rank_numbers(const RunContext &context)
{
  std::vector<int> numbers;
  for (int n = 1; n < context.n_ranks; n *= 2)
    numbers.push_back(n);
  numbers.push_back(context.n_ranks);
  return numbers;
}

MemoryWatch::MemoryWatch(MPI_Comm communicator) : communicator_(communicator)
{
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5"; // the peak starts anew
  before_ = own_memory("VmRSS:");
}

double MemoryWatch::growth() const
{
  double growth = std::max(0., own_memory("VmHWM:") - before_);
  MPI_Allreduce(MPI_IN_PLACE, &growth, 1, MPI_DOUBLE, MPI_SUM, communicator_);
  return growth;
}

} // namespace vesalius::performance
