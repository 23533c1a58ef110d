// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/viscosity.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <vector>

/// Exact flows of generalised Newtonian fluids by quadrature of the constitutive law. SI throughout.
namespace vesalius::exact
{

/// The shear rate at which mu(gamma) gamma = stress, by bisection; the law's stress must grow with the rate.
inline double shear_rate(const ViscosityFunction &law, double stress)
{
  double low = 0, high = stress / law.lowest();
  for (int i = 0; i < 100 && high - low > 1e-15 * high; ++i)
    {
      const double middle = 0.5 * (low + high);
      double       mu     = 0;
      law.evaluate(1, &middle, &mu, nullptr);
      (mu * middle < stress ? low : high) = middle;
    }
  return 0.5 * (low + high);
}

/// x -> integral of f from a to x: Simpson's rule on 4000 intervals, cubic Hermite between them.
class Integral
{
public:
  Integral(double a, double b, const std::function<double(double)> &f)
    : a_(a), h_((b - a) / n), slope_(n + 1), value_(n + 1, 0.)
  {
    for (int i = 0; i <= n; ++i)
      slope_[i] = f(a + i * h_);
    for (int i = 0; i < n; ++i)
      value_[i + 1] = value_[i] + h_ / 6 * (slope_[i] + 4 * f(a + (i + 0.5) * h_) + slope_[i + 1]);
  }
  double operator()(double x) const
  {
    const int    i = std::clamp(static_cast<int>((x - a_) / h_), 0, n - 1);
    const double s = (x - a_) / h_ - i, r = 1 - s;
    return r * r * (1 + 2 * s) * value_[i] + s * s * (1 + 2 * r) * value_[i + 1] + h_ * s * r * (r * slope_[i] - s * slope_[i + 1]);
  }
  double total() const { return value_.back(); }

private:
  static constexpr int n = 4000;
  double               a_, h_;
  std::vector<double>  slope_, value_;
};

/// Developed flow driven by a pressure gradient G (Pa/m): tau = G r/2 in a pipe of radius R, tau = G y between
/// plates at y = -R and y = R.
class DevelopedFlow
{
public:
  DevelopedFlow(const ViscosityFunction &law, double radius, double gradient, bool is_pipe)
    : radius_(radius), gradient_(gradient), is_pipe_(is_pipe),
      fall_(0, radius, [&](double r) { return shear_rate(law, gradient * r / (is_pipe ? 2 : 1)); })
  {}
  double velocity(double r) const { return fall_.total() - fall_(std::min(std::abs(r), radius_)); }
  double gradient() const { return gradient_; }
  double wall_shear() const { return gradient_ * radius_ / (is_pipe_ ? 2 : 1); }
  /// m^3/s, or m^2/s per unit depth between plates.
  double flow() const
  {
    return Integral(0, radius_, [&](double r) { return velocity(r) * (is_pipe_ ? 2 * std::numbers::pi * r : 2.); }).total();
  }

private:
  double   radius_, gradient_;
  bool     is_pipe_;
  Integral fall_;
};

/// Circular Couette flow: tau = torque / r^2, the fluid at rest at r = `inner`. It tests what straight flows leave
/// out: (grad u)^T grad mu does not vanish.
class CircularCouette
{
public:
  CircularCouette(const ViscosityFunction &law, double rho, double torque, double inner, double outer)
    : turn_(inner, outer, [&](double r) { return shear_rate(law, torque / (r * r)) / r; }),
      pressure_(inner, outer, [this, rho](double r) { return rho * r * turn_(r) * turn_(r); })
  {}
  /// Angular velocity, 1/s.
  double rotation(double r) const { return turn_(r); }
  double pressure(double r) const { return pressure_(r); }

private:
  Integral turn_, pressure_;
};

} // namespace vesalius::exact
