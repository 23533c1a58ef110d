// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

/// Split conformal intervals (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; Lei et al., Journal of the American
/// Statistical Association 113, 2018): value +- q sigma, where q is an order statistic of |y - value| / sigma on runs that trained nothing.
namespace vesalius::surrogates
{

/// k = ceil((n + 1)(1 - alpha)): with q the k-th smallest of n scores a new run is covered with probability k / (n + 1) >= 1 - alpha, whatever
/// the model, provided that the n + 1 scores are exchangeable. Throws InputError, with the n that is needed, where k > n.
std::size_t conformal_rank(std::size_t n, double alpha);

/// The k-th smallest score. A failed run scores infinity. Throws InputError where so many failed that q is infinite.
double conformal_factor(std::vector<double> scores, double alpha);

/// The probability that exactly c of m new runs are covered: c is Beta-binomial with (k, n + 1 - k), over calibration sets.
double covered_probability(std::size_t c, std::size_t m, std::size_t n, std::size_t k);

/// The smallest interval of counts, with equal tails, that holds this share of the Beta-binomial counts.
struct CountBand
{
  std::size_t low, high;
};
CountBand covered_band(std::size_t m, std::size_t n, std::size_t k, double share);

} // namespace vesalius::surrogates
