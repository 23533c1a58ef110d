// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/waveform.h"

#include "solver/core/errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace vesalius
{

namespace
{

/// Solves lower_i x_(i-1) + diagonal_i x_i + upper_i x_(i+1) = rhs_i without wrap-around (Thomas).
std::vector<double> solve_tridiagonal(const std::vector<double> &lower, std::vector<double> diagonal,
                                      const std::vector<double> &upper, std::vector<double> rhs)
{
  const std::size_t n = rhs.size();
  for (std::size_t i = 1; i < n; ++i)
    {
      const double factor = lower[i] / diagonal[i - 1];
      diagonal[i] -= factor * upper[i - 1];
      rhs[i] -= factor * rhs[i - 1];
    }
  rhs[n - 1] /= diagonal[n - 1];
  for (std::size_t i = n - 1; i-- > 0;)
    rhs[i] = (rhs[i] - upper[i] * rhs[i + 1]) / diagonal[i];
  return rhs;
}

/// The same with indices modulo n, n >= 3: a rank-one correction (Sherman-Morrison) of the open system.
std::vector<double> solve_cyclic(const std::vector<double> &lower, std::vector<double> diagonal,
                                 const std::vector<double> &upper, const std::vector<double> &rhs)
{
  const std::size_t n     = rhs.size();
  const double      first = lower[0], last = upper[n - 1], gamma = -diagonal[0];
  diagonal[0] -= gamma;
  diagonal[n - 1] -= first * last / gamma;
  std::vector<double> u(n, 0.);
  u[0]         = gamma;
  u[n - 1]     = last;
  auto       x = solve_tridiagonal(lower, diagonal, upper, rhs);
  const auto z = solve_tridiagonal(lower, diagonal, upper, u);
  const double factor = (x[0] + first / gamma * x[n - 1]) / (1 + z[0] + first / gamma * z[n - 1]);
  for (std::size_t i = 0; i < n; ++i)
    x[i] -= factor * z[i];
  return x;
}

} // namespace

Waveform::Waveform(std::vector<double> times, std::vector<double> values, double period)
  : times_(std::move(times)), values_(std::move(values)), period_(period)
{
  const auto require = [](bool condition, const std::string &what, const std::string &remedy) {
    if (!condition)
      throw InputError("a waveform " + what, remedy);
  };
  require(period_ > 0, "has a period that is not positive", "give the length of the cycle");
  require(!times_.empty() && times_.size() == values_.size(), "has not one value for each time", "give both for each sample");
  for (std::size_t i = 1; i < times_.size(); ++i)
    require(times_[i] > times_[i - 1], "has times that do not increase", "sort the samples by time");
  const double span = times_.back() - times_.front();
  require(span <= period_ * (1 + 1e-12), "has samples beyond its period", "keep to one cycle");
  if (values_.size() > 1 && span >= period_ * (1 - 1e-12))
    {
      const auto [low, high] = std::minmax_element(values_.begin(), values_.end());
      require(std::abs(values_.back() - values_.front()) <= 1e-3 * (*high - *low), "does not end where it begins",
              "repeat the first value at the end of the cycle");
      times_.pop_back();
      values_.pop_back();
    }
  require(values_.size() == 1 || values_.size() >= 3, "has 2 samples", "give at least 3 within a cycle, or 1 for a constant");

  const std::size_t n = n_samples();
  second_derivatives_.assign(n, 0.);
  if (n == 1)
    return;
  std::vector<double> lower(n), diagonal(n), upper(n), rhs(n);
  for (std::size_t i = 0; i < n; ++i)
    {
      const std::size_t before = (i + n - 1) % n, after = (i + 1) % n;
      lower[i]    = interval(before);
      upper[i]    = interval(i);
      diagonal[i] = 2 * (lower[i] + upper[i]);
      rhs[i]      = 6 * ((values_[after] - values_[i]) / upper[i] - (values_[i] - values_[before]) / lower[i]);
    }
  second_derivatives_ = solve_cyclic(lower, diagonal, upper, rhs);
}

Waveform Waveform::constant(double value, double period)
{
  return Waveform({0.}, {value}, period);
}

Waveform Waveform::fourier(std::vector<std::complex<double>> modes, double period)
{
  if (!(period > 0))
    throw InputError("a waveform has a period that is not positive", "give the length of the cycle");
  VESALIUS_ASSERT(!modes.empty(), "a waveform needs its mean");
  Waveform result = constant(modes[0].real(), period);
  if (modes.size() > 1)
    result.modes_ = std::move(modes);
  return result;
}

double Waveform::interval(std::size_t i) const
{
  return i + 1 < n_samples() ? times_[i + 1] - times_[i] : times_[0] + period_ - times_[i];
}

double Waveform::operator()(double time) const
{
  VESALIUS_ASSERT(!values_.empty(), "an empty waveform has no value");
  if (!modes_.empty())
    return fourier_sum(time, 0);
  double local = std::fmod(time - times_[0], period_);
  if (local < 0)
    local += period_;
  const double t    = times_[0] + local;
  const auto   next = std::upper_bound(times_.begin(), times_.end(), t);
  const auto   i    = static_cast<std::size_t>(std::max<std::ptrdiff_t>(next - times_.begin() - 1, 0));
  const auto   j    = (i + 1) % n_samples();
  const double h = interval(i), b = (t - times_[i]) / h, a = 1 - b;
  return a * values_[i] + b * values_[j] +
         h * h / 6 * ((a * a * a - a) * second_derivatives_[i] + (b * b * b - b) * second_derivatives_[j]);
}

double Waveform::fourier_sum(double time, int derivative) const
{
  const double omega  = 2 * std::numbers::pi / period_;
  double       result = derivative == 0 ? modes_[0].real() : 0.;
  for (std::size_t k = 1; k < modes_.size(); ++k)
    result += (modes_[k] * std::pow(std::complex<double>(0, k * omega), derivative) * std::polar(1., k * omega * time)).real();
  return result;
}

double Waveform::fourier_maximum() const
{
  // Twelve samples to the period of the highest mode find its crests; Newton's method on the slope sharpens them.
  const int    n_samples = 12 * static_cast<int>(modes_.size() - 1);
  double       best_time = 0, best = fourier_sum(0, 0);
  const double spacing = period_ / n_samples;
  for (int i = 1; i < n_samples; ++i)
    if (const double value = fourier_sum(i * spacing, 0); value > best)
      {
        best      = value;
        best_time = i * spacing;
      }
  double time = best_time;
  for (int iteration = 0; iteration < 20; ++iteration)
    if (const double curvature = fourier_sum(time, 2); curvature < 0)
      time = std::clamp(time - fourier_sum(time, 1) / curvature, best_time - spacing, best_time + spacing);
  return std::max(best, fourier_sum(time, 0));
}

double Waveform::mean() const
{
  double integral = 0;
  for (std::size_t i = 0; i < n_samples(); ++i)
    {
      const std::size_t j = (i + 1) % n_samples();
      const double      h = interval(i);
      integral += h / 2 * (values_[i] + values_[j]) - h * h * h / 24 * (second_derivatives_[i] + second_derivatives_[j]);
    }
  return integral / period_;
}

double Waveform::maximum() const
{
  VESALIUS_ASSERT(!values_.empty(), "an empty waveform has no maximum");
  if (!modes_.empty())
    return fourier_maximum();
  double result = *std::max_element(values_.begin(), values_.end());
  for (std::size_t i = 0; i < n_samples(); ++i)
    {
      // The slope along b = (t - t_i)/h is c0 + c1 b + c2 b^2.
      const std::size_t j = (i + 1) % n_samples();
      const double h = interval(i), mi = second_derivatives_[i] * h * h, mj = second_derivatives_[j] * h * h;
      const double c0 = values_[j] - values_[i] - mi / 3 - mj / 6, c1 = mi, c2 = (mj - mi) / 2;
      const double discriminant = c1 * c1 - 4 * c2 * c0;
      if (discriminant < 0)
        continue;
      const double q = -0.5 * (c1 + std::copysign(std::sqrt(discriminant), c1));
      for (const double b : {c2 != 0 ? q / c2 : -1., q != 0 ? c0 / q : -1.})
        if (b > 0 && b < 1)
          result = std::max(result, (*this)(times_[i] + b * h));
    }
  return result;
}

std::vector<std::complex<double>> Waveform::fourier_modes(int n_modes) const
{
  // Gauss-Legendre with 5 points on pieces over which the mode's phase turns by at most 1/2: exact to rounding.
  static constexpr std::array<double, 5> point{0., 0.5384693101056831, -0.5384693101056831, 0.9061798459386640, -0.9061798459386640};
  static constexpr std::array<double, 5> weight{0.5688888888888889, 0.4786286704993665, 0.4786286704993665, 0.2369268850561891,
                                                0.2369268850561891};
  std::vector<std::complex<double>> modes(n_modes + 1, 0.);
  if (!modes_.empty())
    {
      std::copy_n(modes_.begin(), std::min(modes.size(), modes_.size()), modes.begin());
      return modes;
    }
  modes[0]           = mean();
  const double omega = 2 * std::numbers::pi / period_;
  if (n_samples() == 1)
    return modes;
  for (int k = 1; k <= n_modes; ++k)
    {
      for (std::size_t i = 0; i < n_samples(); ++i)
        {
          const int    n_pieces = static_cast<int>(std::ceil(2 * k * omega * interval(i)));
          const double half     = interval(i) / n_pieces / 2;
          for (int piece = 0; piece < n_pieces; ++piece)
            for (std::size_t q = 0; q < point.size(); ++q)
              {
                const double t = times_[i] + half * (2 * piece + 1 + point[q]);
                modes[k] += weight[q] * half * (*this)(t)*std::polar(1., -k * omega * t);
              }
        }
      modes[k] *= 2 / period_;
    }
  return modes;
}

} // namespace vesalius
