// SPDX-License-Identifier: GPL-3.0-or-later
// What a run must survive, and how it ends when it cannot.
#include "mesh_io/verification_meshes.h"
#include "solver/core/errors.h"
#include "solver/io/statistics.h"
#include "tests/verification/flow_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

double peak_speed(const FlowSolver &solver)
{
  double peak = 0;
  for (const double u : solver.velocity())
    peak = std::isfinite(u) ? std::max(peak, std::abs(u)) : u;
  MPI_Allreduce(MPI_IN_PLACE, &peak, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return peak;
}

/// Every number of the table that the run has written.
void expect_finite_statistics(const std::string &folder)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto table = read_table(folder + "/statistics.csv");
  EXPECT_FALSE(table.columns.at(0).empty());
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    for (const double value : table.columns[c])
      ASSERT_TRUE(std::isfinite(value)) << table.names[c];
}

void expect_finite_quantities(const FlowRun &run)
{
  for (const auto &q : run.model->quantities())
    EXPECT_TRUE(std::isfinite(q.value)) << q.name << " at " << q.location;
}

TEST(Robustness, StepsFarTooLargeAreRejectedAndRepeated)
{
  for (const std::string convection : {"implicit", "ext3"})
    {
      SharedFolder folder;
      // The flow begins at nothing, so that the first steps cannot know how fast it will be.
      const auto pulse = folder.path() + "/pulse.csv";
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::ofstream(pulse) << "time [s], flow [mL/s]\n0, 0\n0.01, 60\n0.02, 80\n0.03, 20\n0.04, 0\n";
      MPI_Barrier(MPI_COMM_WORLD);
      FlowRun run("subsection Time\n set Cycles = 1\n set Step size = 10 ms\n set Courant limit = 1\nend\nsubsection Solver\n set Convection = " +
                    convection + "\nend\n" + boundaries + inflow_section("Waveform = " + pulse),
                  folder.path(), rank_of(MPI_COMM_WORLD) == 0 ? box_channel(2) : Mesh{});
      run.advance(2000);
      run.model->finish();
      EXPECT_TRUE(run.model->finished());
      expect_finite_statistics(folder.path());
      if (rank_of(MPI_COMM_WORLD) != 0)
        continue;
      expect_finite_quantities(run);
      EXPECT_GT(run.log.warnings().size(), 0u) << "no step was rejected";
      const auto   table = read_table(folder.path() + "/statistics.csv");
      const double limit = convection == "implicit" ? 1. : courant_limit(Convection::ext3);
      for (const double courant : table.columns[6])
        EXPECT_LE(courant, 2 * limit);
      EXPECT_NEAR(table.columns[0].back(), 0.04, 1e-12);
    }
}

TEST(Robustness, RejectedStepLeavesTheStateUntouched)
{
  const auto make = [] {
    FlowSettings settings;
    settings.velocity_tolerance = settings.pressure_tolerance = 1e-12;
    auto channel = make_channel(box_channel(2), MPI_COMM_WORLD, settings, Waveform::constant(1e-5), InflowProfile::Shape::parabolic,
                                make_windkessel(1e7, 1e8, 1e-9), "x_min", "x_max");
    channel.solver->start_from_stokes();
    for (int i = 0; i < 4; ++i)
      EXPECT_TRUE(channel.solver->step(0.005).accepted);
    return channel;
  };
  const auto disturbed = make(), straight = make();
  const auto before    = disturbed.solver->state();
  const auto u = disturbed.solver->velocity(), p = disturbed.solver->pressure();
  disturbed.solver->set_maximum_courant(1e-6);
  const auto step = disturbed.solver->step(0.08);
  EXPECT_FALSE(step.accepted);
  EXPECT_THAT(step.reason, testing::HasSubstr("Courant number"));
  EXPECT_EQ(disturbed.solver->velocity(), u);
  EXPECT_EQ(disturbed.solver->pressure(), p);
  EXPECT_EQ(disturbed.solver->state().numbers, before.numbers);
  disturbed.solver->set_maximum_courant(0);
  for (int i = 0; i < 3; ++i)
    {
      EXPECT_TRUE(disturbed.solver->step(0.005).accepted);
      EXPECT_TRUE(straight.solver->step(0.005).accepted);
    }
  const auto reference = by_id(straight.space->p2(), straight.solver->velocity(), 3);
  double     scale = peak_speed(*straight.solver), difference = 0;
  for (const auto &[id, row] : by_id(disturbed.space->p2(), disturbed.solver->velocity(), 3))
    for (int c = 0; c < 3; ++c)
      difference = std::max(difference, std::abs(row[c] - reference.at(id)[c]));
  EXPECT_LT(difference, 1e-9 * scale);
}

TEST(Robustness, ValuesThatAreNotFiniteAreRejected)
{
  FlowSettings settings;
  auto channel = make_channel(box_channel(2), MPI_COMM_WORLD, settings, Waveform::constant(1e-5), InflowProfile::Shape::parabolic,
                              make_windkessel(1e7, 1e8, 1e-9), "x_min", "x_max");
  channel.solver->start_from_stokes();
  EXPECT_TRUE(channel.solver->step(0.005).accepted);
  const auto u = channel.solver->velocity();
  EXPECT_FALSE(channel.solver->step(1e-320).accepted) << "rho / dt overflows";
  EXPECT_EQ(channel.solver->velocity(), u);
  EXPECT_TRUE(channel.solver->step(0.005).accepted) << "nothing of it may remain";
}

TEST(Robustness, SuddenStart)
{
  // At rest, and at t = 0 a plug of 0.5 m/s enters.
  for (const auto convection : {Convection::implicit, Convection::ext2})
    {
      FlowSettings settings;
      settings.convection = convection;
      auto channel = make_channel(box_channel(2), MPI_COMM_WORLD, settings, Waveform::constant(5e-5), InflowProfile::Shape::flat,
                                  make_windkessel(1e7, 1e8, 1e-9), "x_min", "x_max");
      channel.solver->start_from_exact(0, 1e-3, [](double, const double *, double *u) { u[0] = u[1] = u[2] = 0; }, [](double, const double *) { return 0.; });
      const double dt = convection == Convection::implicit ? 2e-3 : 1e-4;
      for (int i = 0; i < 20; ++i)
        {
          const auto step = channel.solver->step(dt);
          ASSERT_TRUE(step.accepted) << step.reason;
          EXPECT_LT(peak_speed(*channel.solver), 2.) << name_of(convection) << ", step " << i;
          EXPECT_NEAR(channel.solver->caps().at(0).flow, channel.solver->caps().at(1).flow, 1e-10);
        }
    }
}

TEST(Robustness, NoInflowAtAll)
{
  for (const std::string time : {" set Mode = steady\n set Step size = 20 ms\n", " set Cycles = 2\n set Period = 0.1 s\n set Steps per cycle = 10\n"})
    for (const std::string fluid : {"", "subsection Fluid\n set Viscosity law = casson\nend\n"})
      {
        SharedFolder folder;
        FlowRun      run(fluid + "subsection Time\n" + time + "end\n" + boundaries + inflow_section("Flow = 0 mL/s"), folder.path(),
                         rank_of(MPI_COMM_WORLD) == 0 ? box_channel(2) : Mesh{});
        run.advance(50);
        EXPECT_TRUE(run.model->finished());
        run.model->finish();
        expect_finite_statistics(folder.path());
        if (rank_of(MPI_COMM_WORLD) == 0)
          {
            expect_finite_quantities(run);
            EXPECT_EQ(run.value("peak velocity", "lumen"), 0.);
          }
      }
}

TEST(Robustness, StenosisOfThreeQuarters)
{
  StenosisMesh parameters;
  parameters.order         = 1;
  parameters.outlet_length = 0.018;
  parameters.axial_size    = 0.003;
  const Mesh mesh = rank_of(MPI_COMM_WORLD) == 0 ? make_stenosis_mesh(parameters) : Mesh{};
  // Reynolds number 600 in the throat at the peak; the flow stops in between.
  std::vector<double> times, values;
  for (int i = 0; i < 16; ++i)
    {
      times.push_back(i / 64.);
      values.push_back(2.5e-6 * (1 - std::cos(2 * std::numbers::pi * i / 16)));
    }
  FlowSettings settings;
  auto channel = make_channel(mesh, MPI_COMM_WORLD, settings, Waveform(times, values, 0.25), InflowProfile::Shape::parabolic,
                              make_windkessel(1e8, 1e9, 1e-10), "inlet", "outlet");
  channel.solver->start_from_stokes();
  double peak = 0;
  for (int i = 0; i < 25; ++i)
    {
      const auto step = channel.solver->step(0.01);
      ASSERT_TRUE(step.accepted) << step.reason;
      peak = std::max(peak, peak_speed(*channel.solver));
    }
  // Continuity: at least the mean velocity of the throat, at most twice that and a recirculation's worth.
  const double throat = 5e-6 / (std::numbers::pi * parameters.throat_radius * parameters.throat_radius);
  EXPECT_GT(peak, throat);
  EXPECT_LT(peak, 2.5 * throat);
}

/// A duct that branches, in the plane.
struct TwoOutlets
{
  SimplexSpace space;
  FlowSolver   solver;
  TwoOutlets(const Waveform &flow, std::unique_ptr<OutletModel> first, std::unique_ptr<OutletModel> second)
    : space(rank_of(MPI_COMM_WORLD) == 0 ? make_tee_mesh({}) : Mesh{}, MPI_COMM_WORLD), solver(space, FlowSettings{})
  {
    solver.add_wall(space.boundary_id("wall"));
    solver.add_inflow(space.boundary_id("inlet"), flow, InflowProfile::Shape::parabolic);
    solver.add_outlet(space.boundary_id("outlet_1"), std::move(first));
    solver.add_outlet(space.boundary_id("outlet_2"), std::move(second));
    solver.finish_boundaries();
    solver.start_from_stokes();
  }
  double flow(const std::string &name) const
  {
    for (const auto &cap : solver.caps())
      if (cap.name == name)
        return cap.flow;
    return 0;
  }
};

TEST(Robustness, OutletThatIsNearlyClosed)
{
  TwoOutlets run(Waveform::constant(1e-3), make_resistance(1e5), make_resistance(1e14));
  for (int i = 0; i < 15; ++i)
    ASSERT_TRUE(run.solver.step(0.01).accepted);
  EXPECT_NEAR(run.flow("outlet_1"), 1e-3, 1e-10);
  for (const auto &cap : run.solver.caps())
    if (cap.name == "outlet_2")
      {
        EXPECT_GT(cap.pressure, 50.) << "that of the open outlet, and what drives the flow to it";
        EXPECT_NEAR(cap.flow, cap.pressure / 1e14, 1e-4 * 1e-12);
      }
}

TEST(Robustness, BackflowAtEveryOutletInDiastole)
{
  // The inflow turns round: blood enters through both outlets.
  std::vector<double> times, values;
  for (int i = 0; i < 16; ++i)
    {
      times.push_back(i / 40.);
      values.push_back(1e-3 + 4e-3 * std::cos(2 * std::numbers::pi * i / 16));
    }
  TwoOutlets run(Waveform(times, values, 0.4), make_windkessel(1e5, 1e6, 1e-7), make_windkessel(2e5, 2e6, 5e-8));
  double entering = 0, peak = 0;
  for (int i = 0; i < 120; ++i)
    {
      const auto step = run.solver.step(0.005);
      ASSERT_TRUE(step.accepted) << step.reason;
      entering = std::max(entering, std::min(-run.flow("outlet_1"), -run.flow("outlet_2")));
      peak     = std::max(peak, peak_speed(run.solver));
    }
  EXPECT_GT(entering, 1e-4) << "through both at once, m^2/s";
  EXPECT_LT(peak, 1.5) << "the parabola's peak is 0.75 m/s";
}

} // namespace
} // namespace vesalius
