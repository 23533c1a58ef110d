// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/scaling_model.h"
#include "benchmarks/performance/work_precision.h"

#include <gmock/gmock.h>

namespace vesalius::performance
{
namespace
{
using ::testing::HasSubstr;

WorkPoint point(double error, double core_seconds)
{
  return {"", error, core_seconds, 0, 0};
}

TEST(WorkPrecision, CostIsAPowerLawBetweenRunsAndUnknownOutside)
{
  const WorkCurve curve{point(1e-1, 1), point(1e-3, 100), point(1e-2, 500)}; // the last is beaten in both
  EXPECT_NEAR(cost_at(curve, 1e-1), 1, 1e-12);
  EXPECT_NEAR(cost_at(curve, 1e-2), 10, 1e-9);
  EXPECT_NEAR(cost_at(curve, 1e-3), 100, 1e-9);
  EXPECT_TRUE(std::isnan(cost_at(curve, 0.2)));
  EXPECT_TRUE(std::isnan(cost_at(curve, 1e-4)));
  EXPECT_TRUE(std::isnan(cost_at({}, 1)));
}

TEST(WorkPrecision, TheLeastRatioIsGated)
{
  // The peer costs 20 times as much at an error of 0.1, 5 times at 0.001.
  const std::map<std::string, WorkCurve> ours{{"ours", {point(1e-1, 1), point(1e-3, 100)}}}, peers{{"peer", {point(1e-1, 20), point(1e-3, 500)}}};
  VerificationResult                     result;
  add_work_precision(ours, peers, "error", 10, false, result);
  ASSERT_EQ(result.records.size(), 5u);
  EXPECT_NEAR(result.records.back().value, 5, 1e-9);
  EXPECT_FALSE(result.records.back().pass);
  EXPECT_EQ(result.figures.size(), 1u);
}

TEST(WorkPrecision, WhereOurCheapestRunIsBetterItsCostCounts)
{
  VerificationResult result;
  add_work_precision({{"ours", {point(1e-2, 2)}}}, {{"peer", {point(1e-1, 30)}}}, "error", 10, false, result);
  EXPECT_NEAR(result.records.back().value, 15, 1e-12);
  EXPECT_TRUE(result.records.back().pass);
}

TEST(WorkPrecision, WhereNoErrorIsCommonItSaysSo)
{
  VerificationResult result;
  add_work_precision({{"ours", {point(1e-1, 1), point(1e-2, 2)}}}, {{"peer", {point(1e-5, 20)}}}, "error", 10, false, result);
  EXPECT_THAT(result.remarks.back(), HasSubstr("no comparison at equal accuracy"));
  EXPECT_EQ(result.records.back().criterion, Criterion::shown);
}

TEST(StepModel, IsFittedToWhatItHasSeen)
{
  PipeMeasures run;
  run.ranks = 1, run.velocity_dofs = 1e4, run.core_seconds_a_step = 0.01, run.velocity_iterations = 4, run.pressure_iterations = 5;
  PipeMeasures two        = run;
  two.ranks               = 2;
  two.core_seconds_a_step = 2 * (0.005 + 0.002); // 2 ms of waiting
  PipeMeasures large      = run;
  large.velocity_dofs = 1e6, large.core_seconds_a_step = 2;
  const auto model = fit_step_model({run, two}, {large});
  EXPECT_NEAR(model.seconds(1e6, 1), 2, 1e-12);
  EXPECT_NEAR(model.seconds(1e6, 2), 1 + 0.002, 1e-9);
  EXPECT_GT(model.seconds(1e6, 128), model.seconds(1e6, 1) / 128);
  EXPECT_LT(model.seconds(1e9, 128), model.seconds(1e9, 64));
}
} // namespace
} // namespace vesalius::performance
