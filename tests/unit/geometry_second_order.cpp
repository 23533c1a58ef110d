// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/flat_boundaries.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_metrics.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/region_volumes.h"
#include "mesh_io/second_order_mesh.h"
#include "mesh_io/tetrahedron_quality.h"
#include "mesh_io/verification_meshes.h"
#include "mesh_io/volume_mesh.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <numbers>
#include <numeric>
#include <unistd.h>

using namespace vesalius;

namespace
{
constexpr double radius = 0.01, length = 0.04;

/// A pipe with an oblique end (its normal leans by 20 degrees), its far half a region of its own.
Mesh oblique_pipe()
{
  PipeMesh pipe;
  pipe.radius  = radius;
  pipe.length  = length;
  pipe.n_along = 8;
  pipe.order   = 1;
  Mesh mesh    = make_pipe_mesh(pipe);
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      double z = 0;
      for (int i = 0; i < 4; ++i)
        z += 0.25 * mesh.points[mesh.cells[4 * c + i]][2];
      mesh.region_id[c] = z > length / 2 ? 2 : 1;
    }
  mesh.region_names = {{1, "near"}, {2, "far"}};
  for (auto &x : mesh.points)
    x[2] *= 1 + x[0] * std::tan(std::numbers::pi / 9) / length;
  return mesh;
}

/// Largest distance of the edge nodes of the named boundary to what `off` measures.
template <class Distance>
double largest_off(const Mesh &mesh, const std::string &boundary, Distance &&off)
{
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> nodes;
  constexpr int                                                 edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    for (int e = 0; e < 6; ++e)
      nodes[std::minmax(mesh.cells[10 * c + edges[e][0]], mesh.cells[10 * c + edges[e][1]])] = mesh.cells[10 * c + 4 + e];
  double largest = 0;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    for (int i = 0; i < 3; ++i)
      if (mesh.boundary_names.at(mesh.boundary_id[f]) == boundary)
        largest = std::max(largest, std::abs(off(mesh.points[nodes.at(
                                      std::minmax(mesh.boundary_faces[3 * f + i], mesh.boundary_faces[3 * f + (i + 1) % 3]))])));
  return largest;
}
} // namespace

TEST(SecondOrder, a_pipe_becomes_round_keeps_its_volumes_and_its_flat_ends)
{
  const Mesh        straight = oblique_pipe();
  SecondOrderReport report;
  const Mesh        curved = make_curved_mesh(straight, &report);
  EXPECT_THAT(broken_promises(curved), testing::IsEmpty());
  EXPECT_GE(report.curving.bound, 0.1);
  EXPECT_LT(report.volume_error, 1e-5);
  auto wanted = region_volumes(straight);
  for (const auto &[region, volume] : curved_region_volumes(curved))
    EXPECT_NEAR(volume / wanted.at(region), 1, 1e-5);

  // The wall moved inwards to keep the volume: its radius is that of the polygon's area. The worst is the oblique rim, which stays in its plane.
  Mesh         middles      = make_second_order(straight);
  const double equal_volume = std::accumulate(wanted.begin(), wanted.end(), 0.0, [](double sum, const auto &entry) { return sum + entry.second; });
  const double equal_radius = std::sqrt(equal_volume / length / std::numbers::pi);
  const auto   off          = [&](const Vector3 &x) { return std::hypot(x[0], x[1]) - equal_radius; };
  EXPECT_LT(largest_off(curved, "wall", off), 0.2 * largest_off(middles, "wall", off));

  const double slope    = std::tan(std::numbers::pi / 9);
  const auto   off_top  = [&](const Vector3 &x) { return (x[2] - length - slope * x[0]) / std::hypot(1, slope); };
  const auto   off_base = [&](const Vector3 &x) { return x[2]; };
  EXPECT_LT(largest_off(curved, "outlet", off_top), 1e-6 * 2 * radius);
  EXPECT_LT(largest_off(curved, "inlet", off_base), 1e-6 * 2 * radius);
  EXPECT_EQ(flat_boundary_normals(curved).size(), flat_boundary_normals(straight).size());
}

TEST(SecondOrder, files_keep_the_curved_nodes_in_the_order_of_vtk)
{
  const Mesh curved = make_curved_mesh(oblique_pipe());
  const auto path   = (std::filesystem::temp_directory_path() / ("vesalius_order_" + std::to_string(::getpid()) + ".vtu")).string();
  write_mesh(curved, path);
  const Mesh back = read_mesh(path);
  std::filesystem::remove(path);
  EXPECT_EQ(back.order, 2);
  EXPECT_EQ(back.cells, curved.cells);
  EXPECT_NEAR(curved_volume(back), curved_volume(curved), 1e-12 * curved_volume(curved));
  // VTK's order of edges: the node is nearer to the middle of its own edge than to any other of the cell's.
  constexpr int edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  for (std::size_t c = 0; c < back.n_cells(); ++c)
    for (int e = 0; e < 6; ++e)
      for (int other = 0; other < 6; ++other)
        {
          const auto *v      = &back.cells[10 * c];
          const auto  middle = [&](int k) { return 0.5 * (back.points[v[edges[k][0]]] + back.points[v[edges[k][1]]]); };
          EXPECT_LE(distance(back.points[v[4 + e]], middle(e)), distance(back.points[v[4 + e]], middle(other)));
        }
}

TEST(MeshMetrics, of_the_regular_tetrahedron_and_of_a_corner)
{
  Mesh mesh;
  mesh.points     = {{0, 0, 0}, {1, 0, 0}, {0.5, std::sqrt(3.) / 2, 0}, {0.5, std::sqrt(3.) / 6, std::sqrt(2. / 3)}};
  mesh.n_vertices = 4;
  mesh.cells      = {0, 1, 2, 3};
  mesh.region_id  = {1};
  for (const auto &metric : measure_metrics(mesh))
    {
      const double best = metric.name.find("angle") != std::string::npos ? std::acos(1. / 3) * 180 / std::numbers::pi : metric.unit == "mm" ? 1e3 : 1;
      EXPECT_NEAR(metric.smallest, best, 1e-9 * best) << metric.name;
      EXPECT_NEAR(metric.mean, best, 1e-9 * best) << metric.name;
      EXPECT_NEAR(std::accumulate(metric.shares.begin(), metric.shares.end(), 0.0), 1, 1e-12) << metric.name;
    }

  // Determinant 1; the product of the edges is 1 at the right-angled corner and 1 sqrt 2 sqrt 2 at the others.
  const std::array<Vector3, 4> corner{{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  EXPECT_NEAR(scaled_jacobian(corner), std::sqrt(2.) / 2, 1e-12);
  EXPECT_LT(scaled_jacobian({corner[1], corner[0], corner[2], corner[3]}), 0);

  const auto metrics = measure_metrics(make_curved_mesh(oblique_pipe()));
  ASSERT_EQ(metrics.size(), 6U);
  EXPECT_EQ(metrics.back().name, "curved Jacobian, lower bound");
  EXPECT_GT(metrics.back().smallest, 0);
}
