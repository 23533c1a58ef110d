// SPDX-License-Identifier: GPL-3.0-or-later
// P1/P1 with orthogonal subscales (Solver/Elements): order, balance, P2 form; cases with them are in flow_model.cpp.
#include "tests/verification/exact_solutions.h"
#include "tests/verification/flow_test_tools.h"

#include <algorithm>
#include <vector>

namespace vesalius
{
namespace
{

using namespace flow_test;

FlowSettings linear_settings(double rho, double mu)
{
  FlowSettings settings;
  settings.rho             = rho;
  settings.mu              = mu;
  settings.velocity_degree = 1;
  return settings;
}

struct Errors
{
  double velocity = 0, pressure = 0;
};

/// Ethier-Steinman at t = 0.02.
Errors beltrami_errors(int n)
{
  const exact::EthierSteinman flow{};
  const ExactVelocity         velocity = [flow](double t, const double *x, double *u) {
    const auto value = flow.velocity({x[0], x[1], x[2]}, t);
    std::copy(value.begin(), value.end(), u);
  };
  const ExactPressure pressure = [flow](double t, const double *x) { return flow.pressure({x[0], x[1], x[2]}, t); };
  const Mesh          mesh     = rank_of(MPI_COMM_WORLD) == 0 ? make_box_mesh(3, {-1, -1, -1}, {1, 1, 1}, {n, n, n}) : Mesh{};
  SimplexSpace        space(mesh, MPI_COMM_WORLD);
  FlowSolver          solver(space, linear_settings(1, 1));
  for (const auto &[id, name] : space.boundary_names())
    solver.add_exact(id, velocity);
  solver.finish_boundaries();
  solver.start_from_exact(0, 0.005, velocity, pressure);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(solver.step(0.005).accepted);
  return {solver.velocity_error_l2(velocity), solver.pressure_error_l2(pressure)};
}

TEST(LinearElements, ConvergeToTheBeltramiFlow)
{
  const auto coarse = beltrami_errors(4), fine = beltrami_errors(8);
  EXPECT_GT(std::log2(coarse.velocity / fine.velocity), 1.8);
  EXPECT_GT(std::log2(coarse.pressure / fine.pressure), 0.9);
}

Channel linear_channel(std::unique_ptr<OutletModel> outlet, const Waveform &flow, int n = 6)
{
  const Mesh mesh = rank_of(MPI_COMM_WORLD) == 0 ? box_channel(n) : Mesh{};
  return make_channel(mesh, MPI_COMM_WORLD, linear_settings(1060, 4e-3), flow, InflowProfile::Shape::parabolic, std::move(outlet), "x_min", "x_max");
}

double imbalance(const Channel &channel)
{
  double sum = 0, largest = 0;
  for (const auto &cap : channel.solver->caps())
    {
      sum += cap.outward_flow();
      largest = std::max(largest, std::abs(cap.flow));
    }
  return std::abs(sum) / largest;
}

TEST(LinearElements, KeepTheFlowExactlyAndDriveAWindkessel)
{
  const double q       = 5e-6;
  auto         channel = linear_channel(make_windkessel(1e8, 1e9, 1e-10), Waveform::constant(q));
  channel.solver->start_from_stokes();
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(channel.solver->step(0.01).accepted);
  EXPECT_LT(imbalance(channel), 1e-10);
  for (const auto &cap : channel.solver->caps())
    {
      EXPECT_NEAR(cap.flow, q, 1e-9 * q) << cap.name; // the P1 profile has the whole flow, too
      if (!cap.is_inflow)
        {
          EXPECT_NEAR(cap.pressure, 1.1e9 * q, 1e-4 * 1.1e9 * q);
        }
    }
}

/// All velocities are P1 fields: each edge node has the mean of its ends.
TEST(LinearElements, HoldP1FieldsInP2Form)
{
  auto channel = linear_channel(make_pressure_outlet(0), Waveform::constant(5e-6));
  channel.solver->start_from_stokes();
  ASSERT_TRUE(channel.solver->step(0.01).accepted);
  const auto &space = *channel.space;
  const auto &u     = channel.solver->velocity();
  double      worst = 0, largest = 0;
  for (std::size_t i = 0; i < space.parents().size(); ++i)
    for (int d = 0; d < 3; ++d)
      {
        const auto [a, b]  = space.parents()[i];
        const double mean = 0.5 * (u[std::size_t(space.node_of_vertex()[a]) * 3 + d] + u[std::size_t(space.node_of_vertex()[b]) * 3 + d]);
        worst             = std::max(worst, std::abs(mean - u[i * 3 + d]));
        largest           = std::max(largest, std::abs(u[i * 3 + d]));
      }
  EXPECT_GT(largest, 0.01);
  EXPECT_LT(worst, 1e-14);
}

} // namespace
} // namespace vesalius
