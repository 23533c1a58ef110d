// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/parameter_vector.h"

#include "solver/core/number_text.h"

#include <cmath>

namespace vesalius
{

std::array<double, 3> vector_entry(const ParameterTree &parameters, const std::string &path, const Dimension &dimension)
{
  const bool        has_unit = dimension != dimension::none;
  const auto        units    = suggested_units(dimension);
  const std::string remedy   = has_unit ? "write three numbers and their unit, e.g. 12.5, -3, 40 " + units.front() :
                                          "write three numbers, e.g. 0, 0, 1";
  std::string_view      text;
  const std::string     whole = parameters.text(path);
  std::array<double, 3> vector{};
  text = whole;
  for (int d = 0; d < 3; ++d)
    {
      while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || (d > 0 && text.front() == ',')))
        text.remove_prefix(1);
      if (!take_number(text, vector[d]))
        throw parameters.error_at(path, "'" + whole + "' is not a vector", remedy);
      while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
      if (d < 2 && !text.starts_with(','))
        throw parameters.error_at(path, "'" + whole + "' is not a vector", remedy);
    }
  if (!has_unit && text.empty())
    return vector;
  if (!has_unit || text.empty())
    throw parameters.error_at(path, "'" + whole + "' has " + (has_unit ? "no unit" : "something behind its numbers"), remedy);
  const double factor = Quantity::parse("1 " + std::string(text), dimension).si;
  for (double &x : vector)
    x *= factor;
  return vector;
}

std::array<double, 3> direction_entry(const ParameterTree &parameters, const std::string &path)
{
  auto         vector = vector_entry(parameters, path, dimension::none);
  const double length = std::hypot(vector[0], vector[1], vector[2]);
  if (!(length > 0))
    throw parameters.error_at(path, "the direction has no length", "write three numbers that are not all 0");
  for (double &x : vector)
    x /= length;
  return vector;
}

} // namespace vesalius
