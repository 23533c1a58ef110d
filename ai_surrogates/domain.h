// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/distribution.h"
#include "ai_surrogates/surrogate_model.h"

#include <cstdint>
#include <vector>

/// Where a surrogate may be asked: inside its box, and not farther from its training runs than draws of the declared distribution are.
namespace vesalius::surrogates
{

enum class DomainStatus
{
  in,
  out_of_range,  ///< an input outside of its bounds
  out_of_domain, ///< p <= alpha
  invalid        ///< an input that is not a number
};

/// The mean distance |(x - x_i) / l| to the nearest training inputs.
double domain_score(const GaussianProcessGroup &metric, std::size_t n_neighbours, const double *x);

/// Scores of `n_draws` independent draws, which need no solver, ascending: the reference of conformal p-values. A draw from the same distribution is
/// then called out of domain with a probability of at most alpha over reference sets.
SurrogateDomain make_domain(const GaussianProcessGroup &metric, const std::vector<Distribution> &distributions, std::size_t n_draws, double alpha,
                            std::uint64_t seed);

/// (1 + #{reference >= score}) / (m + 1).
double domain_p_value(const SurrogateDomain &domain, double score);

/// What the runtime says, too; for verification.
DomainStatus domain_status(const SurrogateModel &model, const double *x);

} // namespace vesalius::surrogates
