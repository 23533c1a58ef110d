// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/vector_entry.h"

#include "solver/core/number_text.h"

#include <sstream>

namespace vesalius
{

std::vector<std::string> split_list(const std::string &text, char separator)
{
  std::vector<std::string> parts;
  std::stringstream        stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    {
      const auto begin = part.find_first_not_of(" \t"), end = part.find_last_not_of(" \t");
      parts.push_back(begin == std::string::npos ? "" : part.substr(begin, end - begin + 1));
    }
  return parts;
}

std::array<double, 3> read_vector(const ParameterTree &parameters, const std::string &path, const Dimension &dimension)
{
  const bool        has_unit = dimension != dimension::none;
  const std::string remedy   = has_unit ? "write three components and their unit, e.g. 12.5, -3, 40 " + suggested_units(dimension).front() :
                                          "write three numbers, e.g. 0, 0, 1";
  auto              parts    = split_list(parameters.text(path));
  if (parts.size() != 3)
    throw parameters.error_at(path, "'" + parameters.text(path) + "' is not a vector", remedy);
  double factor = 1;
  if (has_unit)
    {
      const auto space = parts[2].find_first_of(" \t");
      if (space == std::string::npos)
        throw parameters.error_at(path, "'" + parameters.text(path) + "' has no unit", remedy);
      factor   = Quantity::parse("1" + parts[2].substr(space), dimension).si;
      parts[2] = parts[2].substr(0, space);
    }
  std::array<double, 3> vector{};
  for (int d = 0; d < 3; ++d)
    {
      if (!is_number(parts[d], vector[d]))
        throw parameters.error_at(path, "'" + parts[d] + "' is not a number", remedy);
      vector[d] *= factor;
    }
  return vector;
}

} // namespace vesalius
