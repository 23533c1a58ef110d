// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius bundle`: what the time loop on a device begins from.
#include "solver/app/commands.h"

#include "solver/app/case_file.h"
#include "solver/app/case_parameters.h"
#include "solver/app/error_bars.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/app/mpi_session.h"

#include <fmt/format.h>
#include <petscsys.h>

#include <filesystem>
#include <iostream>

namespace vesalius
{

namespace
{
/// Throws InputError where vesalius-gpu does not know what the case asks for.
void check(const Case &simulation)
{
  const auto &parameters = simulation.parameters;
  require_geometry_source(parameters);
  if (!simulation.physics)
    throw parameters.error_at("Physics", "a case without physics has no time loop", "set Physics = flow");
  if (wants_error_bars(parameters))
    throw parameters.error_at("Error bars/Compute", "a bundle holds one run, and error bars need several", "set Error bars/Compute = false");
  simulation.physics->check_case(parameters);
  simulation.physics->check_bundle_case(parameters);
}
} // namespace

ExitStatus command_bundle(const CommandLine &line)
{
  if (line.n_ranks > 1)
    throw UsageError("a bundle is written by one process: leave out --ranks");
  MpiSession session; // outlives the physics
  const Case simulation = load_case(line.input, all_overrides(line));
  check(simulation);
  Log            log;
  GeometryStages stages(simulation, output_directory(simulation, ""), false, log);
  stages.run(GeometryStages::Stage::mesh);
  simulation.physics->check(simulation.parameters, stages.mesh(), 1);
  simulation.physics->check_device_mesh(simulation.parameters, stages.mesh());
  RunContext context;
  context.communicator = PETSC_COMM_WORLD;
  context.log          = &log;
  simulation.physics->set_up(simulation.parameters, stages.mesh(), context);
  const int n_steps = simulation.physics->write_bundle(line.output, line.n_steps);
  std::cout << fmt::format("wrote {} ({:.1f} MB) for {} steps: vesalius-gpu {} --output RESULT\n", line.output,
                           double(std::filesystem::file_size(line.output)) * 1e-6, n_steps, line.output);
  return ExitStatus::done;
}

} // namespace vesalius
