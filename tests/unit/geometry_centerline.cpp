// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/centerline_geometry.h"
#include "mesh_io/centerline_groups.h"
#include "mesh_io/label_level_set.h"
#include "mesh_io/line_fit.h"
#include "mesh_io/robust_line.h"
#include "mesh_io/surface_section.h"
#include "mesh_io/tube_surface.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <numbers>

using namespace vesalius;
using testing::ElementsAre;
using testing::HasSubstr;

namespace
{
constexpr double pi = std::numbers::pi;

Centerline::Branch straight(const std::vector<Vector3> &corners, double radius)
{
  Centerline::Branch branch;
  branch.points = resample(corners, 0.0005);
  branch.radius.assign(branch.points.size(), radius);
  return branch;
}

std::vector<int> groups_of(const std::vector<LineStretch> &stretches)
{
  std::vector<int> groups;
  for (const auto &s : stretches)
    groups.push_back(s.group);
  return groups;
}

Tube straight_tube()
{
  return {[](double t) { return Vector3{0, 0, 0.06 * t}; }, [](double) { return 0.005; }, 40, 32};
}
} // namespace

TEST(LineFit, curvature_and_torsion_of_a_helix)
{
  const double         a = 0.015, b = 0.005;
  std::vector<Vector3> line;
  for (int i = 0; i <= 200; ++i)
    line.push_back({a * std::cos(0.04 * i), a * std::sin(0.04 * i), b * 0.04 * i});
  const auto fits = fit_line(line, std::vector<double>(line.size(), 0.006));
  for (const LineFit &fit : fits)
    {
      EXPECT_NEAR(fit.curvature(), a / (a * a + b * b), 0.6) << "ends too, of 60 1/m";
      EXPECT_NEAR(fit.torsion(), b / (a * a + b * b), 2) << "of 20 1/m";
      EXPECT_NEAR(std::hypot(fit.position[0], fit.position[1]), a, 2e-6);
    }
  EXPECT_NEAR(fits[100].torsion(), b / (a * a + b * b), 0.2);
}

TEST(LineFit, two_points_are_a_straight_line)
{
  const auto fits = fit_line({{0, 0, 0}, {0, 0, 0.01}}, {0.02, 0.02});
  EXPECT_NEAR(fits[0].tangent()[2], 1, 1e-12);
  EXPECT_EQ(fits[1].curvature(), 0);
}

TEST(RobustLine, two_fifths_of_the_points_may_be_anything)
{
  std::vector<double> s, values;
  for (int i = 0; i < 50; ++i)
    {
      s.push_back(0.1 * i);
      values.push_back(i >= 10 && i < 30 ? 20 + i % 7 : 3 - 0.2 * s.back());
    }
  const RobustLine line = fit_robust_line(s, values);
  EXPECT_NEAR(line.slope, -0.2, 1e-9);
  EXPECT_NEAR(line.intercept, 3, 1e-9);
}

TEST(SurfaceSection, widths_of_an_ellipse_and_of_a_rectangle)
{
  const Vector3        normal = normalised({1, 2, 3});
  const auto [u, v]           = plane_axes(normal);
  std::vector<Vector3> ellipse;
  for (int i = 0; i < 200; ++i)
    ellipse.push_back(3 * std::cos(pi * i / 100) * u + std::sin(pi * i / 100) * v);
  EXPECT_NEAR(section_width(ellipse, normal).smallest, 2, 1e-3);
  EXPECT_NEAR(section_width(ellipse, normal).largest, 6, 1e-3);
  const SectionWidth box = section_width({{0, 0, 0}, {3, 0, 0}, {3, 4, 0}, {0, 4, 0}}, {0, 0, 1});
  EXPECT_NEAR(box.smallest, 3, 1e-12);
  EXPECT_NEAR(box.largest, 5, 1e-12);
}

TEST(SurfaceSection, of_a_tube_is_its_circle)
{
  const Surface       tube = make_tube_surface(straight_tube());
  std::vector<double> d;
  for (const Vector3 &x : tube.points)
    d.push_back(x[2] - 0.0307);
  const SurfaceSection section = find_section(tube, d, {0, 0, 0.0307}, {0, 0, 1});
  EXPECT_NEAR(section.area, 16 * 0.005 * 0.005 * std::sin(2 * pi / 32), 1e-12) << "the polygon of 32 corners";
  EXPECT_TRUE(find_section(tube, d, {0.02, 0, 0.0307}, {0, 0, 1}).is_empty()) << "nothing goes around a point outside";
}

TEST(CenterlineGroups, a_fork_has_a_trunk_a_bifurcation_and_two_branches)
{
  // The right line leaves the tube of the left, 5 mm about z, where it is 5 mm away from it.
  const Centerline y{{straight({{0, 0, 0.1}, {0, 0, 0}}, 0.005), straight({{0, 0, 0.1}, {0, 0, 0.05}, {0.04, 0, 0.01}}, 0.005)}};
  const auto       stretches = split_into_groups(y);
  ASSERT_THAT(groups_of(stretches[0]), ElementsAre(0, 1, 2));
  ASSERT_THAT(groups_of(stretches[1]), ElementsAre(0, 1, 3));
  EXPECT_FALSE(stretches[1][0].is_bifurcation);
  EXPECT_TRUE(stretches[1][1].is_bifurcation);
  EXPECT_NEAR(stretches[1][1].end, 0.05 + 0.005 * std::sqrt(2), 1e-4);
  // One sphere before that: at height h over the fork sqrt((h + d)^2 + d^2) = 5 mm with d = 5 mm gives h = -5 mm on the line.
  EXPECT_NEAR(stretches[1][1].begin, 0.05 + 0.005 * (std::sqrt(2) - 1), 2e-4);
  EXPECT_EQ(stretches[0][1].begin, stretches[1][1].begin);
}

TEST(CenterlineGroups, forks_far_apart_are_two_and_forks_close_together_are_one)
{
  for (const double apart : {0.04, 0.002})
    {
      const Centerline tree{{straight({{0, 0, 0.1}, {0, 0, -0.05}}, 0.005),
                             straight({{0, 0, 0.1}, {0, 0, 0.08}, {0.1, 0, 0.08}}, 0.005),
                             straight({{0, 0, 0.1}, {0, 0, 0.08 - apart}, {-0.1, 0, 0.08 - apart}}, 0.005)}};
      const auto       stretches = split_into_groups(tree);
      if (apart > 0.01)
        {
          EXPECT_THAT(groups_of(stretches[0]), ElementsAre(0, 1, 2, 3, 4));
          EXPECT_THAT(groups_of(stretches[1]), ElementsAre(0, 1, 6));
          EXPECT_THAT(groups_of(stretches[2]), ElementsAre(0, 1, 2, 3, 5));
        }
      else
        for (int i = 0; i < 3; ++i)
          EXPECT_THAT(groups_of(stretches[i]), ElementsAre(0, 1, 2 + i));
    }
}

TEST(CenterlineGroups, a_single_line_is_one_group)
{
  const auto stretches = split_into_groups({{straight({{0, 0, 0}, {0, 0, 0.1}}, 0.005)}});
  ASSERT_EQ(stretches[0].size(), 1u);
  EXPECT_EQ(stretches[0][0].end, 0.1);
}

TEST(CenterlineGeometry, file_has_the_arrays_of_vmtk)
{
  const Surface tube     = make_tube_surface(straight_tube());
  const auto    geometry = measure_centerline(tube, make_centerline_paths(tube));
  ASSERT_EQ(geometry.branches.size(), 1u);
  EXPECT_EQ(geometry.branches[0].name, "outlet");
  EXPECT_NEAR(geometry.branches[0].length, 0.06, 1e-6);
  EXPECT_NEAR(geometry.branches[0].stenosis_degree, 0, 0.01);
  EXPECT_NEAR(geometry.branches[0].aneurysm_degree, 1, 0.01);
  const std::string path = (std::filesystem::temp_directory_path() / "vesalius_centerline_geometry.vtp").string();
  write_centerline_geometry(geometry, path);
  const VtkGrid back = read_vtk_grid(path);
  std::filesystem::remove(path);
  for (const char *name : {"MaximumInscribedSphereRadius", "Abscissas", "Curvature", "Torsion", "CenterlineSectionArea",
                           "CenterlineSectionMinSize", "CenterlineSectionMaxSize", "CenterlineSectionShape"})
    {
      ASSERT_TRUE(back.point_data.count(name)) << name;
      EXPECT_EQ(back.point_data.at(name).n_components, 1);
    }
  EXPECT_EQ(back.point_data.at("ParallelTransportNormals").n_components, 3);
  EXPECT_NEAR(back.point_data.at("MaximumInscribedSphereRadius").values[20], 0.005, 0.0001);
  for (const char *name : {"CenterlineIds", "GroupIds", "TractIds", "Blanking"})
    EXPECT_THAT(back.integer_cell_data(name), ElementsAre(0)) << name;
  EXPECT_THAT(back.text.at("GroupNames"), ElementsAre("0=outlet"));
  EXPECT_THAT(back.text.at("LengthUnit"), ElementsAre("m"));
}

TEST(CenterlineGeometry, a_branch_too_short_for_a_reference_has_no_degree)
{
  Tube shorter      = straight_tube();
  shorter.axis      = [](double t) { return Vector3{0, 0, 0.015 * t}; };
  const Surface s   = make_tube_surface(shorter);
  const auto    all = measure_centerline(s, make_centerline_paths(s));
  EXPECT_TRUE(std::isnan(all.branches[0].stenosis_degree));
  EXPECT_TRUE(std::isnan(all.branches[0].aneurysm_degree));
}

TEST(CenterlineGeometry, a_line_without_length_is_refused)
{
  EXPECT_THROW(measure_centerline({}, {{{{{0, 0, 0}, {0, 0, 0}}, {0.01, 0.01}}}}), InputError);
}

TEST(LabelLevelSet, chooses_a_label_or_says_which_there_are)
{
  LabelImage labels;
  labels.grid.size       = {6, 6, 6};
  labels.grid.spacing_mm = {1, 1, 2};
  labels.labels.assign(216, 0);
  labels.labels[labels.grid.index(2, 2, 2)] = 7;
  const Image one                           = label_level_set(labels);
  const auto  value                         = [&one](const Vector3 &x_mm) {
    const auto c = one.grid.continuous_index(x_mm);
    return one.values[one.grid.index(std::lround(c[0]), std::lround(c[1]), std::lround(c[2]))];
  };
  EXPECT_EQ(one.grid.size[0], 18U) << "a voxel is thin: three times as many";
  EXPECT_LT(value({2, 2, 4}), 0);
  for (const Vector3 &beside : {Vector3{3, 2, 4}, {2, 1, 4}, {2, 2, 6}})
    EXPECT_GT(value(beside), 0);
  labels.labels[0] = 3;
  labels.names[3]  = "aorta";
  try
    {
      label_level_set(labels);
      FAIL() << "several labels, none chosen";
    }
  catch (const InputError &error)
    {
      EXPECT_THAT(format_problems(error.problems()), HasSubstr("3 aorta (1 voxels), 7 (1 voxels)"));
      EXPECT_THAT(format_problems(error.problems()), HasSubstr("--label"));
    }
  EXPECT_EQ(only_label(labels, 3).labels[0], 1);
  EXPECT_THROW(only_label(labels, 4), InputError);
}
