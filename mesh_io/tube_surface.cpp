// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/tube_surface.h"

#include "mesh_io/mesh_topology.h"
#include "solver/core/errors.h"

#include <numbers>

namespace vesalius
{

namespace
{
constexpr int wall = 1, inlet = 2, outlet = 3;

/// By differences; one-sided of second order at the ends.
Vector3 tangent_of(const Tube &tube, double t)
{
  constexpr double h = 1e-4;
  if (t < h)
    return normalised(4 * (tube.axis(t + h) - tube.axis(t)) - (tube.axis(t + 2 * h) - tube.axis(t)));
  if (t > 1 - h)
    return normalised(4 * (tube.axis(t) - tube.axis(t - h)) - (tube.axis(t) - tube.axis(t - 2 * h)));
  return normalised(tube.axis(t + h) - tube.axis(t - h));
}

void add_triangle(Surface &surface, int a, int b, int c, int id)
{
  surface.triangles.push_back({a, b, c});
  surface.boundary_id.push_back(id);
}

void add_end(Surface &surface, const Vector3 &centre, int first, int n, int id)
{
  const int middle = static_cast<int>(surface.points.size());
  surface.points.push_back(centre);
  for (int i = 0; i < n; ++i)
    {
      const int a = first + i, b = first + (i + 1) % n;
      id == inlet ? add_triangle(surface, middle, b, a, id) : add_triangle(surface, middle, a, b, id);
    }
}
} // namespace

Surface make_tube_surface(const Tube &tube)
{
  const int n = tube.n_around;
  if (tube.n_along < 1 || n < 3)
    throw InputError("a tube needs at least one step along it and three points around", "for example 100 and 48");
  Surface surface;
  surface.boundary_names = {{wall, "wall"}, {inlet, "inlet"}, {outlet, "outlet"}};
  Vector3 u              = plane_axes(tangent_of(tube, 0))[0];
  for (int k = 0; k <= tube.n_along; ++k)
    {
      const double  parameter = static_cast<double>(k) / tube.n_along;
      const Vector3 t = tangent_of(tube, parameter), centre = tube.axis(parameter);
      u               = normalised(u - dot(u, t) * t);
      const Vector3 v = cross(t, u);
      const double  r = tube.radius(parameter);
      for (int i = 0; i < n; ++i)
        {
          const double angle = 2 * std::numbers::pi * i / n;
          surface.points.push_back(centre + (r * std::cos(angle)) * u + (r * std::sin(angle)) * v);
        }
    }
  for (int k = 0; k < tube.n_along; ++k)
    for (int i = 0; i < n; ++i)
      {
        const int a = k * n + i, b = k * n + (i + 1) % n;
        add_triangle(surface, a, b, b + n, wall);
        add_triangle(surface, a, b + n, a + n, wall);
      }
  add_end(surface, tube.axis(0), 0, n, inlet);
  add_end(surface, tube.axis(1), tube.n_along * n, n, outlet);
  surface.caps = measure_caps(surface);
  return surface;
}

Centerline::Branch sample_axis(const Tube &tube, int n_steps)
{
  Centerline::Branch line;
  for (int i = 0; i <= n_steps; ++i)
    {
      line.points.push_back(tube.axis(static_cast<double>(i) / n_steps));
      line.radius.push_back(tube.radius(static_cast<double>(i) / n_steps));
    }
  return line;
}

} // namespace vesalius
