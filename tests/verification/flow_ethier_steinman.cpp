// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/volume_mesh.h"
#include "physics/flow/flow_solver.h"
#include "tests/verification/exact_solutions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{

const exact::EthierSteinman beltrami{std::numbers::pi / 4, std::numbers::pi / 2, 1.0};

void exact_velocity(double t, const double *x, double *u)
{
  const auto value = beltrami.velocity({x[0], x[1], x[2]}, t);
  std::copy(value.begin(), value.end(), u);
}

double exact_pressure(double t, const double *x) { return beltrami.pressure({x[0], x[1], x[2]}, t); }

struct Errors
{
  double velocity = 0, pressure = 0;
};

Errors solve_beltrami(int n_cells, double dt, double end, const FlowSolver *reference = nullptr, FlowSolver **keep = nullptr)
{
  (void)reference;
  (void)keep;
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const Mesh   mesh = rank == 0 ? make_box_mesh(3, {-1, -1, -1}, {1, 1, 1}, {n_cells, n_cells, n_cells}) : Mesh{};
  SimplexSpace space(mesh, MPI_COMM_WORLD);
  FlowSettings settings;
  settings.rho                = 1;
  settings.mu                 = 1;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-10;
  FlowSolver solver(space, settings);
  for (const auto &[id, name] : space.boundary_names())
    solver.add_exact(id, exact_velocity);
  solver.finish_boundaries();
  solver.start_from_exact(0, dt, exact_velocity, exact_pressure);
  const int n_steps = static_cast<int>(std::lround(end / dt));
  for (int step = 0; step < n_steps; ++step)
    EXPECT_TRUE(solver.step(dt).accepted);
  return {solver.velocity_error_l2(exact_velocity), solver.pressure_error_l2(exact_pressure)};
}

TEST(EthierSteinman, VelocityHasThirdOrderInSpace)
{
  const auto coarse = solve_beltrami(4, 0.0025, 0.02), fine = solve_beltrami(8, 0.0025, 0.02);
  std::printf("velocity %g %g pressure %g %g\n", coarse.velocity, fine.velocity, coarse.pressure, fine.pressure);
  EXPECT_GT(std::log2(coarse.velocity / fine.velocity), 2.8);
  EXPECT_GT(std::log2(coarse.pressure / fine.pressure), 1.8);
}

} // namespace
} // namespace vesalius
