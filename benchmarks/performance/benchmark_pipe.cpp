// SPDX-License-Identifier: GPL-3.0-or-later
// The benchmark pipe that the peers publish: R 2 cm, L 30 cm, rho 1.06, mu 0.04 (CGS),
// Q(t) = 50 (1 - cos 2 pi t) mL/s, parabolic, outlet RCR (121, 1.5e-5, 1212), dt 0.005 s,
// relative tolerance 1e-6. Prints one JSON object: core-seconds a step and a simulated second, by the clock and, for a
// machine that is not idle, by the processor.
//
//     mpirun -n 2 benchmark_pipe [cells across, 13.75 by default: about 170,700 tetrahedra] [steps, 40] [implicit, ext2 or ext3]
//                                [dt in s, 0.005; the explicit forms need less] [P2/P1 or P1/P1]
#include "mesh_io/volume_mesh.h"
#include "physics/flow/flow_solver.h"
#include "solver/algebra/petsc_session.h"
#include "solver/core/processor_time.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numbers>

namespace vesalius
{
namespace
{
constexpr double radius = 0.02, length = 0.30;

Mesh pipe_mesh(double cells_across)
{
  Centerline           axis;
  VolumeMeshParameters parameters;
  parameters.cells_across = cells_across;
  axis.branches.push_back({{{0, 0, 0}, {0, 0, length / 2}, {0, 0, length}}, {radius, radius, radius}});
  return make_volume_mesh(make_pipe_surface(radius, length, 2 * radius / cells_across), axis, parameters);
}

Waveform inflow()
{
  std::vector<double> times, values;
  for (int i = 0; i < 128; ++i)
    {
      times.push_back(i / 128.);
      values.push_back(50e-6 * (1 - std::cos(2 * std::numbers::pi * times.back())));
    }
  return Waveform(times, values, 1.);
}

std::unique_ptr<OutletModel> windkessel()
{
  ParameterTree parameters;
  parameters.declare_named_sections("Boundaries", "", declare_boundary_section);
  parameters.parse_text("subsection Boundaries\n subsection outlet\n set Type = windkessel\n"
                        " set Proximal resistance = 121 dyn s/cm^5\n set Distal resistance = 1212 dyn s/cm^5\n"
                        " set Compliance = 1.5e-5 cm^5/dyn\n end\nend\n",
                        "benchmark");
  return make_outlet(parameters, "Boundaries/outlet");
}

void run(double cells_across, int n_steps, Convection convection, double dt, int velocity_degree)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &n_ranks);
  double     start     = MPI_Wtime();
  const Mesh mesh      = rank == 0 ? pipe_mesh(cells_across) : Mesh{};
  MPI_Barrier(PETSC_COMM_WORLD);
  const double mesh_seconds = MPI_Wtime() - start;
  start                     = MPI_Wtime();
  FlowSettings settings;
  settings.rho                = 1060;
  settings.mu                 = 0.004;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-6;
  settings.initial_tolerance                                = 1e-6;
  settings.convection = convection;
  settings.velocity_degree = velocity_degree;
  SimplexSpace space(mesh, PETSC_COMM_WORLD);
  FlowSolver   solver(space, settings);
  solver.add_wall(space.boundary_id("wall"));
  solver.add_inflow(space.boundary_id("inlet"), inflow(), InflowProfile::Shape::parabolic);
  solver.add_outlet(space.boundary_id("outlet"), windkessel());
  solver.finish_boundaries();
  solver.start_from_stokes();
  const double set_up = MPI_Wtime() - start;
  start                  = MPI_Wtime();
  const double processor_start = processor_seconds(PETSC_COMM_WORLD);
  int    velocity_iterations = 0, pressure_iterations = 0;
  double courant             = 0;
  for (int step = 0; step < n_steps; ++step)
    {
      const auto result = solver.step(dt);
      if (!result.accepted)
        throw SolverFailure("the benchmark's step was rejected");
      courant = std::max(courant, result.courant);
      velocity_iterations += result.velocity_iterations;
      pressure_iterations += result.pressure_iterations;
    }
  const double processor = (processor_seconds(PETSC_COMM_WORLD) - processor_start) / n_steps;
  const double seconds = MPI_Wtime() - start, a_step = seconds * n_ranks / n_steps;
  const std::int64_t n_dofs = 3 * space.nodes(velocity_degree).n_global;
  if (rank == 0)
    fmt::print("{{\"benchmark\": \"pipe\", \"ranks\": {}, \"tetrahedra\": {}, \"vertices\": {}, \"elements\": \"P{}/P1\", \"velocity_dofs\": {}, "
               "\"convection\": \"{}\", \"largest_courant\": {:.3g}, \"steps\": {}, \"dt_s\": {}, \"mesh_s\": {:.2f}, \"set_up_s\": {:.2f}, \"core_seconds_per_step\": {:.4f}, \"processor_seconds_per_step\": {:.4f}, "
               "\"core_seconds_per_simulated_second\": {:.1f}, \"velocity_dofs_per_core_second\": {:.4g}, "
               "\"velocity_iterations_per_step\": {:.1f}, \"pressure_iterations_per_step\": {:.1f}, \"peak_memory_GiB_rank_0\": {:.2f}}}\n",
               n_ranks, mesh.n_cells(), mesh.n_vertices, velocity_degree, n_dofs, name_of(convection), courant, n_steps, dt, mesh_seconds, set_up, a_step, processor, a_step / dt,
               n_dofs / a_step, double(velocity_iterations) / n_steps, double(pressure_iterations) / n_steps,
               peak_memory() / (1 << 30));
}
} // namespace
} // namespace vesalius

int main(int argc, char **argv)
{
  vesalius::PetscSession session(argc, argv);
  vesalius::run(argc > 1 ? std::atof(argv[1]) : 13.75, argc > 2 ? std::atoi(argv[2]) : 40,
                vesalius::convection_named(argc > 3 ? argv[3] : "implicit"), argc > 4 ? std::atof(argv[4]) : 0.005,
                argc > 5 && std::string(argv[5]) == "P1/P1" ? 1 : 2);
}
