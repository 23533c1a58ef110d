// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_file.h"

#include <string>
#include <vector>

namespace vesalius
{

/// An input that a table has a column for.
struct NamedInput
{
  std::string name, unit; ///< "" for a pure number
};

/// Rows of inputs in the order and units asked for; a cell that is empty or `nan` is a NaN.
struct InputTable
{
  std::vector<std::vector<double>> rows;
  std::vector<int>                 lines; ///< of the file, from 1
};

/// Reads a CSV table whose first line names every input with a unit, in any order: `degree, flow [L/min]`. Units are converted.
/// Throws InputError with all problems: columns that are missing or unknown, units of another dimension, cells that are no numbers.
InputTable read_input_table(const std::string &path, const std::vector<NamedInput> &inputs);
InputTable read_input_table(const std::string &path, const SurrogateFile &surrogate);

/// "flow [m^3/s]", "degree".
std::string column_name(const std::string &name, const std::string &unit);

} // namespace vesalius
