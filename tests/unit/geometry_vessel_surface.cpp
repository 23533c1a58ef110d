// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/end_finding.h"
#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/phantom.h"
#include "mesh_io/segmentation.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"
#include "tests/unit/geometry_layer_gates.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <numbers>
#include <set>

using namespace vesalius;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{
constexpr double pi = std::numbers::pi;

struct Segmented
{
  Image      level_set;
  LabelImage labels;
};

/// A level set (mm) on a grid around the origin of x and y, z from 0.
Segmented sample(std::array<std::size_t, 3> size, double spacing,
                 const std::function<double(const Vector3 &)> &distance_mm)
{
  Segmented s;
  s.level_set.grid.size       = size;
  s.level_set.grid.spacing_mm = {spacing, spacing, spacing};
  s.level_set.grid.origin_mm  = {-0.5 * spacing * (size[0] - 1.0), -0.5 * spacing * (size[1] - 1.0), 0};
  s.labels.grid               = s.level_set.grid;
  for (std::size_t k = 0; k < size[2]; ++k)
    for (std::size_t j = 0; j < size[1]; ++j)
      for (std::size_t i = 0; i < size[0]; ++i)
        {
          const double d = distance_mm(s.level_set.grid.point_mm(i, j, k));
          s.level_set.values.push_back(static_cast<float>(d));
          s.labels.labels.push_back(d < 0);
        }
  return s;
}

double tube_distance(const Vector3 &x, const Vector3 &a, const Vector3 &b, double radius)
{
  const double t = std::clamp(dot(x - a, b - a) / dot(b - a, b - a), 0.0, 1.0);
  return distance(x, a + t * (b - a)) - radius;
}

/// Trunk from the top, two branches to the foot end: left (+x) of 5 mm, right of 4.5 mm.
double y_junction(const Vector3 &x)
{
  return std::min({tube_distance(x, {0, 0, 100}, {0, 0, 42}, 8), tube_distance(x, {0, 0, 42}, {20, 3, -10}, 5),
                   tube_distance(x, {0, 0, 42}, {-20, 3, -10}, 4.5)});
}

void expect_sound(const VesselSurfaceResult &result)
{
  EXPECT_THAT(closed_surface_problems(result.surface), IsEmpty());
  EXPECT_EQ(count_self_intersections(result.surface), 0u);
  EXPECT_GT(smallest_angle(result.surface), 12);
  EXPECT_LT(cap_unevenness(result.surface), 1e-6);
}

std::vector<std::string> cap_names(const Surface &surface)
{
  std::vector<std::string> names;
  for (const Cap &cap : surface.caps)
    names.push_back(cap.name);
  return names;
}

/// A file of the shared real data, or "" where it is not there.
std::string real_data(const std::string &name)
{
  const char       *folder = std::getenv("VESALIUS_DATA");
  const std::string path = (folder ? std::string(folder) : std::string(VESALIUS_SOURCE_DIR) + "/../shared/data") + "/" +
                           name;
  return std::filesystem::exists(path) ? path : "";
}
} // namespace

TEST(VesselSurface, y_junction_gets_three_named_flat_caps)
{
  const Segmented y      = sample({88, 50, 100}, 0.8, y_junction);
  const auto      result = make_vessel_surface(y.level_set, y.labels, {});
  expect_sound(result);
  ASSERT_EQ(cap_names(result.surface), (std::vector<std::string>{"inlet", "outlet_left", "outlet_right"}));
  const auto &caps = result.surface.caps;
  EXPECT_NEAR(caps[0].radius, 0.008, 0.0001);
  EXPECT_NEAR(caps[1].radius, 0.005, 0.0001);
  EXPECT_NEAR(caps[2].radius, 0.0045, 0.0001);
  EXPECT_GT(caps[1].centre[0], 0) << "left is +x";
  EXPECT_GT(caps[0].normal[2], 0.995);
  for (const int c : {1, 2}) // normal to the branch, outwards
    EXPECT_GT(dot(caps[c].normal, normalised({c == 1 ? 20.0 : -20.0, 3, -52})), 0.99);
  EXPECT_LT(std::abs(result.report.volume_error), 0.015);
  EXPECT_EQ(result.centerline.branches.size(), 2u);

  const Mesh mesh = make_volume_mesh(result.surface, result.centerline, {});
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_GE(measure_quality(mesh).min_dihedral_deg, 5);
  expect_layer_gates(make_layered_mesh(result.surface, result.centerline, with_four_layers(7)), measure_quality(mesh).volume);
}

TEST(VesselSurface, radius_of_the_centre_line_is_that_of_the_tube)
{
  const Segmented y      = sample({88, 50, 100}, 0.8, y_junction);
  const auto      result = make_vessel_surface(y.level_set, y.labels, {});
  double          worst  = 0;
  for (const auto &branch : result.centerline.branches)
    for (std::size_t i = 0; i < branch.points.size(); ++i)
      {
        const Vector3 x = 1000 * branch.points[i];
        if (x[2] > 55 || x[2] < 20) // away from the bifurcation
          worst = std::max(worst, std::abs(1000 * branch.radius[i] + y_junction(x)));
      }
  EXPECT_LT(worst, 0.35) << "mm";
}

TEST(VesselSurface, refuses_a_blob_and_an_empty_image)
{
  const Segmented ball = sample({40, 40, 40}, 1.0, [](const Vector3 &x) { return distance(x, {0, 0, 20}) - 12; });
  EXPECT_THAT(message_of([&] { make_vessel_surface(ball.level_set, ball.labels, {}); }), HasSubstr("flow needs two"));
  const Segmented nothing = sample({20, 20, 20}, 1.0, [](const Vector3 &) { return 5.0; });
  EXPECT_THAT(message_of([&] { make_vessel_surface(nothing.level_set, nothing.labels, {}); }), HasSubstr("no vessel"));
}

TEST(VesselSurface, a_thin_side_branch_stays_closed)
{
  const Segmented tube   = sample({50, 30, 60}, 0.8, [](const Vector3 &x) {
    return std::min(tube_distance(x, {0, 0, -10}, {0, 0, 80}, 6), tube_distance(x, {0, 0, 24}, {40, 0, 24}, 1.2));
  });
  const auto      result = make_vessel_surface(tube.level_set, tube.labels, {});
  EXPECT_EQ(cap_names(result.surface), (std::vector<std::string>{"inlet", "outlet"}));
}

TEST(VesselSurface, phantom_aorta_from_its_exact_level_set)
{
  AortaPhantomParameters parameters;
  parameters.seed            = 1;
  const AortaPhantom phantom = make_aorta_phantom(parameters);
  const ImageGrid   &grid    = phantom.labels.grid;
  Image              level_set;
  level_set.grid = grid;
  level_set.values.assign(grid.n_voxels(), 3.0f);
  // The exact distance is expensive: only where the sign may change, coarse elsewhere.
  for (std::size_t k = 0; k < grid.size[2]; ++k)
    for (std::size_t j = 2; j + 2 < grid.size[1]; ++j)
      for (std::size_t i = 2; i + 2 < grid.size[0]; ++i)
        {
          const std::size_t v     = grid.index(i, j, k);
          bool              mixed = false;
          for (const long shift : {1L, 2L})
            for (const long stride :
                 {1L, static_cast<long>(grid.size[0]), static_cast<long>(grid.size[0] * grid.size[1])})
              for (const long sign : {-1L, 1L})
                if (const long w = static_cast<long>(v) + sign * shift * stride;
                    w >= 0 && w < static_cast<long>(grid.n_voxels()))
                  mixed = mixed || phantom.labels.labels[w] != phantom.labels.labels[v];
          if (mixed)
            {
              const auto x        = grid.point_mm(i, j, k);
              level_set.values[v] = static_cast<float>(1000 *
                                                       phantom.lumen_distance({1e-3 * x[0], 1e-3 * x[1], 1e-3 * x[2]}));
            }
          else if (phantom.labels.labels[v])
            level_set.values[v] = -3.0f;
        }
  const auto result = make_vessel_surface(level_set, phantom.labels, {});
  expect_sound(result);
  EXPECT_EQ(cap_names(result.surface), (std::vector<std::string>{"inlet", "outlet_left", "outlet_right"}));
  EXPECT_LT(std::abs(result.report.volume_error), 0.015);
  double worst = 0;
  for (std::size_t t = 0; t < result.surface.triangles.size(); ++t)
    if (result.surface.boundary_id[t] == 1)
      worst = std::max(worst, std::abs(phantom.lumen_distance(result.surface.points[result.surface.triangles[t][0]])));
  EXPECT_LT(worst, 0.00035) << "no vertex is farther from the exact lumen than the mean that is allowed";

  const Mesh        mesh    = make_volume_mesh(result.surface, result.centerline, {});
  const MeshQuality quality = measure_quality(mesh);
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_GE(quality.min_dihedral_deg, 8);
  EXPECT_GE(quality.n_cells, 40000u);
  EXPECT_LE(quality.n_cells, 65000u);
  EXPECT_NEAR(quality.volume, result.report.label_volume, 0.015 * result.report.label_volume);
  expect_layer_gates(make_layered_mesh(result.surface, result.centerline, with_four_layers(7)), quality.volume);
}

TEST(VesselSurface, stumps_of_side_branches_stay_closed)
{
  const Segmented tube   = sample({50, 30, 60}, 0.8, [](const Vector3 &x) {
    return std::min(tube_distance(x, {0, 0, -10}, {0, 0, 80}, 6), tube_distance(x, {0, 0, 24}, {15, 0, 20}, 2.5));
  });
  const auto      result = make_vessel_surface(tube.level_set, tube.labels, {});
  EXPECT_EQ(cap_names(result.surface), (std::vector<std::string>{"inlet", "outlet"}));
}

TEST(VesselSurface, real_mr_angiogram_has_an_aorta_and_two_iliacs)
{
  const std::string path = real_data("vmtk_aorta_mra/aorta.mha");
  if (path.empty())
    GTEST_SKIP() << "vmtk_aorta_mra/aorta.mha is not here";
  const auto segmentation = segment_vessel(read_image(path), {});
  const auto result       = make_vessel_surface(segmentation.level_set, segmentation.labels, {});
  expect_sound(result);
  ASSERT_EQ(cap_names(result.surface), (std::vector<std::string>{"inlet", "outlet_left", "outlet_right"}));
  EXPECT_NEAR(result.surface.caps[0].radius, 0.011, 0.001);
  EXPECT_LT(std::abs(result.report.volume_error), 0.015);
  VolumeMeshParameters coarse;
  coarse.cells_across = 5;
  const Mesh mesh     = make_volume_mesh(result.surface, result.centerline, coarse);
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_GE(measure_quality(mesh).min_dihedral_deg, 5);
}

TEST(PrepareSurface, flat_ends_of_a_closed_surface_are_found)
{
  Surface pipe        = make_pipe_surface(0.01, 0.06, 0.002);
  pipe.boundary_names = {{1, "wall"}};
  pipe.boundary_id.assign(pipe.triangles.size(), 1);
  pipe.caps.clear();
  for (auto &x : pipe.points) // tapers, so that the names are not a matter of round-off
    x = {x[0] * (1 - 5 * x[2]), x[1] * (1 - 5 * x[2]), x[2]};
  const auto result = prepare_surface(pipe, {});
  expect_sound(result);
  ASSERT_EQ(cap_names(result.surface), (std::vector<std::string>{"inlet", "outlet"}));
  EXPECT_NEAR(result.surface.caps[0].centre[2], 0, 1e-9);
  EXPECT_NEAR(result.surface.caps[0].area, pi * 1e-4, 0.02 * pi * 1e-4);
  EXPECT_NEAR(result.report.surface_volume, enclosed_volume(pipe), 1e-6 * enclosed_volume(pipe));
}

TEST(PrepareSurface, open_ends_are_closed_flat_even_when_ragged_or_inside_out)
{
  for (const bool inside_out : {false, true})
    {
      Surface pipe = make_pipe_surface(0.01, 0.06, 0.002);
      Surface open;
      open.boundary_names = {{1, "wall"}};
      for (std::size_t t = 0; t < pipe.triangles.size(); ++t)
        if (pipe.boundary_id[t] == 1)
          {
            auto v = pipe.triangles[t];
            if (inside_out)
              std::swap(v[0], v[1]);
            open.triangles.push_back(v);
            open.boundary_id.push_back(1);
          }
      open.points = pipe.points;
      for (auto &x : open.points) // the far end is ragged
        if (x[2] == 0.06)
          x[2] += 0.001 * std::sin(5 * std::atan2(x[1], x[0]));
      const auto result = prepare_surface(open, {});
      expect_sound(result);
      ASSERT_EQ(result.surface.caps.size(), 2u);
      std::vector<double> z{result.surface.caps[0].centre[2], result.surface.caps[1].centre[2]};
      std::sort(z.begin(), z.end());
      EXPECT_NEAR(z[0], 0, 1e-9);
      EXPECT_NEAR(z[1], 0.059, 0.0004);
      for (const Cap &cap : result.surface.caps)
        EXPECT_GT(std::abs(cap.normal[2]), 0.999);
    }
}

TEST(PrepareSurface, keeps_the_names_that_the_surface_brings)
{
  Surface pipe           = make_pipe_surface(0.01, 0.05, 0.002);
  pipe.boundary_names[2] = "aorta";
  const auto result      = prepare_surface(pipe, {});
  EXPECT_EQ(cap_names(result.surface), (std::vector<std::string>{"aorta", "outlet"}));
}

TEST(PrepareSurface, a_surface_without_two_ends_is_refused)
{
  Surface pipe = make_pipe_surface(0.01, 0.02, 0.004);
  for (auto &x : pipe.points) // blown up to a ball
    x = 0.01 * normalised(x - Vector3{1e-5, 0, 0.01});
  pipe.boundary_names = {{1, "wall"}};
  pipe.boundary_id.assign(pipe.triangles.size(), 1);
  EXPECT_THAT(message_of([&] { prepare_surface(pipe, {}); }), HasSubstr("flow needs two"));
}

TEST(PrepareSurface, real_surfaces_of_patients)
{
  struct Case
  {
    std::string                      file, frame;
    std::function<bool(const Cap &)> inlet_is_right;
  };
  const Case cases[] = {
    {"artery_surface/artery.vtp", "LPS", [](const Cap &c) { return std::abs(c.radius - 0.00156) < 0.0001; }},
    {"vmtk_aorta_mra/aorta-surface-open-ends.stl", "RAS", [](const Cap &c) { return c.radius > 0.007; }},
    {"vmtk_aorta_mra/aorta-surface.vtp", "RAS", [](const Cap &c) { return c.radius > 0.007; }}};
  for (const Case &c : cases)
    {
      const std::string path = real_data(c.file);
      if (path.empty())
        GTEST_SKIP() << c.file << " is not here";
      const auto result = prepare_surface(read_surface(path, "mm", c.frame), {});
      expect_sound(result);
      ASSERT_EQ(cap_names(result.surface), (std::vector<std::string>{"inlet", "outlet_left", "outlet_right"}))
        << c.file;
      EXPECT_TRUE(c.inlet_is_right(result.surface.caps[0])) << c.file << " " << result.surface.caps[0].radius;
      EXPECT_GT(result.surface.caps[1].centre[0], result.surface.caps[2].centre[0]);
    }
}
