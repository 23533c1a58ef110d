// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/cap_tilt.h"

#include "mesh_io/line_fit.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
/// The branch that comes nearest to a point, and where.
struct NearestPoint
{
  const Centerline::Branch *branch = nullptr;
  std::size_t               at     = 0;
};

NearestPoint nearest(const Centerline &centerline, const Vector3 &point)
{
  NearestPoint result;
  double       best = std::numeric_limits<double>::max();
  for (const auto &branch : centerline.branches)
    for (std::size_t i = 0; i < branch.points.size() && branch.points.size() > 4; ++i)
      if (const double d = distance(branch.points[i], point); d < best)
        {
          best   = d;
          result = {&branch, i};
        }
  if (!result.branch)
    throw InputError("there is no centre line to compare a cap with", "make one from the surface (vesalius centerline)");
  return result;
}

/// The point of a polyline at an arc length, its last one if it is shorter.
Vector3 point_at(const std::vector<Vector3> &line, const std::vector<double> &arc, double length)
{
  const auto i = std::upper_bound(arc.begin(), arc.end(), length) - arc.begin();
  if (i == 0 || i == std::ptrdiff_t(arc.size()))
    return i == 0 ? line.front() : line.back();
  return line[i - 1] + ((length - arc[i - 1]) / (arc[i] - arc[i - 1])) * (line[i] - line[i - 1]);
}

/// At the beginning of a line that bends to the centre of a cap of radius r there.
Vector3 direction_at_cap(const std::vector<Vector3> &line, double r)
{
  const auto    arc    = arc_lengths(line);
  const auto    chord  = [&](double from, double to) { return point_at(line, arc, to * r) - point_at(line, arc, from * r); };
  const Vector3 second = chord(1.5, 2.5);
  if (norm(second) < 0.5 * r) // too short to say how the line bends
    return normalised(line.back() - line.front());
  return normalised(2. * normalised(chord(0.5, 1.5)) - normalised(second));
}
} // namespace

double cap_tilt(const Cap &cap, const Centerline &centerline)
{
  const auto [branch, at] = nearest(centerline, cap.centre);
  auto       line         = branch->points;
  const auto arc          = arc_lengths(line);
  Vector3    direction;
  if (std::min(arc[at], arc.back() - arc[at]) > 1.5 * cap.radius) // it passes through the cap
    direction = fit_line(line, std::vector<double>(line.size(), 2 * cap.radius))[at].tangent();
  else
    {
      if (arc[at] > 0.5 * arc.back())
        std::reverse(line.begin(), line.end());
      direction = direction_at_cap(line, cap.radius);
    }
  return std::acos(std::min(1.0, std::abs(dot(direction, cap.normal))));
}

} // namespace vesalius
