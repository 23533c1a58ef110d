// SPDX-License-Identifier: GPL-3.0-or-later
// Names that a shell, a page or a locale would take for something else.
#include "mesh_io/image_files.h"
#include "tests/comma_locale.h"
#include "tests/program_run.h"
#include "tests/verification/channel_case.h"

#include <gmock/gmock.h>

#include <iterator>

namespace
{
using ::testing::HasSubstr;
using ::testing::Not;
using vesalius::testing::ProgramTest;

class StrangeNames : public ProgramTest
{
protected:
  /// A few steps through a channel, whose mesh has that name.
  void write_case(const std::string &folder, const std::string &mesh, const std::string &title) const
  {
    std::filesystem::create_directories(path(folder));
    vesalius::testing::write_channel(path(folder + "/" + mesh));
    write(folder + "/case.prm", "set Physics = flow\nset Title = " + title + "\nsubsection Mesh\n set File = " + mesh +
                                  "\nend\nsubsection Time\n set Cycles = 1\n set Run-in = false\n set Steps per cycle = 8\nend\n" +
                                  vesalius::testing::channel_boundaries("set Type = resistance\nset Resistance = 1e7 Pa s/m^3\n"));
  }
};
} // namespace

TEST_F(StrangeNames, MarkupInATitleAndInNamesOfFilesIsTextInTheReport)
{
  const std::string mesh = "<script>alert(1)<script> & \"m\".vtu";
  write_case("in", mesh, "<img src=x onerror=alert(2)> & <b>bold</b>");
  const auto run = ProgramTest::run("run in/case.prm --output out");
  ASSERT_EQ(run.status, 0) << run.output;
  std::ifstream     stream(path("out/report.html"));
  const std::string report{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_THAT(report, HasSubstr("&lt;img src=x"));
  EXPECT_THAT(report, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(report, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(report, Not(HasSubstr("<script>alert(1)")));
  EXPECT_THAT(report, Not(HasSubstr("<b>bold")));
}

TEST_F(StrangeNames, PathsWithBlanksQuotesAndUtf8WorkInALocaleWithACommaAndReachNoShell)
{
  const std::string folder = "Bücher 'und' $(touch touched); häß 日本";
  write_case(folder, "kanal ä.vtu", "Ein Kanal");
  const std::string quoted = "\"Bücher 'und' \\$(touch touched); häß 日本";
  std::filesystem::create_directories(path("locales"));
  vesalius::testing::make_comma_locale(path("locales"));
  const auto run = ProgramTest::run("--version >/dev/null; LOCPATH=\"$PWD/locales\" LC_ALL=de_DE.UTF-8 LC_NUMERIC=de_DE.UTF-8 '" VESALIUS_PROGRAM "' run " + quoted + "/case.prm\" --no-report --output " + quoted + "/aus gabe\"");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(std::filesystem::exists(path(folder + "/aus gabe/statistics.csv")));
  EXPECT_FALSE(std::filesystem::exists(path("touched")));
  EXPECT_FALSE(std::filesystem::exists(path(folder + "/touched")));
  const auto ranks = ProgramTest::run("--ranks 2 run " + quoted + "/case.prm\" --no-report --force --output " + quoted + "/zwei\"");
  EXPECT_EQ(ranks.status, 0) << ranks.output;

  vesalius::Image image;
  image.grid.size = {4, 4, 4};
  image.values.assign(64, 1.5f);
  vesalius::write_image(image, path(folder + "/bild ö.nii.gz"));
  const auto info = ProgramTest::run("info " + quoted + "/bild ö.nii.gz\"");
  EXPECT_EQ(info.status, 0) << info.output;
  EXPECT_THAT(info.output, HasSubstr("4 x 4 x 4"));
}
