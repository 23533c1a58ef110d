// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/curved_cells.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/tube_morph.h"
#include "mesh_io/verification_meshes.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numbers>

using namespace vesalius;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{
constexpr double pi = std::numbers::pi;

Mesh straight_tube(int n, int order = 2, int slices_per_ring = 5)
{
  return make_pipe_mesh({.radius = 0.01, .length = 0.1, .n_along = slices_per_ring * n, .section = {.n_rings = n}, .order = order});
}

/// Wide enough to make errors large: its throat lies on a plane of nodes.
TubeMorph vessel()
{
  return {.diameter = 0.018, .length = 0.12, .bend = 70 * pi / 180, .taper = 0.8, .stenosis = {.degree = 0.5, .length = 0.048, .position = 0.4, .eccentricity = 0.6, .direction = 0.9}};
}

/// Simpson's rule: an error far below those that are measured.
double integral(const std::function<double(double)> &f, int n = 20000)
{
  double        sum = 0;
  for (int i = 0; i <= n; ++i)
    sum += (i == 0 || i == n ? 1 : i % 2 == 1 ? 4 : 2) * f(double(i) / n);
  return sum / (3 * n);
}

/// What the equations of docs/theory/geometry.md say of a place t of the axis.
struct Section
{
  double radius, inwards, sideways, curvature, turned; ///< of the lumen; of its centre from the axis; of the axis
};

Section section(const TubeMorph &m, double t)
{
  const double at = (t - m.stenosis.position) * m.length / m.stenosis.length;
  const double missing = std::abs(at) < 0.5 ? m.stenosis.degree * 0.5 * (1 + std::cos(2 * pi * at)) : 0, full = 0.5 * m.diameter * (1 + (m.taper - 1) * t);
  const double aside = m.stenosis.eccentricity * missing * full;
  return {full * (1 - missing), aside * std::cos(m.stenosis.direction), aside * std::sin(m.stenosis.direction), m.bend / m.length * (1 - std::cos(2 * pi * t)),
          m.bend * (t - std::sin(2 * pi * t) / (2 * pi))};
}

/// Sections normal to a plane curve: each point of one sweeps the curve's length less its curvature times the point's way inwards (Pappus).
double exact_volume(const TubeMorph &m)
{
  return integral([&](double t) {
    const Section s = section(m, t);
    return pi * s.radius * s.radius * m.length * (1 - s.curvature * s.inwards);
  });
}

Vector3 axis_end(const TubeMorph &m)
{
  return {m.length * integral([&](double t) { return std::sin(section(m, t).turned); }), 0, m.length * integral([&](double t) { return std::cos(section(m, t).turned); })};
}

Cap cap_of(const Mesh &mesh, const std::string &name)
{
  for (const Cap &cap : measure_caps(boundary_surface(mesh)))
    if (cap.name == name)
      return cap;
  ADD_FAILURE() << "no " << name;
  return {};
}
} // namespace

TEST(TubeMorph, volume_converges_to_the_exact_one_at_second_and_fourth_order)
{
  const TubeMorph m = vessel();
  for (const int order : {1, 2})
    {
      double error[2];
      for (const int level : {0, 1})
        error[level] = curved_volume(morph_tube(straight_tube(4 << level, order), m)) / exact_volume(m) - 1;
      EXPECT_NEAR(std::log2(std::abs(error[0] / error[1])), 2 * order, 0.35) << error[0] << " " << error[1];
      EXPECT_LT(std::abs(error[1]), order == 1 ? 0.01 : 1e-4);
    }
}

TEST(TubeMorph, wall_is_the_one_of_the_equations_at_every_node)
{
  const TubeMorph m        = vessel();
  const Mesh      straight = straight_tube(5), mesh = morph_tube(straight, m);
  double          throat = 1;
  for (std::size_t i = 0; i < mesh.points.size(); ++i)
    {
      const auto &x = straight.points[i];
      if (std::abs(std::hypot(x[0], x[1]) - 0.01) > 1e-12)
        continue;
      // Where the axis is at this t, by a quadrature of its own.
      const double  t = x[2] / 0.1;
      const Section s = section(m, t);
      const double  forward = m.length * t * integral([&](double r) { return std::cos(section(m, r * t).turned); }, 200);
      const double  aside   = m.length * t * integral([&](double r) { return std::sin(section(m, r * t).turned); }, 200);
      const Vector3 normal{std::cos(s.turned), 0, -std::sin(s.turned)}, centre = Vector3{aside, 0, forward} + s.inwards * normal + Vector3{0, s.sideways, 0};
      ASSERT_NEAR(distance(mesh.points[i], centre), s.radius, 1e-10);
      ASSERT_NEAR(dot(mesh.points[i] - centre, Vector3{std::sin(s.turned), 0, std::cos(s.turned)}), 0, 1e-10) << "sections are normal to the axis";
      throat = std::min(throat, distance(mesh.points[i], centre));
    }
  EXPECT_NEAR(throat, 0.5 * 0.009 * (1 - 0.2 * 0.4), 1e-5) << "half of the diameter there";
}

TEST(TubeMorph, a_stenosis_takes_the_nodes_of_its_stretch_along)
{
  const Mesh   straight = straight_tube(5);
  const double length = 0.1, radius = 0.01;
  for (const double position : {0.25, 0.4, 0.7})
    for (const double share : {0.2, 0.4})
      {
        TubeMorph m;
        m.length   = length;
        m.stenosis = {.degree = 0.5, .length = share * length, .position = position, .stretch = {0.31, 0.69}};
        const Mesh            mesh = morph_tube(straight, m);
        std::map<long, double> places; // of the sections, by their share of the template's axis
        for (std::size_t i = 0; i < mesh.points.size(); ++i)
          if (const auto &x = straight.points[i]; std::abs(std::hypot(x[0], x[1]) - radius) < 1e-12)
            {
              const double t = x[2] / length, z = mesh.points[i][2] / length;
              const auto [place, is_new] = places.emplace(std::lround(1e6 * t), z);
              EXPECT_NEAR(place->second, z, 1e-12) << "sections stay plane";
              const double at = std::min(0.5, std::abs(z - position) / share), narrowed = 0.5 * (1 + std::cos(2 * pi * at));
              EXPECT_NEAR(std::hypot(mesh.points[i][0], mesh.points[i][1]), radius * (1 - 0.5 * narrowed), 1e-12) << "the shape is that of the stenosis where it lies";
              EXPECT_EQ(t > 0.31 && t < 0.69, at < 0.5) << "its nodes are those of the stretch";
            }
        EXPECT_GT(places.size(), 10);
        EXPECT_TRUE(std::is_sorted(places.begin(), places.end(), [](const auto &a, const auto &b) { return a.second < b.second; })) << "no section overtakes another";
        EXPECT_NEAR(places.begin()->second, 0, 1e-12);
        EXPECT_NEAR(places.rbegin()->second, 1, 1e-12);
        EXPECT_NEAR(places.at(500000), position, 1e-9) << "the throat";
      }
  TubeMorph m;
  m.length = length;
  for (const auto &[stretch, length_of_it] : {std::pair(std::array{0.7, 0.3}, 0.02), {std::array{0., 0.5}, 0.02}, {std::array{0.3, 0.7}, 0.1}})
    {
      m.stenosis = {.degree = 0.5, .length = length_of_it, .stretch = stretch};
      EXPECT_THROW(morph_tube(straight, m), InputError);
    }
}

TEST(TubeMorph, ends_are_discs_at_the_ends_of_an_axis_of_the_given_length)
{
  TubeMorph  m = vessel();
  const Mesh mesh = morph_tube(straight_tube(4), m);
  const Cap  inlet = cap_of(mesh, "inlet"), outlet = cap_of(mesh, "outlet");
  EXPECT_NEAR(distance(inlet.centre, {0, 0, 0}), 0, 1e-12);
  EXPECT_NEAR(distance(outlet.centre, axis_end(m)), 0, 1e-11);
  EXPECT_NEAR(distance(outlet.normal, {std::sin(m.bend), 0, std::cos(m.bend)}), 0, 1e-9);
  EXPECT_NEAR(curved_boundary_measure(mesh, "inlet"), pi * 81e-6, 1e-4 * pi * 81e-6);
  EXPECT_NEAR(curved_boundary_measure(mesh, "outlet"), pi * 81e-6 * 0.64, 1e-4 * pi * 81e-6);
  // The node of the axis on every plane: chords of a curve of known length.
  double length[2] = {0, 0};
  for (const int level : {0, 1})
    {
      const Mesh straight = straight_tube(2 << level, 1);
      m.stenosis.eccentricity = 0;
      const Mesh member = morph_tube(straight, m);
      std::vector<std::pair<double, Vector3>> axis;
      for (std::size_t i = 0; i < straight.points.size(); ++i)
        if (std::hypot(straight.points[i][0], straight.points[i][1]) < 1e-12)
          axis.emplace_back(straight.points[i][2], member.points[i]);
      std::sort(axis.begin(), axis.end());
      for (std::size_t i = 1; i < axis.size(); ++i)
        length[level] += distance(axis[i - 1].second, axis[i].second);
    }
  EXPECT_NEAR(length[1], m.length, 1e-3 * m.length);
  EXPECT_NEAR(std::log2((m.length - length[0]) / (m.length - length[1])), 2, 0.2);
}

TEST(TubeMorph, members_of_a_family_share_their_numbers_and_have_sound_cells)
{
  const Mesh straight = straight_tube(3, 2, 10);
  for (int corner = 0; corner < 64; ++corner)
    {
      const auto high = [corner](int bit, double low, double upper) { return (corner >> bit & 1) != 0 ? upper : low; };
      TubeMorph  m    = vessel();
      m.bend          = high(0, 0, 90) * pi / 180;
      m.taper         = high(1, 0.7, 1);
      m.stenosis      = {.degree = high(2, 0.1, 0.5), .length = high(3, 0.03, 0.05), .position = high(4, 0.25, 0.5), .eccentricity = high(5, 0, 1), .direction = corner % 3 * pi / 2};
      TubeMorphReport report;
      const Mesh      mesh = morph_tube(straight, m, &report);
      ASSERT_THAT(broken_promises(mesh), IsEmpty());
      ASSERT_EQ(mesh.cells, straight.cells);
      ASSERT_EQ(mesh.boundary_faces, straight.boundary_faces);
      ASSERT_EQ(mesh.boundary_id, straight.boundary_id);
      ASSERT_EQ(mesh.boundary_names, straight.boundary_names);
      ASSERT_EQ(report.least_jacobian, jacobian_ratio_bound(mesh));
      ASSERT_GT(report.least_jacobian, 0.3) << "corner " << corner;
      ASSERT_GT(report.least_scaled_jacobian, 0.05) << "corner " << corner;
    }
}

TEST(TubeMorph, without_a_shape_is_the_template_wherever_it_lies)
{
  Mesh straight = straight_tube(3);
  for (auto &x : straight.points)
    x = {0.5 + x[2], x[0] - 0.2, x[1]}; // the axis along +x
  const Mesh same = morph_tube(straight, {});
  for (std::size_t i = 0; i < same.points.size(); ++i)
    ASSERT_NEAR(distance(same.points[i], straight.points[i]), 0, 1e-14);
  EXPECT_NEAR(curved_volume(morph_tube(straight, vessel())), curved_volume(morph_tube(straight_tube(3), vessel())), 1e-4 * exact_volume(vessel()));
}

TEST(TubeMorph, refuses_a_member_with_a_spoilt_cell_and_says_what_to_reduce)
{
  const Mesh straight = straight_tube(3);
  EXPECT_THAT(message_of([&] { morph_tube(straight, {.diameter = 0.04, .length = 0.06, .bend = pi, .stenosis = {}}); }),
              AllOf(HasSubstr("cell "), HasSubstr(" mm has "), HasSubstr("Jacobian"), HasSubstr(" is allowed"), HasSubstr("Morph/Bend")));
  EXPECT_THAT(message_of([&] { morph_tube(straight, {.stenosis = {.degree = 0.94, .length = 0.05, .position = 0.5}}); }), AllOf(HasSubstr("cell "), HasSubstr("Morph/Stenosis/Degree")));
  EXPECT_THAT(message_of([&] { morph_tube(straight, {.length = 10, .stenosis = {}}); }), HasSubstr("nearer to the template's shape"));
}

TEST(TubeMorph, refuses_what_is_no_vessel_and_templates_that_are_no_tubes)
{
  const Mesh straight = straight_tube(2);
  EXPECT_THAT(message_of([&] { morph_tube(straight, {.stenosis = {.degree = 0.3, .length = 0.05, .position = 0.2}}); }), HasSubstr("from 0.25 to 0.75"));
  EXPECT_THAT(message_of([&] { morph_tube(straight, {.stenosis = {.degree = 0.3}}); }), HasSubstr("Morph/Stenosis/Length"));
  EXPECT_THAT(message_of([&] { morph_tube(straight, {.bend = 4, .stenosis = {}}); }), HasSubstr("Morph/Bend"));
  EXPECT_THAT(message_of([&] { morph_tube(straight, {.taper = 0, .stenosis = {}}); }), HasSubstr("Morph/Taper"));
  EXPECT_THAT(message_of([&] { morph_tube(make_stenosis_mesh({}), {}); }), HasSubstr("no straight tube: 'wall' reaches"));
  EXPECT_THAT(message_of([&] { morph_tube(make_bend_mesh({}), {}); }), HasSubstr("no straight tube"));
  EXPECT_THAT(message_of([&] { morph_tube(make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {2, 2, 2}), {}); }), HasSubstr("no boundary 'inlet'"));
  EXPECT_THAT(message_of([&] { morph_tube(make_disc_mesh({}), {}); }), HasSubstr("two dimensions"));
}
