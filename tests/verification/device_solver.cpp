// SPDX-License-Identifier: GPL-3.0-or-later
// The solver whose steps vesalius-gpu makes (its host backend), beside FlowSolver: steps of several sizes, rejected ones, restarts from one to the other; and
// what becomes of it when the program fails.
#include "mesh_io/verification_meshes.h"
#include "mesh_io/volume_mesh.h"
#include "physics/flow/device_solver.h"
#include "solver/core/device_error.h"
#include "solver/core/mpirun_command.h"
#include "tests/temporary_folder.h"
#include "tests/verification/flow_test_tools.h"
#include "tests/verification/rheology_fluids.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <tuple>

namespace vesalius
{
namespace
{
using namespace flow_test;

struct Vessel
{
  Mesh        mesh;
  std::string inlet = "x_min", outlet = "x_max";
  int         velocity_degree = 2;

  /// In two dimensions flows are those of a metre of a channel's depth, not of a centimetre.
  double depth() const { return mesh.dimension == 3 ? 1 : 100; }
};

Vessel box()
{
  return {.mesh = box_channel(3)};
}

/// Its wall is curved, and so are its ends, like bowls.
Vessel curved_pipe()
{
  Vessel pipe{.mesh = make_pipe_mesh({.radius = 0.005, .length = 0.02, .n_along = 3, .section = {.n_rings = 2}, .order = 2}), .inlet = "inlet", .outlet = "outlet"};
  for (auto &x : pipe.mesh.points)
    x[2] += 40 * (x[0] * x[0] + x[1] * x[1]);
  return pipe;
}

Vessel plane()
{
  return {.mesh = make_box_mesh(2, {0, 0, 0}, {0.04, 0.01, 0}, {15, 5, 1})};
}

/// Bent, with ends like bowls.
Vessel curved_plane()
{
  Vessel result{.mesh = make_second_order(plane().mesh)};
  for (auto &x : result.mesh.points)
    x = {x[0] + 20 * x[1] * x[1], x[1] + 5 * x[0] * x[0], 0};
  return result;
}

Vessel with_linear_velocity(Vessel vessel)
{
  vessel.velocity_degree = 1;
  return vessel;
}

const std::map<std::string, std::function<Vessel()>> vessels{{"box", box},
                                                             {"curved_pipe", curved_pipe},
                                                             {"box_p1", [] { return with_linear_velocity(box()); }},
                                                             {"plane", plane},
                                                             {"curved_plane", curved_plane},
                                                             {"plane_p1", [] { return with_linear_velocity(plane()); }}};

/// The same flow on the processor (no program) or at the hands of a program.
Channel make_flow(const std::vector<std::string> &program, double tolerance = 1e-12, const Vessel &vessel = box(), MPI_Comm communicator = MPI_COMM_SELF,
                  std::shared_ptr<const ViscosityFunction> law = nullptr)
{
  FlowSettings settings;
  if (law)
    settings.mu = law->reference();
  settings.viscosity       = std::move(law);
  settings.velocity_degree = vessel.velocity_degree;
  settings.velocity_tolerance = settings.pressure_tolerance = settings.initial_tolerance = tolerance;
  Channel flow;
  flow.space = std::make_unique<SimplexSpace>(vessel.mesh, communicator);
  flow.solver = program.empty() ? std::make_unique<FlowSolver>(*flow.space, settings) : std::make_unique<DeviceFlowSolver>(*flow.space, settings, program, "host");
  for (const auto &[id, name] : flow.space->boundary_names())
    if (name != vessel.inlet && name != vessel.outlet)
      flow.solver->add_wall(id);
  // Backwards: blood enters through the outlet.
  flow.solver->add_inflow(flow.space->boundary_id(vessel.inlet), Waveform::fourier({-8e-6 * vessel.depth(), {-4e-6 * vessel.depth(), 3e-6 * vessel.depth()}}, 0.2), InflowProfile::Shape::womersley);
  flow.solver->add_outlet(flow.space->boundary_id(vessel.outlet), make_windkessel(1.3e7 / vessel.depth(), 1.3e8 / vessel.depth(), 4e-9 * vessel.depth()));
  flow.solver->finish_boundaries();
  return flow;
}

void expect_equal(FlowSolver &wanted, FlowSolver &found, double tolerance)
{
  auto       a = wanted.state(), b = found.state();
  const auto compare = [&](const std::string &name, const std::vector<double> &x, const std::vector<double> &y) {
    ASSERT_EQ(x.size(), y.size()) << name;
    double scale = 0, largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      {
        scale   = std::max(scale, std::abs(x[i]));
        largest = std::max(largest, std::abs(x[i] - y[i]));
      }
    MPI_Allreduce(MPI_IN_PLACE, &scale, 1, MPI_DOUBLE, MPI_MAX, wanted.space().communicator());
    EXPECT_GT(scale, 0) << name;
    EXPECT_LT(largest, tolerance * scale) << name;
  };
  for (const char *name : {"velocity", "velocity_old", "velocity_older"})
    compare(name, *a.velocity_fields.at(name), *b.velocity_fields.at(name));
  for (const char *name : {"pressure", "potential", "potential_old", "entry_speed"})
    compare(name, *a.pressure_fields.at(name), *b.pressure_fields.at(name));
  if (wanted.settings().viscosity)
    for (const char *name : {"viscosity", "implicit_viscosity"})
      compare(name, *a.pressure_fields.at(name), *b.pressure_fields.at(name));
  EXPECT_EQ(wanted.time(), found.time());
  for (std::size_t c = 0; c < wanted.caps().size(); ++c)
    {
      EXPECT_NEAR(found.caps()[c].flow, wanted.caps()[c].flow, tolerance * std::abs(wanted.caps()[0].flow)) << wanted.caps()[c].name;
      EXPECT_NEAR(found.caps()[c].pressure, wanted.caps()[c].pressure, tolerance * std::abs(wanted.caps()[c].pressure)) << wanted.caps()[c].name;
    }
}

const std::vector<double> changing_steps{0.004, 0.004, 0.006, 0.006, 0.005, 0.003, 0.004, 0.008, 0.008, 0.007};

using VesselAndConvection = std::tuple<std::string, Convection>;

class DeviceSolverEquals : public ::testing::TestWithParam<VesselAndConvection>
{};

TEST_P(DeviceSolverEquals, TheProcessorsWithStepsThatChange)
{
  const auto &[name, convection] = GetParam();
  const auto vessel              = vessels.at(name)();
  auto       processor = make_flow({}, 1e-12, vessel), device = make_flow({VESALIUS_GPU_PROGRAM}, 1e-12, vessel);
  double     lowest = 0;
  EXPECT_EQ(device.space->has_curved_cells(), name.starts_with("curved"));
  for (auto *flow : {&processor, &device})
    {
      flow->solver->set_convection(convection);
      flow->solver->start_from_stokes();
    }
  for (const double step : changing_steps)
    {
      const double dt     = convection == Convection::implicit ? step : 0.05 * step; // stable
      const auto   wanted = processor.solver->step(dt), found = device.solver->step(dt);
      ASSERT_TRUE(wanted.accepted && found.accepted) << wanted.reason << " " << found.reason;
      EXPECT_NEAR(found.courant, wanted.courant, 1e-8 * wanted.courant);
      EXPECT_NEAR(found.change_rate, wanted.change_rate, 1e-8 * wanted.change_rate);
      lowest = std::min(lowest, device.solver->caps()[1].outward_flow());
    }
  EXPECT_LT(lowest, 0);
  expect_equal(*processor.solver, *device.solver, 1e-8);
}

const auto name_of_flow = [](const auto &info) { return std::get<0>(info.param) + "_" + name_of(std::get<1>(info.param)); };

INSTANTIATE_TEST_SUITE_P(DeviceSolver, DeviceSolverEquals,
                         ::testing::Combine(::testing::Values("box", "curved_pipe", "plane", "curved_plane"),
                                            ::testing::Values(Convection::implicit, Convection::ext2, Convection::ext3)),
                         name_of_flow);
INSTANTIATE_TEST_SUITE_P(DeviceSolverOfDegree1, DeviceSolverEquals, ::testing::Combine(::testing::Values("box_p1", "plane_p1"), ::testing::Values(Convection::implicit)),
                         name_of_flow);

/// What a checkpoint takes from one and gives to another.
void hand_over(FlowSolver &from, FlowSolver &to)
{
  auto a = from.state(), b = to.state();
  for (const auto &[name, values] : a.velocity_fields)
    if (b.velocity_fields.count(name) != 0)
      *b.velocity_fields.at(name) = *values;
  for (const auto &[name, values] : a.pressure_fields)
    if (b.pressure_fields.count(name) != 0)
      *b.pressure_fields.at(name) = *values;
  to.restore(a.numbers);
}

class DeviceSolverOnRanks : public ::testing::TestWithParam<std::string>
{};

/// All ranks of this test, with steps that change, and a restart in the middle.
TEST_P(DeviceSolverOnRanks, EqualsTheProcessors)
{
  int n_ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const auto vessel    = vessels.at(GetParam())();
  const auto law       = GetParam().starts_with("curved") ? nullptr : viscosity_law(shear_thinning_fluids.at("casson"));
  auto       processor = make_flow({}, 1e-12, vessel, MPI_COMM_WORLD, law);
  auto       device = make_flow(with_mpirun({VESALIUS_GPU_PROGRAM}, n_ranks), 1e-12, vessel, MPI_COMM_WORLD, law), next = make_flow(with_mpirun({VESALIUS_GPU_PROGRAM}, n_ranks), 1e-12, vessel, MPI_COMM_WORLD, law);
  processor.solver->start_from_stokes();
  device.solver->start_from_stokes();
  for (std::size_t n = 0; n < changing_steps.size(); ++n)
    {
      if (n == 5)
        hand_over(*device.solver, *next.solver);
      const auto wanted = processor.solver->step(changing_steps[n]), found = (n < 5 ? device : next).solver->step(changing_steps[n]);
      ASSERT_TRUE(wanted.accepted && found.accepted) << wanted.reason << " " << found.reason;
      EXPECT_NEAR(found.courant, wanted.courant, 1e-8 * wanted.courant);
    }
  expect_equal(*processor.solver, *next.solver, 1e-8);
}

INSTANTIATE_TEST_SUITE_P(DeviceSolver, DeviceSolverOnRanks, ::testing::Values("box", "curved_pipe", "box_p1", "curved_plane", "plane_p1"),
                         [](const auto &info) { return info.param; });

TEST(DeviceSolver, RejectedStepsLeaveNothingBehind)
{
  auto processor = make_flow({}), device = make_flow({VESALIUS_GPU_PROGRAM});
  for (auto *flow : {&processor, &device})
    {
      flow->solver->start_from_stokes();
      for (const double dt : {0.004, 0.004, 0.004})
        ASSERT_TRUE(flow->solver->step(dt).accepted);
      flow->solver->set_maximum_courant(1e-3);
      const auto step = flow->solver->step(0.02);
      EXPECT_FALSE(step.accepted);
      EXPECT_THAT(step.reason, ::testing::HasSubstr("its Courant number"));
      flow->solver->set_maximum_courant(0);
      for (const double dt : {0.003, 0.004})
        ASSERT_TRUE(flow->solver->step(dt).accepted);
    }
  expect_equal(*processor.solver, *device.solver, 1e-8);
}

struct Fluid
{
  std::string name, lines; ///< of the section Fluid; "": Newtonian
  Convection  convection = Convection::implicit;
  std::string vessel     = "box";
};

class DeviceSolverTakesOver : public ::testing::TestWithParam<Fluid>
{};

/// From the processor, and back, in the middle of steps that are of one size at times, so that explicit convection keeps an operator.
TEST_P(DeviceSolverTakesOver, AndHandsBack)
{
  const auto &[name, lines, convection, vessel_name] = GetParam();
  const auto  law                                    = lines.empty() ? nullptr : viscosity_law(lines);
  const auto  vessel                                 = vessels.at(vessel_name)();
  const auto  make                                   = [&](const std::vector<std::string> &program) {
    auto flow = make_flow(program, 1e-12, vessel, MPI_COMM_SELF, law);
    flow.solver->set_convection(convection);
    return flow;
  };
  auto straight = make({}), first = make({}), device = make({VESALIUS_GPU_PROGRAM}), last = make({});
  straight.solver->start_from_stokes();
  first.solver->start_from_stokes();
  const std::size_t third = 3, two_thirds = 7;
  for (std::size_t n = 0; n < changing_steps.size(); ++n)
    {
      const double dt = convection == Convection::implicit ? changing_steps[n] : n < 5 ? 2e-4 : 3e-4;
      if (n == third)
        hand_over(*first.solver, *device.solver);
      if (n == two_thirds)
        hand_over(*device.solver, *last.solver);
      ASSERT_TRUE(straight.solver->step(dt).accepted);
      ASSERT_TRUE((n < third ? first : n < two_thirds ? device : last).solver->step(dt).accepted);
      if (n + 1 == two_thirds)
        expect_equal(*straight.solver, *device.solver, 1e-8);
    }
  expect_equal(*straight.solver, *last.solver, 1e-8);
}

INSTANTIATE_TEST_SUITE_P(DeviceSolver, DeviceSolverTakesOver,
                         ::testing::Values(Fluid{"newtonian", ""}, Fluid{"casson", shear_thinning_fluids.at("casson")}, Fluid{"casson_explicit", shear_thinning_fluids.at("casson"), Convection::ext3},
                                           Fluid{"carreau_yasuda_curved", shear_thinning_fluids.at("carreau_yasuda"), Convection::implicit, "curved_pipe"},
                                           Fluid{"carreau_yasuda_curved_explicit", shear_thinning_fluids.at("carreau_yasuda"), Convection::ext2, "curved_pipe"},
                                           Fluid{"newtonian_p1", "", Convection::implicit, "box_p1"},
                                           Fluid{"casson_plane", shear_thinning_fluids.at("casson"), Convection::implicit, "plane"},
                                           Fluid{"carreau_yasuda_curved_plane", shear_thinning_fluids.at("carreau_yasuda"), Convection::ext3, "curved_plane"},
                                           Fluid{"casson_plane_p1", shear_thinning_fluids.at("casson"), Convection::implicit, "plane_p1"}),
                         [](const auto &info) { return info.param.name; });

// --- failures --------------------------------------------------------------------------------------

TEST(DeviceSolver, SaysThatItsProgramIsGoneAndKeepsItsState)
{
  auto flow   = make_flow({VESALIUS_GPU_PROGRAM}, 1e-8);
  auto solver = dynamic_cast<DeviceFlowSolver *>(flow.solver.get());
  solver->start_from_stokes();
  ASSERT_TRUE(solver->step(0.004).accepted);
  const auto velocity = solver->velocity();
  kill(solver->process(), SIGKILL);
  try
    {
      solver->step(0.004);
      ADD_FAILURE() << "a step without the program";
    }
  catch (const DeviceError &error)
    {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("was ended by signal 9"));
    }
  EXPECT_EQ(solver->velocity(), velocity);
  EXPECT_EQ(solver->n_steps(), 1);
}

class DeviceProgram : public testing::FolderTest
{
protected:
  std::string script(const std::string &lines) const
  {
    const auto file = path("program");
    std::ofstream(file) << "#!/bin/sh\n" + lines;
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }
};

TEST_F(DeviceProgram, ThatHasTooLittleMemoryIsAnErrorOfTheDevice)
{
  const auto at_start = script("echo error 4 device memory: out of memory\nexit 4\n");
  EXPECT_THROW(make_flow({at_start}), DeviceError);
  auto flow = make_flow({script("echo ready toy\nread line\necho error 4 device memory: out of memory\nexit 4\n")}, 1e-8);
  flow.solver->start_from_stokes();
  try
    {
      flow.solver->step(0.004);
      ADD_FAILURE() << "a step by a toy";
    }
  catch (const DeviceError &error)
    {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("out of memory"));
    }
}

/// Several processes of vesalius-gpu serve one run.
TEST_F(DeviceProgram, MayBeSeveralProcesses)
{
  const auto two = script("exec mpirun --oversubscribe --bind-to none --mca mpi_yield_when_idle 1 -n 2 '" VESALIUS_GPU_PROGRAM "' \"$@\"\n");
  const auto vessel    = curved_pipe();
  auto       processor = make_flow({}, 1e-12, vessel), device = make_flow({two}, 1e-12, vessel);
  for (auto *flow : {&processor, &device})
    {
      flow->solver->start_from_stokes();
      for (const double dt : {0.004, 0.006, 0.005})
        ASSERT_TRUE(flow->solver->step(dt).accepted);
    }
  expect_equal(*processor.solver, *device.solver, 1e-8);
}

TEST_F(DeviceProgram, ThatIsNotThereIsAnErrorOfTheDevice)
{
  try
    {
      make_flow({path("nowhere")});
      ADD_FAILURE() << "a program that is not there";
    }
  catch (const DeviceError &error)
    {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("could not be started"));
    }
}

} // namespace
} // namespace vesalius
