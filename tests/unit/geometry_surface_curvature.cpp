// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_topology.h"
#include "mesh_io/size_field.h"
#include "mesh_io/surface_curvature.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/tube_surface.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/volume_mesh.h"
#include "mesh_io/wall_projection.h"

#include <gtest/gtest.h>

#include <numbers>

using namespace vesalius;

namespace
{
constexpr double pi = std::numbers::pi;

/// A quarter of a torus with the wall's points exact, and its centre line.
struct QuarterTorus
{
  double     around = 0.010, radius = 0.006;
  Surface    surface;
  Centerline centerline{{{{}, {}}}};
  explicit QuarterTorus(int n_around)
  {
    const auto axis = [this](double t) -> Vector3 {
      return {around * std::cos(pi / 2 * t), around * std::sin(pi / 2 * t), 0};
    };
    surface = make_tube_surface({axis, [this](double) { return radius; }, n_around / 2, n_around});
    for (int i = 0; i <= 50; ++i)
      {
        centerline.branches[0].points.push_back(axis(i / 50.));
        centerline.branches[0].radius.push_back(radius);
      }
  }
  double distance_to_ring(const Vector3 &x) const { return std::hypot(x[0], x[1]); }
  double wall_distance(const Vector3 &x) const { return std::hypot(distance_to_ring(x) - around, x[2]) - radius; }
};

/// A tube along z with a small blister in the middle: a ball half below its wall, joined by a smooth minimum.
struct Blister
{
  double     radius = 0.008, length = 0.06, blister = 0.0025;
  Surface    surface;
  Centerline centerline{{{{}, {}}}};
  explicit Blister(double edge) : surface(make_pipe_surface(radius, length, edge))
  {
    for (Vector3 &x : surface.points)
      if (std::hypot(x[0], x[1]) > (1 - 1e-9) * radius && x[2] > 1e-9 && x[2] < length - 1e-9)
        x = on_wall(x);
    surface.caps = measure_caps(surface);
    for (int i = 0; i <= 60; ++i)
      {
        centerline.branches[0].points.push_back({0, 0, length * i / 60});
        centerline.branches[0].radius.push_back(radius);
      }
  }
  double wall_distance(const Vector3 &x) const
  {
    const double tube = std::hypot(x[0], x[1]) - radius, ball = distance(x, {radius - 0.5 * blister, 0, length / 2}) - blister;
    const double k = 0.0006, h = std::max(0., 1 - std::abs(tube - ball) / k);
    return std::min(tube, ball) - 0.25 * k * h * h;
  }
  /// Outermost point of the wall on the ray from the axis through x.
  Vector3 on_wall(const Vector3 &x) const
  {
    const Vector3 out = normalised(Vector3{x[0], x[1], 0});
    double        low = radius - 1e-6, high = radius + 2 * blister;
    for (int i = 0; i < 50; ++i)
      {
        const double middle = 0.5 * (low + high);
        (wall_distance(Vector3{0, 0, x[2]} + middle * out) < 0 ? low : high) = middle;
      }
    return Vector3{0, 0, x[2]} + low * out;
  }
};

/// Root mean square over the wall's triangles of the exact shape's distance from their centroids; m.
template <class Shape>
double wall_error(const Shape &shape, const Surface &surface)
{
  double sum = 0, n = 0;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      {
        const auto &[a, b, c] = surface.triangles[t];
        const double d = shape.wall_distance((1. / 3) * (surface.points[a] + surface.points[b] + surface.points[c]));
        sum += d * d;
        n += 1;
      }
  return std::sqrt(sum / n);
}

double mean_edge_where(const Surface &surface, const std::function<bool(const Vector3 &)> &there)
{
  double sum = 0;
  int    n   = 0;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    for (int e = 0; e < 3; ++e)
      {
        const Vector3 &a = surface.points[surface.triangles[t][e]], &b = surface.points[surface.triangles[t][(e + 1) % 3]];
        if (surface.boundary_id[t] == 1 && there(0.5 * (a + b)))
          {
            sum += distance(a, b);
            ++n;
          }
      }
  return n > 0 ? sum / n : 0;
}
} // namespace

TEST(SurfaceCurvature, of_a_torus)
{
  const QuarterTorus torus(64);
  const auto         curvature = largest_curvature(torus.surface, std::vector<double>(torus.surface.points.size(), 0.0015));
  double             worst = 0, sum = 0;
  int                n = 0;
  for (std::size_t v = 0; v < curvature.size(); ++v)
    if (std::abs(torus.wall_distance(torus.surface.points[v])) < 1e-9)
      {
        // 1/r around the tube, (1 - R/d)/r along it at the distance d from the torus's axis: the larger one inside.
        const double d = torus.distance_to_ring(torus.surface.points[v]);
        const double exact = std::max(1 / torus.radius, std::abs(1 - torus.around / d) / torus.radius);
        worst = std::max(worst, std::abs(curvature[v] / exact - 1));
        sum += std::abs(curvature[v] / exact - 1);
        ++n;
      }
  EXPECT_LT(sum / n, 0.03);
  EXPECT_LT(worst, 0.25); // one-sided at the rims
}

TEST(SurfaceCurvature, edges_follow_radius_and_curvature)
{
  const QuarterTorus torus(96);
  const auto         size   = make_size_field(torus.surface, torus.centerline, {4, 0, 0, 0.4});
  const Surface      result = remesh_surface(torus.surface, size);
  // A share of 0.4 of 4 mm at the inner side, of 6 mm at the outer one; the radius alone asks for 3 mm.
  EXPECT_NEAR(mean_edge_where(result, [&](const Vector3 &x) { return torus.distance_to_ring(x) < 0.0046; }), 0.0016, 0.0004);
  EXPECT_NEAR(mean_edge_where(result, [&](const Vector3 &x) { return torus.distance_to_ring(x) > 0.0145; }), 0.0024, 0.0004);
  const double exact = pi * torus.radius * torus.radius * torus.around * pi / 2;
  EXPECT_NEAR(enclosed_volume(result), exact, 0.004 * exact);
  EXPECT_LT(wall_error(torus, result), 0.02 * torus.radius);
}

TEST(SurfaceCurvature, a_blister_on_a_tube_keeps_its_shape)
{
  const Blister shape(0.0006);
  const auto    near     = [&](const Vector3 &x) { return distance(x, {shape.radius, 0, shape.length / 2}) < 1.2 * shape.blister; };
  const Surface plain    = remesh_surface(shape.surface, make_size_field(shape.surface, shape.centerline, {8, 0, 0, 0}));
  const Surface adapted  = remesh_surface(shape.surface, make_size_field(shape.surface, shape.centerline, {8, 0, 0, 0.4}));
  const auto    distance_near = [&](const Surface &surface) {
    double worst = 0;
    for (std::size_t t = 0; t < surface.triangles.size(); ++t)
      {
        const auto &[a, b, c] = surface.triangles[t];
        if (const Vector3 x = (1. / 3) * (surface.points[a] + surface.points[b] + surface.points[c]); surface.boundary_id[t] == 1 && near(x))
          worst = std::max(worst, std::abs(shape.wall_distance(x)));
      }
    return worst;
  };
  EXPECT_LT(mean_edge_where(adapted, near), 0.6 * mean_edge_where(plain, near));
  EXPECT_LT(distance_near(adapted), 0.5 * distance_near(plain));
  EXPECT_LT(distance_near(adapted), 0.12 * shape.blister);
  EXPECT_NEAR(enclosed_volume(adapted), enclosed_volume(shape.surface), 1e-6 * enclosed_volume(shape.surface));
  EXPECT_EQ(count_self_intersections(adapted), 0u);
  // Away from the blister the radius alone counts.
  const auto far = [&](const Vector3 &x) { return x[2] < 0.015; };
  EXPECT_NEAR(mean_edge_where(adapted, far), mean_edge_where(plain, far), 0.05 * mean_edge_where(plain, far));
}
