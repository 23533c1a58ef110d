// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"

#include <gmock/gmock.h>

#include <numbers>
#include <set>

using namespace vesalius;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{
constexpr double pi = std::numbers::pi, radius = 0.01, length = 0.04;

Centerline axis()
{
  return {{{{{0, 0, 0}, {0, 0, length}}, {radius, radius}}}};
}
VolumeMeshParameters across(double n)
{
  VolumeMeshParameters parameters;
  parameters.cells_across = n;
  return parameters;
}
std::size_t n_cells_with_all_vertices_on_the_wall(const Mesh &mesh)
{
  std::set<std::int32_t> wall;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (mesh.boundary_id[f] == 1)
      wall.insert(&mesh.boundary_faces[3 * f], &mesh.boundary_faces[3 * f] + 3);
  std::size_t n = 0;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    n += std::all_of(&mesh.cells[4 * c], &mesh.cells[4 * c] + 4, [&](std::int32_t v) { return wall.count(v) > 0; });
  return n;
}
} // namespace

TEST(VolumeMesh, pipe_of_twelve_elements_across)
{
  const Surface     pipe    = make_pipe_surface(radius, length, 2 * radius / 12);
  const Mesh        mesh    = make_volume_mesh(pipe, axis(), across(12));
  const MeshQuality quality = measure_quality(mesh);
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_GE(quality.min_dihedral_deg, 8);
  EXPECT_NEAR(quality.volume, pi * radius * radius * length, 0.006 * pi * radius * radius * length);
  EXPECT_LT(quality.mean_edge, 1.05 * 2 * radius / 12) << "twelve elements across are promised";
  EXPECT_EQ(n_cells_with_all_vertices_on_the_wall(mesh), 0u);
  EXPECT_EQ(mesh.boundary_names, pipe.boundary_names);
  const auto caps = measure_caps(boundary_surface(mesh));
  ASSERT_EQ(caps.size(), 2u);
  for (const Cap &cap : caps)
    {
      EXPECT_NEAR(cap.area, pi * radius * radius, 0.006 * pi * radius * radius);
      EXPECT_NEAR(std::abs(cap.normal[2]), 1, 1e-12);
    }
  // The caller's surface had the right size: its points are exactly on the circle, still.
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    for (int i = 0; i < 3; ++i)
      {
        const auto &x = mesh.points[mesh.boundary_faces[3 * f + i]];
        if (mesh.boundary_id[f] == 1)
          {
            EXPECT_NEAR(std::hypot(x[0], x[1]), radius, 1e-15);
          }
        else
          {
            EXPECT_EQ(x[2], mesh.boundary_id[f] == 2 ? 0 : length);
          }
      }
}

TEST(VolumeMesh, remeshes_a_surface_of_another_size_and_keeps_its_volume)
{
  const Surface pipe = make_pipe_surface(radius, length, 2 * radius / 20);
  const Mesh    mesh = make_volume_mesh(pipe, axis(), across(8));
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  const MeshQuality quality = measure_quality(mesh);
  EXPECT_GE(quality.min_dihedral_deg, 8);
  EXPECT_NEAR(quality.volume, enclosed_volume(pipe), 1e-6 * enclosed_volume(pipe));
  EXPECT_NEAR(quality.mean_edge, 2 * radius / 8, 0.05 * 2 * radius / 8);
  for (const Cap &cap : measure_caps(boundary_surface(mesh)))
    EXPECT_NEAR(cap.area, pi * radius * radius, 0.01 * pi * radius * radius);
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    for (int i = 0; i < 3; ++i)
      {
        const double z        = mesh.points[mesh.boundary_faces[3 * f + i]][2];
        const double expected = mesh.boundary_id[f] == 1 ? z : mesh.boundary_id[f] == 2 ? 0 : length;
        EXPECT_NEAR(z, expected, 1e-6 * radius);
      }
}

TEST(VolumeMesh, is_the_same_every_time)
{
  const Surface pipe  = make_pipe_surface(radius, length, 2 * radius / 14);
  const Mesh    first = make_volume_mesh(pipe, axis(), across(7)), second = make_volume_mesh(pipe, axis(), across(7));
  EXPECT_EQ(first.points, second.points);
  EXPECT_EQ(first.cells, second.cells);
  EXPECT_EQ(first.boundary_id, second.boundary_id);
}

TEST(VolumeMesh, follows_the_local_radius)
{
  Surface cone = make_pipe_surface(radius, length, 2 * radius / 16);
  for (auto &x : cone.points) // tapers to half
    {
      x[0] *= 1 - 0.5 * x[2] / length;
      x[1] *= 1 - 0.5 * x[2] / length;
    }
  const Mesh mesh   = make_volume_mesh(cone, {{{{{0, 0, 0}, {0, 0, length}}, {radius, radius / 2}}}}, across(8));
  double     low[2] = {0, 0}, n[2] = {0, 0};
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < i; ++j)
        {
          const auto &a = mesh.points[mesh.cells[4 * c + i]], &b = mesh.points[mesh.cells[4 * c + j]];
          const int   end = a[2] < 0.2 * length ? 0 : a[2] > 0.8 * length ? 1 : -1;
          if (end >= 0)
            {
              low[end] += distance(a, b);
              n[end] += 1;
            }
        }
  EXPECT_NEAR(low[0] / n[0] / (low[1] / n[1]), 0.95 / 0.55, 0.2);
  EXPECT_GE(measure_quality(mesh).min_dihedral_deg, 8);
}

TEST(VolumeMesh, refuses_what_is_not_a_closed_surface)
{
  Surface open = make_pipe_surface(radius, length, 0.003);
  open.triangles.pop_back();
  open.boundary_id.pop_back();
  EXPECT_THAT(message_of([&] { make_volume_mesh(open, axis(), across(8)); }), HasSubstr("not closed"));

  Surface crossed = make_pipe_surface(radius, length, 0.003);
  crossed.points[crossed.points.size() / 3][0] += 3 * radius;
  EXPECT_THAT(message_of([&] { make_volume_mesh(crossed, axis(), across(8)); }), HasSubstr("cross each other"));

  const Surface good = make_pipe_surface(radius, length, 0.003);
  EXPECT_THAT(message_of([&] { make_volume_mesh(good, {}, across(8)); }), HasSubstr("centre line"));
}

TEST(SurfaceRemesh, gives_well_shaped_triangles_of_the_wanted_size)
{
  const Surface pipe = make_pipe_surface(radius, length, 2 * radius / 12);
  for (const double h : {0.0008, 0.0025, 0.004})
    {
      const Surface fine = remesh_surface(pipe, [h](const Vector3 &) { return h; });
      EXPECT_THAT(closed_surface_problems(fine), IsEmpty());
      EXPECT_EQ(count_self_intersections(fine), 0u);
      EXPECT_GT(smallest_angle(fine), 20) << h;
      EXPECT_NEAR(enclosed_volume(fine), enclosed_volume(pipe), 1e-6 * enclosed_volume(pipe));
      const double mean_area = 2 * pi * radius * (radius + length) / static_cast<double>(fine.triangles.size());
      EXPECT_NEAR(std::sqrt(mean_area * 4 / std::sqrt(3.0)), h, 0.15 * h);
    }
}
