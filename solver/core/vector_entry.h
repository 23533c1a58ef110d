// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

/// The parts of "a, b , c" without the blanks around them.
std::vector<std::string> split_list(const std::string &text, char separator = ',');

/// An entry that holds a vector: "1, 2, 3 mm" in SI; without a unit ("0, 0, 1") for dimension::none. Throws InputError.
std::array<double, 3> read_vector(const ParameterTree &parameters, const std::string &path, const Dimension &dimension);

} // namespace vesalius
