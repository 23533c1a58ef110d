// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/gaussian_process.h"

#include <cstdint>

/// A deep ensemble: small networks of one hidden layer, y = V tanh(W u + b) + a, that differ in where their training starts. Their mean predicts, their
/// spread is a part of the variance. Trained by libtorch's L-BFGS, where Vesalius was built with it.
///
/// Source: Lakshminarayanan, Pritzel and Blundell, Advances in Neural Information Processing Systems 30 (2017) 6402.
namespace vesalius::surrogates
{

struct NetworkOptions
{
  std::size_t   n_units    = 8; ///< of the hidden layer
  std::size_t   n_members  = 5;
  int           most_steps = 500;
  double        decay      = 1e-6; ///< times the sum of the weights' squares, the outputs being of unit variance
  std::uint64_t seed       = 1;
};

/// Throws InputError where Vesalius was built without libtorch, ResourceError where it cannot be loaded.
void require_networks();

/// Trained on all outputs at once, which weigh as they are: coefficients of modes by energy. s(x) is one half and half the spread over its mean at the
/// runs; process variances are the mean squares of the residuals over s. The same seed, data and machine give the same numbers.
GaussianProcessGroup fit_networks(const TrainingData &data, const NetworkOptions &options);

} // namespace vesalius::surrogates
