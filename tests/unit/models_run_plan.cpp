// SPDX-License-Identifier: GPL-3.0-or-later
// The table of inputs, and the runs that are planned from it.
#include "ai_surrogates/run_plan.h"
#include "ai_surrogates/sampled_inputs.h"
#include "solver/core/errors.h"
#include "solver/core/unit_conversion.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

#include <set>

namespace
{

using namespace vesalius;
using namespace vesalius::surrogates;
using ::testing::HasSubstr;

class RunPlan : public vesalius::testing::FolderTest
{
protected:
  std::vector<SampledInput> read_table(const std::string &text) const
  {
    write("inputs.csv", text);
    return read_sampled_inputs(path("inputs.csv"));
  }
  std::string refused(const std::string &text) const
  {
    try
      {
        read_table(text);
      }
    catch (const InputError &error)
      {
        return error.what();
      }
    return "not refused";
  }
};

const std::string head = "entry, unit, distribution\n";

TEST_F(RunPlan, InputsAreNamedByTheEndOfTheirPathAndKeptInSI)
{
  const auto inputs = read_table("entry, unit, distribution, name\nBoundaries/inlet/Flow, L/min, uniform 3 6\nBoundaries/side/Flow, mL/s, log-uniform 1 2\n"
                                 "Fluid/Viscosity, mPa s, normal 3.5 0.2 3 4, mu\nMesh/Growth,, uniform 1 2\n");
  ASSERT_EQ(inputs.size(), 4);
  EXPECT_EQ(inputs[0].name, "inlet Flow");
  EXPECT_EQ(inputs[1].name, "side Flow");
  EXPECT_EQ(inputs[2].name, "mu");
  EXPECT_EQ(inputs[3].name, "Growth");
  const auto flow = input_variable(inputs[0]), viscosity = input_variable(inputs[2]);
  EXPECT_EQ(flow.unit, "m^3/s");
  EXPECT_DOUBLE_EQ(flow.distribution.low, 5e-5);
  EXPECT_DOUBLE_EQ(viscosity.distribution.mean, 3.5e-3);
  EXPECT_DOUBLE_EQ(viscosity.distribution.deviation, 2e-4);
  EXPECT_EQ(input_variable(inputs[3]).unit, "");
  EXPECT_EQ(override_of(inputs[0], 7.5e-5), "Boundaries/inlet/Flow = 7.5e-05 m^3/s");
}

TEST_F(RunPlan, WhatIsNoTableIsRefusedWithItsLine)
{
  EXPECT_THAT(refused("A, m, uniform 1 2\n"), HasSubstr("inputs.csv:1: the table of inputs does not begin with its head"));
  EXPECT_THAT(refused(head), HasSubstr("has no input"));
  EXPECT_THAT(refused(head + "A, furlong, uniform 1 2\n"), HasSubstr("inputs.csv:2: unknown unit 'furlong'"));
  EXPECT_THAT(refused(head + "A, m, uniform 1 2\nA, m, uniform 1 2\n"), HasSubstr("inputs.csv:3: the entry 'A' is there twice"));
  EXPECT_THAT(refused("entry, unit, distribution, name\nA, m, uniform 1 2, x\nB, m, uniform 1 2, x\n"), HasSubstr("two inputs are called 'x'"));
  EXPECT_THAT(refused("entry, unit, distribution, name\nA, m, uniform 1 2, x/y\n"), HasSubstr("no name for an input"));
  EXPECT_THAT(refused(head + "A, m, uniform 1 2, x\n"), HasSubstr("the line is no input"));
}

TEST_F(RunPlan, RolesHaveStreamsOfTheirOwn)
{
  const std::vector<InputVariable> inputs{{"a", "m", {Distribution::Kind::uniform, 2, 3}}, {"b", "", {}}};
  const auto plan = plan_runs(inputs, {8, 5, 4, Design::sobol, 1}), more = plan_runs(inputs, {16, 9, 4, Design::sobol, 1});
  ASSERT_EQ(plan.size(), 17);
  EXPECT_EQ(plan[0].id, "training_0001");
  EXPECT_EQ(plan[8].id, "calibration_0001");
  EXPECT_EQ(plan[8].origin, Origin::independent);
  EXPECT_EQ(plan[0].origin, Origin::designed);
  for (int r = 0; r < 8; ++r) // a larger plan goes on
    EXPECT_EQ(plan[r].inputs, more[r].inputs);
  for (int r = 0; r < 5; ++r)
    EXPECT_EQ(plan[8 + r].inputs, more[16 + r].inputs);
  std::set<double> values;
  for (const auto &seed : {1, 2, 3})
    for (const auto &run : plan_runs(inputs, {0, 20, 20, Design::sobol, std::uint64_t(seed)}))
      EXPECT_TRUE(values.insert(run.inputs[0]).second) << "streams share a number";
  for (const double value : values)
    EXPECT_TRUE(value >= 2 && value <= 3);
}

TEST_F(RunPlan, APlanMayGrowAndNothingElse)
{
  const std::vector<InputVariable> inputs{{"a", "m", {}}};
  const auto                       text = [&](int n, std::uint64_t seed, Design design) { return plan_text(inputs, plan_runs(inputs, {n, 3, 0, design, seed})); };
  EXPECT_THAT(text(2, 1, Design::sobol), ::testing::StartsWith("run, role, origin, a [m]\ntraining_0001, training, designed, 0.5\n"));
  write("plan.csv", text(4, 1, Design::sobol));
  check_plan_file(path("plan.csv"), text(4, 1, Design::sobol));
  check_plan_file(path("plan.csv"), text(8, 1, Design::sobol));
  EXPECT_THROW(check_plan_file(path("plan.csv"), text(3, 1, Design::sobol)), InputError);
  EXPECT_THROW(check_plan_file(path("plan.csv"), text(4, 2, Design::sobol)), InputError);
  EXPECT_THROW(check_plan_file(path("plan.csv"), text(4, 1, Design::latin_hypercube)), InputError);
}

TEST(UnitConversion, TakesWhatIsOfOneDimension)
{
  EXPECT_DOUBLE_EQ(*unit_conversion("L/min", "m^3/s"), 1e-3 / 60);
  EXPECT_DOUBLE_EQ(*unit_conversion("% of max |Q|", "% of max |Q|"), 1);
  EXPECT_FALSE(unit_conversion("kg", "m"));
  EXPECT_FALSE(unit_conversion("", "deg"));
  EXPECT_FALSE(unit_conversion("nonsense", "m"));
  EXPECT_EQ(one_unit("").si, 1);
}

} // namespace
