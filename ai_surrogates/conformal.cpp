// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/conformal.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius::surrogates
{

std::size_t conformal_rank(std::size_t n, double alpha)
{
  const auto rank = [&](std::size_t runs) { return std::size_t(std::ceil(double(runs + 1) * (1 - alpha) - 1e-9)); }; // 20 * 0.9 is 18, rounded or not
  if (rank(n) <= n)
    return rank(n);
  std::size_t needed = n;
  while (rank(needed) > needed)
    ++needed;
  throw InputError(fmt::format("{} geometries with calibration runs cannot carry an interval of {:g} %", n, 100 * (1 - alpha)),
                   fmt::format("{} are needed at least, or a lower level", needed));
}

double conformal_factor(std::vector<double> scores, double alpha)
{
  const std::size_t k = conformal_rank(scores.size(), alpha);
  VESALIUS_ASSERT(std::none_of(scores.begin(), scores.end(), [](double s) { return std::isnan(s); }), "a score is not a number");
  std::nth_element(scores.begin(), scores.begin() + std::ptrdiff_t(k - 1), scores.end());
  const double q = scores[k - 1];
  if (!std::isfinite(q))
    throw InputError(fmt::format("of {} geometries with calibration runs so many failed that no finite interval holds {:g} %", scores.size(), 100 * (1 - alpha)),
                     "find out why they fail, narrow the declared distribution to where the solver succeeds, or choose a lower level");
  return q;
}

double covered_probability(std::size_t c, std::size_t m, std::size_t n, std::size_t k)
{
  const auto log_beta   = [](double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); };
  const auto log_choose = [](double all, double some) { return std::lgamma(all + 1) - std::lgamma(some + 1) - std::lgamma(all - some + 1); };
  const double a = double(k), b = double(n + 1 - k);
  return std::exp(log_choose(double(m), double(c)) + log_beta(double(c) + a, double(m - c) + b) - log_beta(a, b));
}

CountBand covered_band(std::size_t m, std::size_t n, std::size_t k, double share)
{
  const double tail = 0.5 * (1 - share);
  CountBand    band{0, m};
  for (double sum = covered_probability(band.low, m, n, k); sum <= tail; sum += covered_probability(band.low, m, n, k))
    ++band.low;
  for (double sum = covered_probability(band.high, m, n, k); sum <= tail; sum += covered_probability(band.high, m, n, k))
    --band.high;
  return band;
}

} // namespace vesalius::surrogates
