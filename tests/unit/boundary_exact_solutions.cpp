// SPDX-License-Identifier: GPL-3.0-or-later
// The exact solutions themselves, against the equations they solve and published numbers.
#include "tests/verification/exact_solutions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

using namespace vesalius;
using exact::Complex;

namespace
{

/// Derivative by central differences of sixth order.
double derivative(const std::function<double(double)> &f, double h = 2e-3)
{
  return (45 * (f(h) - f(-h)) - 9 * (f(2 * h) - f(-2 * h)) + (f(3 * h) - f(-3 * h))) / (60 * h);
}

double second_derivative(const std::function<double(double)> &f, double h = 1e-2)
{
  return (270 * (f(h) + f(-h)) - 27 * (f(2 * h) + f(-2 * h)) + 2 * (f(3 * h) + f(-3 * h)) - 490 * f(0)) / (180 * h * h);
}

/// Largest residual of momentum and continuity at x, in `dimension` dimensions.
double navier_stokes_residual(int dimension, const std::function<double(int, std::array<double, 3>, double)> &u,
                              const std::function<double(std::array<double, 3>, double)> &p, double rho, double nu,
                              const std::array<double, 3> &x, double t)
{
  const auto moved = [&](int direction, double step) {
    auto y = x;
    y[direction] += step;
    return y;
  };
  double divergence = 0, worst = 0;
  for (int i = 0; i < dimension; ++i)
    {
      double residual = derivative([&](double s) { return u(i, x, t + s); }) +
                        derivative([&](double s) { return p(moved(i, s), t); }) / rho;
      for (int j = 0; j < dimension; ++j)
        residual += u(j, x, t) * derivative([&](double s) { return u(i, moved(j, s), t); }) -
                    nu * second_derivative([&](double s) { return u(i, moved(j, s), t); });
      divergence += derivative([&](double s) { return u(i, moved(i, s), t); });
      worst = std::max(worst, std::abs(residual));
    }
  return std::max(worst, std::abs(divergence));
}

} // namespace

TEST(Bessel, AgreesWithTheStandardLibraryOnTheRealAxis)
{
  for (const double x : {0.01, 0.5, 1.9, 2.1, 5.0, 10.0, 20.0, 39.5})
    for (const int n : {0, 1, 2})
      EXPECT_NEAR(exact::bessel_j(n, x).real(), std::cyl_bessel_j(n, x), 2e-13) << "J" << n << "(" << x << ")";
}

TEST(Bessel, AgreesWithTheModifiedFunctionOnTheImaginaryAxis)
{
  for (const double x : {0.3, 1.99, 2.01, 10.0, 39.0})
    {
      EXPECT_NEAR(exact::bessel_j(0, Complex(0, x)).real() / std::cyl_bessel_i(0, x), 1, 1e-12) << x;
      EXPECT_NEAR(exact::bessel_j(1, Complex(0, x)).imag() / std::cyl_bessel_i(1, x), 1, 1e-12) << x;
    }
}

TEST(Bessel, SeriesMeetsIntegralAndRecurrenceHoldsOnTheWomersleyRay)
{
  const Complex ray    = std::polar(1., 0.75 * std::numbers::pi);
  const Complex before = exact::bessel_j(0, ray * (2 - 1e-15)), after = exact::bessel_j(0, ray * 2.);
  EXPECT_LT(std::abs(before - after), 1e-14);
  // ber_0(2), bei_0(2): Abramowitz and Stegun, table 9.12.
  EXPECT_NEAR(after.real(), 0.751734182713, 1e-12);
  EXPECT_NEAR(after.imag(), 0.972291627307, 1e-12);
  for (const double r : {0.1, 1.0, 3.0, 12.0, 39.0})
    {
      const Complex z = r * ray, j0 = exact::bessel_j(0, z), j1 = exact::bessel_j(1, z), j2 = exact::bessel_j(2, z);
      EXPECT_LT(std::abs(j0 + j2 - 2. / z * j1), 1e-12 * std::abs(j0)) << r;
    }
}

TEST(ExactPoiseuille, MatchesTheReferenceValues)
{
  // R 2 cm, L 30 cm, Q 100 mL/s, mu 0.04 g/(cm s), in SI.
  const exact::Poiseuille pipe{0.02, 0.3, 1e-4, 0.004};
  EXPECT_NEAR(pipe.maximum_velocity(), 0.159155, 1e-6);
  EXPECT_NEAR(pipe.pressure_drop(), 1.90986, 1e-5);
  EXPECT_NEAR(pipe.wall_shear(), 0.063662, 1e-6);
}

TEST(ExactWomersley, SolvesItsEquationAndCarriesItsFlow)
{
  for (const double alpha : {0.2, 2., 6., 12.})
    {
      exact::Womersley pipe{0.01, 1060, 0.0035, 0, {2e-5, Complex(3e-5, 1e-5), Complex(0, -1e-5)}};
      pipe.omega     = alpha * alpha * pipe.mu / pipe.rho / (pipe.radius * pipe.radius);
      const double T = 2 * std::numbers::pi / pipe.omega, t = 0.37 * T;
      EXPECT_NEAR(pipe.alpha(), alpha, 1e-12);

      const double r = 0.6 * pipe.radius, R = pipe.radius;
      const auto   du_dt = derivative([&](double s) { return pipe.velocity(r, t + s * T); }) / T;
      const auto   du_dr = derivative([&](double s) { return pipe.velocity(r + s * R, t); }) / R;
      const auto   d2u   = second_derivative([&](double s) { return pipe.velocity(r + s * R, t); }) / (R * R);
      const double scale = std::abs(pipe.pressure_gradient(t)) + pipe.rho * std::abs(du_dt);
      EXPECT_NEAR((pipe.rho * du_dt + pipe.pressure_gradient(t) - pipe.mu * (d2u + du_dr / r)) / scale, 0, 1e-8) << alpha;
      EXPECT_NEAR(pipe.velocity(R, t) / pipe.velocity(0, t), 0, 1e-12);
      const auto slope = derivative([&](double s) { return pipe.velocity(R + s * R, t); }) / R;
      EXPECT_NEAR(-pipe.mu * slope / pipe.wall_shear(t), 1, 1e-8) << alpha;

      double    flow = 0; // Simpson
      const int n    = 400;
      for (int i = 0; i <= n; ++i)
        {
          const double ri = R * i / n;
          flow += (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) * 2 * std::numbers::pi * ri * pipe.velocity(ri, t) * R / n / 3;
        }
      EXPECT_NEAR(flow / pipe.flow(t), 1, 1e-6) << alpha;
    }
}

TEST(ExactWomersley, AtSmallAlphaIsPoiseuilleFlow)
{
  exact::Womersley pipe{1, 1, 1, 1e-6, {0., 1.}};
  EXPECT_NEAR(pipe.velocity(0.5, 0), 2 / std::numbers::pi * 0.75, 1e-9);
  EXPECT_NEAR(pipe.wall_shear(0), 4 / std::numbers::pi, 1e-9);
  EXPECT_NEAR(pipe.pressure_gradient(0), -8 / std::numbers::pi, 1e-6);
}

TEST(ExactChannelWomersley, SolvesItsEquation)
{
  const exact::ChannelWomersley channel{1, 1, 0.05, 2, {0., Complex(1, 0.5)}};
  const auto                    forcing = [&](double y, double t) {
    return derivative([&](double s) { return channel.velocity(y, t + s); }) -
           0.05 * second_derivative([&](double s) { return channel.velocity(y + s, t); });
  };
  EXPECT_NEAR(forcing(0.1, 0.3), forcing(0.8, 0.3), 1e-8); // the pressure gradient does not depend on y
  EXPECT_NEAR(channel.velocity(1, 0.3), 0, 1e-13);
  EXPECT_NEAR(channel.velocity(-1, 0.3), 0, 1e-13);
}

TEST(ExactEthierSteinman, SolvesNavierStokes)
{
  const exact::EthierSteinman flow{std::numbers::pi / 4, std::numbers::pi / 2, 0.7, 1.3};
  for (const std::array<double, 3> x : {std::array{0.3, -0.7, 0.5}, std::array{-0.9, 0.2, 0.8}, std::array{0., 0., 0.}})
    EXPECT_LT(navier_stokes_residual(
                3, [&](int i, const auto &y, double t) { return flow.velocity(y, t)[i]; },
                [&](const auto &y, double t) { return flow.pressure(y, t); }, flow.rho, flow.nu, x, 0.1),
              1e-8);
}

TEST(ExactTaylorGreen, SolvesNavierStokes)
{
  const exact::TaylorGreen2D flow{0.3, 1.7};
  EXPECT_LT(navier_stokes_residual(
              2, [&](int i, const auto &y, double t) { return flow.velocity(y[0], y[1], t)[i]; },
              [&](const auto &y, double t) { return flow.pressure(y[0], y[1], t); }, flow.rho, flow.nu, {0.4, 1.1, 0}, 0.2),
            1e-8);
}

TEST(ExactWindkessel, SolvesItsEquation)
{
  const exact::Windkessel rcr{0.2, 1.5, 0.8, 3, 2, 6, Complex(0.7, -1), 4};
  EXPECT_NEAR(rcr.distal_pressure(0), 4, 1e-14);
  for (const double t : {0.1, 1.0})
    {
      const double rate = derivative([&](double s) { return rcr.distal_pressure(t + s); });
      EXPECT_NEAR(rcr.compliance * rate, rcr.flow(t) - (rcr.distal_pressure(t) - 3) / rcr.distal, 1e-9);
      EXPECT_NEAR(rcr.pressure(t), rcr.distal_pressure(t) + 0.2 * rcr.flow(t), 1e-14);
    }
}
