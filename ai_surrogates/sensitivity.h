// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/distribution.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace vesalius::surrogates
{

/// The shares of an output's variance that each input has, alone and with all its interactions.
struct SobolIndices
{
  std::vector<double> first, total; ///< [d]
};

/// Of `outputs`, which is given inputs [d] that are drawn from their distributions, on `n_draws` (d + 2) calls. Of several outputs, those of the sum of
/// their variances: with components along vectors that are orthonormal in the mass, the indices of the field as a whole (Lamboni, Monod and Makowski,
/// Reliability Engineering and System Safety 96, 2011). Estimators of Saltelli et al. and of Jansen, Computer Physics Communications 181 (2010), table 2.
SobolIndices sobol_indices(const std::function<std::vector<double>(const double *)> &outputs, const std::vector<Distribution> &distributions, std::size_t n_draws);

} // namespace vesalius::surrogates
