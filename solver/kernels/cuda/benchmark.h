// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/flow_loop.h"
#include "solver/kernels/cuda/flow_program.h"

#include <cstdio>
#include <fstream>

// How fast the loop is: a step as a whole, and each kernel beside the bandwidth that a triad measures in the same run.
namespace vesalius::device
{

namespace benchmark
{
/// a = b + s c.
struct Triad
{
  static constexpr const char *name = "triad";
  double        scale;
  const double *b, *c;
  double       *a;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { a[i] = b[i] + scale * c[i]; }
};

/// Bytes a second, the best of ten.
template <class Backend>
double triad_bandwidth(Index n)
{
  Array<Backend, double> a(n), b(n), c(n);
  const Queue<Backend>   queue;
  double                 best = 0;
  for (int repetition = 0; repetition < 10; ++repetition)
    {
      Backend::wait();
      const auto  start = std::chrono::steady_clock::now();
      const Triad triad{3., b.data(), c.data(), a.data()};
      queue.run(n, triad);
      Backend::wait();
      best = std::max(best, triad.bytes(n) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
  return best;
}

struct Result
{
  std::string device, cells;
  int         n_processes = 1;
  double      bandwidth = 0;                                  ///< triad's, B/s
  double      step_seconds = 0, step_bytes = 0, n_steps = 0; ///< bytes: what the kernels of a step must move
  double      n_cells = 0, n_velocity_unknowns = 0, velocity_iterations = 0, pressure_iterations = 0; ///< iterations a step
  KernelTimes times;                                          ///< of n_steps steps
};

template <class Backend, class Element>
Result measure(const BundleFile &bundle, int n_steps, const std::string &device, Index n_triad, const ProcessGroup &group)
{
  Result result;
  result.device      = device;
  result.cells       = Element::cells;
  result.n_processes = group.size();
  result.bandwidth = triad_bandwidth<Backend>(n_triad);
  FlowLoop<Backend, Element> loop(bundle, &group);
  result.n_cells             = double(loop.n_cells());
  result.n_velocity_unknowns = Element::dim * double(loop.n_nodes());
  result.n_steps             = n_steps;
  for (int n = 0; n < Options::n_warm_up; ++n)
    loop.step();
  Backend::wait();
  const auto start = std::chrono::steady_clock::now();
  for (int n = 0; n < n_steps; ++n)
    {
      const auto record = loop.step();
      result.velocity_iterations += double(record.velocity.iterations) / n_steps;
      result.pressure_iterations += double(record.pressure.iterations) / n_steps;
    }
  Backend::wait();
  result.step_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / n_steps;
  loop.queue().times  = &result.times;
  for (int n = 0; n < n_steps; ++n)
    loop.step();
  for (const auto &[name, entry] : result.times.entries)
    result.step_bytes += entry.bytes / n_steps;
  return result;
}

inline void print(const Result &r)
{
  if (r.n_processes > 1)
    std::printf("%d processes; bandwidth and kernels are those of the first\n", r.n_processes);
  std::printf("%s: triad %.1f GB/s\n%.0f %s, %.0f velocity unknowns, %.1f + %.1f iterations a step\n", r.device.c_str(), r.bandwidth * 1e-9,
              r.n_cells, r.cells.c_str(), r.n_velocity_unknowns, r.velocity_iterations, r.pressure_iterations);
  std::printf("a step: %.4g s, %.4g velocity unknowns/s, %.4g GB, %.1f %% of the triad\n\n", r.step_seconds, r.n_velocity_unknowns / r.step_seconds,
              r.step_bytes * 1e-9, 100 * r.step_bytes / r.step_seconds / r.bandwidth);
  std::printf("%-30s %10s %12s %12s %10s %10s\n", "kernel", "calls/step", "ms/step", "ms/call", "GB/s", "% of triad");
  std::vector<std::pair<double, std::string>> order;
  for (const auto &[name, entry] : r.times.entries)
    order.emplace_back(-entry.seconds, name);
  std::sort(order.begin(), order.end());
  for (const auto &[seconds, name] : order)
    {
      const auto &e = r.times.entries.at(name);
      std::printf("%-30s %10.1f %12.4g %12.4g %10.1f %10.1f\n", name.c_str(), e.calls / r.n_steps, 1e3 * e.seconds / r.n_steps, 1e3 * e.seconds / e.calls,
                  1e-9 * e.bytes / e.seconds, 100 * e.bytes / e.seconds / r.bandwidth);
    }
}

/// Records with the keys of `vesalius verify --json`, as far as they make sense here. Throws BundleFileError.
inline void write_json(const Result &r, const std::string &path)
{
  std::ofstream stream(path);
  const char   *separator = "[\n";
  stream.precision(9);
  const auto add = [&](const std::string &quantity, double value, const char *unit) {
    stream << separator << "  {\"case\": \"device loop\", \"quantity\": \"" << quantity << "\", \"value\": " << value << ", \"unit\": \"" << unit
           << "\", \"dofs\": " << r.n_velocity_unknowns << ", \"device\": \"" << r.device << "\"}";
    separator = ",\n";
  };
  add("processes", r.n_processes, "");
  add("triad bandwidth", r.bandwidth, "B/s");
  add("seconds a step", r.step_seconds, "s");
  add("velocity unknowns a second", r.n_velocity_unknowns / r.step_seconds, "1/s");
  add("velocity iterations a step", r.velocity_iterations, "");
  add("pressure iterations a step", r.pressure_iterations, "");
  add("share of the triad bandwidth, step", r.step_bytes / r.step_seconds / r.bandwidth, "");
  for (const auto &[name, e] : r.times.entries)
    {
      add("seconds a step, " + name, e.seconds / r.n_steps, "s");
      add("share of the triad bandwidth, " + name, e.bytes / e.seconds / r.bandwidth, "");
    }
  stream << "\n]\n";
  stream.close();
  if (!stream)
    throw BundleFileError("cannot write " + path);
}
} // namespace benchmark

} // namespace vesalius::device
