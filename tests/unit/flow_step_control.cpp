// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/convection_choice.h"
#include "physics/flow/step_control.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vesalius
{
namespace
{

TEST(StepControl, StepsMeetTheEndAndStayEqual)
{
  StepControl  control(0.3);
  double       time = 0, first = control.next(0, 1);
  int          n    = 0;
  EXPECT_DOUBLE_EQ(first, 0.25);
  for (; time < 1 - 1e-12 && n < 10; ++n)
    {
      const double dt = control.next(time, 1);
      EXPECT_EQ(dt, n < 3 ? first : dt) << "to the last bit, so that an operator can be kept";
      time += dt;
      control.accept(0, dt, 0);
    }
  EXPECT_EQ(n, 4);
  EXPECT_NEAR(time, 1, 1e-15);
}

TEST(StepControl, ShrinksFreelyAndGrowsARungInTenSteps)
{
  StepControl control(1);
  control.accept(8, 1, 1);
  EXPECT_NEAR(control.next(), 1. / 8, 1e-12);
  EXPECT_EQ(control.rung(), 12);
  for (int i = 0; i < 9; ++i)
    control.accept(0.1, control.next(), 1);
  EXPECT_EQ(control.rung(), 12);
  control.accept(0.1, control.next(), 1);
  EXPECT_EQ(control.rung(), 11);
  EXPECT_NEAR(control.next() * 8, std::pow(2., 0.25), 1e-12);
  // It does not grow into the limit.
  for (int i = 0; i < 30; ++i)
    control.accept(0.8, control.next(), 1);
  EXPECT_EQ(control.rung(), 11);
}

TEST(StepControl, RejectsTenTimesAtMost)
{
  StepControl control(1);
  EXPECT_TRUE(control.reject(0, 1, 1));
  EXPECT_NEAR(control.next(), 0.5, 1e-12);
  EXPECT_TRUE(control.reject(64, 0.5, 1));
  EXPECT_NEAR(control.next(), 0.5 / 64, 1e-12);
  for (int i = 0; i < 7; ++i)
    EXPECT_TRUE(control.reject(0, 1, 0));
  EXPECT_FALSE(control.reject(0, 1, 0));
  StepControl other(1);
  other.set_state(control.state());
  EXPECT_EQ(other.next(), control.next());
}

/// A choice after trials in which an implicit step takes `implicit` seconds and an explicit one `ext3`.
ConvectionChoice choice_after(double implicit, double ext3, double dt_maximum, double rate)
{
  ConvectionChoice choice(MPI_COMM_WORLD, dt_maximum, 4, {1.});
  for (int i = 0; i < 40 && !choice.is_decided(); ++i)
    choice.add_step(choice.convection() == Convection::implicit ? implicit : ext3, rate, 1);
  EXPECT_TRUE(choice.is_decided());
  return choice;
}

TEST(ConvectionChoice, KeepsWhatCostsLessASimulatedSecond)
{
  // Where the largest step is below both limits, the cheaper step wins.
  EXPECT_EQ(choice_after(3, 1, 1e-4, 100).convection(), Convection::ext3);
  // Where the Courant number counts, EXT3 needs 62 times the steps.
  EXPECT_EQ(choice_after(3, 1, 1, 100).convection(), Convection::implicit);
  EXPECT_EQ(choice_after(70, 1, 1, 100).convection(), Convection::ext3);
  const auto choice = choice_after(3, 1, 1, 100);
  EXPECT_NEAR(choice.cost(Convection::implicit), 3 * 100 / 4., 1e-9);
  EXPECT_NEAR(choice.cost(Convection::ext3), 100 / courant_limit(Convection::ext3), 1e-9);
  ConvectionChoice restarted(MPI_COMM_WORLD, 1, 4, {1.});
  restarted.set_state(choice_after(70, 1, 1, 100).state());
  EXPECT_TRUE(restarted.is_decided());
  EXPECT_EQ(restarted.convection(), Convection::ext3);
}

TEST(ConvectionChoice, WaitsForHalfThePeakInflow)
{
  ConvectionChoice choice(MPI_COMM_WORLD, 0.01, 4, {0.1, 1.});
  for (int i = 0; i < 20; ++i)
    choice.add_step(1, 10, 0.1);
  EXPECT_EQ(choice.convection(), Convection::implicit);
  for (int i = 0; i < 7; ++i)
    choice.add_step(1, 100, 0.9);
  EXPECT_EQ(choice.convection(), Convection::ext3) << "the second trial";
  EXPECT_FALSE(choice.is_decided());
}

} // namespace
} // namespace vesalius
