// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/curved_cells.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/tetrahedron_quality.h"
#include "mesh_io/verification_meshes.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>

#include <numbers>
#include <set>

using namespace vesalius;
using testing::IsEmpty;

namespace
{
constexpr double pi = std::numbers::pi;

std::set<std::string> names_of(const Mesh &mesh)
{
  std::set<std::string> names;
  for (const auto &[id, name] : mesh.boundary_names)
    names.insert(name);
  return names;
}

void expect_sound(const Mesh &mesh, const std::set<std::string> &names, double smallest_angle)
{
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_EQ(names_of(mesh), names);
  EXPECT_GT(measure_quality(mesh).min_dihedral_deg, smallest_angle);
  EXPECT_GT(minimum_jacobian_ratio(mesh), 0.3);
}

/// Errors of the volume or area at n and 2 n fall by 2^order, within a tenth of an order.
void expect_order(double coarse_error, double fine_error, double order)
{
  EXPECT_NEAR(std::log2(std::abs(coarse_error / fine_error)), order, 0.1);
}
} // namespace

TEST(BoxMesh, alternating_diagonals_fill_the_box_and_mirror_it)
{
  for (const int dimension : {2, 3})
    {
      const Mesh mesh = make_box_mesh(dimension, {0, 0, 0}, {1, 2, 3}, {4, 2, 2}, BoxDiagonals::alternating);
      EXPECT_THAT(broken_promises(mesh), IsEmpty());
      EXPECT_NEAR(measure_quality(mesh).volume, dimension == 2 ? 2. : 6., 1e-13);
      // Mirrored at x = 1/2 the cells are the same ones: compare sets of centres.
      std::set<std::array<std::int64_t, 3>> centres, mirrored;
      for (std::size_t c = 0; c < mesh.n_cells(); ++c)
        {
          Vector3 centre{0, 0, 0};
          for (int i = 0; i <= dimension; ++i)
            centre = centre + mesh.points[mesh.cells[c * (dimension + 1) + i]];
          centre = (1. / (dimension + 1)) * centre;
          centres.insert({std::llround(1e6 * centre[0]), std::llround(1e6 * centre[1]), std::llround(1e6 * centre[2])});
          mirrored.insert(
            {std::llround(1e6 * (1 - centre[0])), std::llround(1e6 * centre[1]), std::llround(1e6 * centre[2])});
        }
      EXPECT_EQ(centres, mirrored);
    }
}

TEST(DiscMesh, area_and_rim_converge_at_second_and_fourth_order)
{
  for (const int order : {1, 2})
    {
      double area_error[2], rim_error[2];
      for (const int n : {3, 6})
        {
          const Mesh mesh = make_disc_mesh({.radius = 2, .section = {.n_rings = n}, .order = order});
          expect_sound(mesh, {"wall"}, 40);
          area_error[n / 6] = curved_volume(mesh) - 4 * pi;
          rim_error[n / 6]  = curved_boundary_measure(mesh, "wall") - 4 * pi;
        }
      expect_order(area_error[0], area_error[1], 2 * order);
      expect_order(rim_error[0], rim_error[1], 2 * order);
    }
}

TEST(PipeMesh, volume_and_wall_converge_at_second_order_straight_and_fourth_order_curved)
{
  const double volume = pi * 0.02 * 0.02 * 0.1, wall = 2 * pi * 0.02 * 0.1;
  for (const int order : {1, 2})
    {
      double volume_error[2], wall_error[2];
      for (const int n : {2, 4})
        {
          const Mesh mesh = make_pipe_mesh(
            {.radius = 0.02, .length = 0.1, .n_along = 4, .section = {.n_rings = n}, .order = order});
          EXPECT_EQ(mesh.order, order);
          expect_sound(mesh, {"inlet", "outlet", "wall"}, 5);
          volume_error[n / 4] = curved_volume(mesh) - volume;
          wall_error[n / 4]   = curved_boundary_measure(mesh, "wall") - wall;
        }
      expect_order(volume_error[0], volume_error[1], 2 * order);
      expect_order(wall_error[0], wall_error[1], 2 * order);
    }
}

TEST(PipeMesh, layers_have_the_height_asked_for_and_do_not_fold)
{
  // Womersley at alpha 25.8: three elements within sqrt(2 nu / omega) = R sqrt(2)/alpha.
  const double layer = std::sqrt(2.) / 25.8;
  const Mesh   mesh  = make_pipe_mesh({.radius  = 1,
                                       .length  = 0.5,
                                       .n_along = 2,
                                       .section = {.n_rings = 3, .first_height = 0.8 * layer / 3, .growth = 1.2}});
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_GT(minimum_jacobian_ratio(mesh), 0.3);
  EXPECT_NEAR(curved_volume(mesh), pi * 0.5, 1e-4);
  std::set<std::int64_t> radii;
  for (std::size_t v = 0; v < mesh.n_vertices; ++v)
    radii.insert(std::llround(1e9 * std::hypot(mesh.points[v][0], mesh.points[v][1])));
  std::vector<double> heights;
  for (const auto r : radii)
    heights.push_back(1 - 1e-9 * double(r));
  EXPECT_NEAR(heights[heights.size() - 2], 0.8 * layer / 3, 1e-8);
  EXPECT_GE(std::count_if(heights.begin(), heights.end(), [&](double h) { return h < layer; }), 4);
}

TEST(PipeMesh, wall_nodes_lie_on_the_circle_and_the_core_is_straight)
{
  const Mesh  mesh       = make_pipe_mesh({.radius = 0.02, .length = 0.05, .n_along = 2, .section = {.n_rings = 4}});
  std::size_t n_straight = 0;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      Mesh one  = mesh;
      one.cells = {mesh.cells.begin() + 10 * c, mesh.cells.begin() + 10 * (c + 1)};
      n_straight += std::abs(minimum_jacobian_ratio(one) - 1) < 1e-9;
    }
  EXPECT_GT(n_straight, mesh.n_cells() / 2);
  EXPECT_LT(n_straight, mesh.n_cells());
  double largest = 0;
  for (const auto &x : mesh.points)
    largest = std::max(largest, std::hypot(x[0], x[1]));
  EXPECT_NEAR(largest, 0.02, 1e-16);
}

TEST(PipeMesh, every_tetrahedron_has_a_point_inside)
{
  // Else a Taylor-Hood pair may have pressures that no velocity sees (Boffi 1997).
  const Mesh mesh = make_pipe_mesh({.radius = 1, .length = 1, .n_along = 2, .section = {.n_rings = 2}, .order = 1});
  std::vector<char> outside(mesh.n_vertices, 0);
  for (const auto v : mesh.boundary_faces)
    outside[v] = 1;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    EXPECT_FALSE(outside[mesh.cells[4 * c]] && outside[mesh.cells[4 * c + 1]] && outside[mesh.cells[4 * c + 2]] &&
                 outside[mesh.cells[4 * c + 3]]);
}

TEST(BendMesh, has_the_volume_and_wall_of_a_torus_section)
{
  // Pappus: volume pi r^2 times the way of the centre, wall 2 pi r times it.
  const double way = 0.02 + 0.02 + pi / 2 * 0.05;
  double       volume_error[2], wall_error[2];
  for (const int n : {2, 4})
    {
      const Mesh mesh = make_bend_mesh({.axial_size = 0.02 / n, .section = {.n_rings = n}});
      expect_sound(mesh, {"inlet", "outlet", "wall"}, 5);
      volume_error[n / 4]   = curved_volume(mesh) - pi * 1e-4 * way;
      wall_error[n / 4]     = curved_boundary_measure(mesh, "wall") - 2 * pi * 0.01 * way;
      const Surface surface = boundary_surface(mesh);
      for (const auto &cap : surface.caps)
        if (cap.name == "outlet")
          {
            EXPECT_NEAR(cap.normal[0], 1, 1e-12);
            EXPECT_NEAR(cap.centre[0], 0.07, 1e-12);
            EXPECT_NEAR(cap.centre[2], 0.07, 1e-12);
          }
    }
  EXPECT_LT(std::abs(volume_error[1]), 2e-4 * pi * 1e-4 * way);
  EXPECT_GT(std::abs(volume_error[0] / volume_error[1]), 12);
  EXPECT_GT(std::abs(wall_error[0] / wall_error[1]), 12);
}

TEST(StenosisMesh, narrows_to_the_throat)
{
  const StenosisMesh p{.axial_size = 0.0005, .section = {.n_rings = 3}};
  const Mesh         mesh = make_stenosis_mesh(p);
  expect_sound(mesh, {"inlet", "outlet", "wall"}, 4);
  // R = a - b (1 + cos): the mean of R^2 over a period is (a - b)^2 + b^2/2 with a = radius, b = half the narrowing.
  const double b = 0.5 * (p.radius - p.throat_radius), mean = (p.radius - b) * (p.radius - b) + b * b / 2;
  const double want = pi * (p.radius * p.radius * (p.inlet_length + p.outlet_length) + mean * p.stenosis_length);
  EXPECT_NEAR(curved_volume(mesh), want, 1e-3 * want);
  double throat = 1;
  for (const auto v : mesh.boundary_faces)
    if (const auto &x = mesh.points[v]; std::abs(x[2] - 0.018) < 0.006)
      throat = std::min(throat, std::hypot(x[0], x[1]));
  EXPECT_NEAR(throat, p.throat_radius, 1e-12);
}

TEST(NozzleMesh, has_the_cone_the_throat_and_the_expansion)
{
  const Mesh mesh = make_nozzle_mesh({.section = {.n_rings = 3}});
  expect_sound(mesh, {"inlet", "outlet", "wall"}, 2);
  const double wide = pi * 36e-6, narrow = pi * 4e-6;
  const double cone = 0.022685 / 3 * (wide + narrow + std::sqrt(wide * narrow));
  const double want = wide * 0.024 + cone + narrow * 0.04 + wide * 0.06;
  EXPECT_NEAR(curved_volume(mesh), want, 5e-4 * want);
  EXPECT_NEAR(curved_boundary_measure(mesh, "inlet"), wide, 5e-4 * wide);
  EXPECT_NEAR(curved_boundary_measure(mesh, "outlet"), wide, 5e-4 * wide);
  const double slant = std::hypot(0.022685, 0.004);
  const double wall  = 2 * pi * 0.006 * 0.084 + pi * 0.008 * slant + 2 * pi * 0.002 * 0.04 + (wide - narrow);
  EXPECT_NEAR(curved_boundary_measure(mesh, "wall"), wall, 5e-4 * wall);
}

TEST(CylinderChannelMesh, in_the_plane_converges_at_second_and_fourth_order)
{
  const double area = 2.2 * 0.41 - pi * 0.0025;
  for (const int order : {1, 2})
    {
      double error[2], around[2];
      for (const int n : {16, 32})
        {
          const Mesh mesh = make_cylinder_channel_mesh({.n_around = n, .order = order});
          expect_sound(mesh, {"inlet", "outlet", "wall", "cylinder"}, 14); // the longest triangles: four to one
          error[n / 32]  = curved_volume(mesh) - area;
          around[n / 32] = curved_boundary_measure(mesh, "cylinder") - 2 * pi * 0.05;
          EXPECT_NEAR(curved_boundary_measure(mesh, "inlet"), 0.41, 1e-14);
          EXPECT_NEAR(curved_boundary_measure(mesh, "outlet"), 0.41, 1e-14);
          EXPECT_NEAR(curved_boundary_measure(mesh, "wall"), 4.4, 1e-13);
        }
      expect_order(error[0], error[1], 2 * order);
      expect_order(around[0], around[1], 2 * order);
    }
}

TEST(CylinderChannelMesh, takes_layers_and_a_third_dimension)
{
  const Mesh graded = make_cylinder_channel_mesh({.n_around = 32, .first_height = 0.001});
  expect_sound(graded, {"inlet", "outlet", "wall", "cylinder"}, 4);
  const Mesh solid = make_cylinder_channel_mesh({.dimension = 3, .n_around = 16, .wake_growth = 1.2, .n_depth = 3});
  expect_sound(solid, {"inlet", "outlet", "wall", "cylinder"}, 5);
  EXPECT_NEAR(curved_volume(solid), (2.5 * 0.41 - pi * 0.0025) * 0.41, 1e-5);
  EXPECT_NEAR(curved_boundary_measure(solid, "cylinder"), 2 * pi * 0.05 * 0.41, 1e-4);
}

TEST(CylinderChannelMesh, in_space_is_its_mirror_image_around_the_cylinder_and_along_it)
{
  const Mesh mesh = make_cylinder_channel_mesh(
    {.dimension = 3, .n_around = 16, .first_height = 0.01, .wake_growth = 1.3, .front_growth = 1.4, .n_depth = 6, .first_depth = 0.03, .order = 1});
  expect_sound(mesh, {"inlet", "outlet", "wall", "cylinder"}, 5);
  using Centre = std::array<long long, 3>;
  const auto centre_of = [&](std::size_t cell, const Vector3 &sign, const Vector3 &offset) {
    Centre key;
    for (int d = 0; d < 3; ++d)
      {
        double x = 0;
        for (int v = 0; v < 4; ++v)
          x += 0.25 * mesh.points[mesh.cells[4 * cell + v]][d];
        key[d] = std::llround((offset[d] + sign[d] * x) * 1e7);
      }
    return key;
  };
  std::set<Centre> centres;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    centres.insert(centre_of(c, {1, 1, 1}, {0, 0, 0}));
  ASSERT_EQ(centres.size(), mesh.n_cells());
  const auto has_near = [&](const Centre &c) { // whatever way round-off went
    for (int i = 0; i < 27; ++i)
      if (centres.count({c[0] + i % 3 - 1, c[1] + i / 3 % 3 - 1, c[2] + i / 9 - 1}) > 0)
        return true;
    return false;
  };
  int unmatched = 0;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      unmatched += !has_near(centre_of(c, {1, 1, -1}, {0, 0, 0.41}));
      if (const double y = centre_of(c, {1, 1, 1}, {0, 0, 0})[1] * 1e-7; std::abs(y - 0.2) < 0.1)
        unmatched += !has_near(centre_of(c, {1, -1, 1}, {0, 0.4, 0}));
    }
  EXPECT_EQ(unmatched, 0);
}

TEST(Junctions, have_their_exact_areas_in_two_and_three_dimensions)
{
  const double angle = 40 * pi / 180;
  // Half a wye: trapezium under the outer wall up to the crotch's foot, then the branch.
  const double t    = (0.0075 * std::cos(angle) - 0.005) / std::sin(angle);
  const double foot = 0.0075 * std::sin(angle) + t * std::cos(angle);
  const double half = 0.02 * 0.005 + 0.5 * foot * 0.005 + 0.5 * 0.0075 * t + 0.0075 * (0.03 - t);
  for (const int dimension : {2, 3})
    {
      const double depth = dimension == 2 ? 1 : 0.01;
      const Mesh   tee   = make_tee_mesh({.dimension = dimension, .n_across = 4});
      expect_sound(tee, {"inlet", "outlet_1", "outlet_2", "wall"}, dimension == 2 ? 40 : 20);
      EXPECT_NEAR(curved_volume(tee), depth * (0.01 * 0.07 + 0.01 * 0.04), 1e-15);
      EXPECT_NEAR(curved_boundary_measure(tee, "outlet_2"), depth * 0.01, 1e-15);
      const Mesh wye = make_wye_mesh({.dimension = dimension, .n_across = 4, .order = 2});
      expect_sound(wye, {"inlet", "outlet_1", "outlet_2", "wall"}, dimension == 2 ? 20 : 12);
      EXPECT_NEAR(curved_volume(wye), depth * 2 * half, 1e-15);
      EXPECT_NEAR(curved_boundary_measure(wye, "outlet_1"), depth * 0.0075, 1e-15);
    }
}

TEST(VerificationMeshes, are_the_same_every_time_and_refuse_nonsense)
{
  const auto mesh = [] { return make_nozzle_mesh({.section = {.n_rings = 2}}); };
  const Mesh a = mesh(), b = mesh();
  EXPECT_EQ(a.points, b.points);
  EXPECT_EQ(a.cells, b.cells);
  PipeMesh pipe;
  pipe.radius = -1;
  EXPECT_THROW(make_pipe_mesh(pipe), InputError);
  EXPECT_THROW(make_pipe_mesh({.section = {.n_rings = 0}}), InputError);
  BendMesh bend;
  bend.radius = 0.06;
  EXPECT_THROW(make_bend_mesh(bend), InputError);
  EXPECT_THROW(make_cylinder_channel_mesh({.n_around = 20}), InputError);
  EXPECT_THROW(make_tee_mesh({.dimension = 4}), InputError);
  EXPECT_THROW(make_wye_mesh({.branch_width = 0.004}), InputError);
}
