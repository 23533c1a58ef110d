// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/flow_extension.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/surface_section.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>

using namespace vesalius;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{
/// A pipe of 40 mm whose section is an ellipse of 2:1, along an oblique axis.
struct OvalPipe
{
  Surface surface = make_pipe_surface(0.006, 0.04, 0.0015);
  Vector3 axis    = normalised(Vector3{1, -2, 2});
  double  area    = 0;
  OvalPipe()
  {
    const auto [u, v] = plane_axes(axis);
    for (Vector3 &x : surface.points)
      x = (std::sqrt(2.0) * x[0]) * u + (x[1] / std::sqrt(2.0)) * v + x[2] * axis;
    surface.caps = measure_caps(surface);
    area         = surface.caps[0].area;
  }
};

const Cap &cap_named(const Surface &surface, const std::string &name)
{
  return *std::find_if(surface.caps.begin(), surface.caps.end(), [&](const Cap &cap) { return cap.name == name; });
}

SurfaceSection section_at(const Surface &surface, const Vector3 &centre, const Vector3 &normal)
{
  std::vector<double> d;
  for (const Vector3 &x : surface.points)
    d.push_back(dot(x - centre, normal));
  return find_section(surface, d, centre, normal);
}

double largest_over_smallest_width(const Surface &surface, const Vector3 &centre, const Vector3 &normal)
{
  const auto width = section_width(section_at(surface, centre, normal).points, normal);
  return width.largest / width.smallest;
}

FlowExtensionParameters at(const std::string &cap, double diameters)
{
  FlowExtensionParameters parameters;
  parameters.diameters_at[cap] = diameters;
  return parameters;
}
} // namespace

TEST(FlowExtension, an_oval_cap_moves_out_straight_and_becomes_a_circle_of_its_area)
{
  const OvalPipe pipe;
  Surface        surface = pipe.surface;
  const Cap      before  = cap_named(surface, "outlet");
  const auto     made    = extend_caps(surface, at("outlet", 3));
  ASSERT_EQ(made.size(), 1u);
  const Cap    after  = cap_named(surface, "outlet");
  const double length = 6 * before.radius;
  EXPECT_DOUBLE_EQ(made[0].length, length);
  EXPECT_LT(distance(after.centre, before.centre + length * pipe.axis), 1e-6 * length);
  EXPECT_NEAR(dot(after.normal, pipe.axis), 1, 1e-12);
  EXPECT_NEAR(after.area, pipe.area, 1e-9 * pipe.area);
  EXPECT_LT(cap_unevenness(surface), 1e-9);
  EXPECT_THAT(closed_surface_problems(surface), IsEmpty());
  EXPECT_EQ(count_self_intersections(surface), 0u);
  EXPECT_NEAR(made[0].volume, pipe.area * length, 0.01 * pipe.area * length);
  EXPECT_NEAR(enclosed_volume(surface), enclosed_volume(pipe.surface) + made[0].volume, 1e-9 * enclosed_volume(surface));
  // The transition of one diameter: oval at its beginning, a circle at its end, the same area everywhere.
  const auto along = [&](double diameters) { return before.centre + (2 * diameters * before.radius) * pipe.axis; };
  EXPECT_GT(largest_over_smallest_width(surface, along(0.03), pipe.axis), 1.95);
  EXPECT_LT(largest_over_smallest_width(surface, along(1.2), pipe.axis), 1.02);
  for (const double diameters : {0.25, 0.5, 0.75, 2.0})
    EXPECT_NEAR(section_at(surface, along(diameters), pipe.axis).area, pipe.area, 0.01 * pipe.area) << diameters;
  EXPECT_EQ(cap_named(surface, "inlet").centre, cap_named(pipe.surface, "inlet").centre);
}

TEST(FlowExtension, keeps_the_outline_where_that_is_asked_for)
{
  const OvalPipe          pipe;
  Surface                 surface = pipe.surface;
  FlowExtensionParameters all;
  all.diameters              = 1.5;
  all.diameters_at["outlet"] = 0; // not this one
  all.to_circle              = false;
  const auto made            = extend_caps(surface, all);
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].cap, "inlet");
  const Cap inlet = cap_named(surface, "inlet");
  EXPECT_NEAR(largest_over_smallest_width(surface, inlet.centre - 0.002 * inlet.normal, inlet.normal), 2, 0.02);
  EXPECT_THAT(closed_surface_problems(surface), IsEmpty());
}

TEST(FlowExtension, extended_surfaces_are_remeshed_and_filled)
{
  const OvalPipe          pipe;
  VesselSurfaceParameters parameters;
  parameters.extension.diameters = 2;
  const auto made                = prepare_surface(pipe.surface, parameters);
  EXPECT_EQ(made.extensions.size(), 2u);
  EXPECT_THAT(closed_surface_problems(made.surface), IsEmpty());
  EXPECT_EQ(count_self_intersections(made.surface), 0u);
  EXPECT_LT(cap_unevenness(made.surface), 1e-6);
  const double length = distance(made.surface.caps[0].centre, made.surface.caps[1].centre);
  EXPECT_NEAR(length, 0.04 + made.extensions[0].length + made.extensions[1].length, 1e-4);
  for (const Cap &cap : made.surface.caps)
    EXPECT_NEAR(cap.area, pipe.area, 0.01 * pipe.area);
  VolumeMeshParameters coarse;
  coarse.cells_across = 5;
  const Mesh mesh     = make_volume_mesh(made.surface, made.centerline, coarse);
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_NEAR(measure_quality(mesh).volume, made.report.surface_volume, 0.005 * made.report.surface_volume);
}

TEST(FlowExtension, refuses_caps_that_are_not_there_and_tubes_through_the_vessel)
{
  Surface surface = OvalPipe().surface;
  EXPECT_THAT([&] { extend_caps(surface, at("outlet_left", 1)); },
              testing::ThrowsMessage<InputError>(testing::AllOf(HasSubstr("outlet_left"), HasSubstr("the caps are inlet, outlet"))));
  // Most of a ring: straight on from its end it would run into its beginning.
  Surface ring = make_pipe_surface(0.004, 0.11, 0.002);
  for (Vector3 &x : ring.points)
    x = {0.02 - (0.02 - x[0]) * std::cos(x[2] / 0.02), x[1], (0.02 - x[0]) * std::sin(x[2] / 0.02)};
  ring.caps = measure_caps(ring);
  EXPECT_THAT([&] { extend_caps(ring, at("outlet", 5)); }, testing::ThrowsMessage<InputError>(HasSubstr("runs into")));
}
