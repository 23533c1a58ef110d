// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/benchmark.h"
#include "solver/kernels/cuda/flow_program.h"
#include "solver/kernels/cuda/flow_service.h"

#ifdef __CUDACC__
#include "solver/kernels/cuda/cuda_backend.h"
#endif

#include <cstdio>
#include <iostream>
#include <sstream>

// What vesalius-gpu does with a flow. For the files that define run_flow() alone.
namespace vesalius::device
{

namespace tasks
{
/// Columns of the table of steps, separated by newlines.
inline std::string table_columns(const std::string &outlet_names)
{
  std::string        columns = "time [s]\nCourant number\niterations velocity\niterations pressure\niterations mass\nresidual velocity\nresidual pressure\n";
  std::istringstream names(outlet_names);
  for (std::string name; std::getline(names, name);)
    columns += "flow out of " + name + " [m^3/s]\npressure " + name + " [Pa]\n";
  return columns;
}

inline void add_row(const StepRecord &step, std::vector<double> &table)
{
  table.insert(table.end(), {step.time, step.courant, double(step.velocity.iterations), double(step.pressure.iterations), double(step.mass_iterations),
                             step.velocity.residual, step.pressure.residual});
  for (std::size_t c = 0; c < step.outlet_flow.size(); ++c)
    table.insert(table.end(), {step.outlet_flow[c], step.outlet_pressure[c]});
}

inline void print(int number, const StepRecord &step, double seconds)
{
  std::printf("step %6d  t %.6g s  Courant %.3g  iterations %d + %d + %d  %.4g s\n", number, step.time, step.courant, step.velocity.iterations,
              step.pressure.iterations, step.mass_iterations, seconds);
  std::fflush(stdout);
}

template <class Backend, class Element>
void advance(const Options &options, const BundleFile &bundle, const ProcessGroup &group)
{
  FlowLoop<Backend, Element> loop(bundle, &group);
  const int                  n_steps  = options.n_steps > 0 ? options.n_steps : loop.n_steps();
  const bool                 is_first = group.rank() == 0;
  if (is_first)
    std::printf("%s: %lld %s, %lld velocity nodes, %lld pressure nodes, %d %s\n", Backend::name, static_cast<long long>(loop.n_cells()), Element::cells,
                static_cast<long long>(loop.n_nodes()), static_cast<long long>(loop.n_vertices()), group.size(), group.size() == 1 ? "process" : "processes");
  std::vector<double> table;
  for (int n = 1; n <= n_steps; ++n)
    {
      const auto start  = std::chrono::steady_clock::now();
      const auto record = loop.step();
      add_row(record, table);
      if (is_first)
        print(n, record, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
  auto result = loop.state();
  if (!is_first)
    return;
  result.add("steps", table);
  result.add_text("steps_columns", table_columns(bundle.text("outlet_names")));
  result.write(options.output);
}

template <class Backend, class Element>
void serve(const Options &options, BundleFile bundle, const std::string &device, const ProcessGroup &group)
{
  FlowService<Backend, Element> service(bundle, options.shared, &group);
  bundle = {}; // the service has taken what it needs
  service.run(std::cin, std::cout, device);
}

/// `n_triad`: its arrays must be much larger than the caches.
template <class Backend, class Element>
void run(const Options &options, const std::string &device, Index n_triad, BundleFile bundle, const ProcessGroup &group)
{
  if (!options.shared.empty())
    return serve<Backend, Element>(options, std::move(bundle), device, group);
  if (!options.wants_benchmark)
    return advance<Backend, Element>(options, bundle, group);
  const auto result = benchmark::measure<Backend, Element>(bundle, options.n_measured(), device, n_triad, group);
  if (group.rank() > 0)
    return;
  benchmark::print(result);
  if (!options.json.empty())
    benchmark::write_json(result, options.json);
}
} // namespace tasks

template <class Element>
void run_flow(const Options &options, const std::string &device, BundleFile bundle, const ProcessGroup &group)
{
#ifdef __CUDACC__
  if (options.backend != "host")
    return tasks::run<CudaBackend, Element>(options, device, 1 << 27, std::move(bundle), group);
#endif
  tasks::run<HostBackend, Element>(options, device, 1 << 24, std::move(bundle), group);
}

} // namespace vesalius::device
