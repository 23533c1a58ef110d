// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius ensemble`: from a case to a data set, a surrogate and a prediction; resumed, on several ranks, with a run that fails, and refused.
#include "ai_surrogates/dataset.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/table_rows.h"
#include "tests/program_run.h"
#include "tests/verification/channel_case.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace
{
using namespace vesalius::surrogates;
using ::testing::AllOf;
using ::testing::HasSubstr;

class EnsembleCommand : public vesalius::testing::ProgramTest
{
protected:
  void SetUp() override
  {
    ProgramTest::SetUp();
    vesalius::write_mesh(vesalius::make_box_mesh(3, {0, 0, 0}, {0.04, 0.01, 0.01}, {6, 2, 2}), path("channel.vtu"));
    write_case("  set Training runs = 10\n  set Calibration runs = 9\n  set Test runs = 4\n");
    write("inputs.csv", "entry, unit, distribution, name\nBoundaries/x_min/Flow, mL/s, uniform 5 15, flow\nFluid/Viscosity, mPa s, uniform 3 4, viscosity\n");
  }
  void write_case(const std::string &numbers, const std::string &scalars = "pressure drop = mean pressure drop from the inlet @ x_max [mmHg]; TAWSS, mean [Pa]",
                  const std::string &fields = "wall_pressure @ y_*; velocity @ volume") const
  {
    write("case.prm", "set Physics = flow\nsubsection Mesh\n  set File = channel.vtu\nend\n"
                      "subsection Time\n  set Mode = steady\n  set Step size = 20 ms\n  set Maximum steps = 400\n  set Steady tolerance = 1e-3\nend\n"
                      "subsection Boundaries\n  subsection x_min\n    set Type = inflow\n    set Flow = 10 mL/s\n  end\n"
                      "  subsection x_max\n    set Type = pressure\n    set Pressure = 0 mmHg\n  end\n"
                      "  subsection y_*\n    set Type = wall\n  end\n  subsection z_*\n    set Type = wall\n  end\nend\n"
                      "subsection Ensemble\n  set Inputs = inputs.csv\n" +
                        numbers + "  set Scalars = " + scalars + "\n  set Fields = " + fields + "\nend\n");
  }
  /// The data set without what no two runs have in common.
  Dataset data(const std::string &file) const
  {
    auto result = read_dataset(path(file));
    for (auto &run : result.runs)
      run.core_seconds = 0;
    return result;
  }
  void expect_same(const Dataset &a, const Dataset &b) const
  {
    EXPECT_EQ(a.runs, b.runs);
    EXPECT_EQ(a.input_values, b.input_values);
    for (std::size_t s = 0; s < a.scalars.size(); ++s)
      EXPECT_EQ(a.scalars[s].values, b.scalars[s].values);
    for (std::size_t f = 0; f < a.fields.size(); ++f)
      EXPECT_EQ(a.fields[f].values, b.fields[f].values);
  }
};

TEST_F(EnsembleCommand, MakesADataSetThatTrainsAndPredicts)
{
  const auto made = run("ensemble case.prm --output set/a.h5");
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_THAT(made.output, AllOf(HasSubstr("23 runs (10 training, 9 calibration, 4 test) of 2 inputs"), HasSubstr("8 runs advance together"), HasSubstr("left"),
                                 HasSubstr("23 runs, 0 of them failed"), HasSubstr("vesalius train set/a.h5")));
  EXPECT_THAT(read("set/a.plan.csv"), HasSubstr("\ncalibration_0001, calibration, independent, "));
  const auto set = data("set/a.h5");
  ASSERT_EQ(set.n_runs(), 23);
  EXPECT_EQ(set.runs[0].id, "training_0001");
  EXPECT_EQ(set.runs[0].geometry_id, "training_0001");
  EXPECT_EQ(set.inputs[0].name, "flow");
  EXPECT_EQ(set.inputs[0].unit, "m^3/s");
  EXPECT_EQ(set.scalars[1].name, "pressure drop");
  EXPECT_EQ(set.scalars[1].unit, "Pa");
  EXPECT_EQ(set.fields[0].name, "velocity");
  EXPECT_EQ(set.locations.at("nodes").nodes.size(), 7 * 3 * 3);
  const auto sum = [](const std::vector<double> &v) { return std::accumulate(v.begin(), v.end(), 0.); };
  EXPECT_NEAR(sum(set.locations.at("nodes").weights), 4e-6, 1e-18); // 40 x 10 x 10 mm
  EXPECT_NEAR(sum(set.locations.at("y_*").weights), 8e-4, 1e-16);
  EXPECT_FALSE(std::filesystem::exists(path("set/a_runs/runs/training_0001")));

  EXPECT_THAT(run("check case.prm").output, HasSubstr("ensemble: 23 runs (10 training, 9 calibration, 4 test) of 2 inputs; at most"));
  const auto info = run("info set/a.h5");
  EXPECT_THAT(info.output, HasSubstr("23 runs, 0 of them failed"));
  const auto again = run("ensemble case.prm --output set/a.h5");
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.output, HasSubstr("23 are there already"));
  const auto trained = run("train set/a.h5 --output a.surr --trend 'pressure drop = flow*viscosity + flow^2'");
  ASSERT_EQ(trained.status, 0) << trained.output;
  write("table.csv", "flow [mL/s], viscosity [mPa s]\n10, 3.5\n");
  const auto predicted = run("predict a.surr --inputs table.csv");
  ASSERT_EQ(predicted.status, 0) << predicted.output;
  EXPECT_THAT(predicted.output, HasSubstr(",IN,"));
}

TEST_F(EnsembleCommand, ARowIsWhatARunAloneGives)
{
  write_case("  set Training runs = 2\n  set Calibration runs = 0\n  set Test runs = 0\n");
  ASSERT_EQ(run("ensemble case.prm --output a.h5 --keep-runs").status, 0);
  const auto set = data("a.h5");
  const auto flow = std::to_string(set.input_values[0] * 1e6), viscosity = std::to_string(set.input_values[1] * 1e3);
  ASSERT_EQ(run("run case.prm --no-report --quiet --output alone --set 'Boundaries/x_min/Flow = " + flow + " mL/s' --set 'Fluid/Viscosity = " + viscosity + " mPa s'").status, 0);
  const auto quantities = nlohmann::json::parse(read("alone/quantities.json"));
  const auto drop       = std::find_if(quantities.begin(), quantities.end(), [](const auto &q) { return q["name"] == "mean pressure drop from the inlet"; });
  ASSERT_NE(drop, quantities.end());
  EXPECT_NEAR(set.scalars[1].values[0], (*drop)["value"].get<double>() * 133.322387415, 1e-6 * std::abs(set.scalars[1].values[0]));
  EXPECT_TRUE(std::filesystem::exists(path("a_runs/runs/training_0001/wall/averages.vtu")));
}

TEST_F(EnsembleCommand, RowsDoNotDependOnRanksNorOnInterruptions)
{
  ASSERT_EQ(run("ensemble case.prm --output one.h5 --quiet").status, 0);
  const auto two = run("--ranks 2 ensemble case.prm --output two.h5");
  ASSERT_EQ(two.status, 0) << two.output;
  expect_same(data("one.h5"), data("two.h5"));
  const auto stopped = run("ensemble case.prm --output three.h5 --time-limit '1 ms'");
  EXPECT_EQ(stopped.status, 75) << stopped.output;
  EXPECT_THAT(stopped.output, HasSubstr("the same command goes on"));
  EXPECT_FALSE(std::filesystem::exists(path("three.h5")));
  const auto killed = run("ensemble case.prm --output three.h5 & sleep 1; kill -INT $!; wait $!"); // wherever it is then
  const auto rest   = run("ensemble case.prm --output three.h5");
  ASSERT_EQ(rest.status, 0) << killed.output << rest.output;
  expect_same(data("one.h5"), data("three.h5"));
}

TEST_F(EnsembleCommand, GrowsAndRunsOnSeveralRanksARun)
{
  const std::string fewer = " --set 'Ensemble/Training runs = 8' --set 'Ensemble/Calibration runs = 0' --set 'Ensemble/Test runs = 0'";
  ASSERT_EQ(run("ensemble case.prm --output one.h5 --quiet").status, 0);
  ASSERT_EQ(run("ensemble case.prm --output grown.h5 --quiet" + fewer).status, 0);
  EXPECT_EQ(data("grown.h5").n_runs(), 8);
  const auto rest = run("ensemble case.prm --output grown.h5");
  ASSERT_EQ(rest.status, 0) << rest.output;
  EXPECT_THAT(rest.output, HasSubstr("8 are there already"));
  expect_same(data("one.h5"), data("grown.h5"));
  write_case("  set Training runs = 2\n  set Calibration runs = 0\n  set Test runs = 0\n");
  const auto divided = run("--ranks 2 ensemble case.prm --output four.h5 --ranks-per-run 2");
  ASSERT_EQ(divided.status, 0) << divided.output;
  EXPECT_NEAR(data("four.h5").scalars[1].values[1], data("one.h5").scalars[1].values[1], 1e-3 * data("one.h5").scalars[1].values[1]); // the group went on until all were steady
}

/// Steps of minutes through a fluid without viscosity to speak of find no solution.
TEST_F(EnsembleCommand, AFailedRunIsARowWithItsReason)
{
  write_case("  set Training runs = 6\n  set Calibration runs = 0\n  set Test runs = 0\n");
  write("inputs.csv", "entry, unit, distribution\nBoundaries/x_min/Flow, mL/s, uniform 500 1500\nFluid/Viscosity, mPa s, log-uniform 1e-6 1e6\n");
  const std::string command = "ensemble case.prm --output a.h5 --set 'Time/Step size = 1000 s' --set 'Time/Courant limit = 0'";
  const auto        made    = run(command);
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_THAT(made.output, AllOf(HasSubstr("runs that advanced together failed"), HasSubstr("run training_0002 failed: the solver failed: the flow solver found no acceptable step"),
                                 HasSubstr("6 runs, 4 of them failed")));
  const auto set = data("a.h5");
  for (std::size_t r = 0; r < 6; ++r)
    {
      const bool failed = set.input_values[2 * r + 1] < 0.1; // Pa s
      EXPECT_EQ(set.runs[r].failed, failed) << set.runs[r].reason;
      EXPECT_EQ(std::isnan(set.scalars[0].values[r]), failed);
      EXPECT_EQ(std::filesystem::exists(path("a_runs/runs/" + set.runs[r].id)), failed);
    }
  EXPECT_THAT(run(command).output, HasSubstr("6 are there already")); // failed ones are not tried again
}

TEST_F(EnsembleCommand, AFlowThatIsNotSteadyIsNoResult)
{
  write_case("  set Training runs = 2\n  set Calibration runs = 0\n  set Test runs = 0\n");
  const auto made = run("ensemble case.prm --output a.h5 --set 'Time/Maximum steps = 4'");
  EXPECT_EQ(made.status, 3) << made.output;
  EXPECT_THAT(made.output, AllOf(HasSubstr("run training_0001 failed"), HasSubstr("not steady after 4 steps")));
  const auto set = data("a.h5");
  ASSERT_EQ(set.n_runs(), 2);
  EXPECT_TRUE(set.runs[0].failed && set.runs[1].failed);
}

TEST_F(EnsembleCommand, GrowsByATableAndByChoice)
{
  write_case("  set Training runs = 8\n  set Calibration runs = 0\n  set Test runs = 0\n", "pressure drop = mean pressure drop from the inlet @ x_max [mmHg]", "wall_pressure @ y_*");
  EXPECT_THAT(run("ensemble case.prm --output a.h5 --choose 2").output, AllOf(HasSubstr("no data set 'a.h5'"), HasSubstr("without --choose")));
  EXPECT_FALSE(std::filesystem::exists(path("a_runs")));
  ASSERT_EQ(run("ensemble case.prm --output a.h5 --quiet").status, 0);
  write("more.csv", "viscosity [mPa s], flow [mL/s]\n3.5, 16\n3.2, 7\n3.5, 16\n");
  const auto table = run("ensemble case.prm --output a.h5 --from more.csv");
  ASSERT_EQ(table.status, 0) << table.output;
  EXPECT_THAT(table.output, AllOf(HasSubstr("2 training runs beside the plan; 0 are there already"), HasSubstr("10 runs, 0 of them failed")));
  EXPECT_THAT(run("ensemble case.prm --output a.h5 --from more.csv").output, HasSubstr("2 are there already"));
  const auto chosen = run("ensemble case.prm --output a.h5 --choose 3");
  ASSERT_EQ(chosen.status, 0) << chosen.output;
  EXPECT_THAT(chosen.output, AllOf(HasSubstr("3 runs chosen among 1000 draws"), HasSubstr("13 runs, 0 of them failed")));
  EXPECT_FALSE(std::filesystem::exists(path("a.chosen.csv")));
  const auto set = data("a.h5");
  ASSERT_EQ(set.n_runs(), 13);
  EXPECT_NEAR(set.input_values[2 * 8], 16e-6, 1e-12);
  for (std::size_t r = 8; r < 13; ++r)
    {
      EXPECT_EQ(set.runs[r].origin, Origin::active);
      EXPECT_EQ(set.runs[r].role, Role::training);
    }
  EXPECT_THAT(run("ensemble case.prm --output a.h5").output, HasSubstr("8 are there already")); // the plan is as it was

  // A choice that was made and not run is gone on with.
  EXPECT_EQ(run("ensemble case.prm --output a.h5 --choose 2 --time-limit '1 ms'").status, 75);
  const auto before = read("a.chosen.csv");
  EXPECT_THAT(run("ensemble case.prm --output a.h5 --choose 4").output, AllOf(HasSubstr("a.chosen.csv"), HasSubstr("go on with --choose 2")));
  EXPECT_EQ(read("a.chosen.csv"), before);
  ASSERT_EQ(run("--ranks 2 ensemble case.prm --output a.h5 --choose 2").status, 0);
  EXPECT_EQ(data("a.h5").n_runs(), 15);

  const auto refused = [&](const std::string &content) {
    write("wrong.csv", content);
    const auto result = run("ensemble case.prm --output a.h5 --from wrong.csv");
    EXPECT_EQ(result.status, 2) << result.output;
    return result.output;
  };
  EXPECT_THAT(refused("viscosity [mPa s], flow [mL/s]\n3.5, 10\n3.5,\n"), AllOf(HasSubstr("wrong.csv:3"), HasSubstr("a value is missing")));
  EXPECT_THAT(refused("viscosity [mPa s]\n3.5\n"), HasSubstr("no column for the input 'flow'"));
  EXPECT_THAT(refused("viscosity [mPa s], flow [mL/s]\n-3.5, 10\n"), AllOf(HasSubstr("wrong.csv:2"), HasSubstr("Viscosity = -0.0035 Pa s")));
  EXPECT_THAT(refused("viscosity [mPa s], flow [mL/s]\n"), HasSubstr("no run"));
  EXPECT_EQ(data("a.h5").n_runs(), 15);
}

TEST_F(EnsembleCommand, AGeometryThatCalibratesDoesNotTrain)
{
  write("tube.prm", "set Physics = flow\nsubsection Mesh\n  set Cells across = 3\n  subsection Tube\n    set Diameter = 10 mm\n    set Length = 30 mm\n  end\nend\n"
                    "subsection Morph\n  set Map = tube\n  set Diameter = 10 mm\nend\n"
                    "subsection Time\n  set Mode = steady\n  set Step size = 20 ms\n  set Steady tolerance = 0.01\nend\n"
                    "subsection Boundaries\n  subsection inlet\n    set Type = inflow\n    set Flow = 10 mL/s\n  end\n"
                    "  subsection outlet\n    set Type = pressure\n    set Pressure = 0 mmHg\n  end\n  subsection wall\n    set Type = wall\n  end\nend\n"
                    "subsection Ensemble\n  set Inputs = bends.csv\n  set Training runs = 1\n  set Calibration runs = 1\n  set Test runs = 0\n  set Scalars = TAWSS, mean [Pa]\nend\n");
  write("bends.csv", "entry, unit, distribution\nMorph/Bend, deg, uniform 0 40\nBoundaries/inlet/Flow, mL/s, uniform 5 15\n");
  const auto made = run("ensemble tube.prm --output a.h5");
  ASSERT_EQ(made.status, 0) << made.output;
  const auto set = data("a.h5");
  ASSERT_EQ(set.runs[1].role, Role::calibration);
  vesalius::TableRows      plan(path("a.plan.csv"), "plan");
  std::vector<std::string> cells;
  ASSERT_TRUE(plan.next(cells) && plan.next(cells) && plan.next(cells));
  write("same.csv", "Bend [" + set.inputs[0].unit + "], Flow [m^3/s]\n" + cells[3] + ", 1e-5\n");
  const auto refused = run("ensemble tube.prm --output a.h5 --from same.csv");
  EXPECT_EQ(refused.status, 2) << refused.output;
  EXPECT_THAT(refused.output, AllOf(HasSubstr("same.csv has the geometry of 'calibration_0001'"), HasSubstr("cannot train")));
  write("other.csv", "Bend [deg], Flow [mL/s]\n21, 10\n");
  EXPECT_EQ(run("ensemble tube.prm --output a.h5 --from other.csv").status, 0);
  EXPECT_EQ(data("a.h5").n_runs(), 3);
}

TEST_F(EnsembleCommand, TheSolverAnswersWhereTheSurrogateDoesNot)
{
  write_case("  set Training runs = 10\n  set Calibration runs = 9\n  set Test runs = 0\n", "pressure drop = mean pressure drop from the inlet @ x_max [mmHg]", "wall_pressure @ y_*");
  ASSERT_EQ(run("ensemble case.prm --output a.h5 --quiet").status, 0);
  ASSERT_EQ(run("train a.h5 --output a.surr").status, 0);
  write("table.csv", "flow [mL/s], viscosity [mPa s]\n10, 3.5\n20, 3.5\n, 3.5\n10, 3.9\n");
  const std::string command = "predict a.surr --inputs table.csv --output out.csv --fallback case.prm --data a.h5 --fields fields";
  const auto        made    = run(command);
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr("4 rows, 2 predicted; 1 out of range, 0 out of domain: the solver gave 1 of these, and a.h5 holds them; 1 invalid"));
  const auto set = data("a.h5");
  ASSERT_EQ(set.n_runs(), 20);
  EXPECT_EQ(set.runs[19].origin, Origin::fall_back);
  EXPECT_EQ(set.physics, "flow");
  EXPECT_NEAR(set.input_values[38], 20e-6, 1e-15);
  vesalius::TableRows      rows(path("out.csv"), "predictions");
  std::vector<std::string> cells;
  ASSERT_TRUE(rows.next(cells));
  EXPECT_EQ(cells[6], "source");
  ASSERT_TRUE(rows.next(cells));
  EXPECT_EQ(cells[6], "surrogate");
  ASSERT_TRUE(rows.next(cells));
  EXPECT_EQ(cells[3], "OUT_OF_RANGE");
  EXPECT_EQ(cells[6], "solver");
  EXPECT_NEAR(std::stod(cells[7]), set.scalars[0].values[19], 1e-8 * set.scalars[0].values[19]);
  EXPECT_EQ(cells[8], "");
  EXPECT_THAT(run(command).output, HasSubstr("1 are there already")); // not run again
  EXPECT_EQ(data("a.h5").n_runs(), 20);

  EXPECT_THAT(made.output, HasSubstr("wrote 3 files of fields to fields, 1 of them the solver's"));
  const auto solved = vesalius::read_vtk_grid(path("fields/line_3.vtu")), predicted = vesalius::read_vtk_grid(path("fields/line_2.vtu"));
  EXPECT_THAT(read("fields/line_3.vtu"), HasSubstr("Name=\"Source\""));
  EXPECT_TRUE(predicted.point_data.contains("wall_pressure half-width"));
  EXPECT_FALSE(solved.point_data.contains("wall_pressure half-width"));
  const auto &pressure = solved.point_data.at("wall_pressure").values;
  const auto  n        = set.row_size(set.fields[0]);
  ASSERT_EQ(pressure.size(), n);
  for (std::size_t i = 0; i < n; ++i)
    EXPECT_EQ(float(pressure[i]), set.fields[0].values[19 * n + i]);

  write_case("", "pressure drop = mean pressure drop from the inlet @ x_max [mmHg]", "");
  EXPECT_THAT(run(command).output, HasSubstr("the case has no field 'wall_pressure', which the surrogate has"));
  write_case("", "TAWSS, mean [Pa]", "");
  EXPECT_THAT(run(command).output, HasSubstr("the case has no scalar 'pressure drop', which the surrogate has"));
  EXPECT_EQ(run("predict a.surr --inputs table.csv --output out.csv --fallback case.prm").status, 1); // no --data
}

TEST_F(EnsembleCommand, TheMeshsOwnErrorWidensTheIntervals)
{
  for (const auto &[name, n] : {std::pair("coarser", 4), std::pair("coarsest", 3)})
    vesalius::write_mesh(vesalius::make_box_mesh(3, {0, 0, 0}, {0.04, 0.01, 0.01}, {n, 1, 1}), path(name + std::string(".vtu")));
  write_case("  set Training runs = 10\n  set Calibration runs = 9\n  set Test runs = 0\n");
  const std::string meshes = " --set 'Error bars/Mesh files = " + path("coarser.vtu") + "; " + path("coarsest.vtu") + "'";
  const auto        made   = run("ensemble case.prm --output a.h5 --mesh-error 2" + meshes);
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_THAT(made.output, AllOf(HasSubstr("draw 2 of 2"), HasSubstr("mesh 3 of 3"), HasSubstr("train a.h5 --mesh-error a.mesh_error.csv")));
  EXPECT_FALSE(std::filesystem::exists(path("a.h5")));
  const auto table = read("a.mesh_error.csv");
  EXPECT_THAT(run("ensemble case.prm --output a.h5 --mesh-error 2" + meshes).output, HasSubstr("nothing to run"));
  EXPECT_EQ(read("a.mesh_error.csv"), table);

  // The largest half-width of the draws, in SI, is what the intervals grow by.
  vesalius::TableRows      rows(path("a.mesh_error.csv"), "mesh errors");
  std::vector<std::string> cells;
  double                   largest = 0;
  for (rows.next(cells); rows.next(cells);)
    if (cells[0] == "pressure drop")
      largest = std::max(largest, std::stod(cells[4]));
  EXPECT_GT(largest, 0);
  const auto quantities = nlohmann::json::parse(read("a_mesh_error/draw_1/quantities.json"));
  const auto drop       = std::find_if(quantities.begin(), quantities.end(), [](const auto &q) { return q["name"] == "mean pressure drop from the inlet"; });
  EXPECT_GE(largest, (*drop)["interval"].get<double>() * 133.322387415 * (1 - 1e-6));
  ASSERT_EQ(run("ensemble case.prm --output a.h5 --quiet").status, 0);
  write("table.csv", "flow [mL/s], viscosity [mPa s]\n10, 3.5\n");
  const auto width = [&](const std::string &options) {
    EXPECT_EQ(run("train a.h5 --output a.surr " + options).status, 0);
    EXPECT_EQ(run("predict a.surr --inputs table.csv --output out.csv").status, 0);
    vesalius::TableRows predictions(path("out.csv"), "predictions");
    predictions.next(cells);
    const auto column = std::find(cells.begin(), cells.end(), "pressure drop half-width [Pa]") - cells.begin();
    EXPECT_NE(std::find(cells.begin(), cells.end(), "TAWSS, mean half-width [Pa]"), cells.end()); // its comma parts nothing
    predictions.next(cells);
    return std::stod(cells.at(std::size_t(column)));
  };
  EXPECT_NEAR(width("--mesh-error a.mesh_error.csv") - width(""), largest, 1e-6 * largest);

  const auto refused = [&](const std::string &options) {
    const auto result = run("train a.h5 --output b.surr " + options);
    EXPECT_EQ(result.status, 2) << result.output;
    return result.output;
  };
  EXPECT_THAT(refused("--mesh-error a.mesh_error.csv --discretisation 'pressure drop = 1 Pa'"), HasSubstr("given twice"));
  EXPECT_THAT(refused("--mesh-error a.plan.csv"), HasSubstr("no table of mesh errors"));
  write("bad.csv", table + "presure drop, Pa, 1, 2, 3, , \npressure drop, m, 1, 2, 3, , \npressure drop, Pa, 1, 2, -3, , \n");
  EXPECT_THAT(refused("--mesh-error bad.csv"), AllOf(HasSubstr("bad.csv:6"), HasSubstr("bad.csv:7"), HasSubstr("'m' is no unit"), HasSubstr("bad.csv:8")));
  EXPECT_FALSE(std::filesystem::exists(path("b.surr")));
  write_case("", "TAWSS, mean [Pa]", "wall_pressure @ y_*");
  EXPECT_EQ(run("ensemble case.prm --output b.h5 --mesh-error 2 --set 'Boundaries/x_min/Flow = nothing'").status, 2);
  EXPECT_FALSE(std::filesystem::exists(path("b.mesh_error.csv")));
}

/// Steps of minutes through a fluid without viscosity to speak of find no solution, which is told once, by whoever asked for it.
TEST_F(EnsembleCommand, AFallBackThatFailsIsToldOnce)
{
  write_case("  set Training runs = 10\n  set Calibration runs = 9\n  set Test runs = 0\n", "pressure drop = mean pressure drop from the inlet @ x_max [mmHg]", "wall_pressure @ y_*");
  auto              text = read("case.prm");
  const std::string step = "Step size = 20 ms";
  write("case.prm", text.replace(text.find(step), step.size(), "Step size = 1000 s\n  set Courant limit = 0"));
  write("inputs.csv", "entry, unit, distribution, name\nBoundaries/x_min/Flow, mL/s, uniform 500 1500, flow\nFluid/Viscosity, Pa s, uniform 10 100, viscosity\n");
  const auto made = run("ensemble case.prm --output a.h5 --quiet");
  ASSERT_EQ(made.status, 0) << made.output;
  ASSERT_EQ(run("train a.h5 --output a.surr").status, 0);
  write("table.csv", "flow [mL/s], viscosity [mPa s]\n1000, 1e-5\n");
  const auto failed = run("predict a.surr --inputs table.csv --output out.csv --fallback case.prm --data a.h5 --fields fields");
  EXPECT_EQ(failed.status, 0) << failed.output;
  EXPECT_THAT(failed.output, AllOf(HasSubstr("the solver failed for line 2 of table.csv: "), HasSubstr("shows how far it came"), HasSubstr("wrote 0 files of fields")));
  ASSERT_EQ(data("a.h5").n_runs(), 20);
  const auto reason = data("a.h5").runs[19].reason.substr(0, 60);
  EXPECT_EQ(failed.output.find(reason), failed.output.rfind(reason)) << failed.output;
  EXPECT_THAT(read("out.csv"), HasSubstr("OUT_OF_RANGE,viscosity,"));
  for (const auto &entry : std::filesystem::directory_iterator(path("")))
    EXPECT_EQ(entry.path().filename().string().find("fall_back"), std::string::npos) << entry.path();
}

TEST_F(EnsembleCommand, RefusesWhatCannotBe)
{
  const std::string few = "  set Training runs = 2\n  set Calibration runs = 0\n  set Test runs = 0\n";
  const auto        told = [&](const std::string &file = "no.h5") {
    const auto result = run("ensemble case.prm --output " + file);
    EXPECT_EQ(result.status, 2) << result.output;
    return result.output;
  };
  write_case(few, "presure drop from the inlet @ x_max [mmHg]");
  EXPECT_THAT(told("quantity.h5"), AllOf(HasSubstr("has no quantity 'presure drop"), HasSubstr("did you mean 'mean pressure drop from the inlet @ x_max [mmHg]'?")));
  write_case(few, "TAWSS, mean [Pa]", "shape = position @ y_*");
  EXPECT_THAT(told(), AllOf(HasSubstr("gives the field position another name"), HasSubstr("write `position @ y_*`")));
  write_case(few, "mean pressure drop from the inlet @ x_max [kPa]");
  EXPECT_THAT(told("unit.h5"), HasSubstr("has the unit 'mmHg', not 'kPa'"));
  write_case(few, "TAWSS, mean [Pa]", "wall_presure @ y_*");
  EXPECT_THAT(told(), AllOf(HasSubstr("no field 'wall_presure'"), HasSubstr("did you mean 'wall_pressure'?")));
  write_case(few, "TAWSS, mean [Pa]", "wall_pressure");
  EXPECT_THAT(told(), HasSubstr("case.prm"));
  write_case(few, "TAWSS, mean [Pa]", "wall_pressure @ aneurysm");
  EXPECT_THAT(told("place.h5"), AllOf(HasSubstr("no boundary 'aneurysm'"), HasSubstr("x_min")));
  write_case(few, "TAWSS, mean [Pa]", "wall_pressure @ x_min");
  EXPECT_THAT(told("cap.h5"), HasSubstr("not defined"));
  write_case(few);
  write("inputs.csv", "entry, unit, distribution\nBoundaries/x_min/Flo, mL/s, uniform 5 15\n");
  EXPECT_THAT(told(), AllOf(HasSubstr("inputs.csv:2"), HasSubstr("Flo")));
  EXPECT_THAT(run("check case.prm").output, AllOf(HasSubstr("inputs.csv:2"), HasSubstr("Flo")));
  write("inputs.csv", "entry, unit, distribution\nBoundaries/x_min/Flow, kg, uniform 5 15\n");
  EXPECT_THAT(told(), HasSubstr("inputs.csv:2"));
  write("inputs.csv", "entry, unit, distribution\nSolver/Velocity tolerance,, uniform 1e-5 0.5\n"); // at most 0.01
  EXPECT_THAT(told(), HasSubstr("inputs.csv:2"));
  write("inputs.csv", "entry, unit, distribution\nBoundaries/x_min/Flow, mL/s, uniform 5 15\n");
  EXPECT_EQ(run("ensemble case.prm --output no.h5 --set 'Ensemble/Inputs ='").status, 2);
  EXPECT_EQ(run("ensemble case.prm --output no.h5 --ranks-per-run 2").status, 2);
  EXPECT_FALSE(std::filesystem::exists(path("no.h5")));
  EXPECT_FALSE(std::filesystem::exists(path("no_runs")));

  ASSERT_EQ(run("ensemble case.prm --output a.h5 --quiet").status, 0);
  const auto refused = [&](const std::string &change) {
    const auto result = run("ensemble case.prm --output a.h5 --set '" + change + "'");
    EXPECT_EQ(result.status, 2) << result.output;
    return result.output;
  };
  EXPECT_THAT(refused("Ensemble/Design = latin-hypercube"), HasSubstr("an ensemble of another plan"));
  EXPECT_THAT(refused("Ensemble/Training runs = 1"), HasSubstr("an ensemble of another plan"));
  EXPECT_THAT(refused("Fluid/Density = 1000 kg/m^3"), HasSubstr("is not of this case"));
  EXPECT_THAT(refused("Ensemble/Fields = pressure @ volume"), HasSubstr("the data set has the fields"));
  write("inputs.csv", "entry, unit, distribution\nBoundaries/x_min/Flow, mL/s, uniform 5 16\n");
  EXPECT_THAT(told("a.h5"), HasSubstr("an ensemble of another plan"));
  std::filesystem::remove(path("a.plan.csv"));
  EXPECT_THAT(told("a.h5"), HasSubstr("is not of this plan"));
}

} // namespace
