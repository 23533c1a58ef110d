// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/distribution.h"

#include <array>
#include <vector>

namespace vesalius::surrogates
{

/// Polynomials p_0, p_1, ... of one input, orthonormal for its distribution: over its draws the mean of p_i p_j is 1 where i = j, else 0.
///
/// Source: Gautschi, Orthogonal Polynomials: Computation and Approximation (2004), section 2.2.3 (discretised Stieltjes procedure).
class OrthonormalPolynomials
{
public:
  static constexpr int largest_degree = 8; ///< that of a trend's powers in a surrogate's file

  explicit OrthonormalPolynomials(const Distribution &distribution);

  /// At x, by recurrence.
  std::array<double, largest_degree + 1> values(double x) const;

  /// Of p_degree, by powers of x / scale() from 0 to degree.
  const std::vector<double> &coefficients(int degree) const { return coefficients_[std::size_t(degree)]; }
  double                     scale() const { return scale_; }
  /// By how much rounding grows where p_degree is summed in powers: the sum of |coefficients|.
  double cancellation(int degree) const;

private:
  double                             scale_, centre_, half_width_;
  std::array<double, largest_degree> shift_{},
    norm_{}; ///< norm[k] p_(k+1) = (t - shift[k]) p_k - norm[k-1] p_(k-1), t = (x - centre) / half width
  std::array<std::vector<double>, largest_degree + 1> coefficients_;
};

} // namespace vesalius::surrogates
