// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_model.h"

#include <cstddef>
#include <vector>

/// Which runs to make next.
namespace vesalius::surrogates
{

struct Choice
{
  std::vector<std::size_t> candidates; ///< in the order of choice
  double                   variance_left = 1; ///< mean over the groups of the integrated variance behind the choice over that before it
};

/// One by one, the candidate that lowers the integrated variance most: the mean over the reference points of each group's variance given its runs and those chosen before, in
/// shares of what it was, summed over the groups. The variances need no output, so that several are chosen before one is run. `candidates` and `reference` are [., d].
/// Source: Cohn, Neural Networks 9 (1996) 1071-1083; Gramacy and Lee, Technometrics 51 (2009) 130-145, section 3.
Choice choose_runs(const std::vector<GaussianProcessGroup> &groups, const std::vector<double> &candidates, const std::vector<double> &reference, std::size_t n);

} // namespace vesalius::surrogates
