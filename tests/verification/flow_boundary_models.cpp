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

TEST(SeveralInflows, OutletsShareWhatEntersThroughAllOfThem)
{
  const Mesh   mesh = mesh_with_patches(4, 2, 1);
  SimplexSpace space(mesh, MPI_COMM_WORLD);
  FlowSolver   solver(space, FlowSettings{});
  for (const auto &[id, name] : space.boundary_names())
    if (name[0] == 'y' || name[0] == 'z')
      solver.add_wall(id);
  solver.add_inflow(space.boundary_id("x_min"), sine_flow(), InflowProfile::Shape::womersley);
  solver.add_inflow(space.boundary_id("x_max"), Waveform::fourier({3e-6, {2e-6, 1e-6}}, period), InflowProfile::Shape::flat);
  solver.add_outlet(space.boundary_id("patch_0"), make_windkessel(1.3e7, 1.3e8, 3e-9));
  solver.add_outlet(space.boundary_id("patch_1"), outlet_from(" set Type = split\n set Share = 0.4\n"));
  solver.finish_boundaries();
  solver.start_from_stokes();
  for (int step = 0; step < 10; ++step)
    {
      ASSERT_TRUE(solver.step(0.02).accepted);
      const double inflow = solver.caps()[0].flow + solver.caps()[1].flow;
      EXPECT_NEAR(solver.caps()[0].flow, sine_flow()(solver.time()), 1e-12 * max_flow());
      EXPECT_NEAR(solver.caps()[2].flow, 0.6 * inflow, 1e-12 * max_flow());
      EXPECT_NEAR(solver.caps()[3].flow, 0.4 * inflow, 1e-12 * max_flow());
    }
}

/// The circuit of a coronary outlet for the flow that a run computed, by the midpoint rule, with the flow linear between steps.
struct CoronaryCircuit
{
  double arterial_compliance, micro, muscle_compliance, venous;
  double p_1 = 0, y = 0; ///< y = P_2 - P_im
  std::array<double, 2> rates(double pressure_1, double charge, double flow, double muscle) const
  {
    const double p_2 = charge + muscle;
    return {(flow - (pressure_1 - p_2) / micro) / arterial_compliance, ((pressure_1 - p_2) / micro - p_2 / venous) / muscle_compliance};
  }
  void advance(double time, double dt, double flow_before, double flow_after, const Waveform &muscle)
  {
    const int n = 100;
    for (int i = 0; i < n; ++i)
      {
        const double h = dt / n, t = time + i * h;
        const auto   flow  = [&](double s) { return flow_before + (flow_after - flow_before) * (s - time) / dt; };
        const auto   first = rates(p_1, y, flow(t), muscle(t));
        const auto   half  = rates(p_1 + 0.5 * h * first[0], y + 0.5 * h * first[1], flow(t + 0.5 * h), muscle(t + 0.5 * h));
        p_1 += h * half[0];
        y += h * half[1];
      }
  }
};

TEST(CoronaryOutlet, FollowsItsCircuitInAFlow)
{
  // A Windkessel takes most of the flow, a coronary artery the rest, against the squeeze of the muscle.
  const double mmhg = 133.322387415, ml = 1e-6, R_a = 25 * mmhg / ml;
  const auto   muscle = Waveform::fourier({40 * mmhg, {30 * mmhg, 20 * mmhg}}, period); // Re(c exp(i w t)): 30 cos - 20 sin
  auto         flow   = make_flow(mesh_with_patches(4, 2, 1), MPI_COMM_WORLD, FlowSettings{},
                                  {{"x_max", " set Type = windkessel\n set Proximal resistance = 0.8 mmHg s/mL\n set Distal resistance = 8 mmHg s/mL\n set Compliance = 0.2 mL/mmHg\n"},
                                   {"patch_0", " set Type = coronary\n set Arterial resistance = 25 mmHg s/mL\n set Arterial compliance = 0.001 mL/mmHg\n"
                                               " set Microcirculation resistance = 40 mmHg s/mL\n set Intramyocardial compliance = 0.004 mL/mmHg\n"
                                               " set Venous resistance = 15 mmHg s/mL\n set Fourier modes = 40, 30 -20 mmHg\n set Period = 0.8 s\n"}});
  flow.solver->start_from_stokes();
  const auto     &coronary = cap(flow, "patch_0");
  const auto      start    = coronary.model->state();
  CoronaryCircuit circuit{0.001 * ml / mmhg, 40 * mmhg / ml, 0.004 * ml / mmhg, 15 * mmhg / ml, start[0], start[2]};
  const int       n_steps = 80;
  double          before = coronary.flow, worst = 0, lowest = 1, highest = 0, sum = 0;
  for (int step = 0; step < n_steps; ++step)
    {
      const double time = flow.solver->time();
      ASSERT_TRUE(flow.solver->step(period / n_steps).accepted);
      circuit.advance(time, period / n_steps, before, coronary.flow, muscle);
      before  = coronary.flow;
      worst   = std::max(worst, std::abs(coronary.pressure - circuit.p_1 - R_a * coronary.flow));
      lowest  = std::min(lowest, coronary.flow / ml);
      highest = std::max(highest, coronary.flow / ml);
      sum += coronary.flow / ml / n_steps;
      EXPECT_NEAR(coronary.flow + cap(flow, "x_max").flow, sine_flow()(flow.solver->time()), 1e-12 * max_flow());
    }
  if (rank_of(MPI_COMM_WORLD) == 0)
    fmt::print("coronary outlet in a flow: pressure {:.3f} mmHg from its circuit; flow {:.2f} to {:.2f}, mean {:.2f} mL/s\n", worst / mmhg, lowest, highest, sum);
  EXPECT_LT(worst, 0.5 * mmhg);
  // Perfused by some 80 mmHg over 80 mmHg s/mL, and squeezed.
  EXPECT_NEAR(sum, 1, 0.3);
  EXPECT_GT(highest - lowest, 0.3);
}

TEST(AdjacentOutlets, ThatShareAnEdgeDivideTheFlow)
{
  // The end of the box cut into two outlets; the flow turns round in each cycle.
  Mesh mesh;
  if (rank_of(MPI_COMM_WORLD) == 0)
    {
      mesh            = make_box_mesh(3, {0, 0, 0}, {0.03, 0.01, 0.01}, {9, 4, 4});
      const int upper = mesh.boundary_names.rbegin()->first + 1;
      for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
        {
          double x = 0, z = 0;
          for (int v = 0; v < 3; ++v)
            {
              x += mesh.points[mesh.boundary_faces[3 * f + v]][0] / 3;
              z += mesh.points[mesh.boundary_faces[3 * f + v]][2] / 3;
            }
          if (x > 0.03 - 1e-9 && z > 0.005)
            mesh.boundary_id[f] = upper;
        }
      mesh.boundary_names[upper] = "upper";
    }
  for (const double backward : {0., 1.5})
    {
      SimplexSpace space(mesh, MPI_COMM_WORLD);
      FlowSolver   solver(space, FlowSettings{});
      for (const auto &[id, name] : space.boundary_names())
        if (name[0] == 'y' || name[0] == 'z')
          solver.add_wall(id);
      const auto inflow = Waveform::fourier({mean_flow, {backward * mean_flow, 0}}, period);
      solver.add_inflow(space.boundary_id("x_min"), inflow, InflowProfile::Shape::parabolic);
      solver.add_outlet(space.boundary_id("x_max"), make_resistance(2e8));
      solver.add_outlet(space.boundary_id("upper"), make_resistance(1e8));
      solver.finish_boundaries();
      solver.start_from_stokes();
      double worst_share = 0, worst_balance = 0, fastest = 0, worst_surface = 0;
      for (int step = 0; step < 40; ++step)
        {
          ASSERT_TRUE(solver.step(period / 40).accepted) << "step " << step;
          const auto  &caps  = solver.caps();
          const double total = caps[1].flow + caps[2].flow;
          worst_balance      = std::max(worst_balance, std::abs(total - inflow(solver.time())));
          worst_share        = std::max(worst_share, std::abs(caps[1].flow - total / 3));
          for (int c : {1, 2})
            worst_surface = std::max(worst_surface, std::abs(solver.surface_flux(caps[c].boundary_id) - caps[c].flow));
          for (const double u : solver.velocity())
            fastest = std::max(fastest, std::abs(u));
        }
      MPI_Allreduce(MPI_IN_PLACE, &fastest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
      if (rank_of(MPI_COMM_WORLD) == 0)
        fmt::print("adjacent outlets, amplitude {} of the mean: share off by {:.2e}, balance {:.1e}, surface {:.2e} of the mean flow; fastest {:.2f} m/s\n", backward,
                   worst_share / mean_flow, worst_balance / mean_flow, worst_surface / mean_flow, fastest);
      EXPECT_LT(worst_balance, 1e-10 * mean_flow);
      EXPECT_LT(worst_share, 0.05 * mean_flow); // the resistances outweigh the box's
      // On the common edge each outlet has half of the flow (theory, step 3): a cap's flow and the flux through its faces differ by O(h).
      EXPECT_LT(worst_surface, 0.1 * (1 + backward) * mean_flow);
      EXPECT_LT(fastest, 1.5); // 2.1 times the mean velocity of 0.1 to 0.25 m/s, three times that where they part
    }
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
