// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace vesalius
{

/// value = intercept + slope s.
struct RobustLine
{
  double intercept = 0, slope = 0;
  double at(double s) const { return intercept + slope * s; }
};

/// The straight line through most of the points, by repeated medians (Siegel, Biometrika 69 (1982) 242): up to half of
/// the points may be anything. NaN for fewer than two points at different places.
RobustLine fit_robust_line(const std::vector<double> &s, const std::vector<double> &values);

} // namespace vesalius
