// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/host_device.h"

#include <cmath>

// Viscosities as functions of the shear rate (1/s), as plain structs for host and device. physics/materials has them as laws of a case, with what they are.
namespace vesalius
{

struct CarreauYasuda
{
  double zero = 0.056, infinite = 0.00345; ///< Pa s
  double time = 3.313, power = 0.3568, transition = 2;

  VESALIUS_HOST_DEVICE double viscosity(double rate) const
  {
    return infinite + (zero - infinite) * std::pow(1 + std::pow(time * rate, transition), (power - 1) / transition);
  }
  VESALIUS_HOST_DEVICE double slope(double rate) const
  {
    // For transition < 1 it is infinite at rest; a nanohertz stands for that.
    const double x = time * std::fmax(rate, 1e-9), y = std::pow(x, transition);
    return (zero - infinite) * (power - 1) * std::pow(1 + y, (power - 1) / transition - 1) * y / x * time;
  }
};

struct Casson
{
  double plastic = 3.45e-3; ///< Pa s
  double yield   = 5e-3;    ///< Pa
  double time    = 100;     ///< s

  VESALIUS_HOST_DEVICE double viscosity(double rate) const
  {
    const double root = std::sqrt(plastic) + std::sqrt(yield * time) * share(std::sqrt(time * rate));
    return root * root;
  }
  VESALIUS_HOST_DEVICE double slope(double rate) const
  {
    // Infinite at rest; a nanohertz stands for that.
    const double x    = std::sqrt(time * std::fmax(rate, 1e-9));
    const double root = std::sqrt(plastic) + std::sqrt(yield * time) * share(x);
    // (1 + x) exp(-x) - 1 without cancellation.
    const double share_slope = x < 1e-3 ? -0.5 + x / 3 : (x * std::exp(-x) + std::expm1(-x)) / (x * x);
    return root * std::sqrt(yield * time) * share_slope * time / x;
  }

private:
  /// (1 - exp(-x)) / x.
  VESALIUS_HOST_DEVICE static double share(double x) { return x < 1e-8 ? 1 - 0.5 * x : -std::expm1(-x) / x; }
};

} // namespace vesalius
