// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/pipe_run.h"

#include "benchmarks/verification/flow_case_tools.h"
#include "mesh_io/volume_mesh.h"

#include <algorithm>
#include <bit>
#include <numbers>

namespace vesalius::performance
{

namespace
{
constexpr double radius = 0.02, length = 0.30;

Waveform inflow(double factor)
{
  std::vector<double> times, values;
  for (int i = 0; i < 128; ++i)
    {
      times.push_back(i / 128.);
      values.push_back(factor * 50e-6 * (1 - std::cos(2 * std::numbers::pi * times.back())));
    }
  return Waveform(times, values, 1.);
}

PipeMeasures run_here(const RunContext &context, const Mesh &mesh, const PipeRun &run, double patience)
{
  FlowSettings settings    = pipe_settings();
  settings.convection      = run.convection;
  settings.velocity_degree = run.velocity_degree;
  PipeMeasures         measures;
  const MemoryWatch    memory(context.communicator);
  const Stopwatch      set_up(context.communicator);
  verification::FlowBench bench(context, mesh, settings);
  start_pipe(bench.solver());
  measures.set_up_seconds = set_up.stop().wall;
  for (int i = 0; i < run.warm_steps; ++i)
    bench.step(run.dt);
  wait_for_idle(context, patience);
  std::vector<Timing> blocks;
  for (int block = 0; block < run.blocks; ++block)
    {
      const Stopwatch watch(context.communicator);
      for (int i = 0; i < run.steps_a_block; ++i)
        {
          const auto step = bench.step(run.dt);
          measures.velocity_iterations += step.velocity_iterations;
          measures.pressure_iterations += step.pressure_iterations;
          measures.largest_courant = std::max(measures.largest_courant, step.courant);
        }
      blocks.push_back(watch.stop());
    }
  const auto repeated               = median_of(blocks);
  const int  n_steps                = run.blocks * run.steps_a_block;
  measures.ranks                    = context.n_ranks;
  measures.velocity_dofs            = 3. * double(bench.space().nodes(run.velocity_degree).n_global);
  measures.all_dofs                 = double(bench.cost().dofs);
  measures.core_seconds_a_step      = repeated.median.core_seconds / run.steps_a_block;
  measures.processor_seconds_a_step = repeated.median.processor / run.steps_a_block;
  measures.spread                   = repeated.spread;
  measures.foreign_seconds          = repeated.foreign_seconds;
  measures.velocity_iterations /= n_steps;
  measures.pressure_iterations /= n_steps;
  measures.bytes = memory.growth();
  return measures;
}
} // namespace

Mesh make_benchmark_pipe(double cells_across)
{
  Centerline           axis;
  VolumeMeshParameters parameters;
  parameters.cells_across    = cells_across;
  parameters.curvature_share = 0; // the coarse ones are to be coarse
  axis.branches.push_back({{{0, 0, 0}, {0, 0, length / 2}, {0, 0, length}}, {radius, radius, radius}});
  return make_volume_mesh(make_pipe_surface(radius, length, 2 * radius / cells_across), axis, parameters);
}

void start_pipe(FlowScheme &solver, double factor)
{
  const auto &space = solver.space();
  solver.add_wall(space.boundary_id("wall"));
  solver.add_inflow(space.boundary_id("inlet"), inflow(factor), InflowProfile::Shape::parabolic);
  solver.add_outlet(space.boundary_id("outlet"),
                    verification::outlet_of("windkessel", "set Proximal resistance = 121 dyn s/cm^5\nset Distal resistance = 1212 dyn s/cm^5\n"
                                                          "set Compliance = 1.5e-5 cm^5/dyn"));
  solver.finish_boundaries();
  solver.start_from_stokes();
}

FlowSettings pipe_settings()
{
  FlowSettings settings;
  settings.rho                = 1060;
  settings.mu                 = 0.004;
  settings.velocity_tolerance = settings.pressure_tolerance = settings.initial_tolerance = 1e-6;
  return settings;
}

VerificationCost PipeMeasures::cost() const
{
  return {std::uint64_t(all_dofs), core_seconds_a_step, int(ranks), foreign_seconds};
}

PipeMeasures run_pipe(const RunContext &context, int n_ranks, const Mesh &mesh, const PipeRun &run, double patience)
{
  using Numbers     = std::array<double, sizeof(PipeMeasures) / sizeof(double)>;
  const auto values = on_first_ranks(context, n_ranks, [&](RunContext &inside) {
    const auto numbers = std::bit_cast<Numbers>(run_here(inside, mesh, run, patience));
    return std::vector<double>(numbers.begin(), numbers.end());
  });
  Numbers numbers{};
  std::copy(values.begin(), values.end(), numbers.begin());
  return std::bit_cast<PipeMeasures>(numbers);
}

} // namespace vesalius::performance
