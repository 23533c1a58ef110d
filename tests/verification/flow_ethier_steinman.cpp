// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_solver.h"
#include "tests/verification/exact_solutions.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{

const exact::EthierSteinman beltrami{std::numbers::pi / 4, std::numbers::pi / 2, 1.0, 1.0};

void exact_velocity(double t, const double *x, double *u)
{
  const auto value = beltrami.velocity({x[0], x[1], x[2]}, t);
  std::copy(value.begin(), value.end(), u);
}

double exact_pressure(double t, const double *x) { return beltrami.pressure({x[0], x[1], x[2]}, t); }

/// Ethier-Steinman on [-1,1]^3 with exact Dirichlet data, kept for comparisons.
struct Beltrami
{
  SimplexSpace space;
  FlowSolver   solver;
  static FlowSettings settings()
  {
    FlowSettings s;
    s.rho = s.mu         = 1;
    s.velocity_tolerance = s.pressure_tolerance = 1e-11;
    return s;
  }
  static Mesh mesh(int n) { return make_box_mesh(3, {-1, -1, -1}, {1, 1, 1}, {n, n, n}); }

  Beltrami(int n_cells, double dt, double end)
    : space(mesh(n_cells), MPI_COMM_WORLD), solver(space, settings())
  {
    for (const auto &[id, name] : space.boundary_names())
      solver.add_exact(id, exact_velocity);
    solver.finish_boundaries();
    solver.start_from_exact(0, dt, exact_velocity, exact_pressure);
    const int n_steps = static_cast<int>(std::lround(end / dt));
    for (int step = 0; step < n_steps; ++step)
      EXPECT_TRUE(solver.step(dt).accepted);
  }
};

TEST(EthierSteinman, VelocityHasThirdOrderInSpace)
{
  const Beltrami coarse(4, 0.002, 0.02), fine(8, 0.002, 0.02);
  const double   velocity = std::log2(coarse.solver.velocity_error_l2(exact_velocity) / fine.solver.velocity_error_l2(exact_velocity));
  const double   pressure = std::log2(coarse.solver.pressure_error_l2(exact_pressure) / fine.solver.pressure_error_l2(exact_pressure));
  RecordProperty("velocity_order", std::to_string(velocity));
  if (flow_test::rank_of(MPI_COMM_WORLD) == 0)
    std::printf("order in space: velocity %.3f, pressure %.3f\n", velocity, pressure);
  EXPECT_GT(velocity, 2.8);
  EXPECT_GT(pressure, 1.8);
}

TEST(EthierSteinman, VelocityHasSecondOrderInTime)
{
  // On one mesh, against a step sixteen times smaller: what is left is the error in time.
  const double   dt = 0.02, end = 0.16;
  const Beltrami reference(4, dt / 16, end), coarse(4, dt, end), fine(4, dt / 2, end);
  const auto     difference = [&](const Beltrami &run) {
    double sum = 0;
    for (int i = 0; i < run.space.p2().n_owned * 3; ++i)
      sum += std::pow(run.solver.velocity()[i] - reference.solver.velocity()[i], 2);
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return std::sqrt(sum);
  };
  // The reference itself is off by a 256th of the coarse error; the exact factor for order 2 is 255/63.
  const double order = std::log2(difference(coarse) / difference(fine));
  if (flow_test::rank_of(MPI_COMM_WORLD) == 0)
    std::printf("order in time: velocity %.3f\n", order);
  EXPECT_GT(order, 1.9);
}

} // namespace
} // namespace vesalius
