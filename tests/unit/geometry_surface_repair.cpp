// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/end_cutting.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/surface_repair.h"
#include "mesh_io/surface_wrap.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>

#include <limits>

using namespace vesalius;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{
Surface unnamed_pipe()
{
  Surface pipe        = make_pipe_surface(0.01, 0.06, 0.002);
  pipe.boundary_names = {{1, "wall"}};
  pipe.boundary_id.assign(pipe.triangles.size(), 1);
  pipe.caps.clear();
  return pipe;
}

Surface open_pipe()
{
  const Surface pipe = make_pipe_surface(0.01, 0.06, 0.002);
  Surface       open = unnamed_pipe();
  open.triangles.clear();
  for (std::size_t t = 0; t < pipe.triangles.size(); ++t)
    if (pipe.boundary_id[t] == 1)
      open.triangles.push_back(pipe.triangles[t]);
  open.boundary_id.assign(open.triangles.size(), 1);
  remove_unused_points(open);
  return open;
}

void expect_closed(const RepairedSurface &repaired, double volume, double tolerance)
{
  EXPECT_THAT(closed_surface_problems(repaired.surface), IsEmpty());
  EXPECT_EQ(count_self_intersections(repaired.surface), 0u);
  EXPECT_NEAR(enclosed_volume(repaired.surface), volume, tolerance * volume);
}

/// The wall's triangle in the middle of the pipe whose first point lies nearest to +x.
std::size_t triangle_in_the_middle(const Surface &pipe)
{
  const Vector3 x{0.01, 0, 0.03};
  std::size_t   best = 0;
  for (std::size_t t = 0; t < pipe.triangles.size(); ++t)
    if (distance(pipe.points[pipe.triangles[t][0]], x) < distance(pipe.points[pipe.triangles[best][0]], x))
      best = t;
  return best;
}
} // namespace

TEST(SurfaceRepair, sound_surfaces_stay_as_they_are)
{
  for (const Surface &sound : {unnamed_pipe(), open_pipe(), make_pipe_surface(0.01, 0.06, 0.002)})
    {
      const auto repaired = repair_surface(sound);
      EXPECT_THAT(repaired.actions, IsEmpty());
      EXPECT_EQ(repaired.surface.points, sound.points);
      EXPECT_EQ(repaired.surface.triangles, sound.triangles);
      EXPECT_EQ(repaired.surface.boundary_id, sound.boundary_id);
    }
}

TEST(SurfaceRepair, a_soup_with_flipped_repeated_and_thin_triangles_becomes_the_pipe_again)
{
  const Surface pipe = unnamed_pipe();
  Surface       soup = pipe;
  soup.points.clear();
  for (std::size_t t = 0; t < pipe.triangles.size(); ++t)
    for (int i = 0; i < 3; ++i)
      {
        const Vector3 jitter = 1e-9 * Vector3{std::sin(7.0 * static_cast<double>(t) + i), std::cos(3.0 * static_cast<double>(t)), 0.5};
        soup.triangles[t][i] = static_cast<int>(soup.points.size());
        soup.points.push_back(pipe.points[pipe.triangles[t][i]] + jitter);
      }
  for (std::size_t t = 0; t < pipe.triangles.size(); t += 7)
    std::swap(soup.triangles[t][0], soup.triangles[t][1]);
  soup.triangles.push_back(soup.triangles[20]);
  soup.triangles.push_back({soup.triangles[30][0], soup.triangles[30][1], soup.triangles[30][0]});
  soup.boundary_id.resize(soup.triangles.size(), 1);
  const auto repaired = repair_surface(soup);
  expect_closed(repaired, enclosed_volume(pipe), 1e-5);
  EXPECT_EQ(repaired.surface.triangles.size(), pipe.triangles.size());
  EXPECT_THAT(repaired.actions,
              ElementsAre(HasSubstr("welded"), HasSubstr("without area"), HasSubstr("there twice"),
                          HasSubstr("turned " + std::to_string((pipe.triangles.size() + 6) / 7) + " triangles")));
}

TEST(SurfaceRepair, an_inside_out_surface_is_turned)
{
  Surface pipe = unnamed_pipe();
  for (auto &t : pipe.triangles)
    std::swap(t[0], t[1]);
  const auto repaired = repair_surface(pipe);
  EXPECT_THAT(repaired.actions, ElementsAre(HasSubstr("inside was outside")));
  expect_closed(repaired, -enclosed_volume(pipe), 1e-12);
}

TEST(SurfaceRepair, holes_in_the_wall_are_closed_and_open_ends_are_not)
{
  Surface           open   = open_pipe();
  const std::size_t middle = triangle_in_the_middle(open);
  const Vector3     centre = open.points[open.triangles[middle][0]];
  for (std::size_t t = open.triangles.size(); t-- > 0;)
    if (distance(open.points[open.triangles[t][0]], centre) < 0.004)
      open.triangles.erase(open.triangles.begin() + static_cast<long>(t));
  open.boundary_id.resize(open.triangles.size());
  const auto repaired = repair_surface(open);
  EXPECT_THAT(repaired.actions, ElementsAre(HasSubstr("closed 1 holes")));
  EXPECT_EQ(open_loops(repaired.surface).size(), 2u);
  const auto made = prepare_surface(open, {});
  EXPECT_EQ(made.surface.caps.size(), 2u);
  EXPECT_EQ(made.repairs, repaired.actions);
  EXPECT_NEAR(made.report.surface_volume, enclosed_volume(unnamed_pipe()), 0.005 * made.report.surface_volume);
}

TEST(SurfaceRepair, fins_t_junctions_debris_and_spikes_are_removed)
{
  Surface           pipe   = unnamed_pipe();
  const double      volume = enclosed_volume(pipe);
  const std::size_t t      = triangle_in_the_middle(pipe);
  const auto [a, b, c]     = pipe.triangles[t];
  const int next           = static_cast<int>(pipe.points.size());
  pipe.points.push_back(0.5 * (pipe.points[a] + pipe.points[b])); // on an edge, for one of its two triangles
  pipe.triangles[t] = {a, next, c};
  pipe.triangles.push_back({next, b, c});
  pipe.points.push_back(1.3 * pipe.points[a]); // a fin
  pipe.triangles.push_back({a, c, next + 1});
  for (int i = 0; i < 3; ++i)
    pipe.points.push_back({0.05, 0.001 * i, 0.001 * i * i});
  pipe.triangles.push_back({next + 2, next + 3, next + 4});
  pipe.boundary_id.resize(pipe.triangles.size(), 1);
  for (const auto &triangle : pipe.triangles)
    if (std::abs(pipe.points[triangle[0]][2] - 0.01) < 0.002)
      {
        pipe.points[triangle[0]] = 2 * pipe.points[triangle[0]];
        break;
      }
  const auto repaired = repair_surface(pipe);
  EXPECT_THAT(repaired.actions, Contains(HasSubstr("split 1 triangles")));
  EXPECT_THAT(repaired.actions, Contains(HasSubstr("dropped 1 triangles that hung")));
  EXPECT_THAT(repaired.actions, Contains(HasSubstr("dropped 1 triangles beside")));
  EXPECT_THAT(repaired.actions, Contains(HasSubstr("moved 1 points")));
  expect_closed(repaired, volume, 0.005);
}

TEST(SurfaceRepair, a_fold_through_the_wall_is_replaced)
{
  Surface       pipe   = unnamed_pipe();
  const double  volume = enclosed_volume(pipe);
  const Vector3 centre = pipe.points[pipe.triangles[triangle_in_the_middle(pipe)][0]];
  for (Vector3 &x : pipe.points)
    if (const double s = distance(x, centre) / 0.004; s < 1)
      x[0] -= 0.022 * (1 - s * s);
  ASSERT_GT(count_self_intersections(pipe), 0u);
  const auto repaired = repair_surface(pipe);
  EXPECT_THAT(repaired.actions, Contains(testing::AnyOf(HasSubstr("replaced"), HasSubstr("moved"))));
  expect_closed(repaired, volume, 0.05);
}

TEST(SurfaceRepair, the_wrap_keeps_the_volume)
{
  const Surface pipe   = unnamed_pipe();
  const Surface wrap   = wrap_surface(pipe, 0.002, 0.0001);
  const double  volume = enclosed_volume(pipe);
  EXPECT_THAT(closed_surface_problems(wrap), IsEmpty());
  EXPECT_NEAR(enclosed_volume(wrap), volume, 0.02 * volume);
}

TEST(SurfaceRepair, a_wall_in_shreds_is_wrapped_with_its_ends)
{
  // The wall's points are mixed up within the wall: more than a quarter of the triangles cross others, and nothing local helps.
  Surface pipe = open_pipe();
  for (Vector3 &x : pipe.points)
    if (x[2] > 0.008 && x[2] < 0.052)
      {
        const double angle = std::atan2(x[1], x[0]) + 0.3 * std::sin(9000 * x[2] + 4000 * x[1]), z = x[2] + 0.003 * std::sin(7000 * x[0] + 5000 * x[2]);
        x = {0.01 * std::cos(angle), 0.01 * std::sin(angle), z};
      }
  ASSERT_GT(count_self_intersections(pipe), pipe.triangles.size() / 4);
  const auto repaired = repair_surface(pipe);
  EXPECT_THAT(repaired.actions.back(), HasSubstr("wrapped the whole"));
  EXPECT_EQ(count_self_intersections(repaired.surface), 0u);
  EXPECT_EQ(open_loops(repaired.surface).size(), 2u);
  const auto   made   = prepare_surface(pipe, {});
  const double length = std::abs(made.surface.caps[0].centre[2] - made.surface.caps[1].centre[2]);
  EXPECT_NEAR(made.report.surface_volume, length / 0.06 * enclosed_volume(unnamed_pipe()), 0.05 * made.report.surface_volume);
  EXPECT_GT(length, 0.05);
}

TEST(SurfaceRepair, refuses_what_holds_nothing)
{
  Surface flat;
  flat.points      = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
  flat.triangles   = {{0, 1, 2}, {0, 1, 2}, {0, 1, 2}, {0, 1, 2}};
  flat.boundary_id = {1, 1, 1, 1};
  EXPECT_THROW(repair_surface(flat), InputError);
  Surface pipe                      = unnamed_pipe();
  pipe.points[pipe.triangles[0][0]] = {std::numeric_limits<double>::quiet_NaN(), 0, 0};
  EXPECT_THROW(repair_surface(pipe), InputError);
}
