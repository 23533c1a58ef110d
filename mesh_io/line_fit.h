// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"

#include <vector>

namespace vesalius
{

/// Length of a polyline up to each of its points.
std::vector<double> arc_lengths(const std::vector<Vector3> &line);

/// Points at equal distances along a polyline, both ends kept.
std::vector<Vector3> resample(const std::vector<Vector3> &line, double spacing);

/// A smooth curve through a noisy polyline at one of its points, with derivatives in the arc length.
struct LineFit
{
  Vector3 position{0, 0, 0}, first{0, 0, 0}, second{0, 0, 0}, third{0, 0, 0};

  Vector3 tangent() const { return normalised(first); }
  double  curvature() const; ///< 1/m
  double  torsion() const;   ///< 1/m; 0 for a straight line
};

/// At each point the quartic polynomial in the arc length that fits the points within `half_width` (m, per point) best,
/// with tricube weights (Cleveland 1979). A window that would reach beyond an end of the line is moved inwards, so that
/// no derivative comes from one side alone with half the points; a line shorter than a window is one polynomial.
std::vector<LineFit> fit_line(const std::vector<Vector3> &line, const std::vector<double> &half_width);

} // namespace vesalius
