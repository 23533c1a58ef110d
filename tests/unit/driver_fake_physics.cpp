// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/driver.h"
#include "solver/core/registry.h"
#include "solver/interfaces/physics_model.h"
#include "tests/driver_test.h"

#include <cmath>

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
    n_cells_ = static_cast<int>(mesh.n_cells());
    MPI_Bcast(&n_cells_, 1, MPI_INT, 0, context.communicator);
    shift_   = p.boolean("Count/Low") ? 0.5 : 0;
    if (shift_ > 0 && p.boolean("Count/Fails at lower order"))
      fail_at_ = 0;
    else
      fail_at_ = n_cells_ < p.integer("Count/Smallest mesh") ? 0 : p.integer("Count/Fail at");
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
  std::vector<ResultQuantity> quantities() const override
  {
    const double size = std::cbrt(1e6 / n_cells_); // mm, of the cells of a litre
    return {{"count", "1", "everywhere", double(step_), ""}, {"law", "mm^2", "everywhere", 5 + shift_ + size * size, ""}};
  }

private:
  RunContext *context_ = nullptr;
  double      shift_ = 0;
  int         step_ = 0, n_steps_ = 0, fail_at_ = -1, n_cells_ = 0;
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
