// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "solver/app/driver.h"
#include "solver/core/registry.h"
#include "solver/interfaces/physics_model.h"

#include <gtest/gtest.h>
#include <mpi.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace
{
using namespace vesalius;

/// Counts steps; fails where the case says so. Only the driver is under test here.
class CountingPhysics : public PhysicsModel
{
public:
  void declare_parameters(ParameterTree &p) const override
  {
    p.declare_integer("Count/Steps", 3, 0, 100, "Steps to count.");
    p.declare_integer("Count/Fail at", -1, -1, 100, "The step that fails.");
    p.declare_boolean("Count/Refuse", false, "Refuses the case.");
  }
  RunEstimate check(const ParameterTree &p, const Mesh &mesh, int) const override
  {
    EXPECT_GT(mesh.n_cells(), 0u);
    if (p.boolean("Count/Refuse"))
      throw p.error_at("Count/Refuse", "refused", "Do not refuse.");
    return {};
  }
  void set_up(const ParameterTree &p, const Mesh &mesh, RunContext &context) override
  {
    EXPECT_EQ(mesh.n_cells() > 0, context.is_root()) << "only rank 0 has the mesh";
    context_ = &context;
    n_steps_ = p.integer("Count/Steps");
    fail_at_ = p.integer("Count/Fail at");
  }
  void     restart(const std::string &) override { step_ = 2; }
  StepLine step() override
  {
    MPI_Barrier(context_->communicator);
    if (step_ == fail_at_)
      throw SolverFailure("step " + std::to_string(step_) + " diverged");
    StepLine line;
    line.step = ++step_;
    return line;
  }
  bool finished() const override { return step_ >= n_steps_; }
  void write_output() override {}
  void write_checkpoint() override
  {
    MPI_Barrier(context_->communicator);
    if (context_->is_root())
      std::ofstream(context_->output_directory + "/checkpoint") << step_;
  }
  void                        finish() override {}
  std::vector<ResultQuantity> quantities() const override { return {{"count", "1", "everywhere", double(step_), ""}}; }

private:
  RunContext *context_ = nullptr;
  int         step_ = 0, n_steps_ = 0, fail_at_ = -1;
};

const bool registered = Registry<PhysicsModel>::add(
  {"physics", "counting", "Counts steps.", "", "tests/unit/driver_fake_physics.cpp"},
  [] { return std::make_unique<CountingPhysics>(); });

class DriverTest : public ::testing::Test
{
protected:
  DriverTest()
  {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    char name[256] = "";
    if (rank_ == 0)
      {
        std::string pattern = (std::filesystem::temp_directory_path() / "vesalius_driver_XXXXXX").string();
        EXPECT_NE(mkdtemp(pattern.data()), nullptr);
        pattern.copy(name, sizeof name - 1);
        write_mesh(make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {1, 1, 1}), pattern + "/box.vtu");
        std::ofstream(pattern + "/case.prm") << "set Physics = counting\nsubsection Mesh\n set File = box.vtu\nend\n";
      }
    MPI_Bcast(name, sizeof name, MPI_CHAR, 0, MPI_COMM_WORLD);
    folder_ = name;
  }
  ~DriverTest() override
  {
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank_ == 0)
      std::filesystem::remove_all(folder_);
  }
  RunOptions options(const std::vector<std::string> &overrides) const
  {
    RunOptions result;
    result.case_file = folder_ + "/case.prm";
    result.overrides = overrides;
    result.output    = folder_ + "/out";
    result.quiet     = true;
    return result;
  }
  nlohmann::json json(const std::string &name) const
  {
    std::ifstream stream(folder_ + "/out/" + name);
    return nlohmann::json::parse(stream);
  }

  int         rank_ = 0;
  std::string folder_;
};

TEST_F(DriverTest, WalksToTheEndAndRecordsIt)
{
  const auto run = options({});
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::done);
  EXPECT_TRUE(results_are_current(load_case(run.case_file, {}), run.output));
  EXPECT_FALSE(results_are_current(load_case(run.case_file, {"Count/Steps = 4"}), run.output));
  if (rank_ != 0)
    return;
  EXPECT_EQ(json("quantities.json")[0]["value"], 3);
  const auto record = json("run.json");
  EXPECT_EQ(record["exit_status"], 0);
  EXPECT_EQ(record["stages"].size(), 4) << "mesh, set-up, time loop, last outputs";
  EXPECT_EQ(record["inputs_sha256"].size(), 2) << "case and mesh";
}

TEST_F(DriverTest, SolverFailureSavesTheLastGoodState)
{
  EXPECT_EQ(run_case(options({"Count/Fail at = 2"}), MPI_COMM_WORLD), ExitStatus::solver_failed);
  if (rank_ != 0)
    return;
  int saved = 0;
  std::ifstream(folder_ + "/out/checkpoint") >> saved;
  EXPECT_EQ(saved, 2);
  const auto record = json("run.json");
  EXPECT_EQ(record["exit_status"], 3);
  EXPECT_NE(record["message"].get<std::string>().find("step 2 diverged"), std::string::npos);
}

TEST_F(DriverTest, ErrorOnRankZeroEndsAllRanksWithItsStatus)
{
  EXPECT_EQ(run_case(options({"Count/Refuse = true"}), MPI_COMM_WORLD), ExitStatus::invalid_input);
  if (rank_ == 0)
    {
      EXPECT_EQ(json("run.json")["exit_status"], 2);
    }
}

TEST_F(DriverTest, RestartContinues)
{
  auto run    = options({});
  run.restart = true;
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::done);
  if (rank_ == 0)
    {
      EXPECT_EQ(json("quantities.json")[0]["value"], 3);
    }
}
} // namespace
