// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/sensitivity.h"

#include "ai_surrogates/sampling.h"

namespace vesalius::surrogates
{

SobolIndices sobol_indices(const std::function<std::vector<double>(const double *)> &outputs, const std::vector<Distribution> &distributions, std::size_t n_draws)
{
  const std::size_t d       = distributions.size();
  auto              doubled = distributions; // the two independent sets of inputs
  doubled.insert(doubled.end(), distributions.begin(), distributions.end());
  const auto        draws = draw(Design::sobol, doubled, n_draws, 0);
  const std::size_t p     = outputs(draws.data()).size();
  std::vector<double> sum(p, 0), squares(p, 0), first(d, 0), total(d, 0);
  for (std::size_t i = 0; i < n_draws; ++i)
    {
      const double             *row = &draws[i * 2 * d];
      const std::vector<double> a(row, row + d), b(row + d, row + 2 * d);
      const auto                at_a = outputs(a.data()), at_b = outputs(b.data());
      for (std::size_t k = 0; k < p; ++k)
        for (const double value : {at_a[k], at_b[k]})
          {
            sum[k] += value;
            squares[k] += value * value;
          }
      for (std::size_t j = 0; j < d; ++j)
        {
          auto mixed     = a;
          mixed[j]       = b[j];
          const auto now = outputs(mixed.data());
          for (std::size_t k = 0; k < p; ++k)
            {
              first[j] += at_b[k] * (now[k] - at_a[k]);
              total[j] += 0.5 * (at_a[k] - now[k]) * (at_a[k] - now[k]);
            }
        }
    }
  double variance = 0;
  for (std::size_t k = 0; k < p; ++k)
    variance += squares[k] / (2. * double(n_draws)) - sum[k] * sum[k] / (4. * double(n_draws) * double(n_draws));
  SobolIndices result;
  for (std::size_t j = 0; j < d; ++j)
    {
      result.first.push_back(variance > 0 ? first[j] / double(n_draws) / variance : 0);
      result.total.push_back(variance > 0 ? total[j] / double(n_draws) / variance : 0);
    }
  return result;
}

} // namespace vesalius::surrogates
