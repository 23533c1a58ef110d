// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/orthonormal_polynomials.h"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>

namespace vesalius::surrogates
{

namespace
{
/// A distribution as points and weights whose sum is 1: Gauss rules between its quantiles, so that tails get few points and get them where they are.
struct Points
{
  std::vector<double> x, weights;

  explicit Points(const Distribution &distribution)
  {
    constexpr int n_panels = 64;
    using Rule             = boost::math::quadrature::gauss<double, 15>;
    double sum             = 0;
    for (int panel = 0; panel < n_panels; ++panel)
      {
        const double low  = distribution.quantile(double(panel) / n_panels),
                     high = distribution.quantile(double(panel + 1) / n_panels);
        for (std::size_t i = 0; i < Rule::abscissa().size(); ++i)
          for (const double side : {-1., 1.})
            if (i > 0 || side > 0) // the first is the middle
              {
                x.push_back(0.5 * (low + high) + 0.5 * side * (high - low) * Rule::abscissa()[i]);
                weights.push_back(Rule::weights()[i] * (high - low) * distribution.density(x.back()));
                sum += weights.back();
              }
      }
    for (double &weight : weights)
      weight /= sum;
  }
};
} // namespace

OrthonormalPolynomials::OrthonormalPolynomials(const Distribution &distribution)
  : scale_(std::max(std::abs(distribution.low), std::abs(distribution.high))),
    centre_(0.5 * (distribution.low + distribution.high)),
    half_width_(0.5 * (distribution.high - distribution.low))
{
  const Points        points(distribution);
  std::vector<double> before(points.x.size(), 0), now(points.x.size(), 1);
  coefficients_[0] = {1};
  for (std::size_t k = 0; k < largest_degree; ++k)
    {
      const auto t = [&](std::size_t i) { return (points.x[i] - centre_) / half_width_; };
      for (std::size_t i = 0; i < now.size(); ++i)
        shift_[k] += points.weights[i] * t(i) * now[i] * now[i];
      double square = 0;
      for (std::size_t i = 0; i < now.size(); ++i)
        {
          const double next = (t(i) - shift_[k]) * now[i] - (k > 0 ? norm_[k - 1] : 0) * before[i];
          before[i]         = now[i];
          now[i]            = next;
          square += points.weights[i] * next * next;
        }
      norm_[k] = std::sqrt(square);
      for (double &value : now)
        value /= norm_[k];
      const auto &own  = coefficients_[k];
      auto       &next = coefficients_[k + 1];
      next.assign(k + 2, 0);
      for (std::size_t j = 0; j <= k; ++j)
        {
          next[j + 1] += scale_ / half_width_ * own[j] / norm_[k];
          next[j] -= (centre_ / half_width_ + shift_[k]) * own[j] / norm_[k];
        }
      for (std::size_t j = 0; k > 0 && j < k; ++j)
        next[j] -= norm_[k - 1] * coefficients_[k - 1][j] / norm_[k];
    }
}

std::array<double, OrthonormalPolynomials::largest_degree + 1> OrthonormalPolynomials::values(double x) const
{
  std::array<double, largest_degree + 1> p{1};
  const double                           t = (x - centre_) / half_width_;
  for (std::size_t k = 0; k < largest_degree; ++k)
    p[k + 1] = ((t - shift_[k]) * p[k] - (k > 0 ? norm_[k - 1] * p[k - 1] : 0)) / norm_[k];
  return p;
}

double OrthonormalPolynomials::cancellation(int degree) const
{
  double sum = 0;
  for (const double c : coefficients(degree))
    sum += std::abs(c);
  return sum;
}

} // namespace vesalius::surrogates
