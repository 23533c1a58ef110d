// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/contact_tool.h"

#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
using Vector = std::array<double, 3>;

double dot(const Vector &a, const Vector &b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vector cross(const Vector &a, const Vector &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vector unit(const Vector &a)
{
  const double length = std::sqrt(dot(a, a));
  VESALIUS_ASSERT(length > 0, "a direction of a tool has no length");
  return {a[0] / length, a[1] / length, a[2] / length};
}

/// `first`, then what of `second` is perpendicular to it.
std::array<Vector, 3> basis(const Vector &first, const Vector &second)
{
  const Vector e      = unit(first);
  const double along  = dot(e, second);
  const Vector across = unit({second[0] - along * e[0], second[1] - along * e[1], second[2] - along * e[2]});
  return {e, across, cross(e, across)};
}

Vector any_other_than(const Vector &direction)
{
  const int least = int(std::min_element(direction.begin(), direction.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }) -
                        direction.begin());
  Vector    other{};
  other[least] = 1;
  return other;
}
} // namespace

ContactTool ContactTool::sphere(const Vector &centre, double radius)
{
  ContactTool tool;
  tool.centre_ = centre;
  tool.radius_ = radius;
  return tool;
}

ContactTool ContactTool::capsule(const Vector &centre, const Vector &direction, double length, double radius)
{
  auto tool     = sphere(centre, radius);
  tool.axes_    = basis(direction, any_other_than(direction));
  tool.half_[0] = 0.5 * length;
  return tool;
}

ContactTool ContactTool::blade(const Vector &centre, const Vector &direction, const Vector &across, double length, double width, double radius)
{
  auto tool  = sphere(centre, radius);
  tool.axes_ = basis(direction, across);
  tool.half_ = {0.5 * length, 0.5 * width};
  return tool;
}

ContactTool ContactTool::plane(const Vector &point, const Vector &normal)
{
  ContactTool tool;
  tool.is_plane_ = true;
  tool.centre_   = point;
  tool.axes_[0]  = unit(normal);
  return tool;
}

void ContactTool::move_start(const std::array<double, 3> &way)
{
  for (int d = 0; d < 3; ++d)
    centre_[d] += way[d];
}

void ContactTool::add_motion(const Vector &motion, LinearTable factor)
{
  motions_.emplace_back(motion, std::move(factor));
}

Vector ContactTool::shift(double time) const
{
  Vector sum{};
  for (const auto &[motion, factor] : motions_)
    for (int d = 0; d < 3; ++d)
      sum[d] += factor(time) * motion[d];
  return sum;
}

std::array<double, 3> ContactTool::centre(double time) const
{
  auto at = shift(time);
  for (int d = 0; d < 3; ++d)
    at[d] += centre_[d];
  return at;
}

ContactTool::Distance ContactTool::distance(const Vector &x, double time) const
{
  Distance     result;
  const Vector moved = shift(time), r{x[0] - centre_[0] - moved[0], x[1] - centre_[1] - moved[1], x[2] - centre_[2] - moved[2]};
  if (is_plane_)
    {
      result.value = dot(axes_[0], r);
      std::copy(axes_[0].begin(), axes_[0].end(), result.gradient);
      return result;
    }
  // From the nearest point of the segment or rectangle; along an axis on which that point moves along, the distance does not change.
  Vector q{};
  bool   counts[3];
  double square = 0;
  for (int a = 0; a < 3; ++a)
    {
      const double s = dot(axes_[a], r), half = a < 2 ? half_[a] : 0;
      counts[a] = half == 0 || std::abs(s) > half;
      q[a]      = counts[a] ? s - std::clamp(s, -half, half) : 0;
      square += q[a] * q[a];
    }
  const double d = std::sqrt(square);
  result.value   = d - radius_;
  // In the very middle of the tool every way out is as good.
  const Vector out = d > 0 ? Vector{q[0] / d, q[1] / d, q[2] / d} : Vector{0, 0, 1};
  for (int a = 0; a < 3; ++a)
    for (int i = 0; i < 3; ++i)
      result.gradient[i] += out[a] * axes_[a][i];
  if (d < 1e-3 * radius_)
    return result; // the Hessian grows like 1/d
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      {
        double sum = -result.gradient[i] * result.gradient[j];
        for (int a = 0; a < 3; ++a)
          sum += counts[a] ? axes_[a][i] * axes_[a][j] : 0;
        result.hessian[3 * i + j] = sum / d;
      }
  return result;
}

} // namespace vesalius
