// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/mesh_line_comparison.h"

#include "mesh_io/vector_math.h"

#include <algorithm>
#include <limits>

namespace vesalius::verification
{

namespace
{
struct NearestOnLines
{
  double distance = std::numeric_limits<double>::max(), radius = 0;
  bool   is_end = false; ///< of a line
};

NearestOnLines nearest(const Centerline &lines, const Vector3 &x)
{
  NearestOnLines best;
  for (const auto &line : lines.branches)
    for (std::size_t i = 0; i + 1 < line.points.size(); ++i)
      {
        const Vector3 d      = line.points[i + 1] - line.points[i];
        const double  square = dot(d, d);
        const double  t      = square > 0 ? std::clamp(dot(x - line.points[i], d) / square, 0.0, 1.0) : 0;
        const double  apart  = distance(x, line.points[i] + t * d);
        if (apart < best.distance)
          best = {apart, (1 - t) * line.radius[i] + t * line.radius[i + 1],
                  (i == 0 && t == 0) || (i + 2 == line.points.size() && t == 1)};
      }
  return best;
}

/// Integrals along `from`, whose points may be uneven.
struct OneWay
{
  double length = 0, compared = 0, distance = 0, farthest = 0, radius_error = 0;
};

OneWay one_way(const Centerline &from, const Centerline &to)
{
  OneWay sum;
  for (const auto &line : from.branches)
    for (std::size_t i = 0; i < line.points.size(); ++i)
      {
        double weight = 0;
        if (i > 0)
          weight += 0.5 * distance(line.points[i], line.points[i - 1]);
        if (i + 1 < line.points.size())
          weight += 0.5 * distance(line.points[i], line.points[i + 1]);
        sum.length += weight;
        const NearestOnLines there = nearest(to, line.points[i]);
        if (there.is_end)
          continue;
        sum.compared += weight;
        sum.distance += weight * there.distance;
        sum.farthest = std::max(sum.farthest, there.distance);
        sum.radius_error += weight * std::abs(there.radius / line.radius[i] - 1);
      }
  return sum;
}
} // namespace

LineAgreement compare_lines(const Centerline &ours, const Centerline &reference)
{
  const OneWay there = one_way(reference, ours), back = one_way(ours, reference);
  return {0.5 * (there.distance / there.compared + back.distance / back.compared),
          std::max(there.farthest, back.farthest), there.radius_error / there.compared, there.compared / there.length};
}

} // namespace vesalius::verification
