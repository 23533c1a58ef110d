// SPDX-License-Identifier: GPL-3.0-or-later
// A tool that is pressed: where it starts, and what its entries mean.
#include "mesh_io/volume_mesh.h"
#include "physics/solid/tool_case.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

using namespace vesalius;
using testing::HasSubstr;

namespace
{
std::vector<SolidTool> read(const std::string &press)
{
  ParameterTree p;
  p.declare_named_sections("Tools", "Tools.", declare_tool);
  p.parse_text("subsection Tools\nsubsection probe\nset Boundary = z_max\nset Radius = 20 mm\n" + press + "end\nend\n", "press.prm");
  return read_tools(p, 1);
}

const std::string down = "set Press place = 0, 0, 100 mm\nset Press direction = 0, 0, -1\nset Press depth = 30 mm\n";

std::string refusal(const std::string &press)
{
  return message_of([&] { read(press); });
}

/// A slab of 200 x 200 x 50 mm whose upper side is z = 0.
Mesh slab() { return make_box_mesh(3, {-0.1, -0.1, -0.05}, {0.1, 0.1, 0}, {8, 8, 2}); }

void expect_near(const std::array<double, 3> &a, const std::array<double, 3> &b, double tolerance)
{
  for (int d = 0; d < 3; ++d)
    EXPECT_NEAR(a[d], b[d], tolerance) << d;
}
} // namespace

TEST(ToolPress, starts_where_a_sphere_first_touches)
{
  const Mesh mesh = slab();
  expect_near(first_touch({{0.013, 0.021, 0.3}, {0, 0, -1}, 0.03}, 0.02, mesh, "z_max"), {0.013, 0.021, 0.02}, 1e-5);
  // Aslant: the centre keeps to its line, a radius above the side.
  const double s = std::sqrt(0.5);
  expect_near(first_touch({{0.01, 0, 0}, {s, 0, -s}, 0.03}, 0.02, mesh, "z_max"), {-0.01, 0, 0.02}, 2e-5);
  // Beside the slab: the edge x = 0.1 is touched.
  expect_near(first_touch({{0.112, 0, 0}, {0, 0, -1}, 0.03}, 0.02, mesh, "z_max"), {0.112, 0, 0.016}, 1e-5);
  EXPECT_THROW(first_touch({{0.13, 0, 0}, {0, 0, -1}, 0.03}, 0.02, mesh, "z_max"), InputError);
  EXPECT_THROW(first_touch({{0, 0, 0}, {0, 0, -1}, 0.03}, 0.02, mesh, "liver"), InputError);
}

TEST(ToolPress, place_and_direction_follow_their_entries)
{
  const auto tools = read("set Press place = 0, 0, 100 mm\nset Press direction = 0, 2, 0\nset Press depth = 30 mm\n"
                          "set Press up = 5 mm\nset Press aside = -3 mm\nset Press tilt up = 45 deg\n");
  ASSERT_TRUE(tools[0].press);
  expect_near(tools[0].press->place, {-0.003, 0, 0.105}, 1e-15);
  expect_near(tools[0].press->direction, {0, std::sqrt(0.5), std::sqrt(0.5)}, 1e-15);
  expect_near(tools[0].tool.shift(1), {0, 0.03 * std::sqrt(0.5), 0.03 * std::sqrt(0.5)}, 1e-15);
  expect_near(tools[0].tool.shift(0.5), {0, 0.015 * std::sqrt(0.5), 0.015 * std::sqrt(0.5)}, 1e-15);
  // Placed, it is the sphere there.
  ContactTool placed = tools[0].tool;
  placed.move_start({0.5, 0, 0});
  EXPECT_NEAR(placed.distance({0.5, 0, 0.05}, 0).value, 0.03, 1e-15);
  expect_near(read(down + "set Press up = 5 mm\n")[0].press->place, {0, 0.005, 0.1}, 1e-15);
}

TEST(ToolPress, says_what_is_missing_or_too_much)
{
  EXPECT_THAT(refusal("set Press depth = 30 mm\n"), HasSubstr("Press place"));
  EXPECT_THAT(refusal("set Shape = plane\n" + down), HasSubstr("only a sphere is pressed"));
  EXPECT_THAT(refusal(down + "set Displacement = 0, 0, 1 mm\n"), HasSubstr("without a Displacement"));
  EXPECT_THAT(refusal(down + "set Centre = 0, 0, 1 mm\n"), HasSubstr("does not use Centre"));
  EXPECT_THAT(refusal(down + "set Press tilt up = 5\n"), HasSubstr("write 5 deg"));
  EXPECT_THAT(refusal(down + "set Press tilt up = 85 deg\n"), HasSubstr("80 degrees"));
  EXPECT_THAT(refusal("set Press place = 0, 0, 100 mm\nset Press direction = 0, 0, -1\nset Press depth = 0 mm\n"), HasSubstr("not positive"));
}
