// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_topology.h"
#include "mesh_io/tetrahedron_quality.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>

#include <numbers>

using namespace vesalius;
using testing::IsEmpty;

TEST(BoxMesh, tetrahedra_fill_the_box_and_fulfil_the_contract)
{
  const Mesh mesh = make_box_mesh(3, {-1, -1, 0}, {1, 2, 0.5}, {3, 4, 2});
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_EQ(mesh.n_cells(), 6u * 3 * 4 * 2);
  EXPECT_EQ(mesh.n_vertices, 4u * 5 * 3);
  EXPECT_EQ(mesh.n_boundary_faces(), 2u * 2 * (3 * 4 + 4 * 2 + 3 * 2));
  EXPECT_NEAR(measure_quality(mesh).volume, 3.0, 1e-14);
}

TEST(BoxMesh, sides_are_named_by_axis_and_exactly_flat)
{
  const Mesh mesh = make_box_mesh(3, {0.1, 0.2, 0.3}, {0.7, 0.9, 1.1}, {3, 3, 3});
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      const int    id = mesh.boundary_id[f], axis = (id - 1) / 2;
      const double x = std::array{0.1, 0.7, 0.2, 0.9, 0.3, 1.1}[id - 1];
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(mesh.points[mesh.boundary_faces[3 * f + i]][axis], x);
    }
  EXPECT_EQ(mesh.boundary_names.at(1), "x_min");
  EXPECT_EQ(mesh.boundary_names.at(6), "z_max");
}

TEST(BoxMesh, triangles_in_two_dimensions)
{
  const Mesh mesh = make_box_mesh(2, {0, 0, 0}, {2, 1, 0}, {4, 2, 0});
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_EQ(mesh.n_cells(), 16u);
  EXPECT_EQ(mesh.n_boundary_faces(), 12u);
  const MeshQuality quality = measure_quality(mesh);
  EXPECT_NEAR(quality.volume, 2.0, 1e-14);
  EXPECT_NEAR(quality.min_dihedral_deg, 45, 1e-10);
}

TEST(BoxMesh, refuses_a_box_without_extent)
{
  EXPECT_THROW(make_box_mesh(3, {0, 0, 0}, {1, 0, 1}, {2, 2, 2}), InputError);
  EXPECT_THROW(make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {2, 0, 2}), InputError);
  EXPECT_THROW(make_box_mesh(1, {0, 0, 0}, {1, 1, 1}, {2, 2, 2}), InputError);
}

TEST(SecondOrder, nodes_follow_the_lexicographic_order_of_their_edges)
{
  const Mesh first  = make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {2, 2, 2});
  const Mesh second = make_second_order(first);
  ASSERT_EQ(second.nodes_per_cell(), 10);
  EXPECT_EQ(second.n_cells(), first.n_cells());
  EXPECT_EQ(second.points.size(), 125u); // the nodes of a grid twice as fine
  constexpr int edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  std::map<std::int32_t, std::pair<std::int32_t, std::int32_t>> edge_of_node;
  for (std::size_t c = 0; c < second.n_cells(); ++c)
    for (int e = 0; e < 6; ++e)
      {
        const auto *v = &second.cells[10 * c];
        const auto &a = second.points[v[edges[e][0]]], &b = second.points[v[edges[e][1]]];
        EXPECT_LT(distance(second.points[v[4 + e]], 0.5 * (a + b)), 1e-15);
        edge_of_node[v[4 + e]] = std::minmax(v[edges[e][0]], v[edges[e][1]]);
      }
  for (auto next = edge_of_node.begin(), last = next++; next != edge_of_node.end(); last = next++)
    EXPECT_LT(last->second, next->second);
}

TEST(PipeSurface, is_closed_round_and_named)
{
  const double                       radius = 0.01, length = 0.04, edge = 2 * radius / 12;
  const Surface                      pipe = make_pipe_surface(radius, length, edge);
  std::map<std::pair<int, int>, int> halves;
  for (const auto &t : pipe.triangles)
    for (int e = 0; e < 3; ++e)
      ++halves[{t[e], t[(e + 1) % 3]}];
  for (const auto &[edge_of, n] : halves)
    {
      EXPECT_EQ(n, 1);
      EXPECT_EQ(halves.count({edge_of.second, edge_of.first}), 1u);
    }
  const double exact = std::numbers::pi * radius * radius * length;
  EXPECT_NEAR(enclosed_volume(pipe), exact, 0.006 * exact);
  for (std::size_t t = 0; t < pipe.triangles.size(); ++t)
    for (const int v : pipe.triangles[t])
      if (pipe.boundary_id[t] == 1)
        {
          EXPECT_NEAR(std::hypot(pipe.points[v][0], pipe.points[v][1]), radius, 1e-16);
        }
  const auto caps = measure_caps(pipe);
  ASSERT_EQ(caps.size(), 2u);
  EXPECT_EQ(caps[0].name, "inlet");
  EXPECT_NEAR(caps[0].normal[2], -1, 1e-12);
  EXPECT_NEAR(caps[1].normal[2], 1, 1e-12);
  EXPECT_NEAR(caps[0].area, pipe.caps[0].area, 1e-12 * caps[0].area);
  EXPECT_NEAR(caps[1].centre[2], length, 1e-15);
}

TEST(PipeSurface, triangles_are_well_shaped_at_every_resolution)
{
  for (const int across : {4, 8, 12, 20})
    {
      const Surface pipe     = make_pipe_surface(0.01, 0.03, 0.02 / across);
      double        smallest = 180;
      for (const auto &[a, b, c] : pipe.triangles)
        {
          const Vector3 x[3] = {pipe.points[a], pipe.points[b], pipe.points[c]};
          for (int i = 0; i < 3; ++i)
            {
              const Vector3 u = normalised(x[(i + 1) % 3] - x[i]), v = normalised(x[(i + 2) % 3] - x[i]);
              smallest = std::min(smallest, std::acos(dot(u, v)) * 180 / std::numbers::pi);
            }
        }
      EXPECT_GT(smallest, 25) << across << " across";
    }
}

TEST(MeshQuality, of_the_regular_tetrahedron_and_of_a_sliver)
{
  Mesh mesh;
  mesh.points     = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
  mesh.n_vertices = 4;
  mesh.cells      = {0, 2, 1, 3};
  if (orient(mesh.points[0], mesh.points[2], mesh.points[1], mesh.points[3]) < 0)
    std::swap(mesh.cells[1], mesh.cells[2]);
  mesh.region_id     = {1};
  const auto regular = measure_quality(mesh);
  EXPECT_NEAR(regular.min_dihedral_deg, std::acos(1.0 / 3) * 180 / std::numbers::pi, 1e-10);
  EXPECT_NEAR(regular.max_dihedral_deg, regular.min_dihedral_deg, 1e-10);
  EXPECT_NEAR(regular.min_radius_ratio, 1, 1e-12);
  EXPECT_NEAR(regular.volume, 8.0 / 3, 1e-12);
  EXPECT_EQ(regular.dihedral_histogram[14], 1.0);

  mesh.points = {{1, 0, 0.01}, {-1, 0, 0.01}, {0, 1, -0.01}, {0, -1, -0.01}};
  mesh.cells  = {0, 1, 2, 3};
  orient_cells(mesh);
  const auto sliver = measure_quality(mesh);
  EXPECT_LT(sliver.min_dihedral_deg, 3);
  EXPECT_GT(sliver.max_dihedral_deg, 174);
  EXPECT_GT(sliver.volume, 0);
  EXPECT_EQ(sliver.dihedral_histogram[0], 1.0);
}
