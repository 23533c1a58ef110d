// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/curved_cells.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/volume_mesh.h"

#include <gtest/gtest.h>

#include <numbers>

using namespace vesalius;

namespace
{
/// A ball of radius 1 cm: a cube of which every shell becomes a sphere, under one boundary name.
Mesh ball(int n)
{
  Mesh mesh = make_box_mesh(3, {-0.01, -0.01, -0.01}, {0.01, 0.01, 0.01}, {n, n, n}, BoxDiagonals::alternating);
  for (auto &x : mesh.points)
    if (const double r = norm(x); r > 0)
      x = (std::max({std::abs(x[0]), std::abs(x[1]), std::abs(x[2])}) / r) * x;
  std::fill(mesh.boundary_id.begin(), mesh.boundary_id.end(), 1);
  mesh.boundary_names = {{1, "wall"}};
  return make_second_order(mesh);
}

/// The unit tetrahedron with its edge nodes 01 12 20 03 13 23 moved off the middles.
Mesh bent_tetrahedron(const std::array<Vector3, 6> &offsets)
{
  Mesh mesh;
  mesh.points     = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  mesh.n_vertices = 4;
  mesh.cells      = {0, 1, 2, 3};
  mesh.region_id  = {1};
  mesh            = make_second_order(mesh);
  for (int e = 0; e < 6; ++e)
    {
      Vector3 &x = mesh.points[mesh.cells[4 + e]];
      x          = x + offsets[e];
    }
  return mesh;
}

/// The point of a 10-node tetrahedron with these barycentric coordinates.
Vector3 point_of(const Mesh &mesh, const std::array<double, 4> &l)
{
  constexpr int edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  Vector3       x{0, 0, 0};
  for (int i = 0; i < 4; ++i)
    x = x + l[i] * (2 * l[i] - 1) * mesh.points[mesh.cells[i]];
  for (int e = 0; e < 6; ++e)
    x = x + 4 * l[edges[e][0]] * l[edges[e][1]] * mesh.points[mesh.cells[4 + e]];
  return x;
}

/// The Jacobian's determinant by central differences, which are exact for a quadratic map.
double determinant_by_differences(const Mesh &mesh, const std::array<double, 4> &at)
{
  constexpr double       step = 0.125;
  std::array<Vector3, 3> slope;
  for (int i = 0; i < 3; ++i)
    {
      auto forth = at, back = at;
      forth[i + 1] += step;
      forth[0] -= step;
      back[i + 1] -= step;
      back[0] += step;
      slope[i] = (0.5 / step) * (point_of(mesh, forth) - point_of(mesh, back));
    }
  return dot(cross(slope[0], slope[1]), slope[2]);
}

constexpr double exact_volume = 4. / 3 * std::numbers::pi * 1e-6;
} // namespace

TEST(CurvedCells, the_boundary_of_a_ball_becomes_round)
{
  Mesh         mesh     = ball(10);
  const double straight = curved_volume(mesh) / exact_volume - 1;
  const auto   report   = curve_boundary(mesh);
  EXPECT_LT(straight, -0.01);
  EXPECT_NEAR(curved_volume(mesh) / exact_volume, 1, 0.1 * std::abs(straight));
  EXPECT_GT(report.n_curved, 500U);
  EXPECT_GE(report.bound, 0.1);
}

TEST(CurvedCells, bernstein_coefficients_bound_every_sample)
{
  Mesh mesh = ball(4);
  EXPECT_NEAR(jacobian_ratio_bound(mesh), 1, 1e-9);
  curve_boundary(mesh);
  EXPECT_LE(jacobian_ratio_bound(mesh), minimum_jacobian_ratio(mesh) + 1e-12);

  // The node of edge 01 moved along it by d: at vertex 0 the derivative along the edge is 1 - 4 d / length.
  EXPECT_NEAR(jacobian_ratio_bound(bent_tetrahedron({{{-0.15, 0, 0}}})), 0.4, 1e-9);
}

TEST(CurvedCells, a_cell_inverted_between_its_nodes_is_found)
{
  // Found by a search over edge nodes a multiple of 0.1 off their middles: positive at all ten nodes, negative between them.
  const std::array<Vector3, 6> offsets{{{0, -.2, 0}, {0, -.2, -.3}, {0, 0, .1}, {-.3, 0, 0}, {-.2, .2, .1}, {0, -.2, .3}}};
  Mesh                         cell = bent_tetrahedron(offsets);
  double                       least_at_nodes = 1;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j <= i; ++j)
      {
        std::array<double, 4> at{};
        at[i] += 0.5;
        at[j] += 0.5;
        least_at_nodes = std::min(least_at_nodes, determinant_by_differences(cell, at));
      }
  EXPECT_NEAR(least_at_nodes, 0.36, 1e-9);
  EXPECT_NEAR(determinant_by_differences(cell, {0, 0.25, 0, 0.75}), -0.172, 1e-9);
  EXPECT_LE(jacobian_ratio_bound(cell), -0.172);

  // The same bend, a quarter as strong, is valid, and the bound proves it.
  auto weaker = offsets;
  for (auto &offset : weaker)
    offset = 0.25 * offset;
  cell               = bent_tetrahedron(weaker);
  const double bound = jacobian_ratio_bound(cell);
  EXPECT_GT(bound, 0);
  constexpr int n = 8;
  for (int i = 0; i <= n; ++i)
    for (int j = 0; i + j <= n; ++j)
      for (int k = 0; i + j + k <= n; ++k)
        EXPECT_GE(determinant_by_differences(cell, {1. * i / n, 1. * j / n, 1. * k / n, 1. * (n - i - j - k) / n}), bound - 1e-9);
}

TEST(CurvedCells, folded_cells_are_relaxed)
{
  // A dome that rises into the domain through a first layer of cells thinner than the dome is high over their edges.
  Mesh mesh = make_box_mesh(3, {-0.5, -0.5, 0}, {0.5, 0.5, 1}, {4, 4, 4});
  for (auto &x : mesh.points)
    x[2] = (x[2] < 0.3 ? 0.08 * x[2] : x[2]) - 0.5 * (x[0] * x[0] + x[1] * x[1]);
  const Mesh straight = make_second_order(mesh);
  Mesh       folded   = straight;
  EXPECT_LT(curve_boundary(folded, -1e9).bound, 0);
  Mesh       relaxed = straight;
  const auto report  = curve_boundary(relaxed, 0.2);
  EXPECT_GT(report.n_relaxed, 0U);
  EXPECT_LT(report.n_relaxed, report.n_curved);
  EXPECT_GE(report.bound, 0.2);
  EXPECT_EQ(report.bound, jacobian_ratio_bound(relaxed));
}
