// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <functional>
#include <vector>

namespace vesalius
{

/// Velocities measured over one cycle, at given points.
struct MeasuredVelocity
{
  std::vector<double> times;      ///< s, increasing; one time: constant
  double              period = 0; ///< s; 0 for one time
  std::vector<std::vector<std::array<double, 3>>> velocity; ///< by time and point, m/s
};

/// Reads them at points (m); called with the nodes of a cap. Throws InputError.
using VelocityReader = std::function<MeasuredVelocity(const std::vector<std::array<double, 3>> &points)>;

} // namespace vesalius
