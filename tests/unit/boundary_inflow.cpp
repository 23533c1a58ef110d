// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/inflow_profile.h"
#include "solver/core/errors.h"
#include "tests/verification/exact_solutions.h"

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <numbers>

using namespace vesalius;

namespace
{

constexpr double radius = 0.012;

/// The plane of the discs, tilted and off the origin.
constexpr std::array<double, 3> e1{2. / 3, 2. / 3, 1. / 3}, e2{-2. / 3, 1. / 3, 2. / 3}, centre{0.1, -0.2, 0.3};

/// Disc of n rings (6 k vertices on ring k).
CapMesh disc(int n)
{
  CapMesh    cap;
  const auto add = [&](double r, double angle) {
    std::array<double, 3> x;
    for (int d = 0; d < 3; ++d)
      x[d] = centre[d] + r * (std::cos(angle) * e1[d] + std::sin(angle) * e2[d]);
    cap.points.push_back(x);
    cap.is_rim.push_back(r > radius * (1 - 1e-9));
  };
  add(0, 0);
  for (int k = 1; k <= n; ++k)
    for (int i = 0; i < 6 * k; ++i)
      add(radius * k / n, 2 * std::numbers::pi * i / (6 * k));

  std::map<std::pair<int, int>, int> midpoints;
  const auto                         midpoint = [&](int a, int b) {
    const auto [it, is_new] = midpoints.try_emplace(std::minmax(a, b), int(cap.points.size()));
    if (is_new)
      {
        const auto &p = cap.points[a], &q = cap.points[b];
        cap.points.push_back({(p[0] + q[0]) / 2, (p[1] + q[1]) / 2, (p[2] + q[2]) / 2});
        cap.is_rim.push_back(cap.is_rim[a] && cap.is_rim[b]);
      }
    return it->second;
  };
  const auto triangle = [&](int a, int b, int c) {
    for (const int node : {a, b, c, midpoint(a, b), midpoint(b, c), midpoint(c, a)})
      cap.cells.push_back(node);
  };
  const auto vertex = [](int k, int i) { return k == 0 ? 0 : 1 + 3 * k * (k - 1) + i % (6 * k); };
  for (int k = 1; k <= n; ++k)
    for (int sector = 0; sector < 6; ++sector)
      for (int i = 0; i < k; ++i)
        {
          triangle(vertex(k, sector * k + i), vertex(k, sector * k + i + 1), vertex(k - 1, sector * (k - 1) + i));
          if (i > 0)
            triangle(vertex(k - 1, sector * (k - 1) + i - 1), vertex(k, sector * k + i), vertex(k - 1, sector * (k - 1) + i));
        }
  return cap;
}

double distance_from_centre(const CapMesh &cap, std::size_t node)
{
  return std::hypot(cap.points[node][0] - cap.points[0][0], cap.points[node][1] - cap.points[0][1],
                    cap.points[node][2] - cap.points[0][2]);
}

/// Coordinates of a node in the plane of the discs.
std::array<double, 2> in_plane(const CapMesh &cap, std::size_t node)
{
  std::array<double, 2> x{};
  for (int d = 0; d < 3; ++d)
    {
      x[0] += (cap.points[node][d] - centre[d]) * e1[d];
      x[1] += (cap.points[node][d] - centre[d]) * e2[d];
    }
  return x;
}

/// The disc with its rim bent on to the circle, then one axis shortened: half axes `radius` and `ratio` times it.
CapMesh ellipse(int n, double ratio)
{
  auto cap = disc(n);
  for (std::size_t i = 0; i < cap.points.size(); ++i)
    {
      auto         x     = in_plane(cap, i);
      const double scale = cap.is_rim[i] ? radius / std::hypot(x[0], x[1]) : 1.;
      for (int d = 0; d < 3; ++d)
        cap.points[i][d] = centre[d] + scale * (x[0] * e1[d] + ratio * x[1] * e2[d]);
    }
  return cap;
}

/// The segment -h < y < h, in n uneven elements, along a skew direction.
CapMesh segment(int n, double half_width)
{
  CapMesh    cap;
  const auto add = [&](double y) {
    cap.points.push_back({0.6 * y, 0.8 * y, 0});
    cap.is_rim.push_back(std::abs(y) > half_width * (1 - 1e-9));
  };
  cap.dimension = 1;
  for (int i = 0; i <= n; ++i)
    add(-half_width * std::cos(std::numbers::pi * i / n));
  for (int i = 0; i < n; ++i)
    {
      add(-half_width * (std::cos(std::numbers::pi * i / n) + std::cos(std::numbers::pi * (i + 1) / n)) / 2);
      for (const int node : {i, i + 1, n + 1 + i})
        cap.cells.push_back(node);
    }
  return cap;
}

double position(const CapMesh &cap, std::size_t node)
{
  return 0.6 * cap.points[node][0] + 0.8 * cap.points[node][1];
}

template <class Scalar>
Scalar flux(const CapMesh &cap, const std::vector<Scalar> &values)
{
  const auto weights = cap_weights(cap);
  Scalar     sum     = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    sum += weights[i] * values[i];
  return sum;
}

/// Largest nodal error of a unit-flux profile on a disc of n rings, relative to the mean velocity.
double womersley_error(int n, double alpha)
{
  const auto   cap   = disc(n);
  const double rho   = 1060, mu = 0.0035;
  const double omega = alpha * alpha * mu / rho / (radius * radius);
  const auto   shape = womersley_profile(cap, omega, rho, mu);
  EXPECT_LT(std::abs(flux(cap, shape) - 1.), 1e-14);
  const exact::Womersley real{radius, rho, mu, omega, {0., 1.}}, imaginary{radius, rho, mu, omega, {0., exact::Complex(0, -1)}};
  double                 worst = 0;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (!cap.is_rim[i])
      {
        const double         r = distance_from_centre(cap, i);
        const exact::Complex u(real.velocity(r, 0), imaginary.velocity(r, 0));
        worst = std::max(worst, std::abs(shape[i] - u));
      }
  return worst * std::numbers::pi * radius * radius;
}

double parabola_error(int n)
{
  const auto cap   = disc(n);
  const auto shape = parabolic_profile(cap);
  EXPECT_NEAR(flux(cap, shape), 1, 1e-14);
  const exact::Poiseuille pipe{radius, 1, 1, 1};
  double                  worst = 0;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (cap.is_rim[i])
      {
        EXPECT_EQ(shape[i], 0);
      }
    else
      worst = std::max(worst, std::abs(shape[i] - pipe.velocity(distance_from_centre(cap, i))));
  return worst / pipe.mean_velocity();
}

Waveform pulse()
{
  return Waveform({0, 0.1, 0.2, 0.3, 0.5, 0.8}, {1e-5, 9e-5, 1.2e-4, 3e-5, -1e-5, 1.5e-5}, 0.9);
}

} // namespace

TEST(CapWeights, IntegrateQuadraticsExactly)
{
  const auto   cap  = disc(4);
  const double area = 24 * std::sin(2 * std::numbers::pi / 24) / 2 * radius * radius; // of the inscribed 24-gon
  double       sum  = 0;
  for (const double w : cap_weights(cap))
    sum += w;
  EXPECT_NEAR(sum / area, 1, 1e-13);

  const auto          line = segment(7, 0.3);
  std::vector<double> values;
  for (std::size_t i = 0; i < line.points.size(); ++i)
    values.push_back(1 + position(line, i) + std::pow(position(line, i), 2));
  EXPECT_NEAR(flux(line, values), 0.6 + 2 * std::pow(0.3, 3) / 3, 1e-14);
}

TEST(ParabolicProfile, ConvergesToPoiseuilleOnADisc)
{
  // The polygon differs from the disc by O(h^2), the P2 solution on it by less.
  const double coarse = parabola_error(6), fine = parabola_error(12);
  EXPECT_LT(fine, 0.01);
  EXPECT_GT(std::log2(coarse / fine), 1.9);
}

TEST(ParabolicProfile, IsExactBetweenPlates)
{
  const auto                     cap   = segment(5, 0.02);
  const auto                     shape = parabolic_profile(cap);
  const exact::ChannelPoiseuille channel{0.02, 1, 1, 1};
  for (std::size_t i = 0; i < shape.size(); ++i)
    EXPECT_NEAR(shape[i], channel.velocity(position(cap, i)), 1e-12 * channel.maximum_velocity());
}

TEST(WomersleyProfile, ConvergesToTheBesselSolution)
{
  for (const double alpha : {2., 6., 12.})
    {
      const double coarse = womersley_error(8, alpha), fine = womersley_error(16, alpha);
      EXPECT_LT(fine, 0.01) << "alpha " << alpha;
      EXPECT_GT(std::log2(coarse / fine), 1.7) << "alpha " << alpha;
    }
}

/// Oscillating flow in an ellipse of half axes a and b at angular frequency w, by Ritz's method in the polynomials
/// (1 - X^2 - Y^2) X^(2i) Y^(2j), X = x/a, Y = y/b: exact to far below the tests' limits (its error on the circle is asserted).
class EllipticWomersley
{
public:
  /// `frequency` = w rho/mu.
  EllipticWomersley(double a, double b, double frequency) : a_(a), b_(b)
  {
    for (int i = 0; i <= degree; ++i)
      for (int j = 0; i + j <= degree; ++j)
        basis_.push_back({Monomial{1, i, j}, {-1, i + 1, j}, {-1, i, j + 1}});
    const int         n = static_cast<int>(basis_.size());
    Eigen::MatrixXcd  matrix(n, n);
    Eigen::VectorXcd  load = Eigen::VectorXcd::Zero(n);
    for (int k = 0; k < n; ++k)
      {
        for (int l = 0; l < n; ++l)
          matrix(k, l) = products(basis_[k], basis_[l], frequency);
        for (const auto &[c, p, q] : basis_[k])
          load[k] += c * moment(p, q);
      }
    solution_ = matrix.fullPivLu().solve(load);
    solution_ /= load.dot(solution_) * a * b; // unit flux; the load is real
  }
  exact::Complex velocity(double x, double y) const
  {
    exact::Complex sum = 0;
    for (std::size_t k = 0; k < basis_.size(); ++k)
      for (const auto &[c, p, q] : basis_[k])
        sum += solution_[k] * c * std::pow(x / a_, 2 * p) * std::pow(y / b_, 2 * q);
    return sum;
  }

private:
  static constexpr int degree = 7;
  /// c X^(2p) Y^(2q).
  struct Monomial
  {
    double c = 0;
    int    p = 0, q = 0;
  };
  using Polynomial = std::array<Monomial, 3>;

  /// Of X^(2p) Y^(2q) over the unit disc.
  static double moment(int p, int q) { return std::tgamma(p + 0.5) * std::tgamma(q + 0.5) / std::tgamma(p + q + 2.); }

  /// Of the gradients plus i w rho/mu of the functions, over the unit disc.
  exact::Complex products(const Polynomial &u, const Polynomial &v, double frequency) const
  {
    exact::Complex sum = 0;
    for (const auto &s : u)
      for (const auto &t : v)
        {
          sum += s.c * t.c * exact::Complex(0, frequency) * moment(s.p + t.p, s.q + t.q);
          if (s.p > 0 && t.p > 0)
            sum += s.c * t.c * 4. * s.p * t.p / (a_ * a_) * moment(s.p + t.p - 1, s.q + t.q);
          if (s.q > 0 && t.q > 0)
            sum += s.c * t.c * 4. * s.q * t.q / (b_ * b_) * moment(s.p + t.p, s.q + t.q - 1);
        }
    return sum;
  }

  double                  a_, b_;
  std::vector<Polynomial> basis_;
  Eigen::VectorXcd        solution_;
};

TEST(ParabolicProfile, IsTheExactOneOnAnEllipse)
{
  // u = 2 Q/(pi a b) (1 - x^2/a^2 - y^2/b^2), quadratic: what is left is the rim, which P2 does not bend exactly.
  for (const double ratio : {0.7, 0.4})
    {
      const auto   cap   = ellipse(6, ratio);
      const auto   shape = parabolic_profile(cap);
      const double a = radius, b = ratio * radius, peak = 2 / (std::numbers::pi * a * b);
      EXPECT_NEAR(flux(cap, shape), 1, 1e-13);
      for (std::size_t i = 0; i < shape.size(); ++i)
        {
          const auto x = in_plane(cap, i);
          EXPECT_NEAR(shape[i], peak * (1 - std::pow(x[0] / a, 2) - std::pow(x[1] / b, 2)), 1e-3 * peak) << "ratio " << ratio;
        }
    }
}

TEST(WomersleyProfile, ConvergesOnAnEllipse)
{
  const double         rho = 1060, mu = 0.0035, alpha = 5, omega = alpha * alpha * mu / rho / (radius * radius), ratio = 0.6;
  const auto           frequency = omega * rho / mu;
  const exact::Womersley real{radius, rho, mu, omega, {0., 1.}}, imaginary{radius, rho, mu, omega, {0., exact::Complex(0, -1)}};
  const EllipticWomersley circle(radius, radius, frequency), wanted(radius, ratio * radius, frequency);
  const double            mean = 1 / (std::numbers::pi * ratio * radius * radius);
  for (const double r : {0., 0.5 * radius, 0.9 * radius})
    EXPECT_LT(std::abs(circle.velocity(r, 0) - exact::Complex(real.velocity(r, 0), imaginary.velocity(r, 0))), 1e-4 * mean);
  const auto error = [&](int n) {
    const auto cap   = ellipse(n, ratio);
    const auto shape = womersley_profile(cap, omega, rho, mu);
    EXPECT_LT(std::abs(flux(cap, shape) - 1.), 1e-13);
    double worst = 0;
    for (std::size_t i = 0; i < shape.size(); ++i)
      {
        const auto x = in_plane(cap, i);
        worst        = std::max(worst, std::abs(shape[i] - wanted.velocity(x[0], x[1])));
      }
    return worst / mean;
  };
  const double coarse = error(6), fine = error(12);
  EXPECT_LT(fine, 2e-3);
  EXPECT_GT(std::log2(coarse / fine), 2.5);
}

TEST(WomersleyProfile, WithoutFrequencyIsTheParabola)
{
  const auto cap     = disc(5);
  const auto complex = womersley_profile(cap, 0, 1060, 0.0035);
  const auto real    = parabolic_profile(cap);
  for (std::size_t i = 0; i < real.size(); ++i)
    EXPECT_NEAR(std::abs(complex[i] - real[i]), 0, 1e-10 * real[0]);
}

TEST(WomersleyProfile, ConvergesBetweenPlates)
{
  const double rho = 1060, mu = 0.0035, h = 0.01, omega = 2 * std::numbers::pi;
  const auto   error = [&](int n) {
    const auto                    cap   = segment(n, h);
    const auto                    shape = womersley_profile(cap, omega, rho, mu);
    const exact::ChannelWomersley channel{h, rho, mu, omega, {0., 1.}};
    EXPECT_LT(std::abs(flux(cap, shape) - 1.), 1e-14);
    double worst = 0;
    for (std::size_t i = 0; i < shape.size(); ++i)
      worst = std::max(worst, std::abs(shape[i].real() - channel.velocity(position(cap, i), 0)));
    return worst * 2 * h;
  };
  EXPECT_LT(error(16), 1e-3);
  EXPECT_GT(std::log2(error(16) / error(32)), 2.7);
}

TEST(FlatProfile, IsConstantOffTheRim)
{
  const auto cap   = disc(6);
  const auto shape = flat_profile(cap);
  EXPECT_NEAR(flux(cap, shape), 1, 1e-14);
  for (std::size_t i = 0; i < shape.size(); ++i)
    EXPECT_EQ(shape[i], cap.is_rim[i] ? 0 : shape[0]);
}

TEST(InflowProfile, CarriesTheFlowExactlyAtEveryTime)
{
  const auto cap = disc(6), line = segment(8, 0.01);
  const auto flow = pulse();
  for (const auto *mesh : {&cap, &line})
    for (const auto shape : {InflowProfile::Shape::parabolic, InflowProfile::Shape::flat, InflowProfile::Shape::womersley})
      {
        const InflowProfile profile(*mesh, shape, flow, 1060, 0.0035, 8);
        std::vector<double> values;
        for (const double t : {0., 0.13, 0.5, 0.87, 4.2})
          {
            profile.evaluate(t, values);
            EXPECT_NEAR(flux(*mesh, values), flow(t), 1e-14 * flow.maximum()) << t;
          }
      }
}

TEST(InflowProfile, WomersleyFollowsTheExactSolution)
{
  const auto             cap  = disc(16);
  const double           rho  = 1060, mu = 0.0035;
  std::vector<double>    times, values;
  const exact::Womersley pipe{radius, rho, mu, 2 * std::numbers::pi / 0.9, {5e-5, exact::Complex(3e-5, -2e-5)}};
  for (int i = 0; i < 60; ++i)
    {
      times.push_back(0.9 * i / 60);
      values.push_back(pipe.flow(times.back()));
    }
  const InflowProfile profile(cap, InflowProfile::Shape::womersley, Waveform(times, values, 0.9), rho, mu);
  const double        mean = 5e-5 / (std::numbers::pi * radius * radius);
  for (const double t : {0.05, 0.4, 0.75})
    {
      profile.evaluate(t, values);
      for (std::size_t i = 0; i < values.size(); ++i)
        if (!cap.is_rim[i])
          {
            EXPECT_NEAR(values[i], pipe.velocity(distance_from_centre(cap, i), t), 0.01 * mean);
          }
    }
}

TEST(InflowProfile, RefusesACapWithoutInteriorNodes)
{
  CapMesh cap;
  cap.points = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0.5, 0, 0}, {0.5, 0.5, 0}, {0, 0.5, 0}};
  cap.cells  = {0, 1, 2, 3, 4, 5};
  cap.is_rim.assign(6, 1);
  EXPECT_THROW(parabolic_profile(cap), InputError);
  EXPECT_THROW(flat_profile(cap), InputError);
  EXPECT_THROW(womersley_profile(cap, 1, 1, 1), InputError);
  EXPECT_THROW(InflowProfile(cap, InflowProfile::Shape::womersley, pulse(), 1060, 0.0035), InputError);
}

TEST(InflowProfile, RefusesADegenerateTriangle)
{
  auto cap = disc(2);
  for (int d = 0; d < 3; ++d)
    cap.points[cap.cells[1]][d] = cap.points[cap.cells[2]][d] = cap.points[cap.cells[0]][d];
  EXPECT_THROW(parabolic_profile(cap), InputError);
}
