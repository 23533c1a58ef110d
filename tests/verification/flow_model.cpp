// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/interfaces/physics_model.h"
#include "solver/io/checkpoint.h"
#include "solver/io/statistics.h"
#include "tests/verification/flow_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace vesalius
{
namespace
{
using namespace flow_test;

TEST(FlowModel, SteadyRunEndsAtTheSteadyState)
{
  SharedFolder folder;
  FlowRun run("subsection Time\n set Mode = steady\n set Step size = 20 ms\n set Steady tolerance = 1e-4\nend\n" + boundaries + inflow_section("Flow = 10 mL/s"),
          folder.path());
  run.advance(400);
  EXPECT_TRUE(run.model->finished());
  run.model->finish();
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  // The outlet's steady pressure is (R_p + R_d) Q.
  EXPECT_NEAR(run.value("mean pressure", "x_max"), 11.0, 1e-3);
  EXPECT_NEAR(run.value("mean flow out", "x_max"), 10.0, 1e-6);
  EXPECT_NEAR(run.value("OSI, highest", "wall"), 0., 1e-6);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/wall/averages.vtu"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/solution.pvd"));
}

const std::string certifying = "subsection Solver\n set Mode = certifying\n set Newton tolerance = 1e-9\nend\n";

TEST(FlowModel, CertifyingModeFindsTheSteadyStateAtOnce)
{
  SharedFolder folder;
  FlowRun      run("subsection Time\n set Mode = steady\nend\n" + certifying + boundaries + inflow_section("Flow = 10 mL/s"), folder.path());
  run.advance(1);
  EXPECT_TRUE(run.model->finished());
  run.model->finish();
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  EXPECT_NEAR(run.value("mean pressure", "x_max"), 11.0, 1e-6);
  EXPECT_NEAR(run.value("mean flow out", "x_max"), 10.0, 1e-6);
  EXPECT_GT(run.value("TAWSS, mean", "wall"), 0.01);
  EXPECT_NEAR(run.value("OSI, highest", "wall"), 0., 1e-6);
}

/// A short run that writes a checkpoint, and one that goes on from it: bit for bit the same.
void expect_restart_repeats(const std::string &sections)
{
  SCOPED_TRACE(sections);
  SharedFolder whole_folder, parts_folder;
  const auto   text = "subsection Time\n set Cycles = 1\n set Steps per cycle = 8\nend\n" + sections + boundaries +
                    inflow_section("Waveform = " + pulse_file(whole_folder));
  FlowRun whole(text, whole_folder.path());
  whole.advance(3);
  whole.model->write_checkpoint(whole_folder.path() + "/checkpoint.h5", {});
  whole.advance(100);
  whole.model->write_checkpoint(whole_folder.path() + "/end.h5", {});
  whole.model->finish();
  {
    FlowRun first(text, parts_folder.path());
    first.advance(3);
    first.model->write_checkpoint(parts_folder.path() + "/checkpoint.h5", {});
  }
  FlowRun second(text, parts_folder.path());
  second.model->restart(parts_folder.path() + "/checkpoint.h5");
  second.advance(100);
  second.model->write_checkpoint(parts_folder.path() + "/end.h5", {});
  second.model->finish();
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto wanted = checkpoint_fields(whole_folder.path() + "/end.h5"), found = checkpoint_fields(parts_folder.path() + "/end.h5");
  EXPECT_GT(wanted.size(), 1U);
  for (const auto &[name, values] : wanted)
    {
      ASSERT_EQ(found.count(name), 1U) << name;
      double difference = 0;
      for (std::size_t i = 0; i < values.size(); ++i)
        difference = std::max(difference, std::abs(found.at(name)[i] - values[i]));
      EXPECT_EQ(difference, 0) << name;
    }
  for (const auto &[name, location] : {std::pair{"mean pressure", "x_min"}, {"mean pressure", "x_max"}, {"mean flow out", "x_max"}, {"TAWSS, mean", "wall"}})
    EXPECT_EQ(second.value(name, location), whole.value(name, location)) << name;
}

TEST(FlowModel, CertifyingModeRestarts)
{
  expect_restart_repeats(certifying);
}

TEST(FlowModel, RestartsWhateverTheFluid)
{
  for (const char *law : {"carreau_yasuda", "casson"})
    {
      const std::string fluid = std::string("subsection Fluid\n set Viscosity law = ") + law + "\nend\n";
      SCOPED_TRACE(law);
      expect_restart_repeats(fluid);
      expect_restart_repeats(fluid + "subsection Solver\n set Convection = ext2\nend\n"); // keeps its operator over steps
      expect_restart_repeats(fluid + certifying);
    }
}

const std::string linear = "subsection Solver\n set Elements = P1/P1\n set Velocity tolerance = 1e-12\n set Pressure tolerance = 1e-12\nend\n";

TEST(LinearElements, Restart)
{
  expect_restart_repeats(linear);
}

TEST(LinearElements, FindTheSteadyStateOfACase)
{
  SharedFolder folder;
  FlowRun run("subsection Time\n set Mode = steady\n set Step size = 20 ms\nend\n" + linear + boundaries + inflow_section("Flow = 10 mL/s"), folder.path());
  run.advance(400);
  EXPECT_TRUE(run.model->finished());
  run.model->finish();
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  EXPECT_NEAR(run.value("mean pressure", "x_max"), 11.0, 2e-3);
  EXPECT_NEAR(run.value("mean flow in", "x_min"), 10.0, 1e-6);
  EXPECT_NEAR(run.value("mean flow out", "x_max"), 10.0, 1e-6);
  EXPECT_LT(run.value("flow balance of the caps, largest error", ""), 1e-10);
  EXPECT_GT(run.value("TAWSS, mean", "wall"), 0.01);
  EXPECT_NEAR(run.value("OSI, highest", "wall"), 0., 1e-6);
}

const std::string measured = R"(
subsection Output
  set Fields = vorticity, helicity
  subsection Planes
    subsection middle
      set Point  = 19, 5, 5 mm
      set Normal = 1, 0, 0
    end
    subsection end
      set Point          = 35, 5, 5 mm
      set Normal         = 1, 0.1, 0
      set Upstream plane = middle
    end
  end
  subsection Probes
    subsection axis
      set Point = 2, 0.5, 0.5 cm
    end
  end
end
subsection Scalars
  subsection age
    set Type = residence time
  end
  subsection dye
    set Diffusivity = 1 mm^2/s
    set Inlet value = 2
  end
end
)";

TEST(FlowModel, RestartGivesTheSameAverages)
{
  SharedFolder whole_folder, parts_folder;
  const auto   text = "subsection Time\n set Cycles = 2\n set Steps per cycle = 20\nend\nsubsection Solver\n"
                      " set Velocity tolerance = 1e-12\n set Pressure tolerance = 1e-12\n set Initial tolerance = 1e-12\nend\n" +
                    measured + boundaries + inflow_section("Waveform = " + pulse_file(whole_folder));
  FlowRun whole(text, whole_folder.path());
  whole.advance(1000);
  whole.model->finish();
  {
    FlowRun first(text, parts_folder.path());
    first.advance(27);
    first.model->write_checkpoint(parts_folder.path() + "/checkpoint.h5", {});
  }
  FlowRun second(text, parts_folder.path());
  second.model->restart(parts_folder.path() + "/checkpoint.h5");
  second.advance(1000);
  second.model->finish();
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  for (const auto &wanted : whole.model->quantities())
    {
      const bool is_rounding = wanted.name.find("balance") != std::string::npos; // rounding does not repeat
      EXPECT_NEAR(second.value(wanted.name, wanted.location), wanted.value,
                  is_rounding ? 1e-3 : 1e-7 * std::abs(wanted.value) + 1e-9) << wanted.name << " " << wanted.location;
    }
  EXPECT_NEAR(second.value("cycle-to-cycle change", ""), whole.value("cycle-to-cycle change", ""), 1e-6);
  EXPECT_NEAR(whole.value("mean conserved flow through the section", "end"), whole.value("mean flow out", "x_max"), 1e-6);
  EXPECT_TRUE(std::filesystem::exists(whole_folder.path() + "/solution/averages.vtu") || std::filesystem::exists(whole_folder.path() + "/solution/averages.pvtu"));
  // The table goes on without a gap or a repeat.
  const auto table = read_table(parts_folder.path() + "/statistics.csv"), reference = read_table(whole_folder.path() + "/statistics.csv");
  ASSERT_EQ(table.n_rows(), reference.n_rows());
  for (std::size_t row = 0; row < table.n_rows(); ++row)
    EXPECT_NEAR(table.columns[0][row], reference.columns[0][row], 1e-9);
}

TEST(FlowModel, RunInBringsTheFirstCycleNearThePeriodicOne)
{
  const auto small = [] { return rank_of(MPI_COMM_WORLD) == 0 ? box_channel(2) : Mesh{}; };
  double     change[2];
  for (const bool has_run_in : {false, true})
    {
      SharedFolder folder, parts_folder;
      const auto   text = std::string("subsection Fluid\n set Viscosity = 20 mPa s\nend\nsubsection Time\n set Cycles = 2\n set Steps per cycle = 40\n set Run-in = ") + (has_run_in ? "true" : "false") +
                        "\nend\nsubsection Solver\n set Velocity tolerance = 1e-12\n set Pressure tolerance = 1e-12\n set Initial tolerance = 1e-12\nend\n" +
                        boundaries + inflow_section("Waveform = " + pulse_file(folder));
      FlowRun whole(text, folder.path(), small());
      whole.advance(1000);
      whole.model->finish();
      if (rank_of(MPI_COMM_WORLD) == 0)
        {
          change[has_run_in] = whole.value("cycle-to-cycle change", "");
          // Its steps are in no table.
          const auto table = read_table(folder.path() + "/statistics.csv");
          EXPECT_NEAR(table.columns[0].front(), 0.4 / 40, 1e-9);
          EXPECT_EQ(table.n_rows(), 80u);
          EXPECT_EQ(table.columns[1].front(), has_run_in ? 11 : 1);
        }
      if (!has_run_in)
        continue;
      {
        FlowRun first(text, parts_folder.path(), small());
        first.advance(4); // of ten
        first.model->write_checkpoint(parts_folder.path() + "/checkpoint.h5", {});
      }
      FlowRun second(text, parts_folder.path(), small());
      second.model->restart(parts_folder.path() + "/checkpoint.h5");
      second.advance(1000);
      second.model->finish();
      if (rank_of(MPI_COMM_WORLD) == 0)
        {
          for (const auto &[name, location] : {std::pair{"mean pressure", "x_min"}, {"TAWSS, mean", "wall"}, {"OSI, mean", "wall"}, {"cycle-to-cycle change", ""}})
            EXPECT_NEAR(second.value(name, location), whole.value(name, location), 1e-6 * std::abs(whole.value(name, location))) << name;
        }
    }
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  std::printf("cycle-to-cycle change of the box: %.3f %% without, %.3f %% with the run-in\n", change[0], change[1]);
  EXPECT_LT(change[1], 0.6 * change[0]);
}

std::string problems_of(const std::string &text)
{
  ParameterTree parameters;
  const auto    model = Registry<PhysicsModel>::make("flow");
  model->declare_parameters(parameters);
  try
    {
      parameters.parse_text(text, "test.prm");
      model->check(parameters, box_channel(2), 1);
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "";
}

TEST(LinearElements, SayWhatTheyDoNotGoWith)
{
  const auto problems = problems_of("subsection Solver\n set Elements = P1/P1\n set Mode = certifying\n set Convection = ext3\nend\n"
                                    "subsection Scalars\n subsection age\n set Type = residence time\n end\nend\n" + boundaries + inflow_section("Flow = 10 mL/s"));
  EXPECT_THAT(problems, ::testing::HasSubstr("the certifying mode"));
  EXPECT_THAT(problems, ::testing::HasSubstr("explicit convection"));
  EXPECT_THAT(problems, ::testing::HasSubstr("transported scalars"));
  EXPECT_THAT(problems, ::testing::HasSubstr("test.prm"));
}

TEST(FlowModel, EveryBoundaryNeedsOneCondition)
{
  using testing::HasSubstr;
  EXPECT_EQ(problems_of(boundaries + inflow_section("Flow = 10 mL/s")), "");
  EXPECT_THAT(problems_of(boundaries + "end\n"), HasSubstr("boundary 'x_min', but the case says nothing about it"));
  EXPECT_THAT(problems_of(boundaries + "subsection outlet_lft\n set Type = wall\n end\n" + inflow_section("Flow = 10 mL/s")),
              HasSubstr("the mesh has no boundary 'outlet_lft'"));
  EXPECT_THAT(problems_of("subsection Boundaries\n subsection x_max\n set Type = wall\n end\n subsection y*\n set Type = wall\n end\n"
                          " subsection z*\n set Type = wall\n end\n" + inflow_section("Flow = 10 mL/s")),
              HasSubstr("no boundary lets the flow out"));
}

TEST(FlowModel, ImplausibleBloodIsPointedOut)
{
  ParameterTree parameters;
  const auto    model = Registry<PhysicsModel>::make("flow");
  model->declare_parameters(parameters);
  parameters.parse_text("subsection Fluid\n set Density = 1060 g/cm^3\n set Viscosity = 3.5 Pa s\nend\n" + boundaries + inflow_section("Flow = 10 mL/s"), "test.prm");
  const auto estimate = model->check(parameters, box_channel(2), 1);
  EXPECT_EQ(estimate.warnings.size(), 2u);
  EXPECT_GT(estimate.n_steps, 0);
  EXPECT_GT(estimate.memory_bytes, 0);
}

} // namespace
} // namespace vesalius
