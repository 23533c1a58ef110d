// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"

#include <string>

namespace vesalius::surrogates
{

/// Runs, inputs and scalars as a CSV table, SI, nine digits: to look at and to plot, and to keep where the data set is too large. The first line is `run, role, origin,
/// status, INPUT [UNIT], ..., SCALAR [UNIT], ...`; the scalars of a failed run are `nan`.
std::string dataset_table(const Dataset &data);

} // namespace vesalius::surrogates
