// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_network.h"
#include "physics/boundary_models/outlet_system.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

using namespace vesalius;
using Complex = std::complex<double>;

namespace
{

constexpr double mmhg = 133.322387415, ml = 1e-6, period = 0.8, omega = 2 * std::numbers::pi / period;

std::unique_ptr<OutletModel> outlet(const std::string &lines)
{
  ParameterTree tree;
  tree.declare_named_sections("Boundaries", "", declare_boundary_section);
  tree.parse_text("subsection Boundaries\nsubsection cap\n" + lines + "end\nend\n", "case.prm");
  return make_outlet(tree, "Boundaries/cap");
}

std::unique_ptr<OutletModel> windkessel(double proximal, double distal, double compliance)
{
  return outlet("set Type = windkessel\nset Proximal resistance = " + std::to_string(proximal) + " mmHg s/mL\nset Distal resistance = " +
                std::to_string(distal) + " mmHg s/mL\nset Compliance = " + std::to_string(compliance) + " mL/mmHg\n");
}

/// Two branches from one junction, each a resistance and an inertance of its own.
struct TwoBranches
{
  std::array<double, 2> r{0.05 * mmhg / ml, 0.2 * mmhg / ml}, l{0.004 * mmhg / ml, 0.01 * mmhg / ml};

  VesselResponse response() const
  {
    const double   g = 1 / (r[0] + r[1]), b = 1 / (l[0] + l[1]);
    VesselResponse vessel;
    vessel.conductance    = {g, -g, -g, g};
    vessel.mobility       = {b, -b, -b, b};
    vessel.viscous_split  = {r[1] * g, r[0] * g};
    vessel.inertial_split = {l[1] * b, l[0] * b};
    return vessel;
  }
};

TEST(OutletNetwork, FindsThePeriodicStateOfTwoBranches)
{
  const double            mean = 80 * ml, amplitude = 60 * ml;
  const TwoBranches       branches;
  const double            proximal[2] = {0.1, 0.3}, distal[2] = {1.2, 2.0}, compliance[2] = {0.8, 0.2};
  const auto              first = windkessel(proximal[0], distal[0], compliance[0]), second = windkessel(proximal[1], distal[1], compliance[1]);
  const auto              inflow = [&](double t) { return mean + amplitude * std::cos(omega * t); };
  const auto              state  = start_outlets({first.get(), second.get()}, branches.response(), inflow, period);

  // Each branch with its Windkessel is an impedance between the junction and the reference pressure.
  const auto impedance = [&](int c, double w) {
    return Complex(branches.r[c], w * branches.l[c]) + mmhg / ml * (proximal[c] + distal[c] / Complex(1, w * distal[c] * compliance[c]));
  };
  double total_flow = 0;
  for (int c = 0; c < 2; ++c)
    {
      const auto   share = [&](double w) { return impedance(1 - c, w) / (impedance(0, w) + impedance(1, w)); };
      const double flow  = mean * share(0).real() + amplitude * share(omega).real();
      const auto   lumped = [&](double w) { return impedance(c, w) - Complex(branches.r[c], w * branches.l[c]); };
      const double pressure = mean * (share(0) * lumped(0)).real() + amplitude * (share(omega) * lumped(omega)).real();
      EXPECT_NEAR(state.flow[c], flow, 1e-4 * mean) << c;
      EXPECT_NEAR(state.pressure[c], pressure, 1e-3 * mmhg * 100) << c;
      total_flow += state.flow[c];
    }
  EXPECT_NEAR(total_flow, mean + amplitude, 1e-12 * mean);
  EXPECT_LT(state.n_cycles, 100);
}

TEST(OutletNetwork, SharesAndFlowsArePrescribed)
{
  const auto     split = outlet("set Type = split\nset Share = 0.3\n"), rest = outlet("set Type = pressure\nset Pressure = 80 mmHg\n");
  const auto     vessel = TwoBranches().response();
  const auto     inflow = [](double t) { return 50 * ml + 20 * ml * std::cos(omega * t); };
  const auto     state  = start_outlets({split.get(), rest.get()}, vessel, inflow, period);
  EXPECT_NEAR(state.flow[0], 21 * ml, 1e-12 * ml);
  EXPECT_NEAR(state.flow[1], 49 * ml, 1e-12 * ml);
  EXPECT_NEAR(state.pressure[1], 80 * mmhg, 1e-6);
  // At the maximum of the cosine nothing accelerates: P_0 - P_1 = -r_0 Q_0 + r_1 Q_1.
  EXPECT_NEAR(state.pressure[0] - state.pressure[1], (-0.05 * 21 + 0.2 * 49) * mmhg, 0.02 * mmhg);
}

TEST(OutletNetwork, APressureInletDrivesTheFlow)
{
  // From 100 mmHg through both branches to 90 mmHg: Q = 10 / 0.25 mL/s, which enters at 0 and leaves at 1.
  const auto inlet = outlet("set Type = pressure_inlet\nset Pressure = 100 mmHg\n"), out = outlet("set Type = pressure\nset Pressure = 90 mmHg\n");
  const auto state = start_outlets({inlet.get(), out.get()}, TwoBranches().response(), [](double) { return 0.; }, period);
  EXPECT_NEAR(state.flow[0], -40 * ml, 1e-8 * ml);
  EXPECT_NEAR(state.flow[1], 40 * ml, 1e-8 * ml);
}

TEST(OutletNetwork, OneOutletTakesAll)
{
  const auto           only = windkessel(0.1, 0.9, 0.5);
  const VesselResponse vessel{{0.}, {0.}, {1.}, {1.}};
  const auto           state = start_outlets({only.get()}, vessel, [](double) { return 60 * ml; }, 1.);
  EXPECT_NEAR(state.flow[0], 60 * ml, 1e-15);
  EXPECT_NEAR(state.pressure[0], 60 * mmhg, 1e-4);
}

TEST(OutletSystem, MixesPressuresResistancesAndFlows)
{
  // Three outlets, T a graph's Laplacian; outlet 0 asks a flow, 1 a resistance, 2 a pressure.
  const std::vector<double> response{3e-9, -1e-9, -2e-9, -1e-9, 2e-9, -1e-9, -2e-9, -1e-9, 3e-9}, pressure{100, 200, 300};
  OutletSystem              system({0, 0, 0});
  for (const double resistance : {1e-3, 1e8, 1e20})
    {
      system.relations() = {{5e-6, -1, 0, 0}, {50, resistance, 1, 0}, {400, 0, 1, 0}};
      std::vector<double> flow{1e-6, 2e-6, 7e-6}, change(3);
      system.solve(response, pressure, 10e-6, flow, change);
      EXPECT_NEAR(flow[0], 5e-6, 1e-18);
      EXPECT_NEAR(pressure[2] + change[2], 400, 1e-10);
      EXPECT_NEAR((pressure[1] + change[1] - 50) / (1 + resistance), resistance * flow[1] / (1 + resistance), 1e-10);
      EXPECT_NEAR(flow[0] + flow[1] + flow[2], 10e-6, 1e-18);
      EXPECT_LT(std::abs(flow[1]), 1000 / resistance);
    }
}

TEST(OutletSystem, AShareFollowsAnInletOfUnknownFlow)
{
  const std::vector<double> response{3e-9, -1e-9, -2e-9, -1e-9, 2e-9, -1e-9, -2e-9, -1e-9, 3e-9}, pressure{100, 200, 300};
  OutletSystem              system({1, 0, 0});
  system.relations() = {{900, 0, 1, 0}, {0, -1, 0, 0.4}, {80, 0, 1, 0}};
  std::vector<double> flow{-3e-6, 1e-6, 2e-6}, change(3);
  system.solve(response, pressure, 0, flow, change);
  EXPECT_NEAR(pressure[0] + change[0], 900, 1e-9);
  EXPECT_NEAR(flow[1], -0.4 * flow[0], 1e-18);
  EXPECT_NEAR(flow[0] + flow[1] + flow[2], 0, 1e-18);
  EXPECT_LT(flow[0], 0);
}

} // namespace
