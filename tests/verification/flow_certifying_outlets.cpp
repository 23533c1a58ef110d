// SPDX-License-Identifier: GPL-3.0-or-later
// Outlets of the certifying mode: their limits, and every model against the production mode.
#include "mesh_io/verification_meshes.h"
#include "physics/flow/certifying_solver.h"
#include "tests/verification/flow_test_tools.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

/// A wye with an inflow, unless an outlet model stands at its inlet.
template <class Solver>
struct Wye
{
  SimplexSpace space;
  Solver       solver;
  Wye(int dimension, int n_across, const FlowSettings &settings, double flow, const std::map<std::string, std::string> &outlets)
    : space(mesh(dimension, n_across), MPI_COMM_WORLD), solver(space, settings)
  {
    solver.add_wall(space.boundary_id("wall"));
    if (outlets.count("inlet") == 0)
      solver.add_inflow(space.boundary_id("inlet"), Waveform::fourier({flow, {0, -0.4 * flow}}, 0.4), InflowProfile::Shape::parabolic);
    for (const auto &[name, section] : outlets)
      solver.add_outlet(space.boundary_id(name), outlet_from(section));
    solver.finish_boundaries();
    solver.start_from_stokes();
  }
  static Mesh mesh(int dimension, int n_across)
  {
    WyeMesh shape;
    shape.dimension = dimension;
    shape.n_across  = n_across;
    return rank_of(MPI_COMM_WORLD) == 0 ? make_wye_mesh(shape) : Mesh{};
  }
};

using Outlets = std::map<std::string, std::string>;

std::string resistance(double value) { return fmt::format(" set Type = resistance\n set Resistance = {:.17g} Pa s/m^3\n", value); }
std::string flow_out(double ml) { return fmt::format(" set Type = flow\n set Flow = {:.17g} mL/s\n", ml); }
const std::string no_pressure = " set Type = pressure\n set Pressure = 0 Pa\n";

double relative_difference(const std::vector<double> &a, const std::vector<double> &b)
{
  double sums[2] = {0, 0};
  for (std::size_t i = 0; i < a.size(); ++i)
    {
      sums[0] += std::pow(a[i] - b[i], 2);
      sums[1] += b[i] * b[i];
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return std::sqrt(sums[0] / sums[1]);
}

constexpr double plane_flow = 5e-4; // m^2/s

FlowSettings viscous()
{
  FlowSettings settings;
  settings.mu = 1e-2;
  return settings;
}

template <class Wye>
void step(Wye &wye, int n, double dt)
{
  for (int i = 0; i < n; ++i)
    {
      const auto done = wye.solver.step(dt);
      ASSERT_TRUE(done.accepted) << "step " << i << ", residual " << done.residual;
    }
}

TEST(CertifyingOutlets, HighResistancesShareTheFlow)
{
  // Where every outlet resists, the level of the pressure hangs on the resistances alone.
  for (const double R : {1e6, 1e9, 1e11})
    {
      Wye<CertifyingSolver> wye(2, 4, viscous(), plane_flow, Outlets{{"outlet_1", resistance(R)}, {"outlet_2", resistance(2 * R)}});
      const auto            check = [&](double tolerance) {
        const auto  &caps = wye.solver.caps();
        const double in   = caps[0].flow;
        EXPECT_NEAR(caps[1].flow + caps[2].flow, in, 1e-9 * in);
        EXPECT_NEAR(caps[1].flow, 2 * in / 3, tolerance * in) << R;
        EXPECT_NEAR(caps[1].pressure, R * caps[1].flow, 1e-7 * R * in) << R;
        EXPECT_NEAR(caps[2].pressure, 2 * R * caps[2].flow, 1e-7 * R * in) << R;
      };
      step(wye, 3, 0.01);
      check(1e5 / R);
      ASSERT_TRUE(wye.solver.solve_steady().accepted);
      check(1e5 / R);
    }
}

TEST(CertifyingOutlets, InfiniteResistanceIsClosedAndNoneIsAPressureOutlet)
{
  const auto run = [](const std::string &outlet) {
    Wye<CertifyingSolver> wye(2, 4, viscous(), plane_flow, Outlets{{"outlet_1", no_pressure}, {"outlet_2", outlet}});
    step(wye, 3, 0.01);
    return std::pair{wye.solver.velocity(), wye.solver.caps()[2].flow};
  };
  const auto closed = run(flow_out(0)), open = run(no_pressure);
  EXPECT_LT(std::abs(closed.second), 1e-9 * plane_flow);
  for (const double R : {1e11, 1e14, 1e16})
    EXPECT_LT(relative_difference(run(resistance(R)).first, closed.first), 1e5 / R + 1e-7) << R;
  EXPECT_LT(relative_difference(run(resistance(1e-3)).first, open.first), 1e-6);
}

// --- every model, in 3D, against the production mode ------------------------------------------------

void compare(const char *what, const Outlets &outlets, double tolerance)
{
  FlowSettings settings;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-9;
  Wye<FlowSolver>       production(3, 2, settings, 2e-6, outlets);
  Wye<CertifyingSolver> certifying(3, 2, settings, 2e-6, outlets);
  step(production, 10, 0.01);
  step(certifying, 10, 0.01);
  const auto &p = production.solver.caps(), &c = certifying.solver.caps();
  double      largest_pressure = 0, largest_flow = 0;
  for (const auto &cap : c)
    {
      largest_pressure = std::max(largest_pressure, std::abs(cap.pressure));
      largest_flow     = std::max(largest_flow, std::abs(cap.flow));
    }
  for (std::size_t k = 0; k < c.size(); ++k)
    {
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::printf("%s, %s: flow %.5g mL/s (production %+.2g), pressure %.6g Pa (production %+.2g)\n", what, c[k].name.c_str(), 1e6 * c[k].flow,
                    1e6 * (p[k].flow - c[k].flow), c[k].pressure, p[k].pressure - c[k].pressure);
      EXPECT_NEAR(p[k].flow, c[k].flow, tolerance * largest_flow) << what << " " << c[k].name;
      EXPECT_NEAR(p[k].pressure, c[k].pressure, tolerance * largest_pressure) << what << " " << c[k].name;
    }
  const double difference = relative_difference(production.solver.velocity(), certifying.solver.velocity());
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("%s: velocity, production against certifying %.2g\n", what, difference);
  EXPECT_LT(difference, 0.1) << what; // two elements across
}

const std::string coronary = " set Type = coronary\n set Arterial resistance = 4e8 Pa s/m^3\n set Arterial compliance = 0.005 mm^3/Pa\n"
                             " set Microcirculation resistance = 8e8 Pa s/m^3\n set Intramyocardial compliance = 0.05 mm^3/Pa\n"
                             " set Venous resistance = 3e8 Pa s/m^3\n set Fourier modes = 4000, 0 -3500 Pa\n set Period = 0.4 s\n";

TEST(OutletsOfBothModes, CoronaryAndSplit)
{
  compare("coronary and split", Outlets{{"outlet_1", coronary}, {"outlet_2", " set Type = split\n set Share = 0.3\n"}}, 5e-3);
}

TEST(OutletsOfBothModes, PressureInletAndPrescribedFlow)
{
  compare("pressure inlet and flow", Outlets{{"inlet", " set Type = pressure_inlet\n set Pressure = 1000 Pa\n"}, {"outlet_1", flow_out(0.5)},
                                             {"outlet_2", resistance(1e9)}},
          5e-3);
}

} // namespace
} // namespace vesalius
