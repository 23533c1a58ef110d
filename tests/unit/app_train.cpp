// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius sample`, `vesalius train`, `vesalius recalibrate` and `vesalius info` of a data set, as a user types them.
#include "ai_surrogates/dataset.h"
#include "tests/program_run.h"
#include "tests/verification/synthetic_vessel.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace
{
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Train : public vesalius::testing::ProgramTest
{
protected:
  std::string content(const std::string &name) const
  {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

TEST_F(Train, SamplesAreATableOfARun)
{
  write("inputs.csv", "entry, unit, distribution\nBoundaries/inlet/Flow, mL/s, uniform 40 80\nFluid/Viscosity, mPa s, normal 3.5 0.3 3 4\n");
  const auto drawn = run("sample inputs.csv --n 3 --output samples.csv");
  ASSERT_EQ(drawn.status, 0) << drawn.output;
  const auto table = content("samples.csv");
  EXPECT_THAT(table, StartsWith("sample, Boundaries/inlet/Flow, Fluid/Viscosity\nlatin-hypercube_0001, "));
  EXPECT_THAT(table, HasSubstr(" mL/s, "));
  const auto seeded = run("sample inputs.csv --n 4 --design sobol --seed 3 --output sobol.csv");
  EXPECT_EQ(seeded.status, 2);
  EXPECT_THAT(seeded.output, HasSubstr("it knows no seed"));
  EXPECT_EQ(run("sample inputs.csv --n 4 --design sobol --output sobol.csv").status, 0);
  write("wrong.csv", "entry, unit, distribution\nA, m, uniform 2 1\nB, m\n");
  const auto wrong = run("sample wrong.csv --n 3 --output samples.csv");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.output, HasSubstr("wrong.csv:2: 'uniform 2 1' is no distribution"));
  EXPECT_THAT(wrong.output, HasSubstr("wrong.csv:3: the line is no input"));
}

TEST_F(Train, ADataSetBecomesASurrogate)
{
  using vesalius::surrogates::append_to_dataset;
  append_to_dataset(path("set.h5"), vesalius::surrogates::testing::vessel_dataset({40, 30, 20, 8, 12, 1}));
  const auto info = run("info set.h5");
  EXPECT_EQ(info.status, 0);
  EXPECT_THAT(info.output, HasSubstr("90 runs, 0 of them failed"));
  EXPECT_THAT(info.output, HasSubstr("96 nodes (wall), 3 components, m"));
  EXPECT_EQ(nlohmann::json::parse(run("info set.h5 --json").output).at("calibration"), 30);
  EXPECT_THAT(run("convert set.h5 runs.csv").output, HasSubstr("90 runs, 4 inputs, 1 scalars"));
  const auto table = content("runs.csv");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 91);
  EXPECT_THAT(table, StartsWith("run, role, origin, status, flow [m^3/s], "));
  EXPECT_THAT(table, HasSubstr("pressure drop [Pa]\n"));
  EXPECT_EQ(run("convert set.h5 runs.vtu").status, 2);
  for (const char *name : {"a", "b"})
    {
      const auto trained = run("train set.h5 --output " + std::string(name) + "/vessel.surr --trend 'pressure drop = flow*viscosity + flow^2' --discretisation 'pressure drop = 5 Pa'");
      ASSERT_EQ(trained.status, 0) << trained.output;
      EXPECT_THAT(trained.output, HasSubstr("flow*viscosity + flow^2"));
    }
  EXPECT_EQ(content("a/vessel.surr"), content("b/vessel.surr"));
  EXPECT_THAT(content("a/vessel.surr"), HasSubstr("\"discretisation\": 5.0"));
  EXPECT_THAT(run("train set.h5 --output c.surr --discretisation 'pressure drop = 5 mmHg'").output, HasSubstr("write a number and the unit of the data set: 20 Pa"));
  EXPECT_THAT(run("train set.h5 --output c.surr --level 0.99").output, HasSubstr("99 are needed"));
  EXPECT_FALSE(std::filesystem::exists(path("c.surr")));
}

TEST_F(Train, NewRunsGiveItNewIntervals)
{
  using vesalius::surrogates::append_to_dataset;
  using vesalius::surrogates::testing::vessel_dataset;
  append_to_dataset(path("set.h5"), vessel_dataset({40, 30, 20, 8, 12, 1}));
  append_to_dataset(path("new.h5"), vessel_dataset({0, 60, 40, 8, 12, 7}));
  ASSERT_EQ(run("train set.h5 --output a.surr --discretisation 'pressure drop = 5 Pa'").status, 0);
  const auto before = content("a.surr");
  const auto result = run("recalibrate a.surr --data new.h5 --output b/b.surr --level 0.95");
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("factor before"), HasSubstr("wall pressure"), HasSubstr("95 %"), HasSubstr(" of 40"), HasSubstr("wrote b/b.surr")));
  EXPECT_EQ(content("a.surr"), before);
  EXPECT_THAT(run("info b/b.surr").output, AllOf(HasSubstr("recalibrated   from 60 calibration and 40 test runs"), HasSubstr("interval at 95 %")));
  ASSERT_EQ(run("export-page b/b.surr --credibility").status, 0);
  EXPECT_THAT(content("b/b_credibility.html"), AllOf(HasSubstr("calibrated anew on later runs"), HasSubstr("data set of the recalibration")));
  // Of the same runs with the same level the intervals of the training, in the place of those that were there.
  ASSERT_EQ(run("recalibrate b/b.surr --data set.h5 --output b/b.surr --level 0.9").status, 0);
  const auto outputs = [&](const std::string &file) { return nlohmann::json::parse(run("info " + file + " --json").output).at("card").at("outputs"); };
  EXPECT_EQ(outputs("b/b.surr"), outputs("a.surr"));
  for (const char *wrong : {"--data set.h5 --output a.surr --level 0.99", "--data none.h5 --output a.surr", "--data new.h5"})
    EXPECT_NE(run("recalibrate a.surr " + std::string(wrong)).status, 0) << wrong;
  EXPECT_THAT(run("recalibrate a.surr --data set.h5 --output c.surr --level 0.99").output, AllOf(HasSubstr("set.h5: "), HasSubstr("99 are needed")));
  EXPECT_THAT(run("recalibrate none.surr --data set.h5 --output c.surr").output, HasSubstr("none.surr: there is no surrogate"));
  EXPECT_FALSE(std::filesystem::exists(path("c.surr")));
  EXPECT_EQ(content("a.surr"), before);
}

} // namespace
