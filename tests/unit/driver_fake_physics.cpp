// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/checkpoint_slots.h"
#include "solver/app/driver.h"
#include "solver/app/output_folder.h"
#include "solver/core/registry.h"
#include "solver/interfaces/physics_model.h"
#include "solver/io/checkpoint.h"
#include "tests/driver_test.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace
{
using namespace vesalius;
using vesalius::testing::DriverTest;

/// Counts steps; fails where the case says so. Only the driver is under test here.
class CountingPhysics : public PhysicsModel
{
public:
  void declare_parameters(ParameterTree &p) const override
  {
    p.declare_integer("Count/Steps", 3, 0, 100, "Steps to count.");
    p.declare_integer("Count/Fail at", -1, -1, 100, "The step that fails.");
    p.declare_integer("Count/Smallest mesh", 0, 0, 1000, "Cells that a mesh must have, or the first step fails.");
    p.declare_boolean("Count/Has lower order", false, "There are elements of lower order.");
    p.declare_boolean("Count/Fails at lower order", false, "With these it fails.");
    p.declare_boolean("Count/Low", false, "Elements of lower order: half a unit more.");
    p.declare_boolean("Count/Refuse", false, "Refuses the case.");
    p.declare_integer("Count/Ask for a stop at", -1, -1, 100, "The step during which somebody makes the file `stop`.");
  }
  RunEstimate check(const ParameterTree &p, const Mesh &mesh, int) const override
  {
    EXPECT_GT(mesh.n_cells(), 0u);
    if (p.boolean("Count/Refuse"))
      throw p.error_at("Count/Refuse", "refused", "Do not refuse.");
    return {};
  }
  std::vector<std::string> lower_order(const ParameterTree &p) const override
  {
    return p.boolean("Count/Has lower order") ? std::vector<std::string>{"Count/Low = true"} : std::vector<std::string>();
  }
  void set_up(const ParameterTree &p, const Mesh &mesh, RunContext &context) override
  {
    EXPECT_EQ(mesh.n_cells() > 0, context.is_root()) << "only rank 0 has the mesh";
    context_ = &context;
    n_steps_ = p.integer("Count/Steps");
    stop_at_ = p.integer("Count/Ask for a stop at");
    n_cells_ = static_cast<int>(mesh.n_cells());
    MPI_Bcast(&n_cells_, 1, MPI_INT, 0, context.communicator);
    shift_   = p.boolean("Count/Low") ? 0.5 : 0;
    if (shift_ > 0 && p.boolean("Count/Fails at lower order"))
      fail_at_ = 0;
    else
      fail_at_ = n_cells_ < p.integer("Count/Smallest mesh") ? 0 : p.integer("Count/Fail at");
  }
  void     restart(const std::string &checkpoint) override
  {
    step_ = static_cast<int>(read_checkpoint(checkpoint, context_->communicator, {}).numbers.at("clock").at(1));
  }
  bool   may_change_at_restart(const std::string &entry) const override { return entry == "Count/Ask for a stop at"; }
  double time() const override { return 0.1 * step_; }
  int    n_steps() const override { return step_; }
  StepLine step() override
  {
    MPI_Barrier(context_->communicator);
    if (step_ == fail_at_)
      throw SolverFailure("step " + std::to_string(step_) + " diverged");
    StepLine line;
    line.step = ++step_;
    if (step_ == stop_at_ && context_->is_root())
      std::ofstream(context_->output_directory + "/stop") << "please";
    return line;
  }
  bool finished() const override { return step_ >= n_steps_; }
  void write_output() override {}
  void write_checkpoint(const std::string &path, const std::map<std::string, std::string> &texts) override
  {
    vesalius::write_checkpoint(path, context_->communicator, {}, {{{"clock", {time(), double(step_)}}}, texts});
  }
  void                        finish() override {}
  std::vector<ResultQuantity> quantities() const override
  {
    const double size = std::cbrt(1e6 / n_cells_); // mm, of the cells of a litre
    return {{"count", "1", "everywhere", double(step_), ""}, {"law", "mm^2", "everywhere", 5 + shift_ + size * size, ""}};
  }

private:
  RunContext *context_ = nullptr;
  double      shift_ = 0;
  int         step_ = 0, n_steps_ = 0, fail_at_ = -1, n_cells_ = 0, stop_at_ = -1;
};

const bool registered = Registry<PhysicsModel>::add(
  {"physics", "counting", "Counts steps.", "", "tests/unit/driver_fake_physics.cpp"},
  [] { return std::make_unique<CountingPhysics>(); });

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

TEST_F(DriverTest, FilesBesideACaseDoNotShareItsFolder)
{
  if (rank_ != 0)
    return;
  namespace fs = std::filesystem;
  for (const char *file : {"aorta/case.prm", "aorta/fine.prm", "others/fine.prm"})
    {
      fs::create_directories(fs::path(folder_ + "/" + file).parent_path());
      std::ofstream(folder_ + "/" + file) << "set Physics = counting\n";
    }
  const auto name = [&](const char *file) { return output_directory(load_case(folder_ + "/" + file, {}), ""); };
  EXPECT_EQ(name("aorta/case.prm"), "output/aorta");
  EXPECT_EQ(name("aorta/fine.prm"), "output/aorta_fine");
  EXPECT_EQ(name("others/fine.prm"), "output/fine");
}

TEST_F(DriverTest, SolverFailureSavesTheLastGoodState)
{
  EXPECT_EQ(run_case(options({"Count/Fail at = 2"}), MPI_COMM_WORLD), ExitStatus::solver_failed);
  if (rank_ != 0)
    return;
  Log silent(true, Log::Terminal::none);
  EXPECT_EQ(CheckpointSlots(folder_ + "/out", 2).find("latest", silent).step, 2);
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

TEST_F(DriverTest, AStopIsSavedAndARestartContinues)
{
  EXPECT_EQ(run_case(options({"Count/Ask for a stop at = 2"}), MPI_COMM_WORLD), ExitStatus::stopped_early);
  if (rank_ == 0)
    {
      EXPECT_EQ(json("run.json")["exit_status"], 75);
      EXPECT_THAT(json("run.json")["message"].get<std::string>(), ::testing::HasSubstr("after step 2"));
      EXPECT_FALSE(std::filesystem::exists(folder_ + "/out/stop")) << "it has done its work";
      EXPECT_FALSE(std::filesystem::exists(folder_ + "/out/quantities.json"));
    }
  auto run    = options({});
  run.restart = "latest";
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::done);
  if (rank_ != 0)
    return;
  EXPECT_EQ(json("quantities.json")[0]["value"], 3);
  std::ifstream    events(folder_ + "/out/events.jsonl");
  std::vector<int> steps;
  for (std::string line; std::getline(events, line);)
    if (const auto event = nlohmann::json::parse(line); event["event"] == "step")
      steps.push_back(event["step"]);
  EXPECT_EQ(steps, (std::vector{1, 2, 3}));
}

TEST_F(DriverTest, AStopBeforeTheFirstStepLeavesNoCheckpoint)
{
  auto run  = options({});
  run.force = true; // the file is foreign to an empty folder
  if (rank_ == 0)
    {
      std::filesystem::create_directories(run.output);
      std::ofstream(run.output + "/stop") << "please";
    }
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::stopped_early);
  if (rank_ == 0)
    {
      EXPECT_FALSE(std::filesystem::exists(run.output + "/checkpoints/slot_0.h5"));
      EXPECT_THAT(json("run.json")["message"].get<std::string>(), ::testing::HasSubstr("before the first step"));
    }
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(run_case(options({}), MPI_COMM_WORLD), ExitStatus::done);
}

TEST_F(DriverTest, AFreshRunKeepsTheCheckpointsBeforeItUntilItHasOne)
{
  EXPECT_EQ(run_case(options({"Count/Ask for a stop at = 2"}), MPI_COMM_WORLD), ExitStatus::stopped_early);
  EXPECT_EQ(run_case(options({"Count/Refuse = true"}), MPI_COMM_WORLD), ExitStatus::invalid_input);
  Log silent(true, Log::Terminal::none);
  if (rank_ == 0)
    {
      EXPECT_EQ(CheckpointSlots(folder_ + "/out", 2).find("latest", silent).step, 2);
    }
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(run_case(options({"Count/Steps = 1"}), MPI_COMM_WORLD), ExitStatus::done);
  if (rank_ == 0)
    {
      EXPECT_EQ(CheckpointSlots(folder_ + "/out", 2).find("latest", silent).step, 1) << "not that of the run before";
    }
}

TEST_F(DriverTest, ATimeLimitStopsInTime)
{
  auto run       = options({});
  run.time_limit = 1e-9;
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::stopped_early);
  if (rank_ == 0)
    {
      EXPECT_THAT(json("run.json")["message"].get<std::string>(), ::testing::HasSubstr("time limit"));
    }
}

TEST_F(DriverTest, ARestartWithAnotherCaseIsRefusedUnlessAllowedByName)
{
  EXPECT_EQ(run_case(options({"Checkpoint/Steps = 1"}), MPI_COMM_WORLD), ExitStatus::done);
  auto changed    = options({"Count/Steps = 5"});
  changed.restart = "latest";
  EXPECT_EQ(run_case(changed, MPI_COMM_WORLD), ExitStatus::invalid_input);
  if (rank_ == 0)
    {
      const auto message = json("run.json")["message"].get<std::string>();
      EXPECT_THAT(message, ::testing::HasSubstr("Count/Steps was '3' in the checkpoint and is '5' now"));
      EXPECT_THAT(message, ::testing::HasSubstr("--allow-change \"Count/Steps\""));
    }
  changed.allowed_changes = {"Count/Steps"};
  EXPECT_EQ(run_case(changed, MPI_COMM_WORLD), ExitStatus::done);
  if (rank_ == 0)
    {
      EXPECT_EQ(json("quantities.json")[0]["value"], 5);
    }
}

TEST_F(DriverTest, ADamagedCheckpointGivesWayToTheOneBefore)
{
  EXPECT_EQ(run_case(options({"Checkpoint/Steps = 1", "Checkpoint/Slots = 3"}), MPI_COMM_WORLD), ExitStatus::done);
  Log silent(true, Log::Terminal::none);
  if (rank_ == 0)
    {
      CheckpointSlots slots(folder_ + "/out", 3);
      const auto      newest = slots.find("latest", silent);
      EXPECT_EQ(newest.step, 3);
      std::filesystem::resize_file(newest.path, std::filesystem::file_size(newest.path) - 1);
      const auto other = slots.find("latest", silent);
      EXPECT_NE(other.path, newest.path);
      EXPECT_THAT(silent.warnings().back().message, ::testing::HasSubstr("not those that were written"));
      EXPECT_EQ(slots.next(), newest.path) << "a damaged slot is the first to be overwritten";
      EXPECT_EQ(slots.find("0.15 s", silent).step, 1);
      EXPECT_THROW(slots.find("0.05 s", silent), InputError);
      EXPECT_THROW(slots.find("slot_7", silent), InputError);
    }
  auto run    = options({});
  run.restart = "latest";
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::done);
}

TEST_F(DriverTest, AFolderOfAnotherKindIsRefusedAndOneRunWritesAtATime)
{
  const auto run = options({});
  if (rank_ == 0)
    {
      std::filesystem::create_directories(run.output);
      std::ofstream(run.output + "/thesis.tex") << "precious";
    }
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::invalid_input);
  auto forced  = run;
  forced.force = true;
  EXPECT_EQ(run_case(forced, MPI_COMM_WORLD), ExitStatus::done);
  std::unique_ptr<FolderLock> lock;
  if (rank_ == 0)
    {
      EXPECT_TRUE(std::filesystem::exists(run.output + "/thesis.tex"));
      EXPECT_FALSE(std::filesystem::exists(run.output + "/running.lock"));
      lock = std::make_unique<FolderLock>(run.output);
    }
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(run_case(run, MPI_COMM_WORLD), ExitStatus::resource);
}
} // namespace
