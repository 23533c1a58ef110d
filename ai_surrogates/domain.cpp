// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/domain.h"

#include "ai_surrogates/sampling.h"

#include <algorithm>
#include <cmath>

namespace vesalius::surrogates
{

double domain_score(const GaussianProcessGroup &metric, std::size_t n_neighbours, const double *x)
{
  const std::size_t   n = metric.n_points(), d = metric.length_scales.size();
  std::vector<double> distances(n);
  for (std::size_t i = 0; i < n; ++i)
    {
      double sum = 0;
      for (std::size_t k = 0; k < d; ++k)
        {
          const double t = (x[k] - metric.points[i * d + k]) / metric.length_scales[k];
          sum += t * t;
        }
      distances[i] = std::sqrt(sum);
    }
  const std::size_t m = std::min(n, n_neighbours);
  std::partial_sort(distances.begin(), distances.begin() + std::ptrdiff_t(m), distances.end());
  double score = 0;
  for (std::size_t i = 0; i < m; ++i)
    score += distances[i];
  return score / double(m);
}

SurrogateDomain make_domain(const GaussianProcessGroup &metric, const std::vector<Distribution> &distributions, std::size_t n_draws, double alpha,
                            std::uint64_t seed)
{
  SurrogateDomain   domain;
  const std::size_t d      = distributions.size();
  const auto        inputs = draw(Design::independent, distributions, n_draws, seed);
  domain.alpha             = alpha;
  for (std::size_t i = 0; i < n_draws; ++i)
    domain.reference_scores.push_back(domain_score(metric, domain.n_neighbours, &inputs[i * d]));
  std::sort(domain.reference_scores.begin(), domain.reference_scores.end());
  return domain;
}

double domain_p_value(const SurrogateDomain &domain, double score)
{
  const auto &scores = domain.reference_scores;
  const auto  n_more = scores.end() - std::lower_bound(scores.begin(), scores.end(), score);
  return (1 + double(n_more)) / (double(scores.size()) + 1);
}

DomainStatus domain_status(const SurrogateModel &model, const double *x)
{
  for (std::size_t i = 0; i < model.inputs.size(); ++i)
    if (!std::isfinite(x[i]))
      return DomainStatus::invalid;
  for (std::size_t i = 0; i < model.inputs.size(); ++i)
    if (x[i] < model.inputs[i].lower || x[i] > model.inputs[i].upper)
      return DomainStatus::out_of_range;
  const double score = domain_score(model.groups.front(), model.domain.n_neighbours, x);
  return domain_p_value(model.domain, score) <= model.domain.alpha ? DomainStatus::out_of_domain : DomainStatus::in;
}

} // namespace vesalius::surrogates
