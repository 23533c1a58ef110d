// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/tool_press.h"

#include "physics/solid/boundary_points.h"
#include "solver/core/angle_entry.h"
#include "solver/core/parameter_vector.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numbers>

namespace vesalius
{

namespace
{
using Vector = std::array<double, 3>;

double dot(const Vector &a, const Vector &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// a + s b
Vector moved(const Vector &a, double s, const Vector &b) { return {a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]}; }

Vector unit(const Vector &a)
{
  const double size = std::sqrt(dot(a, a));
  return {a[0] / size, a[1] / size, a[2] / size};
}

/// Two directions normal to `forward`: upwards (+z, or +y where the tool comes along z), and forward x upwards.
std::array<Vector, 2> axes_before(const Vector &forward)
{
  const Vector towards = std::abs(forward[2]) < 0.9 ? Vector{0, 0, 1} : Vector{0, 1, 0};
  const Vector up      = unit(moved(towards, -dot(towards, forward), forward));
  return {up, Vector{forward[1] * up[2] - forward[2] * up[1], forward[2] * up[0] - forward[0] * up[2], forward[0] * up[1] - forward[1] * up[0]}};
}

/// Rad, so that the tangent is of use.
double tilt(const ParameterTree &p, const std::string &path)
{
  const double angle = angle_entry(p, path);
  if (!(std::abs(angle) < 80 * std::numbers::pi / 180))
    throw p.error_at(path, "the direction is tilted by 80 degrees or more", "give another `Press direction`, and tilts about that");
  return std::tan(angle);
}
} // namespace

void declare_press(ParameterTree &p, const std::string &prefix)
{
  p.declare_quantity(prefix + "/Press depth", "", dimension::length,
                     "The tool, a sphere, is pushed so far from where it first touches the boundary, evenly or by Ramp; instead of Centre and Displacement.");
  p.declare_text(prefix + "/Press place", "", "A point on the tool's way, `78, 33, 137 mm`: where it shall touch.");
  p.declare_text(prefix + "/Press direction", "", "Where the tool goes: three numbers.");
  p.declare_quantity(prefix + "/Press up", "0 mm", dimension::length, "Moves the place across the direction, upwards (+z, or +y for a direction along z).");
  p.declare_quantity(prefix + "/Press aside", "0 mm", dimension::length, "Moves the place across the direction and up: direction x up.");
  p.declare_text(prefix + "/Press tilt up", "0 deg", "Tilts the direction upwards, about the place.");
  p.declare_text(prefix + "/Press tilt aside", "0 deg", "Tilts the direction aside, about the place.");
}

bool has_press(const ParameterTree &p, const std::string &prefix) { return p.is_set(prefix + "/Press depth"); }

ToolPress read_press(const ParameterTree &p, const std::string &prefix)
{
  for (const char *entry : {"/Press place", "/Press direction"})
    if (!p.is_set(prefix + entry))
      throw p.error_at(prefix + "/Press depth", "it is not said where and in which direction the tool is pressed", "add `Press place` and `Press direction`");
  ToolPress press{vector_entry(p, prefix + "/Press place", dimension::length), direction_entry(p, prefix + "/Press direction"), p.quantity(prefix + "/Press depth")};
  if (!(press.depth > 0))
    throw p.error_at(prefix + "/Press depth", "it is not positive", "give a length above 0 mm");
  const auto [up, aside] = axes_before(press.direction);
  press.place            = moved(moved(press.place, p.quantity(prefix + "/Press up"), up), p.quantity(prefix + "/Press aside"), aside);
  press.direction        = unit(moved(moved(press.direction, tilt(p, prefix + "/Press tilt up"), up), tilt(p, prefix + "/Press tilt aside"), aside));
  return press;
}

Vector first_touch(const ToolPress &press, double radius, const Mesh &mesh, const std::string &boundary)
{
  double nearest = std::numeric_limits<double>::max(); // of a flat face to (edge/32)^2/(2 radius)
  if (mesh.dimension == 3)
    visit_boundary_points(mesh, boundary, [&](const Vector &x) {
      const Vector way   = moved(x, -1, press.place);
      const double along = dot(way, press.direction), room = radius * radius - (dot(way, way) - along * along);
      if (room >= 0)
        nearest = std::min(nearest, along - std::sqrt(room));
    });
  if (nearest == std::numeric_limits<double>::max())
    throw InputError(fmt::format("a tool of radius {:.4g} mm that goes through ({:.4g}, {:.4g}, {:.4g}) mm along ({:.3g}, {:.3g}, {:.3g}) does not meet '{}'", radius * 1e3, press.place[0] * 1e3,
                                 press.place[1] * 1e3, press.place[2] * 1e3, press.direction[0], press.direction[1], press.direction[2], boundary),
                     "give a `Press place` near the surface and a `Press direction` into it");
  return moved(press.place, nearest, press.direction);
}

} // namespace vesalius
