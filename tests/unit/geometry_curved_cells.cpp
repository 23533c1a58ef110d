// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/curved_cells.h"
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

  // One tetrahedron, the node of edge 01 moved along it by d: at vertex 0 the derivative along the edge is 1 - 4 d / length.
  Mesh single;
  single.points     = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  single.n_vertices = 4;
  single.cells      = {0, 1, 2, 3};
  single.region_id  = {1};
  single            = make_second_order(single);
  place_edge_nodes(single, [&](std::int32_t a, std::int32_t b) {
    const Vector3 middle = 0.5 * (single.points[a] + single.points[b]);
    return a == 0 && b == 1 ? middle + Vector3{-0.15, 0, 0} : middle;
  });
  EXPECT_NEAR(jacobian_ratio_bound(single), 0.4, 1e-9);
}

TEST(CurvedCells, folded_cells_are_relaxed)
{
  // Cells with two faces on the sphere are nearly flat where the cube had an edge: their faces bulge through them.
  Mesh       mesh   = ball(2);
  const auto report = curve_boundary(mesh, 0.3);
  EXPECT_GT(report.n_relaxed, 0U);
  EXPECT_LT(report.n_relaxed, report.n_curved);
  EXPECT_GE(report.bound, 0.3);
}
