// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/core/linear_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace vesalius;
using testing::HasSubstr;

namespace
{

std::string problem_of(const std::string &text)
{
  try
    {
      LinearTable::parse(text, dimension::time, dimension::pressure);
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "";
}

} // namespace

TEST(LinearTable, IsLinearBetweenRowsAndConstantOutside)
{
  const auto table = LinearTable::parse("100 ms: 1 kPa, 0.2 s: 3 kPa, 1 s: 2 kPa", dimension::time, dimension::pressure);
  EXPECT_DOUBLE_EQ(table(-5), 1000);
  EXPECT_DOUBLE_EQ(table(0.1), 1000);
  EXPECT_DOUBLE_EQ(table(0.15), 2000);
  EXPECT_DOUBLE_EQ(table(0.2), 3000);
  EXPECT_DOUBLE_EQ(table(0.6), 2500);
  EXPECT_DOUBLE_EQ(table(9), 2000);
  EXPECT_DOUBLE_EQ(table.slope(0.15), 20000);
  EXPECT_DOUBLE_EQ(table.slope(0.2), -1250);
  EXPECT_EQ(table.slope(0), 0);
  EXPECT_EQ(table.keys().size(), 3u);
}

TEST(LinearTable, OneValueIsConstant)
{
  const auto table = LinearTable::parse("60 kPa", dimension::time, dimension::pressure);
  EXPECT_DOUBLE_EQ(table(0), 60000);
  EXPECT_DOUBLE_EQ(table(17), 60000);
  EXPECT_EQ(table.slope(17), 0);
}

TEST(LinearTable, MistakesAreExplained)
{
  EXPECT_THAT(problem_of("0 s: 1 kPa, 0 s: 2 kPa"), HasSubstr("does not lie after"));
  EXPECT_THAT(problem_of("0 s: 1 kPa, 2 kPa"), HasSubstr("has no key"));
  EXPECT_THAT(problem_of(""), HasSubstr("empty"));
  EXPECT_THAT(problem_of("0: 1 kPa"), HasSubstr("unit"));
  EXPECT_THAT(problem_of("0 s: 1 mm"), HasSubstr("pressure"));
}

TEST(LinearTable, KeysMayHaveNoUnit)
{
  const auto table = LinearTable::parse("-100: 1 kPa, 100: 3 kPa", dimension::none, dimension::pressure);
  EXPECT_DOUBLE_EQ(table(50), 2500);
}
