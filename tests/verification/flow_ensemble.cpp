// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_ensemble.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

constexpr double dt = 0.01;

FlowSettings tight(double mu)
{
  FlowSettings settings;
  settings.mu                 = mu;
  settings.velocity_tolerance = settings.pressure_tolerance = settings.initial_tolerance = 1e-11;
  return settings;
}

/// Sample s: a flow that turns back for a while, more of it in later samples, with outlets and viscosities of their own.
Channel make_sample(int s)
{
  std::vector<double> times, values;
  for (int i = 0; i < 32; ++i)
    {
      times.push_back(i / 32. * 0.16);
      values.push_back((2 + (6 + 2 * s) * std::cos(2 * std::numbers::pi * i / 32.)) * 1e-6);
    }
  auto channel = make_channel(box_channel(3), MPI_COMM_SELF, tight(3.5e-3 + 5e-4 * s), Waveform(times, values, 0.16), InflowProfile::Shape::parabolic,
                              s == 1 ? make_resistance(1e8) : make_windkessel(1.2e7, (1 + s) * 6e7, 1.5e-9), "x_min", "x_max");
  channel.solver->start_from_stokes();
  return channel;
}

struct Samples
{
  std::vector<Channel>          channels;
  std::unique_ptr<FlowEnsemble> ensemble;

  explicit Samples(int n)
  {
    std::vector<FlowSolver *> solvers;
    for (int s = 0; s < n; ++s)
      {
        channels.push_back(make_sample(s));
        solvers.push_back(channels.back().solver.get());
      }
    ensemble = std::make_unique<FlowEnsemble>(solvers);
  }
  void advance(double step)
  {
    for (const auto &result : ensemble->step(step))
      ASSERT_TRUE(result.accepted) << result.reason;
  }
};

void expect_same(const FlowSolver &sample, const FlowSolver &alone)
{
  EXPECT_LT(relative_difference(sample.space().p2(), sample.velocity(), 3, by_id(alone.space().p2(), alone.velocity(), 3)), 1e-8);
  EXPECT_LT(relative_difference(sample.space().p1(), sample.pressure(), 1, by_id(alone.space().p1(), alone.pressure(), 1)), 1e-8);
  EXPECT_DOUBLE_EQ(sample.time(), alone.time());
  for (std::size_t c = 0; c < alone.caps().size(); ++c)
    {
      EXPECT_NEAR(sample.caps()[c].flow, alone.caps()[c].flow, 1e-8 * 1e-5);
      EXPECT_NEAR(sample.caps()[c].pressure, alone.caps()[c].pressure, 1e-8 * 1e3);
    }
}

TEST(Ensemble, EverySampleIsItsOwnRun)
{
  const int n = 3; // places are left over
  Samples   together(n);
  const auto steps = {dt, dt, dt, 0.5 * dt, 0.5 * dt, dt, dt, dt, dt, dt, dt, dt};
  for (const double step : steps)
    together.advance(step);
  for (int s = 0; s < n; ++s)
    {
      auto alone = make_sample(s);
      for (const double step : steps)
        ASSERT_TRUE(alone.solver->step(step).accepted);
      expect_same(*together.channels[s].solver, *alone.solver);
    }
  // The test would see another sample's values.
  EXPECT_GT(std::abs(together.channels[0].solver->caps()[1].flow - together.channels[2].solver->caps()[1].flow), 1e-7);
}

TEST(Ensemble, ARejectedStepLeavesNoTrace)
{
  Samples together(2), again(2);
  for (int i = 0; i < 4; ++i)
    {
      if (i == 2)
        {
          for (auto &channel : together.channels)
            channel.solver->set_maximum_courant(1e-6);
          for (const auto &result : together.ensemble->step(0.5 * dt))
            EXPECT_FALSE(result.accepted);
          for (auto &channel : together.channels)
            channel.solver->set_maximum_courant(0);
        }
      together.advance(dt);
      again.advance(dt);
    }
  for (int s = 0; s < 2; ++s)
    expect_same(*together.channels[s].solver, *again.channels[s].solver);
}

/// Two outlets, so that the vessel's response is measured by Stokes flows.
Channel make_branching(double mu, double factor)
{
  Channel channel;
  channel.space  = std::make_unique<SimplexSpace>(box_channel(2), MPI_COMM_SELF);
  channel.solver = std::make_unique<FlowSolver>(*channel.space, tight(mu));
  auto &solver   = *channel.solver;
  for (const char *wall : {"y_min", "z_min", "z_max"})
    solver.add_wall(channel.space->boundary_id(wall));
  solver.add_inflow(channel.space->boundary_id("x_min"), Waveform({0, 0.3, 0.6}, {factor * 4e-6, factor * 2e-6, factor * 3e-6}, 1.), InflowProfile::Shape::parabolic);
  solver.add_outlet(channel.space->boundary_id("x_max"), make_resistance(2e8));
  solver.add_outlet(channel.space->boundary_id("y_max"), make_resistance(1e8));
  solver.finish_boundaries();
  return channel;
}

TEST(Ensemble, AStartThatIsSharedIsTheSame)
{
  auto first = make_branching(3.5e-3, 1), shared = make_branching(5e-3, 1.7), alone = make_branching(5e-3, 1.7);
  first.solver->start_from_stokes();
  shared.solver->share_response(*first.solver);
  shared.solver->start_from_stokes();
  alone.solver->start_from_stokes();
  expect_same(*shared.solver, *alone.solver);
}

} // namespace
} // namespace vesalius
