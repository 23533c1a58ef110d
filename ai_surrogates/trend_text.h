// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"
#include "ai_surrogates/gaussian_process.h"

#include <string>
#include <vector>

namespace vesalius::surrogates
{

/// A mean of one constant.
Trend constant_trend(const std::vector<InputVariable> &inputs);

/// A constant and every input.
Trend linear_trend(const std::vector<InputVariable> &inputs);

/// What physics says of the mean, up to its coefficients: "flow*viscosity + flow^2", a sum of products of inputs and of their powers; "1" is a
/// constant. Throws InputError with the inputs there are.
Trend parse_trend(const std::string &text, const std::vector<InputVariable> &inputs);

} // namespace vesalius::surrogates
