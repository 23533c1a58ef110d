// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/networks.h"
#include "ai_surrogates/polynomial_chaos.h"

#include <cstddef>
#include <string>
#include <vector>

namespace vesalius::surrogates
{

/// A model that was tried: a Gaussian process about a trend, polynomial chaos, or an ensemble of networks.
struct Candidate
{
  std::string     trend_name;
  Trend           trend;
  ChaosDictionary chaos;       ///< with terms: polynomial chaos
  ChaosDictionary scale;       ///< of a field; with terms: it is divided by its size (field_scale.h)
  NetworkOptions  networks{0};  ///< with units: networks
  std::size_t     n_modes = 0; ///< of a field
  double          error   = 0; ///< of a scalar the RMS in its unit, of a field the mean relative L2 norm; over all runs, each held out once
  Kernel          kernel;      ///< of all runs; of a Gaussian process
  /// Of each output: mean square of the held-out runs' errors, each over its s(x).
  std::vector<double> held_out_variance;

  bool is_chaos() const { return chaos.n_terms() > 0; }
  bool is_scaled() const { return scale.n_terms() > 0; }
  bool is_network() const { return networks.n_units > 0; }
  bool is_process() const { return !is_chaos() && !is_network(); }
};

} // namespace vesalius::surrogates
