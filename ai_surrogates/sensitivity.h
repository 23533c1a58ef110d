// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/distribution.h"
#include "ai_surrogates/surrogate_model.h"

#include <cstddef>
#include <vector>

namespace vesalius::surrogates
{

/// The shares of an output's variance that each input has, alone and with all its interactions.
struct SobolIndices
{
  std::vector<double> first, total; ///< [d]
};

/// Of outputs of a group whose inputs are drawn from their distributions, on `n_draws` (d + 2) predictions. Of several outputs, those of the sum of
/// their variances: with modes that are orthonormal in the mass, the indices of the field as a whole (Lamboni, Monod and Makowski, Reliability
/// Engineering and System Safety 96, 2011). Estimators of Saltelli et al. and of Jansen, Computer Physics Communications 181 (2010), table 2.
SobolIndices sobol_indices(const GaussianProcessGroup &group, const std::vector<std::size_t> &outputs, const std::vector<Distribution> &distributions,
                           std::size_t n_draws);

} // namespace vesalius::surrogates
