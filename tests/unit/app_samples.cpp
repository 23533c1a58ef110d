// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius run --samples`: every sample against its own run, what is done twice, and what is refused.
#include "tests/program_run.h"
#include "tests/verification/channel_case.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace
{
using ::testing::HasSubstr;
using ::testing::Not;

class Samples : public vesalius::testing::ProgramTest
{
protected:
  void write_case(const std::string &more = "") const
  {
    vesalius::testing::write_channel(path("channel.vtu"));
    write("case.prm", "set Physics = flow\nsubsection Mesh\n  set File = channel.vtu\nend\n" + more +
                        "subsection Time\n  set Cycles          = 1\n  set Run-in          = false\n  set Steps per cycle = 20\n  set Courant limit = 0\nend\n"
                        "subsection Solver\n  set Velocity tolerance = 1e-10\n  set Pressure tolerance = 1e-10\n  set Initial tolerance = 1e-10\nend\n"
                        "subsection Output\n  set Snapshots per cycle = 1\nend\n" +
                        vesalius::testing::channel_boundaries("    set Type       = resistance\n    set Resistance = 1e8 Pa s/m^3\n"));
  }
  nlohmann::json quantities(const std::string &folder) const
  {
    std::ifstream stream(path(folder + "/quantities.json"));
    return nlohmann::json::parse(stream, nullptr, false);
  }
  std::string content(const std::string &file) const
  {
    std::ifstream stream(path(file));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  /// What the user is told about a table.
  std::string told(const std::string &table) const
  {
    write("table.csv", table);
    const auto result = run("run case.prm --samples table.csv --output out");
    EXPECT_EQ(result.status, 2) << result.output;
    return result.output;
  }
};

constexpr const char *table = "sample, Boundaries/x_min/Fourier modes, Boundaries/x_max/Resistance, Fluid/Viscosity\n"
                              "low,    \"10, 0 -6 mL/s\",             1e8 Pa s/m^3,                3.5 mPa s\n"
                              "high,   \"14, 2 -9 mL/s\",             1e8 Pa s/m^3,                3.5 mPa s\n"
                              "thick,  \"10, 0 -6 mL/s\",             3e8 Pa s/m^3,                4.5 mPa s\n"
                              "thin,   \"10, 0 -6 mL/s\",             1e8 Pa s/m^3,                3 mPa s\n"
                              "open,   \"12, 1 -6 mL/s\",             1e7 Pa s/m^3,                3.5 mPa s\n";

TEST_F(Samples, EveryOneEqualsItsOwnRun)
{
  write_case();
  write("table.csv", table);
  const auto together = run("--ranks 2 run case.prm --samples table.csv --output out"); // one by one, on two ranks
  ASSERT_EQ(together.status, 0) << together.output;
  const auto one = run("run case.prm --samples table.csv --output one_rank --quiet"); // five together
  ASSERT_EQ(one.status, 0) << one.output;
  const auto alone = run("run case.prm --output alone --no-report --quiet --set 'Boundaries/x_min/Fourier modes = 14, 2 -9 mL/s'");
  ASSERT_EQ(alone.status, 0) << alone.output;
  const auto wanted = quantities("alone");
  ASSERT_TRUE(wanted.is_array() && wanted.size() > 10);
  for (const std::string folder : {"out", "one_rank"})
    {
      const auto ours = quantities(folder + "/samples/high");
      ASSERT_EQ(ours.size(), wanted.size());
      for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i]["value"].is_number() && wanted[i].value("name", "").find("balance") == std::string::npos) // rounding does not repeat
          {
            EXPECT_NEAR(ours[i]["value"].get<double>(), wanted[i]["value"].get<double>(), 1e-6 * std::abs(wanted[i]["value"].get<double>()) + 1e-7) // helicity is 0 but for rounding
              << wanted[i]["name"] << " " << wanted[i]["location"];
          }
      EXPECT_TRUE(std::filesystem::exists(path(folder + "/samples/thick/statistics.csv")));
      EXPECT_THAT(content(folder + "/samples.csv"), HasSubstr("\nlow,\"10, 0 -6 mL/s\",1e8 Pa s/m^3,3.5 mPa s,done,"));
    }
}

TEST_F(Samples, FinishedOnesAreNotRunAgain)
{
  write_case();
  write("table.csv", "sample, Boundaries/x_max/Resistance\na, 1e8 Pa s/m^3\nb, 2e8 Pa s/m^3\n");
  ASSERT_EQ(run("run case.prm --samples table.csv --output out").status, 0);
  const auto before = std::filesystem::last_write_time(path("out/samples/a/sample.json"));
  write("table.csv", "sample, Boundaries/x_max/Resistance\na, 1e8 Pa s/m^3\nb, 3e8 Pa s/m^3\nc, 1.5e8 Pa s/m^3\n");
  const auto again = run("run case.prm --samples table.csv --output out");
  ASSERT_EQ(again.status, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("1 of 3 samples are there already"));
  EXPECT_EQ(std::filesystem::last_write_time(path("out/samples/a/sample.json")), before);
  EXPECT_THAT(content("out/samples.csv"), ::testing::AllOf(HasSubstr("\nb,3e8 Pa s/m^3,done,"), HasSubstr("\nc,1.5e8 Pa s/m^3,done,")));
}

TEST_F(Samples, InterruptedOnesGoOnTogetherAsIfNothingHadBeen)
{
  write_case();
  write("table.csv", table);
  ASSERT_EQ(run("run case.prm --samples table.csv --output whole --quiet").status, 0);
  for (int i = 0; i < 3; ++i) // each makes one step: the other checkpoint is written, too
    {
      const auto stopped = run("run case.prm --samples table.csv --output out --time-limit '1 ms'");
      ASSERT_EQ(stopped.status, 75) << stopped.output;
      EXPECT_EQ(stopped.output.find("5 samples go on from their checkpoints") != std::string::npos, i > 0) << stopped.output;
      EXPECT_THAT(stopped.output, HasSubstr("the same command goes on"));
    }
  EXPECT_THAT(content("out/samples.csv"), HasSubstr("\nthin,\"10, 0 -6 mL/s\",1e8 Pa s/m^3,3 mPa s,missing,"));
  std::ofstream(path("out/samples/open/checkpoints/slot_0.h5"), std::ios::app) << "damaged"; // the last; all go back to the one before
  const auto rest = run("run case.prm --samples table.csv --output out");
  ASSERT_EQ(rest.status, 0) << rest.output;
  EXPECT_THAT(rest.output, ::testing::AllOf(HasSubstr("5 samples go on from their checkpoints"), HasSubstr("restarted at t = 0.1 s, step 2")));
  for (const std::string sample : {"low", "open"})
    for (const std::string file : {"/statistics.csv", "/quantities.json"})
      EXPECT_EQ(content("out/samples/" + sample + file), content("whole/samples/" + sample + file)) << sample << file;
  EXPECT_FALSE(std::filesystem::exists(path("out/samples/low/checkpoints")));
}

TEST_F(Samples, ThoseThatRunAloneGoOnToo)
{
  write_case("subsection Checkpoint\n  set Steps = 4\nend\n");
  write("table.csv", "sample, Boundaries/x_max/Resistance\na, 1e8 Pa s/m^3\nb, 2e8 Pa s/m^3\n");
  ASSERT_EQ(run("--ranks 2 run case.prm --samples table.csv --output whole --quiet").status, 0);
  ASSERT_EQ(run("--ranks 2 run case.prm --samples table.csv --output out --time-limit '1 ms'").status, 75);
  const auto rest = run("run case.prm --samples table.csv --output out"); // on another number of ranks
  ASSERT_EQ(rest.status, 0) << rest.output;
  EXPECT_THAT(rest.output, HasSubstr("2 samples go on from their checkpoints"));
  for (const std::string sample : {"a", "b"})
    EXPECT_EQ(content("out/samples/" + sample + "/statistics.csv"), content("whole/samples/" + sample + "/statistics.csv"));
}

TEST_F(Samples, WhatCannotBeIsRefusedBeforeAnythingIsComputed)
{
  write_case();
  EXPECT_THAT(told("Boundaries/x_max/Resistance\n1e8 Pa s/m^3\n"), HasSubstr("does not begin with `sample`"));
  EXPECT_THAT(told("sample, Boundaries/x_max/Resistance\na\n"), HasSubstr("table.csv:2"));
  EXPECT_THAT(told("sample, Boundaries/x_max/Resistance\na, 1 Pa s/m^3\na, 2 Pa s/m^3\n"), HasSubstr("two samples 'a'"));
  EXPECT_THAT(told("sample, Boundaries/x_max/Resistance\n../a, 1 Pa s/m^3\n"), HasSubstr("no name for a sample"));
  EXPECT_THAT(told("sample, Boundaries/x_max/Resistanc\na, 1 Pa s/m^3\n"), ::testing::AllOf(HasSubstr("sample a"), HasSubstr("Resistance")));
  EXPECT_THAT(told("sample, Boundaries/x_max/Resistance\na, 1e8\n"), HasSubstr("unit"));
  EXPECT_THAT(told("sample, Boundaries/y_*/Type, Boundaries/y_*/Pressure\na, wall,\nb, pressure, 3 mmHg\n"), HasSubstr("may not differ in Boundaries/y_*/Type"));
  EXPECT_THAT(told("sample, Time/Steps per cycle\na, 20\nb, 30\n"), HasSubstr("may not differ in Time/Steps per cycle"));
  EXPECT_THAT(told("sample, Boundaries/x_min/Period\na, 1 s\nb, 0.8 s\n"), HasSubstr("cycle"));
  EXPECT_THAT(told("sample, Solver/Convection\na, ext3\n"), HasSubstr("set Solver/Convection = implicit"));
  EXPECT_THAT(run("run case.prm --samples table.csv --restart latest").output, HasSubstr("leave out --restart"));
  EXPECT_EQ(run("run case.prm --samples none.csv").status, 4);
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

} // namespace
