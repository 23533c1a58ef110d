// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <array>

namespace vesalius
{

/// A text entry as a vector in SI: "12.5, -3, 40 mm", the unit once behind the last number; plain numbers, "0, 0, 1", for
/// dimension::none. Throws InputError.
std::array<double, 3> vector_entry(const ParameterTree &parameters, const std::string &path, const Dimension &dimension);
/// The same without a unit and of unit length.
std::array<double, 3> direction_entry(const ParameterTree &parameters, const std::string &path);

} // namespace vesalius
