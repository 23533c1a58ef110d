// SPDX-License-Identifier: GPL-3.0-or-later
// The liver of cases/liver_retraction, from its label image to its report.
#include "benchmarks/verification/liver_image.h"
#include "tests/program_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <map>

namespace
{
class LiverCase : public vesalius::testing::ProgramTest
{
protected:
  const std::string image = vesalius::verification::liver_label_image();
};

TEST_F(LiverCase, LeftLobeIsLiftedWithDefaultOptions)
{
  if (!std::filesystem::exists(image))
    GTEST_SKIP() << "needs the label image of a liver: ./vesalius liver";
  const auto lifted = run("run '" VESALIUS_SOURCE_DIR "/cases/liver_retraction/test.prm' --output out --set 'Mesh/Labels = " + image + "'");
  ASSERT_EQ(lifted.status, 0) << lifted.output;
  EXPECT_TRUE(std::filesystem::exists(path("out/report.html")));
  EXPECT_TRUE(std::filesystem::exists(path("out/figures/force0.svg")));
  std::map<std::string, double> found;
  for (const auto &q : nlohmann::json::parse(std::ifstream(path("out/quantities.json"))))
    found[q["name"].get<std::string>() + " " + q["location"].get<std::string>()] = q["value"].get<double>();
  EXPECT_NEAR(found.at("displacement grasper"), 40, 0.1);
  // It holds against the pull, and what it gives the grasper the attachments take: both forces point to each other.
  EXPECT_GT(found.at("force against the motion grasper"), 0.1);
  EXPECT_LT(found.at("force of the tissue on it, y vena_cava"), 0);
  EXPECT_GT(found.at("exposed area gall_bladder|liver"), 1);
  EXPECT_EQ(found.at("load steps cut back "), 0);
}
} // namespace
