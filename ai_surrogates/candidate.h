// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/gaussian_process.h"

#include <cstddef>
#include <string>

namespace vesalius::surrogates
{

/// A model that was tried.
struct Candidate
{
  std::string trend_name;
  Trend       trend;
  std::size_t n_modes = 0; ///< of a field
  double      error   = 0; ///< of a scalar the RMS in its unit, of a field the mean relative L2 norm; over all runs, each held out once
  Kernel      kernel;      ///< of all runs
};

} // namespace vesalius::surrogates
