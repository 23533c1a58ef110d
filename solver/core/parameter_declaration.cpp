// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/parameter_declaration.h"

#include "solver/core/errors.h"
#include "solver/core/parameter_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace vesalius::internal
{

namespace
{

std::string join(const std::vector<std::string> &words)
{
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string range_text(const Declaration &entry)
{
  const double      unbounded   = entry.kind == Kind::integer ? std::numeric_limits<int>::max()
                                                              : std::numeric_limits<double>::max();
  const bool        has_minimum = entry.minimum > -unbounded, has_maximum = entry.maximum < unbounded;
  const std::string noun = entry.kind == Kind::integer ? "a whole number" : "a number";
  if (has_minimum && has_maximum)
    return fmt::format("{} from {:g} to {:g}", noun, entry.minimum, entry.maximum);
  if (has_minimum)
    return fmt::format("{} of at least {:g}", noun, entry.minimum);
  if (has_maximum)
    return fmt::format("{} of at most {:g}", noun, entry.maximum);
  return noun;
}

void check_range(const Declaration &entry, const std::string &value, double number)
{
  if (number < entry.minimum || number > entry.maximum)
    throw InputError(fmt::format("{} is out of range", value), "write " + range_text(entry));
}

std::string check_boolean(const std::string &value)
{
  if (value == "true" || value == "yes" || value == "on")
    return "true";
  if (value == "false" || value == "no" || value == "off")
    return "false";
  throw InputError(fmt::format("'{}' is neither true nor false", value), "write `true` or `false`");
}

std::string check_selection(const Declaration &entry, const std::string &value)
{
  if (std::ranges::count(entry.choices, value) > 0)
    return value;
  const auto near = closest_match(value, entry.choices);
  throw InputError(fmt::format("'{}' is not among the choices", value),
                   (near.empty() ? "" : "did you mean '" + near + "'? ") + "Allowed: " + join(entry.choices));
}

} // namespace

std::string checked_value(const Declaration &entry, const std::string &value)
{
  if (value.empty() && entry.kind != Kind::text && entry.kind != Kind::file)
    throw InputError("the value is empty", "write a value, or remove the line to use the default");
  switch (entry.kind)
    {
      case Kind::quantity:
        Quantity::parse(value, entry.dimension);
        return value;
      case Kind::real:
        if (const auto number = parse_number<double>(value))
          return check_range(entry, value, *number), value;
        throw InputError(fmt::format("'{}' is not a number", value), "write " + range_text(entry));
      case Kind::integer:
        if (const auto number = parse_number<int>(value))
          return check_range(entry, value, *number), std::to_string(*number);
        throw InputError(fmt::format("'{}' is not a whole number", value), "write " + range_text(entry));
      case Kind::boolean:
        return check_boolean(value);
      case Kind::selection:
        return check_selection(entry, value);
      case Kind::text:
      case Kind::file:
        return value;
    }
  VESALIUS_ASSERT(false, "unknown kind of entry");
}

std::string describe(const Declaration &entry)
{
  switch (entry.kind)
    {
      case Kind::quantity:
        return entry.dimension == dimension::none
                 ? "a number"
                 : fmt::format("{} ({})", dimension_name(entry.dimension), join(suggested_units(entry.dimension)));
      case Kind::real:
      case Kind::integer:
        return range_text(entry);
      case Kind::boolean:
        return "true or false";
      case Kind::selection:
        return "one of " + join(entry.choices);
      case Kind::file:
        return "file";
      case Kind::text:
        return "text";
    }
  VESALIUS_ASSERT(false, "unknown kind of entry");
}

} // namespace vesalius::internal
