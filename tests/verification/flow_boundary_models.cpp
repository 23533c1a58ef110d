// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/verification/flow_test_tools.h"

#include "solver/io/checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fmt/format.h>
#include <numbers>
#include <numeric>
#include <unistd.h>

namespace vesalius
{
namespace
{
using namespace flow_test;

constexpr double period = 0.8, mean_flow = 10e-6, amplitude = 8e-6;

Waveform sine_flow()
{
  return Waveform::fourier({mean_flow, {0, -amplitude}}, period);
}

double max_flow() { return mean_flow + amplitude; }

/// Lets patches of the wall y_max, nx by nz of them, out: "patch_0", "patch_1", ... One layer of faces between them stays wall.
Mesh mesh_with_patches(int n, int nx, int nz)
{
  Mesh mesh;
  if (rank_of(MPI_COMM_WORLD) != 0)
    return mesh;
  mesh          = make_box_mesh(3, {0, 0, 0}, {0.04, 0.01, 0.01}, {n * nx, n, n * nz});
  const int one = mesh.boundary_names.rbegin()->first + 1;
  for (int k = 0; k < nx * nz; ++k)
    mesh.boundary_names[one + k] = "patch_" + std::to_string(k);
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      std::array<double, 3> centre{};
      for (int v = 0; v < 3; ++v)
        for (int d = 0; d < 3; ++d)
          centre[d] += mesh.points[mesh.boundary_faces[3 * f + v]][d] / 3;
      if (centre[1] < 0.01 - 1e-9)
        continue;
      const double x = centre[0] / 0.04 * nx, z = centre[2] / 0.01 * nz;
      if ((x - std::floor(x)) * n > 1 && (z - std::floor(z)) * n > 1)
        mesh.boundary_id[f] = one + int(x) * nz + int(z);
    }
  return mesh;
}

struct Flow
{
  std::unique_ptr<SimplexSpace> space;
  std::unique_ptr<FlowSolver>   solver;
};

/// Outlets by name; the inflow at x_min unless an outlet stands there; all else is wall.
Flow make_flow(const Mesh &mesh, MPI_Comm communicator, const FlowSettings &settings, const std::map<std::string, std::string> &outlets)
{
  Flow flow;
  flow.space  = std::make_unique<SimplexSpace>(mesh, communicator);
  flow.solver = std::make_unique<FlowSolver>(*flow.space, settings);
  for (const auto &[id, name] : flow.space->boundary_names())
    if (name != "x_min" && outlets.count(name) == 0)
      flow.solver->add_wall(id);
  if (outlets.count("x_min") == 0)
    flow.solver->add_inflow(flow.space->boundary_id("x_min"), sine_flow(), InflowProfile::Shape::parabolic);
  for (const auto &[name, section] : outlets)
    flow.solver->add_outlet(flow.space->boundary_id(name), outlet_from(section));
  flow.solver->finish_boundaries();
  return flow;
}

const FlowCap &cap(const Flow &flow, const std::string &name)
{
  for (const auto &c : flow.solver->caps())
    if (c.name == name)
      return c;
  throw std::logic_error("no cap " + name);
}

FlowSettings tight()
{
  FlowSettings settings;
  settings.velocity_tolerance = settings.pressure_tolerance = settings.initial_tolerance = 1e-12;
  return settings;
}

TEST(PrescribedFlow, HoldsExactly)
{
  auto flow = make_flow(mesh_with_patches(4, 2, 1), MPI_COMM_WORLD, FlowSettings{},
                        {{"x_max", " set Type = windkessel\n set Proximal resistance = 0.1 mmHg s/mL\n set Distal resistance = 1 mmHg s/mL\n set Compliance = 0.5 mL/mmHg\n"},
                         {"patch_0", " set Type = split\n set Share = 0.3\n"},
                         {"patch_1", " set Type = flow\n set Fourier modes = 2, 1 0 mL/s\n set Period = 0.8 s\n"}});
  flow.solver->start_from_stokes();
  // The network's flows are those of the initial Stokes flow, to its linear model.
  EXPECT_NEAR(cap(flow, "patch_0").flow, 0.3 * mean_flow, 1e-2 * mean_flow);
  EXPECT_NEAR(cap(flow, "patch_1").flow, 3e-6, 1e-2 * mean_flow);
  for (int step = 0; step < 20; ++step)
    {
      ASSERT_TRUE(flow.solver->step(0.01).accepted);
      const double time = flow.solver->time(), inflow = sine_flow()(time), given = (2 + std::cos(2 * std::numbers::pi / period * time)) * 1e-6;
      EXPECT_NEAR(cap(flow, "patch_0").flow, 0.3 * inflow, 1e-12 * max_flow());
      EXPECT_NEAR(cap(flow, "patch_1").flow, given, 1e-12 * max_flow());
      EXPECT_NEAR(cap(flow, "x_max").flow, 0.7 * inflow - given, 1e-12 * max_flow());
    }
}

/// Plane flow between walls from a static pressure P_0(t) at one end to 0 at the other, with no profile assumed:
/// rho du/dt = P_0/L + mu u'', which the momentum balance of the developed flow is.
Flow pressure_driven(const std::string &inlet, double viscosity)
{
  FlowSettings settings = tight();
  settings.mu           = viscosity;
  const Mesh mesh       = rank_of(MPI_COMM_WORLD) == 0 ? make_box_mesh(2, {0, 0, 0}, {0.02, 0.01, 0}, {8, 8, 1}) : Mesh{};
  auto       flow       = make_flow(mesh, MPI_COMM_WORLD, settings, {{"x_min", inlet}, {"x_max", " set Type = pressure\n set Pressure = 0 Pa\n"}});
  flow.solver->start_from_stokes();
  return flow;
}

TEST(PressureInlet, DrivesTheExactFlow)
{
  // Static pressure, steady: Q = P h^3 / (12 mu L) per unit depth (Poiseuille), which P2/P1 represents exactly.
  const double mu   = 0.0035, h = 0.01, L = 0.02;
  auto         flow = pressure_driven(" set Type = pressure_inlet\n set Pressure = 0.01 Pa\n set Pressure kind = static\n", mu);
  const double exact = 0.01 * h * h * h / (12 * mu * L);
  EXPECT_NEAR(cap(flow, "x_min").flow, exact, 1e-6 * exact);
  for (int step = 0; step < 10; ++step)
    ASSERT_TRUE(flow.solver->step(0.05).accepted);
  EXPECT_TRUE(cap(flow, "x_min").is_inlet());
  EXPECT_NEAR(cap(flow, "x_min").flow, exact, 1e-6 * exact);
  EXPECT_NEAR(cap(flow, "x_max").flow, cap(flow, "x_min").flow, 1e-12 * exact);
  EXPECT_NEAR(cap(flow, "x_min").pressure, 0.01, 1e-12);
}

TEST(PressureInlet, FollowsAnOscillatingPressure)
{
  // P_0 = G L cos(w t): u = Re (G/(i w rho)) (1 - cosh(k y)/cosh(k h/2)) exp(i w t), k^2 = i w rho/mu; Q is its integral.
  const double mu = 0.014, rho = 1060, h = 0.01, L = 0.02, w = 2 * std::numbers::pi / period, P = 0.2;
  auto         flow = pressure_driven(" set Type = pressure_inlet\n set Fourier modes = 0, 0.2 0 Pa\n set Period = 0.8 s\n set Pressure kind = static\n", mu);
  const std::complex<double> k = std::sqrt(std::complex<double>(0, w * rho / mu));
  const std::complex<double> Q = P / L / (std::complex<double>(0, w * rho)) * (h - 2. / k * std::tanh(k * h / 2.));
  double                     worst = 0;
  const int                  n     = 60;
  for (int step = 1; step <= 5 * n; ++step) // viscosity needs h^2/(pi^2 nu) = 0.77 s to forget the start
    {
      ASSERT_TRUE(flow.solver->step(period / n).accepted);
      if (step > 4 * n)
        worst = std::max(worst, std::abs(cap(flow, "x_min").flow - (Q * std::polar(1., w * flow.solver->time())).real()));
    }
  if (rank_of(MPI_COMM_WORLD) == 0)
    fmt::print("Flow driven by an oscillating pressure: {:.3f} % of the amplitude\n", 100 * worst / std::abs(Q));
  EXPECT_LT(worst, 0.015 * std::abs(Q));
}

TEST(PressureInlet, TheTotalPressureHasTheDynamicPressureInIt)
{
  const double                  rho = 1060, P = 0.05;
  std::map<std::string, double> velocity, pressure;
  for (const auto *kind : {"static", "total"})
    {
      auto flow = pressure_driven(std::string(" set Type = pressure_inlet\n set Pressure = 0.05 Pa\n set Pressure kind = ") + kind + "\n", 0.0035);
      for (int step = 0; step < 60; ++step)
        ASSERT_TRUE(flow.solver->step(0.1).accepted);
      velocity[kind] = -flow.solver->surface_flux(flow.space->boundary_id("x_min")) / 0.01;
      pressure[kind] = flow.solver->mean_pressure(flow.space->boundary_id("x_min"));
    }
  EXPECT_NEAR(pressure["static"], P, 1e-9 * P);
  // The mean of u^2 lies between U^2 (a plug) and 6/5 U^2 (the parabola).
  const double dynamic = 0.5 * rho * velocity["total"] * velocity["total"];
  EXPECT_GT(dynamic, 0.05 * P);
  EXPECT_LT(pressure["total"], P - 0.99 * dynamic);
  EXPECT_GT(pressure["total"], P - 1.21 * dynamic);
  EXPECT_LT(velocity["total"], velocity["static"]);
}

/// Twenty patches, each with a Windkessel of its own.
std::map<std::string, std::string> twenty_windkessels()
{
  std::map<std::string, std::string> outlets;
  for (int k = 0; k < 20; ++k)
    outlets["patch_" + std::to_string(k)] =
      fmt::format(" set Type = windkessel\n set Proximal resistance = {} mmHg s/mL\n set Distal resistance = {} mmHg s/mL\n set Compliance = {} mL/mmHg\n",
                  1 + 0.3 * k, 10 + 5 * k, 0.05 / (1 + k));
  return outlets;
}

CheckpointNumbers numbers_of(FlowSolver::State &state)
{
  return {state.numbers, {}};
}

std::vector<CheckpointField> fields_of(FlowSolver &solver, FlowSolver::State &state)
{
  std::vector<CheckpointField> fields;
  for (const auto &[name, values] : state.velocity_fields)
    fields.push_back({name, 3, &solver.space().p2(), values->data()});
  for (const auto &[name, values] : state.pressure_fields)
    fields.push_back({name, 1, &solver.space().p1(), values->data()});
  return fields;
}

TEST(ManyOutlets, TwentyWindkesselsBalanceAndRestart)
{
  int pid = rank_of(MPI_COMM_WORLD) == 0 ? int(getpid()) : 0;
  MPI_Bcast(&pid, 1, MPI_INT, 0, MPI_COMM_WORLD);
  const auto path    = (std::filesystem::temp_directory_path() / ("vesalius_twenty_" + std::to_string(pid) + ".h5")).string();
  const auto outlets = twenty_windkessels();
  const Mesh mesh    = mesh_with_patches(2, 10, 2);
  auto       flow    = make_flow(mesh, MPI_COMM_WORLD, tight(), outlets);
  flow.solver->start_from_stokes();
  const auto balance = [&] {
    double out = 0;
    for (const auto &c : flow.solver->caps())
      out += c.is_inlet() ? 0 : c.flow;
    return std::abs(out - cap(flow, "x_min").flow) / max_flow();
  };
  double worst = 0;
  for (int step = 0; step < 5; ++step)
    {
      ASSERT_TRUE(flow.solver->step(0.01).accepted);
      worst = std::max(worst, balance());
    }
  EXPECT_LT(worst, 1e-12);
  {
    auto state = flow.solver->state();
    write_checkpoint(path, MPI_COMM_WORLD, fields_of(*flow.solver, state), numbers_of(state));
  }
  for (int step = 0; step < 3; ++step)
    ASSERT_TRUE(flow.solver->step(0.01).accepted);

  // Read by each rank alone: other ranks than it was written on.
  if (rank_of(MPI_COMM_WORLD) == 0)
    {
      auto       again = make_flow(mesh, MPI_COMM_SELF, tight(), outlets);
      auto       state = again.solver->state();
      const auto read  = read_checkpoint(path, MPI_COMM_SELF, fields_of(*again.solver, state));
      again.solver->restore(read.numbers);
      for (int step = 0; step < 3; ++step)
        ASSERT_TRUE(again.solver->step(0.01).accepted);
      for (const auto &[name, section] : outlets)
        {
          EXPECT_NEAR(cap(again, name).pressure, cap(flow, name).pressure, 1e-8 * std::abs(cap(flow, name).pressure)) << name;
          EXPECT_NEAR(cap(again, name).flow, cap(flow, name).flow, 1e-8 * max_flow()) << name;
        }
      std::filesystem::remove(path);
    }
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST(ManyOutlets, TheSplitIsRightFromTheStart)
{
  // The first cycle's flows through twenty Windkessels repeat in the second.
  auto       flow  = make_flow(mesh_with_patches(2, 10, 2), MPI_COMM_WORLD, FlowSettings{}, twenty_windkessels());
  const auto cycle = [&] {
    std::map<std::string, double> sums;
    for (int step = 0; step < 24; ++step)
      {
        EXPECT_TRUE(flow.solver->step(period / 24).accepted);
        for (const auto &c : flow.solver->caps())
          sums[c.name] += c.flow / 24;
      }
    return sums;
  };
  flow.solver->start_from_stokes();
  const auto first = cycle(), second = cycle();
  double     worst = 0;
  for (const auto &[name, value] : second)
    worst = std::max(worst, std::abs(value - first.at(name)) / mean_flow);
  if (rank_of(MPI_COMM_WORLD) == 0)
    fmt::print("20 Windkessels: mean flows of the second cycle against the first: {:.2e} of the inflow\n", worst);
  EXPECT_LT(worst, 1e-3);
}

TEST(ManyOutlets, ANearlyClosedOutletDoesNotDisturbTheOthers)
{
  const auto run = [](const std::string &resistance) {
    auto flow = make_flow(mesh_with_patches(4, 2, 1), MPI_COMM_WORLD, tight(),
                          {{"x_max", " set Type = pressure\n set Pressure = 80 mmHg\n"},
                           {"patch_0", " set Type = resistance\n set Resistance = " + resistance + " mmHg s/mL\n"},
                           {"patch_1", " set Type = resistance\n set Resistance = 20 mmHg s/mL\n"}});
    flow.solver->start_from_stokes();
    for (int step = 0; step < 10; ++step)
      EXPECT_TRUE(flow.solver->step(0.01).accepted);
    return std::pair{cap(flow, "patch_0").flow, cap(flow, "patch_1").flow};
  };
  const auto nearly = run("1e6"), closed = run("1e14");
  EXPECT_NEAR(nearly.first / 80e-12, 1, 0.01); // 80 mmHg over 1e6 mmHg s/mL
  EXPECT_NEAR(closed.first / 80e-20, 1, 0.01);
  EXPECT_NEAR(nearly.second, closed.second, 1e-4 * closed.second);
  EXPECT_NEAR(closed.second / 4e-6, 1, 0.01);
}

} // namespace
} // namespace vesalius
