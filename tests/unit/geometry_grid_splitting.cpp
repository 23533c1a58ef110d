// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/curved_cells.h"
#include "mesh_io/grid_splitting.h"
#include "mesh_io/mesh_topology.h"

#include <gmock/gmock.h>

#include <numbers>
#include <set>

using namespace vesalius;
using testing::IsEmpty;

namespace
{
/// The mesh of the grid's cells of one type, with its topological boundary.
Mesh mesh_of(const VtkGrid &grid, int type)
{
  Mesh mesh;
  mesh.dimension = type == 10 || type == 24 ? 3 : 2;
  mesh.order     = type == 10 || type == 5 ? 1 : 2;
  mesh.points    = grid.points;
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    if (grid.types[c] == type)
      mesh.cells.insert(mesh.cells.end(), &grid.nodes[grid.offsets[c]],
                        &grid.nodes[grid.offsets[c]] + mesh.nodes_per_cell());
  for (const auto v : mesh.cells)
    mesh.n_vertices = std::max<std::size_t>(mesh.n_vertices, v + 1);
  mesh.region_id.assign(mesh.n_cells(), 1);
  orient_cells(mesh);
  mesh.boundary_faces = boundary_faces_of(mesh);
  mesh.boundary_id.assign(mesh.n_boundary_faces(), 1);
  mesh.boundary_names = {{1, "wall"}};
  return mesh;
}

/// 3 x 2 x 2 hexahedra in a unit cube; point numbers are shuffled, so that diagonals go every way.
VtkGrid cube_of_hexahedra()
{
  VtkGrid    grid;
  const auto number = [](int i, int j, int k) { return (7 * (i + 4 * (j + 3 * k))) % 36; };
  grid.points.resize(36);
  for (int k = 0; k <= 2; ++k)
    for (int j = 0; j <= 2; ++j)
      for (int i = 0; i <= 3; ++i)
        grid.points[number(i, j, k)] = {i / 3., j / 2., k / 2.};
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 2; ++j)
      for (int i = 0; i < 3; ++i)
        {
          const std::int32_t cell[8] = {
            number(i, j, k),     number(i + 1, j, k),     number(i + 1, j + 1, k),     number(i, j + 1, k),
            number(i, j, k + 1), number(i + 1, j, k + 1), number(i + 1, j + 1, k + 1), number(i, j + 1, k + 1)};
          grid.add_cell(12, cell, 8);
        }
  return grid;
}
} // namespace

TEST(GridSplitting, hexahedra_become_tetrahedra_whose_faces_agree)
{
  VtkGrid grid = cube_of_hexahedra();
  // A boundary face of the file, cut along the same diagonal as its hexahedron.
  const std::int32_t side[4] = {std::int32_t(grid.nodes[0]), std::int32_t(grid.nodes[1]), std::int32_t(grid.nodes[2]),
                                std::int32_t(grid.nodes[3])};
  grid.add_cell(9, side, 4);
  grid.cell_data["BoundaryId"]               = {1, true, std::vector<double>(13, 0)};
  grid.cell_data["BoundaryId"].values.back() = 5;
  split_into_simplices(grid);
  const Mesh mesh = mesh_of(grid, 10);
  EXPECT_EQ(mesh.n_cells(), 72u);
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_EQ(mesh.n_boundary_faces(), 2u * 2 * (3 * 2 + 3 * 2 + 2 * 2));
  EXPECT_NEAR(curved_volume(mesh), 1, 1e-14);
  ASSERT_EQ(grid.cell_data["BoundaryId"].values.size(), 74u);
  std::set<FaceKey> outside;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    outside.insert(face_key(&mesh.boundary_faces[3 * f], 3));
  for (const std::size_t c : {72, 73})
    {
      EXPECT_EQ(grid.cell_data["BoundaryId"].values[c], 5);
      const std::int32_t v[3] = {std::int32_t(grid.nodes[grid.offsets[c]]),
                                 std::int32_t(grid.nodes[grid.offsets[c] + 1]),
                                 std::int32_t(grid.nodes[grid.offsets[c] + 2])};
      EXPECT_EQ(outside.count(face_key(v, 3)), 1u);
    }
}

TEST(GridSplitting, wedges_and_pyramids_and_quadrilaterals)
{
  VtkGrid grid;
  grid.points                 = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 2}, {1, 0, 2}, {0, 1, 2}, {1, -1, 1}};
  const std::int32_t wedge[6] = {0, 1, 2, 3, 4, 5}, pyramid[5] = {0, 1, 4, 3, 6};
  grid.add_cell(13, wedge, 6);
  grid.add_cell(14, pyramid, 5);
  split_into_simplices(grid);
  const Mesh mesh = mesh_of(grid, 10);
  EXPECT_EQ(mesh.n_cells(), 5u);
  EXPECT_THAT(broken_promises(mesh), IsEmpty()); // the shared rectangle is cut once
  EXPECT_NEAR(curved_volume(mesh), 1 + 2. / 3, 1e-14);
}

TEST(GridSplitting, quadratic_cells_keep_their_bend)
{
  // A quarter ring between radii 1 and 2 as one cell of 8 or 9 nodes, and as one hexahedron of height 1 with 20.
  const auto polar = [](double r, double turn, double z) -> Vector3 {
    return {r * std::cos(turn * std::numbers::pi / 2), r * std::sin(turn * std::numbers::pi / 2), z};
  };
  double area[2] = {0, 0};
  for (const int n : {8, 9})
    {
      VtkGrid grid;
      grid.points = {polar(1, 0, 0),   polar(2, 0, 0),   polar(2, 1, 0),   polar(1, 1, 0),    polar(1.5, 0, 0),
                     polar(2, 0.5, 0), polar(1.5, 1, 0), polar(1, 0.5, 0), polar(1.5, 0.5, 0)};
      const std::int32_t cell[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
      grid.add_cell(n == 8 ? 23 : 28, cell, n);
      split_into_simplices(grid);
      const Mesh mesh = mesh_of(grid, 22);
      EXPECT_EQ(mesh.n_cells(), 2u);
      area[n - 8] = curved_volume(mesh);
      // The parabolas through three points of the arcs: known to half a percent of the area.
      EXPECT_NEAR(area[n - 8], 0.75 * std::numbers::pi, 0.02 * std::numbers::pi);
    }
  EXPECT_NEAR(area[0], area[1], 1e-14); // the inner node moves nothing outside
  VtkGrid grid;
  for (const double z : {0., 1.})
    for (const auto &[r, turn] : {std::pair{1., 0.}, {2., 0.}, {2., 1.}, {1., 1.}})
      grid.points.push_back(polar(r, turn, z));
  for (const double z : {0., 1.})
    for (const auto &[r, turn] : {std::pair{1.5, 0.}, {2., 0.5}, {1.5, 1.}, {1., 0.5}})
      grid.points.push_back(polar(r, turn, z));
  for (const auto &[r, turn] : {std::pair{1., 0.}, {2., 0.}, {2., 1.}, {1., 1.}})
    grid.points.push_back(polar(r, turn, 0.5));
  std::int32_t cell[20];
  for (int i = 0; i < 20; ++i)
    cell[i] = i;
  grid.add_cell(25, cell, 20);
  split_into_simplices(grid);
  const Mesh mesh = mesh_of(grid, 24);
  EXPECT_EQ(mesh.n_cells(), 6u);
  EXPECT_NEAR(curved_volume(mesh), area[0], 1e-13);
}
