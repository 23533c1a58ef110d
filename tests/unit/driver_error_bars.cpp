// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/error_bars.h"
#include "solver/app/label_meshing.h"
#include "tests/driver_test.h"

#include <cmath>

namespace
{
using namespace vesalius;

/// The counting physics says 5 + (cell size)^2 on three meshes of a box: order, limit and interval are known.
class ErrorBars : public vesalius::testing::DriverTest
{
protected:
  ErrorBars()
  {
    write_box("box.vtu", 4);
    write_box("three.vtu", 3);
    write_box("two.vtu", 2);
    if (rank_ == 0)
      std::ofstream(folder_ + "/case.prm", std::ios::app)
        << "subsection Error bars\n set Compute = true\n set Mesh files = three.vtu; two.vtu\nend\n";
    MPI_Barrier(MPI_COMM_WORLD);
  }
  static double size_mm(int n) { return 100 / (std::cbrt(6.) * n); }
  /// Rank 0 looks, while the others wait: nobody writes in the meantime.
  bool are_current(const RunOptions &run) const
  {
    int result = 0;
    if (rank_ == 0)
      {
        const Case simulation = load_case(run.case_file, run.overrides);
        result = error_bars_are_current(simulation, run) && results_are_current(simulation, run.output);
      }
    MPI_Bcast(&result, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return result != 0;
  }
};

TEST_F(ErrorBars, GiveEveryQuantityItsOrderAndInterval)
{
  const auto run = options({});
  ASSERT_EQ(run_case_with_error_bars(run, MPI_COMM_WORLD), ExitStatus::done);
  EXPECT_TRUE(are_current(run)) << "the own run, too, although intervals were added to its quantities";
  if (rank_ == 0)
    {
      const auto law = json("quantities.json")[1];
      EXPECT_NEAR(law["observed_order"], 2, 1e-6);
      EXPECT_NEAR(law["interval"], 1.25 * std::pow(size_mm(4), 2), 1e-6);
      EXPECT_EQ(law["meshes"].size(), 3);
      EXPECT_NEAR(law["meshes"][2]["cell_size_mm"], size_mm(2), 1e-9);
      EXPECT_NEAR(law["meshes"][2]["value"], 5 + std::pow(size_mm(2), 2), 1e-9);
      const auto count = json("quantities.json")[0];
      EXPECT_EQ(count["interval"], 0);
      EXPECT_TRUE(count["observed_order"].is_null());
      EXPECT_EQ(json("error_bars/run.json")["exit_status"], 0);
    }
  write_box("two.vtu", 1);
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_FALSE(are_current(run)) << "another mesh";
}

TEST_F(ErrorBars, ShowTheValuesAtLowerOrder)
{
  const auto run = options({"Count/Has lower order = true"});
  EXPECT_EQ(companion_runs(load_case(run.case_file, run.overrides), run).size(), 3);
  ASSERT_EQ(run_case_with_error_bars(run, MPI_COMM_WORLD), ExitStatus::done);
  EXPECT_TRUE(are_current(run));
  if (rank_ == 0)
    {
      const auto law = json("quantities.json")[1];
      EXPECT_NEAR(law["lower_order_value"], 5.5 + std::pow(size_mm(4), 2), 1e-9);
      EXPECT_NEAR(law["lower_order_difference"], 0.5, 1e-9);
      EXPECT_NEAR(law["observed_order"], 2, 1e-6) << "the intervals are those of the meshes alone";
      EXPECT_EQ(law["meshes"].size(), 3);
      EXPECT_EQ(json("error_bars/run.json")["runs"][2]["lower_order"], true);
    }
  const auto without = options({"Count/Has lower order = true", "Error bars/Lower order = false"});
  EXPECT_EQ(companion_runs(load_case(without.case_file, without.overrides), without).size(), 2);
}

TEST_F(ErrorBars, AFailureAtLowerOrderLeavesTheIntervals)
{
  const auto run = options({"Count/Has lower order = true", "Count/Fails at lower order = true"});
  EXPECT_EQ(run_case_with_error_bars(run, MPI_COMM_WORLD), ExitStatus::solver_failed);
  if (rank_ != 0)
    return;
  EXPECT_TRUE(json("quantities.json")[1].contains("interval"));
  EXPECT_FALSE(json("quantities.json")[1].contains("lower_order_value"));
  EXPECT_EQ(json("error_bars/run.json")["exit_status"], 3);
}

TEST_F(ErrorBars, WhatHasNotChangedIsNotRunAgain)
{
  const auto run = options({});
  ASSERT_EQ(run_case_with_error_bars(run, MPI_COMM_WORLD), ExitStatus::done);
  const auto when = [&](const std::string &name) { return std::filesystem::last_write_time(run.output + "/" + name); };
  const auto own = when("run.json"), three = when("error_bars/three/run.json"), two = when("error_bars/two/run.json");
  MPI_Barrier(MPI_COMM_WORLD);
  write_box("two.vtu", 1);
  MPI_Barrier(MPI_COMM_WORLD);
  ASSERT_EQ(run_case_with_error_bars(run, MPI_COMM_WORLD), ExitStatus::done);
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(when("run.json"), own);
  EXPECT_EQ(when("error_bars/three/run.json"), three);
  EXPECT_NE(when("error_bars/two/run.json"), two);
}

TEST_F(ErrorBars, AFailingCompanionLeavesTheResultsAlone)
{
  const auto run = options({"Count/Smallest mesh = 100"}); // 6 * 2^3 = 48
  EXPECT_EQ(run_case_with_error_bars(run, MPI_COMM_WORLD), ExitStatus::solver_failed);
  EXPECT_FALSE(are_current(run));
  if (rank_ != 0)
    return;
  EXPECT_EQ(json("run.json")["exit_status"], 0);
  EXPECT_FALSE(json("quantities.json")[1].contains("interval"));
  EXPECT_EQ(json("error_bars/run.json")["exit_status"], 3);
}

TEST_F(ErrorBars, MeshesThatCannotBeMadeAreTheUsersMistake)
{
  const auto refuse = [&](const std::vector<std::string> &overrides) {
    const auto run = options(overrides);
    companion_runs(load_case(run.case_file, run.overrides), run);
  };
  EXPECT_THROW(refuse({"Error bars/Mesh files ="}), InputError);
  EXPECT_THROW(refuse({"Error bars/Mesh files = nothing.vtu"}), InputError);
  EXPECT_THROW(refuse({"Mesh/File =", "Surface/File = a.stl", "Mesh/Cells across = 3"}), InputError) << "1.5 cells across";
  EXPECT_THROW(refuse({"Physics = none"}), InputError);
}

TEST_F(ErrorBars, CompanionsOfASurfaceScaleTheMesh)
{
  auto       run        = options({"Mesh/File =", "Surface/File = a.stl", "Mesh/Cells across = 8", "Mesh/Maximum size = 2 mm",
                                   "Error bars/Factor = 2"});
  const auto simulation = load_case(run.case_file, run.overrides);
  const auto runs       = companion_runs(simulation, run);
  ASSERT_EQ(runs.size(), 2);
  const Case coarsest = load_case(run.case_file, runs[1].options.overrides);
  EXPECT_DOUBLE_EQ(coarsest.parameters.real("Mesh/Cells across"), 2);
  EXPECT_DOUBLE_EQ(coarsest.parameters.quantity("Mesh/Maximum size"), 8e-3);
  EXPECT_FALSE(coarsest.parameters.boolean("Error bars/Compute"));
  EXPECT_NEAR(error_bar_cost_factor(simulation), 1 + 1. / 16 + 1. / 256, 1e-12);
  EXPECT_NE(runs[0].options.output, runs[1].options.output);
}

TEST_F(ErrorBars, CompanionsOfLabelsScaleTheirEdges)
{
  const auto run   = options({"Mesh/File =", "Mesh/Labels = a.nii.gz", "Mesh/Regions = 3 liver 14 mm; 12 portal_vein", "Mesh/Refine = 100 27 120 mm 2.5 cm 5 mm", "Mesh/Cells per region = 8000",
                              "Error bars/Factor = 2"});
  const auto runs  = companion_runs(load_case(run.case_file, run.overrides), run);
  ASSERT_EQ(runs.size(), 2);
  const auto mesh  = label_mesh_parameters(load_case(run.case_file, runs[0].options.overrides).parameters);
  ASSERT_EQ(mesh.regions.size(), 2);
  EXPECT_DOUBLE_EQ(mesh.regions[0].edge_length_mm, 28);
  EXPECT_EQ(mesh.regions[1].name, "portal_vein");
  EXPECT_DOUBLE_EQ(mesh.regions[1].edge_length_mm, 0);
  EXPECT_DOUBLE_EQ(mesh.refinements.at(0).radius_mm, 25);
  EXPECT_DOUBLE_EQ(mesh.refinements.at(0).edge_length_mm, 10);
  EXPECT_DOUBLE_EQ(mesh.cells_per_region, 1000);
  const auto plain = options({"Mesh/File =", "Mesh/Labels = a.nii.gz", "Error bars/Factor = 1.5"}); // every label as it is
  EXPECT_TRUE(label_mesh_parameters(load_case(plain.case_file, companion_runs(load_case(plain.case_file, plain.overrides), plain)[0].options.overrides).parameters).regions.empty());
}
} // namespace
