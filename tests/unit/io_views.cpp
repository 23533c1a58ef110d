// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/render_views.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace
{
using namespace vesalius;
using namespace vesalius::internal;

/// A rod along one axis with triangles on it: its pictures say from where they were taken.
Scenes scenes_of_a_rod(int axis)
{
  Surface surface;
  for (int i = 0; i < 8; ++i)
    {
      std::array<double, 3> x{0.01 * (i & 1), 0.01 * ((i >> 1) & 1), 0.01 * ((i >> 2) & 1)};
      x[axis] *= 8;
      surface.points.push_back(x);
    }
  for (const auto &t : {std::array<std::int32_t, 3>{0, 1, 3}, {0, 3, 2}, {4, 5, 7}, {4, 7, 6}, {0, 1, 5}, {0, 5, 4}})
    {
      surface.triangles.push_back(t);
      surface.boundary_id.push_back(1);
    }
  std::string folder = (std::filesystem::temp_directory_path() / "vesalius_views_XXXXXX").string();
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  SceneRequest request;
  request.surface   = &surface;
  request.folder    = folder;
  const auto scenes = render_scenes(request);
  std::filesystem::remove_all(folder);
  return scenes;
}

TEST(Views, AVesselIsNeverSeenAlongItself)
{
  if (std::system("command -v Xvfb >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "needs Xvfb (Debian package xvfb)";
  const char *front[] = {"anterior", "inferior", "anterior"}, *flank[] = {"inferior", "left", "left"};
  const char *top[]   = {"L", "P", ""};
  for (int axis = 0; axis < 3; ++axis)
    {
      const auto scenes = scenes_of_a_rod(axis);
      ASSERT_EQ(scenes.problem, "");
      ASSERT_EQ(scenes.surface.size(), 2);
      EXPECT_EQ(scenes.surface[0].side, front[axis]);
      EXPECT_EQ(scenes.surface[1].side, flank[axis]);
      EXPECT_EQ(scenes.surface[0].edges[2], top[axis]);
      for (const auto &view : scenes.surface)
        EXPECT_GT(view.height, 2 * view.width) << "the rod stands upright";
    }
  const auto upright = scenes_of_a_rod(2).surface;
  EXPECT_EQ(upright[0].edges, (std::array<std::string, 4>{"R", "L", "", ""}));
  EXPECT_EQ(upright[1].edges, (std::array<std::string, 4>{"A", "P", "", ""}));
}
} // namespace
