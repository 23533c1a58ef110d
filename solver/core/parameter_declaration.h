// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/quantity.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace vesalius::internal
{

enum class Kind
{
  quantity,
  real,
  integer,
  boolean,
  text,
  file,
  selection
};

/// An entry of a ParameterTree, as a model declares it.
struct Declaration
{
  std::string              path;
  Kind                     kind = Kind::text;
  std::string              default_value;
  std::string              text;
  Dimension                dimension;
  double                   minimum = 0, maximum = 0;
  std::vector<std::string> choices;
};

/// A finite number that is all of `text`; nothing otherwise.
template <typename Number>
std::optional<Number> parse_number(const std::string &text)
{
  const std::string unsigned_text = text.starts_with('+') ? text.substr(1) : text;
  Number            value{};
  const auto        end = std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), value);
  if (end.ec != std::errc() || end.ptr != unsigned_text.data() + unsigned_text.size())
    return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>)
    if (!std::isfinite(value))
      return std::nullopt;
  return value;
}

/// The value as the tree shall hold it. Throws InputError with one problem, not located.
std::string checked_value(const Declaration &entry, const std::string &value);

/// What may be written: "pressure (mmHg, kPa, ...)", "a number from 0 to 1", "one of a, b".
std::string describe(const Declaration &entry);

} // namespace vesalius::internal
