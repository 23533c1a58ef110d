// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/wall_shear.h"
#include "tests/verification/exact_solutions.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

constexpr double radius = 0.01, length = 0.03, rho = 1060;

/// The pipe of our own mesher, at least twelve elements across.
const Mesh &pipe_mesh()
{
  static const Mesh mesh = [] {
    if (rank_of(MPI_COMM_WORLD) != 0)
      return Mesh{};
    const double         edge = 2 * radius / 12.5;
    Centerline           axis;
    VolumeMeshParameters parameters;
    parameters.cells_across = 12.5;
    axis.branches.push_back({{{0, 0, 0}, {0, 0, length / 2}, {0, 0, length}}, {radius, radius, radius}});
    return make_volume_mesh(make_pipe_surface(radius, length, edge), axis, parameters);
  }();
  return mesh;
}

/// Area mean of the axial wall shear between z0 and z1.
double axial_shear(const Channel &channel, double mu, double z0, double z1)
{
  const auto     &space = *channel.space;
  const WallShear wall(space, {space.boundary_id("wall")}, mu);
  std::vector<double> tau;
  wall.evaluate(channel.solver->velocity(), tau);
  double sums[2] = {0, 0};
  for (std::size_t v = 0; v < wall.vertices().size(); ++v)
    {
      const double z = space.coordinates()[3 * std::size_t(space.node_of_vertex()[wall.vertices()[v]]) + 2];
      if (z < z0 || z > z1)
        continue;
      sums[0] += wall.vertex_area()[v] * tau[3 * v + 2];
      sums[1] += wall.vertex_area()[v];
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sums[0] / sums[1];
}

TEST(Pipe, WomersleyFlowAtAlphaSix)
{
  const double      period = 1, omega = 2 * std::numbers::pi / period, alpha = 6;
  exact::Womersley  flow;
  FlowSettings      settings;
  settings.mu       = rho * omega * radius * radius / (alpha * alpha);
  flow.radius       = radius;
  flow.rho          = rho;
  flow.mu           = settings.mu;
  flow.omega        = omega;
  flow.flow_modes   = {10e-6, 8e-6};
  std::vector<double> times, values;
  for (int i = 0; i < 64; ++i)
    {
      times.push_back(i * period / 64);
      values.push_back(flow.flow(times.back()));
    }
  auto channel = make_channel(pipe_mesh(), MPI_COMM_WORLD, settings, Waveform(times, values, period),
                              InflowProfile::Shape::womersley, make_pressure_outlet(0.0), "inlet", "outlet");
  channel.solver->start_from_stokes();
  // The first quarter forgets the Stokes start; errors are relative to the amplitude over the cycle.
  const int n_steps = 100, n_skip = 50;
  double    velocity_error = 0, shear_error = 0, gradient_error = 0, velocity_scale = 0, shear_scale = 0, gradient_scale = 0;
  const auto &space = *channel.space;
  for (int step = 0; step < n_skip + n_steps; ++step)
    {
      ASSERT_TRUE(channel.solver->step(period / n_steps).accepted);
      const double t = channel.solver->time();
      velocity_scale = std::max(velocity_scale, std::abs(flow.velocity(0, t)));
      shear_scale    = std::max(shear_scale, std::abs(flow.wall_shear(t)));
      gradient_scale = std::max(gradient_scale, std::abs(flow.pressure_gradient(t)));
      if (step < n_skip || step % 10 != 0)
        continue;
      double worst = 0;
      for (int i = 0; i < space.p2().n_owned; ++i)
        {
          const double *x = &space.coordinates()[3 * std::size_t(i)];
          if (std::abs(x[2] - length / 2) < 0.003)
            worst = std::max(worst, std::abs(channel.solver->velocity()[3 * std::size_t(i) + 2] - flow.velocity(std::min(radius, std::hypot(x[0], x[1])), t)));
        }
      MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
      velocity_error = std::max(velocity_error, worst);
      shear_error    = std::max(shear_error, std::abs(axial_shear(channel, settings.mu, 0.2 * length, 0.8 * length) - flow.wall_shear(t)));
      gradient_error = std::max(gradient_error, std::abs(pressure_slope(channel, 0.2 * length, 0.8 * length) - flow.pressure_gradient(t)));
    }
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("Womersley, alpha 6: velocity %.3f %%, wall shear %.3f %%, pressure gradient %.3f %% of the amplitude\n",
                100 * velocity_error / velocity_scale, 100 * shear_error / shear_scale, 100 * gradient_error / gradient_scale);
  EXPECT_LT(velocity_error, 0.03 * velocity_scale);
  EXPECT_LT(shear_error, 0.03 * shear_scale);
  EXPECT_LT(gradient_error, 0.03 * gradient_scale);
}

} // namespace
} // namespace vesalius
