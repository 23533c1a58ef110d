// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"

#include <string>
#include <vector>

namespace vesalius::surrogates
{

/// An entry of a case, and how it is drawn, in a unit.
struct SampledInput
{
  std::string  entry, unit;  ///< as the user wrote them; "" for a pure number
  Distribution distribution; ///< in that unit
  std::string  name;         ///< short, its own: the user's, or else the shortest end of the entry's path that no other entry has
  int          line = 0;     ///< of the table
};

/// Reads the table whose first line is `entry, unit, distribution` or `entry, unit, distribution, name`, and whose others are inputs:
/// `Boundaries/inlet/Flow, L/min, uniform 3 6`. Throws InputError with all problems, ResourceError.
std::vector<SampledInput> read_sampled_inputs(const std::string &path);

/// As a data set has it, in SI. Throws InputError for an unknown unit.
InputVariable input_variable(const SampledInput &input);

/// "Boundaries/inlet/Flow = 5e-05 m^3/s", every digit: an override of the case. `value` in SI.
std::string override_of(const SampledInput &input, double value);

} // namespace vesalius::surrogates
