// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace vesalius::kernels
{

/// Weights of the last three values in the polynomial through them, `dt` after the last one; 3, -3, 1 for equal steps. `dt_old` lies between the last two,
/// `dt_older` between the ones before; 0 where there are not so many.
inline std::array<double, 3> extrapolation_weights(double dt, double dt_old, double dt_older)
{
  if (dt_old <= 0)
    return {1, 0, 0};
  if (dt_older <= 0)
    return {1 + dt / dt_old, -dt / dt_old, 0};
  return {(dt + dt_old) * (dt + dt_old + dt_older) / (dt_old * (dt_old + dt_older)), -dt * (dt + dt_old + dt_older) / (dt_old * dt_older),
          dt * (dt + dt_old) / ((dt_old + dt_older) * dt_older)};
}

} // namespace vesalius::kernels
