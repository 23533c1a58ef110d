// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/core/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

namespace
{

using namespace vesalius;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class LogTest : public testing::Test
{
protected:
  void SetUp() override
  {
    std::string name = (fs::temp_directory_path() / "vesalius_log_XXXXXX").string();
    folder_          = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string content(const std::string &name) const
  {
    std::ifstream      in(folder_ / name);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::vector<nlohmann::json> events() const
  {
    std::ifstream               in(folder_ / "events.jsonl");
    std::vector<nlohmann::json> result;
    for (std::string line; std::getline(in, line);)
      result.push_back(nlohmann::json::parse(line));
    return result;
  }

  fs::path folder_;
};

StepLine sample_step(int step)
{
  StepLine line;
  line.step          = step;
  line.time          = 0.01 * step;
  line.dt            = 0.01;
  line.iterations    = 12;
  line.residual      = 1.5e-7;
  line.seconds       = 0.5;
  line.seconds_left  = 3725;
  line.fraction_done = 0.25;
  line.quantities    = {{"p_in", "98.2 mmHg"}};
  return line;
}

TEST_F(LogTest, WarningsAreCountedAndRepeatedOnce)
{
  Log log(true, Log::Terminal::none);
  log.open(folder_.string());
  for (int i = 0; i < 3; ++i)
    log.warning("the mesh is coarse", "set a smaller size");
  log.warning("no renderer", "");
  log.summarise_warnings();
  ASSERT_EQ(log.warnings().size(), 2u);
  EXPECT_EQ(log.warnings()[0].count, 3);
  EXPECT_THAT(content("log.txt"),
              HasSubstr("2 warnings:\n  the mesh is coarse (3 times)\n    set a smaller size\n  no renderer\n"));
  EXPECT_EQ(events().size(), 4u);
  EXPECT_EQ(events()[0]["event"], "warning");
  EXPECT_EQ(events()[0]["what_to_do"], "set a smaller size");
}

TEST_F(LogTest, OneAlignedLineAStep)
{
  Log log(true, Log::Terminal::none);
  log.open(folder_.string());
  for (int i = 1; i <= 1000; i += 333)
    log.step(sample_step(i));
  std::istringstream       in(content("log.txt"));
  std::vector<std::size_t> columns;
  int                      n_lines = 0;
  for (std::string line; std::getline(in, line); ++n_lines)
    if (n_lines > 0)
      columns.push_back(line.find("p_in"));
  EXPECT_EQ(n_lines, 5) << "a header and four steps";
  EXPECT_THAT(columns, ElementsAre(columns[0], columns[0], columns[0], columns[0]));
  EXPECT_NE(columns[0], std::string::npos);
  EXPECT_THAT(content("log.txt"), HasSubstr("1:02:05  p_in 98.2 mmHg"));
}

TEST_F(LogTest, EventsAreJsonWithTimeAndName)
{
  Log log(true, Log::Terminal::none);
  log.open(folder_.string());
  auto line     = sample_step(7);
  line.residual = std::numeric_limits<double>::quiet_NaN();
  log.step(line);
  log.event("mesh", R"({"cells": 42, "time": "t"})");
  log.info("broken text \xff");
  log.error("failed");
  const auto all = events();
  ASSERT_EQ(all.size(), 4u);
  for (const auto &event : all)
    EXPECT_THAT(event["time"].get<std::string>(),
                testing::MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+.[0-9]+Z"));
  EXPECT_EQ(all[0]["step"], 7);
  EXPECT_TRUE(all[0]["residual"].is_null());
  EXPECT_EQ(all[0]["quantities"]["p_in"], "98.2 mmHg");
  EXPECT_EQ(all[1]["event"], "mesh");
  EXPECT_EQ(all[1]["cells"], 42);
  EXPECT_EQ(all[1]["time_"], "t");
  EXPECT_THROW(log.event("bad", "[1]"), std::logic_error);
  EXPECT_THROW(log.event("bad", "{"), std::logic_error);
}

TEST_F(LogTest, AppendContinuesTheFiles)
{
  for (const bool append : {false, true, true})
    {
      Log log(true, Log::Terminal::none);
      log.open(folder_.string(), append);
      log.info("once more");
    }
  EXPECT_EQ(events().size(), 3u);
  Log log(true, Log::Terminal::none);
  log.open(folder_.string());
  EXPECT_EQ(content("log.txt"), "");
}

TEST_F(LogTest, OtherRanksAreSilent)
{
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Log log(false);
  log.open((folder_ / "nothing").string());
  log.info("a");
  log.warning("b", "c");
  log.error("d");
  log.step(sample_step(1));
  log.progress("e", 0.5);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(fs::exists(folder_ / "nothing"));
  EXPECT_TRUE(log.warnings().empty());
}

TEST_F(LogTest, NoColourAndNoBarWhereThereIsNoTerminal)
{
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  {
    Log log;
    for (const double fraction : {0., 0.3, 0.6, 1.})
      log.progress("meshing", fraction);
    log.step(sample_step(1));
    log.warning("careful", "look");
  }
  const auto out = testing::internal::GetCapturedStdout(), error = testing::internal::GetCapturedStderr();
  EXPECT_THAT(out, testing::StartsWith("meshing ...\nmeshing: done in "));
  EXPECT_THAT(out + error, Not(HasSubstr("\033")));
  EXPECT_THAT(out, Not(HasSubstr("\r")));
  EXPECT_THAT(error, HasSubstr("warning: careful\n    look\n"));
}

TEST_F(LogTest, ATerminalGetsAMovingBar)
{
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0)
    GTEST_SKIP() << "no pseudo-terminal here";
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO);
  ::dup2(terminal, STDOUT_FILENO);
  {
    Log log;
    log.progress("meshing", 0.5);
    log.progress("meshing", 1);
    log.step(sample_step(1));
  }
  std::fflush(stdout);
  ::dup2(before, STDOUT_FILENO);
  // The kernel hands terminal output over in pieces, later on a busy machine.
  std::string text;
  for (pollfd waiting{master, POLLIN, 0}; text.find("1:02:05 left") == std::string::npos && ::poll(&waiting, 1, 2000) > 0;)
    {
      std::array<char, 4096> piece;
      const ssize_t          n = ::read(master, piece.data(), piece.size());
      if (n <= 0)
        break;
      text.append(piece.data(), static_cast<std::size_t>(n));
    }
  for (const int descriptor : {master, terminal, before})
    ::close(descriptor);
  EXPECT_THAT(text, HasSubstr("[===============               ]  50 % meshing\r\033[K"));
  EXPECT_THAT(text, HasSubstr("meshing: done in"));
  EXPECT_THAT(text, HasSubstr("\033[1m   step"));
  EXPECT_THAT(text, HasSubstr(" 25 % 1:02:05 left"));
}

TEST_F(LogTest, AFolderThatCannotBeMadeIsAResourceError)
{
  std::ofstream(folder_ / "file") << "x";
  Log log(true, Log::Terminal::none);
  EXPECT_THROW(log.open((folder_ / "file" / "below").string()), ResourceError);
}

} // namespace
