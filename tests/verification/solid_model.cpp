// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/checkpoint.h"
#include "solver/io/statistics.h"
#include "tests/verification/solid_case_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace vesalius
{
namespace
{
using namespace solid_test;
using ::testing::HasSubstr;

const std::string tissue_section = "subsection Tissue\n set Law = neo_hookean\n set Shear modulus = 2 kPa\nend\n";
const std::string boundaries     = R"(subsection Boundaries
  subsection x_min
    set Type = fixed
  end
  subsection x_max
    set Type         = moved
    set Displacement = 3, 0, 2 mm
  end
end
)";
const std::string gravity = "subsection Gravity\n set Acceleration = 9.81 m/s^2\n set Direction = 0 s: 0 1 0, 1 s: 1 0 0\nend\n";

TEST(SolidModel, WritesFieldsStatisticsAndQuantities)
{
  SharedFolder folder;
  SolidRun     run(tissue_section + boundaries + gravity, folder.path());
  run.set_up();
  run.advance(100);
  run.model->finish();
  EXPECT_TRUE(run.model->finished());
  const double weight = 1050 * 9.81 * 0.04 * 0.02 * 0.02;
  // At the end gravity pulls along x: the two supports carry it together.
  EXPECT_NEAR(run.value("force of the tissue on the support, x", "x_min") + run.value("force of the tissue on the support, x", "x_max"), weight, 1e-6);
  EXPECT_NEAR(run.value("force of the tissue on the support, y", "x_min") + run.value("force of the tissue on the support, y", "x_max"), 0, 1e-6);
  EXPECT_GT(run.value("force against the motion", "x_max"), 0);
  EXPECT_NEAR(run.value("volume change of the body"), 0, 1e-6);
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto table = read_table(folder.path() + "/statistics.csv");
  EXPECT_GE(table.find("force against the motion x_max [N]"), 0);
  EXPECT_NEAR(table.columns[table.find("displacement x_max [mm]")].back(), std::sqrt(13.), 1e-5);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/solution.pvd"));
}

TEST(SolidModel, TheEstimateKnowsTheStepsOfALoadingThatIsNeverCutBack)
{
  for (const std::string loading : {"", "subsection Loading\n set First step = 0.05 s\n set Largest step = 0.4 s\nend\n"})
    {
      SolidRun run(tissue_section + boundaries + loading);
      RunEstimate estimate;
      if (rank_of(MPI_COMM_WORLD) == 0)
        estimate = run.model->check(run.parameters, run.mesh, 1);
      run.set_up();
      run.advance(100);
      if (rank_of(MPI_COMM_WORLD) != 0)
        continue;
      EXPECT_NEAR(estimate.n_steps, run.model->n_steps(), 1);
      EXPECT_GT(estimate.seconds, 0.01);
      EXPECT_LT(estimate.seconds, 10);
      EXPECT_GT(estimate.memory_bytes, 1e8);
      EXPECT_LT(estimate.memory_bytes, 1e9);
    }
}

TEST(SolidModel, TheEstimateKnowsThatToolsTakeMoreIterations)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto seconds = [](const std::string &text) {
    SolidRun run(tissue_section + boundaries + text);
    return run.model->check(run.parameters, run.mesh, 1).seconds;
  };
  const std::string plate = "subsection Tools\n subsection plate\n  set Shape = plane\n  set Boundary = z_max\n  set Centre = 0, 0, 30 mm\n  set Direction = 0, 0, -1\n",
                    end   = " end\nend\n";
  const double frictionless = seconds(plate + end), rough = seconds(plate + "  set Friction = 0.3\n" + end);
  EXPECT_GT(frictionless, 2 * seconds(""));
  EXPECT_GT(rough, 1.2 * frictionless);
}

TEST(SolidModel, RegionsHaveTheirOwnTissue)
{
  // Two columns in series that cannot bulge: each shortens by its length times traction over K + 4/3 mu, at small strains.
  const std::string ratio = "  set Poisson ratio = 0.3\n";
  const std::string text  = "subsection Tissue\n set Shear modulus = 2 kPa\n" + ratio + "end\nsubsection Regions\n subsection core\n  set Shear modulus = 20 kPa\n" +
                           ratio + " end\nend\n" + pulled_column;
  SolidRun run(text);
  run.set_up();
  run.advance(100);
  run.model->finish();
  const double modulus = 2000 * (2 * 1.3 / (3 * 0.4) + 4. / 3), exact = 20 * 0.1 * (1 / modulus + 0.1 / modulus); // mm
  EXPECT_NEAR(run.value("largest displacement"), exact, 1e-4 * exact);
}

/// The largest difference of two checkpoints' fields, each over its maximum.
double difference_of(const std::string &one, const std::string &other)
{
  const auto wanted = checkpoint_fields(one), found = checkpoint_fields(other);
  double     result = wanted.size() == found.size() ? 0 : 1;
  for (const auto &[name, values] : wanted)
    {
      double scale = 1e-300, difference = 0;
      for (std::size_t i = 0; i < values.size(); ++i)
        {
          scale      = std::max(scale, std::abs(values[i]));
          difference = std::max(difference, std::abs(found.at(name).at(i) - values[i]));
        }
      result = std::max(result, difference / scale);
    }
  return result;
}

/// Runs a case whole and in two parts, the first of `n_steps` steps. The difference at the end.
double restart_difference(const std::string &text, int n_steps)
{
  SharedFolder folder;
  SolidRun     whole(text);
  whole.set_up();
  whole.advance(n_steps);
  EXPECT_FALSE(whole.model->finished());
  whole.model->write_checkpoint(folder.path() + "/middle.h5", {});
  whole.advance(100);
  whole.model->write_checkpoint(folder.path() + "/whole.h5", {});
  SolidRun second(text);
  second.set_up();
  second.model->restart(folder.path() + "/middle.h5");
  second.advance(100);
  second.model->write_checkpoint(folder.path() + "/parts.h5", {});
  EXPECT_EQ(second.model->n_steps(), whole.model->n_steps());
  return rank_of(MPI_COMM_WORLD) == 0 ? difference_of(folder.path() + "/whole.h5", folder.path() + "/parts.h5") : 0;
}

/// On several ranks MUMPS adds up in the order in which messages come in: two runs of one case differ in their last digits.
double restart_tolerance()
{
  int n_ranks = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  return n_ranks == 1 ? 0 : 1e-8;
}

TEST(SolidModel, RestartRepeatsTheRun)
{
  EXPECT_LE(restart_difference(tissue_section + boundaries + gravity, 3), restart_tolerance());
}

/// A plate is pressed down with friction, then moved sideways, while a patch pulls: what sticks and slides goes on as it was.
const std::string tools = R"(subsection Tissue
  set Law           = neo_hookean
  set Shear modulus = 2 kPa
  set Poisson ratio = 0.3
end
subsection Solver
  set Newton tolerance = 1e-12
end
subsection Boundaries
  subsection z_min
    set Type           = springs
    set Stiffness      = 1000 kPa/m
    set Exposed beyond = 0.01 mm
  end
end
subsection Tools
  subsection plate
    set Shape               = plane
    set Boundary            = z_max
    set Centre              = 0, 0, 20 mm
    set Direction           = 0, 0, -1
    set Friction            = 0.3
    set Displacement        = 0, 0, -1 mm
    set Ramp                = 0 s: 0, 0.5 s: 1
    set Second displacement = 3, 0, 0 mm
    set Second ramp         = 0.5 s: 0, 1 s: 1
  end
end
subsection Patches
  subsection grip
    set Boundary     = x_max
    set Centre       = 40, 10, 10 mm
    set Radius       = 8 mm
    set Displacement = 1, 0, 0 mm
  end
end
)";

TEST(SolidModel, RestartKeepsWhatTheToolsTouch)
{
  EXPECT_LE(restart_difference(tools, 4), 1e-8);
}

/// Written on all ranks, read on one, which holds all faces.
TEST(SolidModel, RestartWithToolsOnOtherRanks)
{
  SharedFolder folder;
  SolidRun     whole(tools);
  whole.set_up();
  whole.advance(4);
  whole.model->write_checkpoint(folder.path() + "/middle.h5", {});
  whole.advance(100);
  whole.model->write_checkpoint(folder.path() + "/whole.h5", {});
  if (rank_of(MPI_COMM_WORLD) == 0)
    {
      SolidRun alone(tools);
      alone.context.communicator = MPI_COMM_SELF;
      alone.context.n_ranks      = 1;
      alone.set_up();
      alone.model->restart(folder.path() + "/middle.h5");
      alone.advance(100);
      alone.model->write_checkpoint(folder.path() + "/alone.h5", {});
      EXPECT_LE(difference_of(folder.path() + "/whole.h5", folder.path() + "/alone.h5"), 1e-8);
    }
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST(SolidModel, ForcesOfToolsAndPatchesBalance)
{
  SharedFolder folder;
  SolidRun     run(tools, folder.path());
  run.set_up();
  run.advance(100);
  run.model->finish();
  const double down = run.value("force of the tissue on it, z", "plate");
  EXPECT_GT(down, 0) << "the tissue pushes the plate up";
  EXPECT_NEAR(run.value("force of the tissue on it, x", "plate"), -0.3 * down, 1e-3 * down) << "it slides";
  EXPECT_NEAR(run.value("mean contact pressure", "plate") * run.value("contact area", "plate"), 1e3 * down, 2e-2 * 1e3 * down) << "kPa mm^2 against mN";
  EXPECT_LT(run.value("force of the tissue on it, x", "grip"), 0) << "it pulls the tissue along x";
  EXPECT_NEAR(run.value("force against the motion", "grip"), -run.value("force of the tissue on it, x", "grip"), 1e-12);
  EXPECT_EQ(run.value("exposed area", "z_min"), 0) << "pressed on";
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto table = read_table(folder.path() + "/statistics.csv");
  EXPECT_NEAR(table.columns[table.find("displacement grip [mm]")].back(), 1, 1e-12);
}

TEST(SolidModel, InputErrorsNameLineAndRemedy)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  EXPECT_EQ(problems_of(tissue_section + boundaries), "");
  EXPECT_THAT(problems_of(tissue_section), HasSubstr("nothing holds the body"));
  const auto with = [](const std::string &entries) { return tissue_section + "subsection Boundaries\n subsection x_min\n" + entries + " end\nend\n"; };
  EXPECT_THAT(problems_of(with("  set Type = fixed\n  set Pressure = 1 kPa\n")), AllOf(HasSubstr("does not use 'Pressure'"), HasSubstr("test.prm:8")));
  EXPECT_THAT(problems_of(with("  set Type = pressure\n")), HasSubstr("has no Pressure"));
  EXPECT_THAT(problems_of(with("  set Type = moved\n  set Displacement = 1, 2\n")), HasSubstr("is not a vector"));
  EXPECT_THAT(problems_of(with("  set Type = moved\n  set Ramp = 0 s: 0, 0 s: 1\n")), HasSubstr("does not lie after"));
  EXPECT_THAT(problems_of(with("  set Type = fixed\n  set Components = x, w\n")), HasSubstr("'w' is no component"));
  EXPECT_THAT(problems_of(tissue_section + boundaries + "subsection Gravity\n set Acceleration = 9.81 m/s^2\nend\n"), HasSubstr("gravity has no direction"));
  EXPECT_THAT(problems_of(tissue_section + boundaries + "subsection Gravity\n set Acceleration = 9.81 m/s^2\n set Direction = 0 s: 0 1 0, 1 s: 0 -1 0\nend\n"),
              HasSubstr("opposite"));
  EXPECT_THAT(problems_of(tissue_section + boundaries + "subsection Regions\n subsection kore\n  set Shear modulus = 1 kPa\n end\nend\n"),
              HasSubstr("did you mean 'core'"));
  EXPECT_THAT(problems_of(tissue_section + boundaries + "subsection Solver\n set Formulation = displacement\nend\n"), HasSubstr("needs a pressure field"));
  EXPECT_THAT(problems_of("subsection Tissue\n set Law = neo_hookean\nend\n" + boundaries), HasSubstr("Shear modulus"));
}

const std::string resting = "subsection Boundaries\n subsection z_min\n  set Type = fixed\n end\nend\n";
std::string       tool(const std::string &lines)
{
  return "subsection Tools\n subsection probe\n" + lines + " end\nend\n";
}

TEST(SolidModel, AToolIsPressedInAndItsForceIsWritten)
{
  SharedFolder folder;
  SolidRun     run(tissue_section + resting +
                     tool("set Boundary = z_max\nset Centre = 20, 10, 30 mm\nset Radius = 10 mm\nset Displacement = 0, 0, -2 mm\nset Friction = 0.3\n"),
                   folder.path());
  run.set_up();
  run.advance(100);
  run.model->finish();
  const auto table = read_table(folder.path() + "/statistics.csv");
  const auto last  = [&](const std::string &column) {
    EXPECT_GE(table.find(column), 0) << column;
    return table.columns[table.find(column)].back();
  };
  EXPECT_GT(last("force against the motion probe [N]"), 0);
  EXPECT_NEAR(last("force against the motion probe [N]"), last("reaction z probe [N]"), 1e-9);
  EXPECT_LT(std::abs(last("moment x about its centre probe [N mm]")), 0.31 * 10 * last("reaction z probe [N]")) << "of friction alone";
  EXPECT_NEAR(last("displacement probe [mm]"), 2, 1e-9);
  EXPECT_GT(last("contact area probe [mm^2]"), 0);
  EXPECT_GT(last("largest contact pressure probe [kPa]"), 0);
  EXPECT_GT(last("largest contact pressure probe [kPa]"), last("mean contact pressure probe [kPa]"));
  EXPECT_LT(last("deepest penetration probe [mm]"), 0.1);
}

TEST(SolidModel, MistakesInToolsAreExplained)
{
  const auto problems = [](const std::string &lines) {
    SolidRun run(tissue_section + resting + tool(lines));
    try
      {
        run.model->check(run.parameters, run.mesh, 1);
      }
    catch (const InputError &error)
      {
        return std::string(error.what());
      }
    return std::string();
  };
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const std::string good = "set Boundary = z_max\nset Centre = 20, 10, 30 mm\n";
  EXPECT_EQ(problems(good + "set Radius = 10 mm\n"), "");
  EXPECT_THAT(problems(good), HasSubstr("a sphere needs Radius"));
  EXPECT_THAT(problems(good + "set Radius = 10 mm\nset Width = 1 mm\n"), HasSubstr("a sphere does not use Width"));
  EXPECT_THAT(problems("set Boundary = top\nset Centre = 0, 0, 0 mm\nset Radius = 1 mm\n"), HasSubstr("no boundary 'top'"));
  EXPECT_THAT(problems(good + "set Radius = 1 mm\nset Second displacement = 0, 0, 1 mm\n"), HasSubstr("nothing says when"));
  EXPECT_THAT(problems(good + "set Radius = 1 mm\nset Ramp = 0 s: 1\n"), HasSubstr("no motion to ramp"));
}

} // namespace
} // namespace vesalius
