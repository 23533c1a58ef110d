// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/verification_meshes.h"
#include "tests/verification/exact_solutions.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

constexpr double period = 1.0, mean_flow = 10e-6, amplitude = 8e-6;

Waveform sine_flow()
{
  std::vector<double> times, values;
  for (int i = 0; i < 64; ++i)
    {
      times.push_back(i * period / 64);
      values.push_back(mean_flow + amplitude * std::cos(2 * std::numbers::pi * times.back() / period));
    }
  return Waveform(times, values, period);
}

/// Back through the outlet for a third of the cycle.
Waveform reversing_flow()
{
  std::vector<double> times, values;
  for (int i = 0; i < 64; ++i)
    {
      times.push_back(i * period / 64);
      values.push_back(4.5e-6 + 12e-6 * std::cos(2 * std::numbers::pi * times.back() / period));
    }
  return Waveform(times, values, period);
}

Mesh mesh_on_root(int n) { return rank_of(MPI_COMM_WORLD) == 0 ? box_channel(n) : Mesh{}; }

TEST(Outlet, WindkesselFollowsItsOde)
{
  const double R_p = 1.2e7, R_d = 1.2e8, C = 1.5e-9;
  auto channel = make_channel(mesh_on_root(2), MPI_COMM_WORLD, FlowSettings{}, sine_flow(), InflowProfile::Shape::parabolic,
                              make_windkessel(R_p, R_d, C), "x_min", "x_max");
  auto &solver = *channel.solver;
  solver.start_from_stokes();
  exact::Windkessel model;
  model.proximal                = R_p;
  model.distal                  = R_d;
  model.compliance              = C;
  model.mean_flow               = mean_flow;
  model.flow_mode               = amplitude;
  model.omega                   = 2 * std::numbers::pi / period;
  // The solver starts the outlet in its periodic state.
  model.initial_distal_pressure = model.periodic(0);
  double worst = 0, largest = 0;
  for (int step = 0; step < 200; ++step)
    {
      ASSERT_TRUE(solver.step(period / 200).accepted);
      const auto &outlet = solver.caps()[1];
      worst   = std::max(worst, std::abs(outlet.pressure - model.pressure(solver.time())));
      largest = std::max(largest, std::abs(model.pressure(solver.time())));
      // Rigid walls: what enters leaves, to solver precision.
      EXPECT_NEAR(outlet.flow, solver.caps()[0].flow, 1e-8 * (mean_flow + amplitude));
      EXPECT_NEAR(solver.caps()[0].flow, sine_flow()(solver.time()), 1e-9 * (mean_flow + amplitude));
    }
  EXPECT_LT(worst / largest, 1e-3);
}

TEST(Outlet, BackflowKeepsTheFluxOfTheWrittenVelocity)
{
  // Coarse (six elements across), bent, its outlet just behind the bend: 16 % before the traction followed the flow.
  BendMesh bend;
  bend.radius          = 0.006;
  bend.bend_radius     = 0.02;
  bend.inlet_length    = 0.005;
  bend.outlet_length   = 0.002;
  bend.axial_size      = 0.002;
  bend.section.n_rings = 3;
  bend.order           = 1;
  const Mesh mesh      = rank_of(MPI_COMM_WORLD) == 0 ? make_bend_mesh(bend) : Mesh{};
  auto channel = make_channel(mesh, MPI_COMM_WORLD, FlowSettings{}, reversing_flow(), InflowProfile::Shape::parabolic,
                              make_windkessel(1.2e7, 1.2e8, 1.5e-9), "inlet", "outlet");
  auto &solver = *channel.solver;
  solver.start_from_stokes();
  const auto &outlet = solver.caps()[1];
  double      worst = 0, largest = 0;
  for (int step = 0; step < 160; ++step)
    {
      ASSERT_TRUE(solver.step(period / 200).accepted);
      worst   = std::max(worst, std::abs(solver.surface_flux(outlet.boundary_id) - outlet.flow));
      largest = std::max(largest, std::abs(outlet.flow));
      EXPECT_NEAR(outlet.flow, solver.caps()[0].flow, 1e-9 * largest);
    }
  EXPECT_LT(worst, 0.03 * largest);
}

} // namespace
} // namespace vesalius
