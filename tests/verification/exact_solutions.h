// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

/// Exact solutions that the tests measure the solvers against. SI throughout; complex amplitudes belong
/// to exp(i n w t) and the physical value is the real part.
namespace vesalius::exact
{

using Complex = std::complex<double>;

/// Bessel function J_n(z), n >= 0, for |z| < 40: relative 1e-12 away from its zeros.
/// Below |z| = 2 the power series (DLMF 10.2.2); above, the trapezoid rule on Bessel's integral over the
/// full circle (DLMF 10.9.2), which aliases only J_(n +- 160), far below rounding.
inline Complex bessel_j(int n, Complex z)
{
  if (std::abs(z) < 2)
    {
      Complex       term = 1;
      const Complex half = 0.5 * z;
      for (int k = 1; k <= n; ++k)
        term *= half / double(k);
      Complex sum = term;
      for (int k = 1; k < 40; ++k)
        sum += term *= -half * half / (double(k) * (n + k));
      return sum;
    }
  constexpr int n_points = 160;
  Complex       sum      = 0;
  for (int k = 0; k < n_points; ++k)
    {
      const double theta = 2 * std::numbers::pi * k / n_points;
      sum += std::exp(Complex(0, 1) * (z * std::sin(theta) - n * theta));
    }
  return sum / double(n_points);
}

/// Steady flow Q through a round pipe.
struct Poiseuille
{
  double radius = 1, length = 1, flow = 1, mu = 1;

  double mean_velocity() const { return flow / (std::numbers::pi * radius * radius); }
  double maximum_velocity() const { return 2 * mean_velocity(); }
  double velocity(double r) const { return maximum_velocity() * (1 - r * r / (radius * radius)); }
  double pressure_drop() const { return 8 * mu * length * mean_velocity() / (radius * radius); }
  double wall_shear() const { return 4 * mu * mean_velocity() / radius; }
};

/// Steady flow q per unit depth between plates at y = -h and y = h.
struct ChannelPoiseuille
{
  double half_width = 1, length = 1, flow = 1, mu = 1;

  double maximum_velocity() const { return 0.75 * flow / half_width; }
  double velocity(double y) const { return maximum_velocity() * (1 - y * y / (half_width * half_width)); }
  double pressure_drop() const { return 2 * mu * length * maximum_velocity() / (half_width * half_width); }
  double wall_shear() const { return 2 * mu * maximum_velocity() / half_width; }
};

/// Developed periodic flow in a round pipe, Q(t) = Re sum_n Q_n exp(i n w t) (Womersley 1955).
/// With 1 - 2 J1(L)/(L J0(L)) = -J2(L)/J0(L), free of cancellation at small alpha.
struct Womersley
{
  double               radius = 1, rho = 1, mu = 1, omega = 1;
  std::vector<Complex> flow_modes; ///< Q_0, Q_1, ...

  /// alpha of the first harmonic.
  double alpha() const { return radius * std::sqrt(omega * rho / mu); }
  double flow(double t) const
  {
    return sum(t, [&](std::size_t n) { return flow_modes[n]; });
  }
  double velocity(double r, double t) const
  {
    return sum(t, [&](std::size_t n) -> Complex {
      const double mean = 1 / (std::numbers::pi * radius * radius), x = r / radius;
      if (n == 0)
        return 2 * mean * (1 - x * x) * flow_modes[0];
      const Complex L = argument(n);
      return mean * flow_modes[n] * (bessel_j(0, L * x) - bessel_j(0, L)) / bessel_j(2, L);
    });
  }
  /// Positive along the flow: -mu du/dr at r = R.
  double wall_shear(double t) const
  {
    return sum(t, [&](std::size_t n) -> Complex {
      const double scale = mu / (std::numbers::pi * std::pow(radius, 3));
      if (n == 0)
        return 4 * scale * flow_modes[0];
      const Complex L = argument(n);
      return scale * flow_modes[n] * L * bessel_j(1, L) / bessel_j(2, L);
    });
  }
  /// dp/dx, negative where it drives the flow along +x.
  double pressure_gradient(double t) const
  {
    return sum(t, [&](std::size_t n) -> Complex {
      const double mean = 1 / (std::numbers::pi * radius * radius);
      if (n == 0)
        return -8 * mu * mean / (radius * radius) * flow_modes[0];
      const Complex L = argument(n);
      return Complex(0, n * omega * rho * mean) * flow_modes[n] * bessel_j(0, L) / bessel_j(2, L);
    });
  }

private:
  /// L_n = i^(3/2) alpha sqrt(n).
  Complex argument(std::size_t n) const { return std::polar(alpha() * std::sqrt(double(n)), 0.75 * std::numbers::pi); }
  template <class Amplitude>
  double sum(double t, const Amplitude &amplitude) const
  {
    double result = 0;
    for (std::size_t n = 0; n < flow_modes.size(); ++n)
      result += (amplitude(n) * std::polar(1., n * omega * t)).real();
    return result;
  }
};

/// Developed periodic flow between plates at y = -h and y = h; q(t) per unit depth = Re sum_n q_n exp(i n w t).
struct ChannelWomersley
{
  double               half_width = 1, rho = 1, mu = 1, omega = 1;
  std::vector<Complex> flow_modes;

  double velocity(double y, double t) const
  {
    double result = 0;
    for (std::size_t n = 0; n < flow_modes.size(); ++n)
      {
        const double x = y / half_width;
        Complex      shape = 1.5 * (1 - x * x);
        if (n > 0)
          {
            const Complex k = half_width * std::sqrt(Complex(0, n * omega * rho / mu));
            shape           = (1. - std::cosh(k * x) / std::cosh(k)) / (1. - std::tanh(k) / k);
          }
        result += (flow_modes[n] / (2 * half_width) * shape * std::polar(1., n * omega * t)).real();
      }
    return result;
  }
};

/// Ethier and Steinman, Int. J. Numer. Methods Fluids 19 (1994) 369-375: unsteady, fully 3D, without a body force.
struct EthierSteinman
{
  double a = std::numbers::pi / 4, d = std::numbers::pi / 2, nu = 1, rho = 1;

  std::array<double, 3> velocity(const std::array<double, 3> &x, double t) const
  {
    const double          decay = -a * std::exp(-nu * d * d * t);
    std::array<double, 3> u;
    for (int i = 0; i < 3; ++i)
      {
        const double p = x[i], q = x[(i + 1) % 3], r = x[(i + 2) % 3];
        u[i] = decay * (std::exp(a * p) * std::sin(a * q + d * r) + std::exp(a * r) * std::cos(a * p + d * q));
      }
    return u;
  }
  /// In Pa (times rho), with the additive constant of the paper.
  double pressure(const std::array<double, 3> &x, double t) const
  {
    double sum = 0;
    for (int i = 0; i < 3; ++i)
      {
        const double p = x[i], q = x[(i + 1) % 3], r = x[(i + 2) % 3];
        sum += std::exp(2 * a * p) + 2 * std::sin(a * p + d * q) * std::cos(a * r + d * p) * std::exp(a * (q + r));
      }
    return -0.5 * rho * a * a * sum * std::exp(-2 * nu * d * d * t);
  }
};

/// Decaying vortices, u = sin x cos y exp(-2 nu t), v = -cos x sin y exp(-2 nu t).
struct TaylorGreen2D
{
  double nu = 1, rho = 1;

  std::array<double, 2> velocity(double x, double y, double t) const
  {
    const double decay = std::exp(-2 * nu * t);
    return {std::sin(x) * std::cos(y) * decay, -std::cos(x) * std::sin(y) * decay};
  }
  double pressure(double x, double y, double t) const
  {
    return 0.25 * rho * (std::cos(2 * x) + std::cos(2 * y)) * std::exp(-4 * nu * t);
  }
};

/// The three-element Windkessel C dP_d/dt = Q - (P_d - P_ref)/R_d, P = P_d + R_p Q, for
/// Q(t) = Q_0 + Re(Q_1 exp(i w t)) and P_d(0) given.
struct Windkessel
{
  double  proximal = 0, distal = 1, compliance = 1, reference_pressure = 0;
  double  mean_flow = 0, omega = 1;
  Complex flow_mode = 0;
  double  initial_distal_pressure = 0;

  double flow(double t) const { return mean_flow + (flow_mode * std::polar(1., omega * t)).real(); }
  double distal_pressure(double t) const
  {
    return periodic(t) + (initial_distal_pressure - periodic(0)) * std::exp(-t / (distal * compliance));
  }
  double pressure(double t) const { return distal_pressure(t) + proximal * flow(t); }

  /// The distal pressure of the periodic state.
  double periodic(double t) const
  {
    const Complex impedance = distal / Complex(1, omega * distal * compliance);
    return reference_pressure + distal * mean_flow + (impedance * flow_mode * std::polar(1., omega * t)).real();
  }
};

} // namespace vesalius::exact
