// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/boundary_layers.h"
#include "mesh_io/layer_prisms.h"
#include "solver/core/errors.h"
#include "tests/unit/geometry_layer_gates.h"

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

/// A bend of 120 degrees about an axis two radii away.
struct Bend
{
  Surface    surface = make_pipe_surface(radius, length, 2 * radius / 8);
  Centerline centerline{{{{}, {}}}};

  Bend()
  {
    const auto place = [](const Vector3 &x) -> Vector3 {
      const double angle = 2 * pi / 3 * x[2] / length;
      return {2 * radius - (2 * radius - x[0]) * std::cos(angle), x[1], (2 * radius - x[0]) * std::sin(angle)};
    };
    for (Vector3 &x : surface.points)
      x = place(x);
    surface.caps = measure_caps(surface);
    for (int i = 0; i <= 20; ++i)
      {
        centerline.branches[0].points.push_back(place({0, 0, length * i / 20}));
        centerline.branches[0].radius.push_back(radius);
      }
  }
};

std::set<std::int32_t> vertices_of(const Mesh &mesh, int boundary)
{
  std::set<std::int32_t> vertices;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (mesh.boundary_id[f] == boundary)
      vertices.insert(&mesh.boundary_faces[3 * f], &mesh.boundary_faces[3 * f] + 3);
  return vertices;
}
} // namespace

TEST(BoundaryLayers, of_a_straight_pipe_are_concentric)
{
  const Surface pipe             = make_pipe_surface(radius, length, 2 * radius / 8);
  auto          parameters       = with_four_layers();
  parameters.layers.first_height = 2e-4;
  const VolumeMesh made          = make_layered_mesh(pipe, axis(), parameters);
  expect_layer_gates(made, enclosed_volume(pipe), 1);
  EXPECT_THAT(made.layers.losses, IsEmpty());
  EXPECT_NEAR(made.layers.mean_first_height, 2e-4, 1e-9);
  EXPECT_NEAR(made.layers.mean_thickness, 2e-4 * (1 + 1.2 + 1.44 + 1.728), 1e-9);
  // Facets are flat, so that heights over them are measured from the polygon's side: 1.9 % off for 25 corners.
  double     between[2] = {0, 0.998 * (radius - 2e-4)};
  const auto wall       = vertices_of(made.mesh, 1);
  for (std::size_t i = 0; i < 4 * made.layers.n_cells; ++i)
    if (const auto v = made.mesh.cells[i]; !wall.contains(v))
      between[0] = std::max(between[0], std::hypot(made.mesh.points[v][0], made.mesh.points[v][1]));
  EXPECT_NEAR(between[0], radius - 2e-4, 0.03 * 2e-4) << "the first layer's inner side";
  for (const int cap : {2, 3})
    for (const auto v : vertices_of(made.mesh, cap))
      EXPECT_NEAR(made.mesh.points[v][2], cap == 2 ? 0 : length, 1e-9 * length);
  for (std::size_t f = 0; f < pipe.triangles.size(); ++f)
    if (pipe.boundary_id[f] == 1)
      {
        for (const int v : pipe.triangles[f])
          EXPECT_EQ(made.mesh.points[v], pipe.points[v]) << "the wall is kept";
      }
}

TEST(BoundaryLayers, follow_a_sharp_bend_and_are_the_same_every_time)
{
  const Bend       bend;
  const VolumeMesh made = make_layered_mesh(bend.surface, bend.centerline, with_four_layers());
  expect_layer_gates(made, enclosed_volume(bend.surface));
  const VolumeMesh again = make_layered_mesh(bend.surface, bend.centerline, with_four_layers());
  EXPECT_EQ(made.mesh.points, again.mesh.points);
  EXPECT_EQ(made.mesh.cells, again.mesh.cells);
  EXPECT_EQ(made.mesh.boundary_faces, again.mesh.boundary_faces);
}

TEST(BoundaryLayers, get_thinner_between_walls_that_are_near)
{
  Surface flat = make_pipe_surface(radius, length, 2 * radius / 16);
  for (Vector3 &x : flat.points) // a slit of a tenth in the middle, with a centre line that does not know
    x[1] *= 1 - 0.9 * std::exp(-std::pow((x[2] - 0.5 * length) / 0.008, 2));
  flat.caps             = measure_caps(flat);
  const VolumeMesh made = make_layered_mesh(flat, axis(), with_four_layers(16));
  EXPECT_THAT(broken_promises(made.mesh), IsEmpty());
  EXPECT_NEAR(measure_quality(made.mesh).volume, enclosed_volume(flat), 1e-8 * enclosed_volume(flat));
  EXPECT_GT(made.layers.thinned_share, 0.05);
  EXPECT_LT(made.layers.min_first_height, 0.6 * made.layers.mean_first_height);
  EXPECT_GE(made.layers.min_dihedral_ratio, 0.7);
}

TEST(BoundaryLayers, that_end_leave_a_mesh_without_gaps)
{
  const Surface pipe       = make_pipe_surface(radius, length, 2 * radius / 8);
  auto          parameters = with_four_layers().layers;
  GrownLayers   layers     = grow_boundary_layers(pipe, axis(), parameters);
  // As the ladder would: columns of 0 to 4 layers in all combinations of neighbours, rims included.
  for (std::size_t v = 0; v < pipe.points.size(); ++v)
    if (layers.columns.n_layers[v] > 0)
      layers.columns.n_layers[v] = static_cast<int>(v * 7919 % 5);
  for (std::size_t v = 0; v < pipe.points.size(); ++v)
    if (!layers.wall.around[v].empty())
      layers.inner.points[v] = layers.columns.point(static_cast<int>(v), parameters.count);
  Mesh   core; // a cone over the inner surface: pierced cells, but every face where it should be
  core.points = layers.inner.points;
  core.points.push_back({0, 0, 0.5 * length});
  core.n_vertices = core.points.size();
  for (const auto &[a, b, c] : layers.inner.triangles)
    core.cells.insert(core.cells.end(), {a, c, b, static_cast<std::int32_t>(pipe.points.size())});
  core.region_names = {{1, "lumen"}};
  const Mesh mesh   = join_layers_and_core(pipe, layers, core);
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_NEAR(measure_quality(mesh).volume, enclosed_volume(pipe), 1e-9 * enclosed_volume(pipe));

  const LayerQuality quality = measure_layers(pipe, layers.wall, layers.columns);
  double             lost    = 0;
  for (const LayerLoss &loss : quality.losses)
    lost += loss.area;
  EXPECT_LT(quality.coverage, 0.1);
  EXPECT_NEAR(lost, (1 - quality.coverage) * measure_quality(mesh).wall_area, 1e-9 * lost);
}

TEST(BoundaryLayers, lost_at_a_dent_are_reported_there)
{
  Surface   pipe = make_pipe_surface(radius, length, 2 * radius / 8);
  const int dent = static_cast<int>(std::min_element(pipe.points.begin(), pipe.points.end(), [](const auto &a, const auto &b) {
                                      return distance(a, {radius, 0, length / 2}) < distance(b, {radius, 0, length / 2});
                                    }) -
                                    pipe.points.begin());
  pipe.points[dent] = pipe.points[dent] + Vector3{0.004, 0, 0}; // a spike outwards, twice as high as its triangles are wide
  const GrownLayers layers = grow_boundary_layers(pipe, axis(), with_four_layers().layers);
  ASSERT_EQ(layers.quality.losses.size(), 1u);
  const LayerLoss &loss = layers.quality.losses.front();
  EXPECT_LT(distance(loss.centre, pipe.points[dent]), 0.005);
  EXPECT_LT(loss.n_layers, 4);
  EXPECT_THAT(loss.reason, testing::AnyOf(HasSubstr("badly shaped"), HasSubstr("bends")));
  EXPECT_LT(layers.quality.coverage, 1);
  EXPECT_GT(layers.quality.coverage, 0.9);
  EXPECT_GE(layers.quality.min_dihedral_ratio, 0.7) << "what is left is good";
}

TEST(BoundaryLayers, need_a_wall)
{
  Surface pipe           = make_pipe_surface(radius, length, 2 * radius / 8);
  pipe.boundary_names[1] = "skin";
  EXPECT_THROW(grow_boundary_layers(pipe, axis(), with_four_layers().layers), InputError);
}
