// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/quantity.h"

#include "solver/core/errors.h"
#include "solver/core/parameter_tree.h"
#include "solver/core/unit_conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace vesalius
{

namespace
{

struct Unit
{
  double    factor = 1; ///< SI value of one unit
  Dimension dimension;
};

struct NamedUnit
{
  std::string_view symbol;
  double           factor;
  Dimension        dimension;
  bool             takes_prefix;
};

// Conventional millimetre of mercury and centimetre of water (4 degC), ISO 80000-4 and NIST SP 811.
constexpr double pascal_per_mmhg  = 133.322387415;
constexpr double pascal_per_cmh2o = 98.0665;

constexpr Dimension energy{1, 2, -2, 0};
constexpr Dimension power{1, 2, -3, 0};

constexpr std::array<NamedUnit, 23> named_units{{{"g", 1e-3, dimension::mass, true},
                                                 {"m", 1, dimension::length, true},
                                                 {"s", 1, dimension::time, true},
                                                 {"min", 60, dimension::time, false},
                                                 {"h", 3600, dimension::time, false},
                                                 {"K", 1, dimension::temperature, true},
                                                 {"Pa", 1, dimension::pressure, true},
                                                 {"bar", 1e5, dimension::pressure, true},
                                                 {"mmHg", pascal_per_mmhg, dimension::pressure, false},
                                                 {"cmH2O", pascal_per_cmh2o, dimension::pressure, false},
                                                 {"N", 1, dimension::force, true},
                                                 {"dyn", 1e-5, dimension::force, false},
                                                 {"L", 1e-3, dimension::volume, true},
                                                 {"l", 1e-3, dimension::volume, true},
                                                 {"P", 0.1, dimension::viscosity, true},
                                                 {"Hz", 1, dimension::frequency, true},
                                                 {"J", 1, energy, true},
                                                 {"W", 1, power, true},
                                                 {"erg", 1e-7, energy, false},
                                                 {"rad", 1, dimension::none, false},
                                                 {"deg", 0.017453292519943295, dimension::none, false},
                                                 {"%", 0.01, dimension::none, false},
                                                 {"1", 1, dimension::none, false}}};

struct Prefix
{
  std::string_view symbol;
  double           factor;
};

constexpr std::array<Prefix, 9> prefixes{
  {{"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"h", 1e2}, {"d", 1e-1}, {"c", 1e-2}, {"m", 1e-3}, {"u", 1e-6}, {"n", 1e-9}}};

/// What messages offer: the spelling that people mean, not every prefix with every unit.
const std::vector<std::string> &common_symbols()
{
  static const std::vector<std::string> symbols = {"kg",   "g", "mg", "m",   "cm",  "mm",  "um",   "s",     "ms",
                                                   "min",  "h", "Pa", "kPa", "MPa", "mPa", "mmHg", "cmH2O", "bar",
                                                   "mbar", "N", "mN", "kN",  "dyn", "L",   "mL",   "uL",    "P",
                                                   "cP",   "K", "Hz", "J",   "W",   "rad", "deg",  "%"};
  return symbols;
}

struct Suggestion
{
  std::string_view         name;
  Dimension                dimension;
  std::string_view         si;
  std::vector<std::string> units;
};

const std::vector<Suggestion> &suggestions()
{
  static const std::vector<Suggestion> table = {
    {"length", dimension::length, "m", {"mm", "cm", "m", "um"}},
    {"area", dimension::area, "m^2", {"cm^2", "mm^2", "m^2"}},
    {"volume", dimension::volume, "m^3", {"mL", "L", "cm^3", "m^3"}},
    {"time", dimension::time, "s", {"s", "ms", "min", "h"}},
    {"velocity", dimension::velocity, "m/s", {"m/s", "cm/s", "mm/s"}},
    {"acceleration", dimension::acceleration, "m/s^2", {"m/s^2", "cm/s^2"}},
    {"flow", dimension::flow, "m^3/s", {"mL/s", "L/min", "mL/min", "cm^3/s", "m^3/s"}},
    {"density", dimension::density, "kg/m^3", {"kg/m^3", "g/cm^3", "g/mL"}},
    {"viscosity", dimension::viscosity, "Pa s", {"mPa s", "Pa s", "cP", "P"}},
    {"kinematic viscosity", dimension::kinematic_viscosity, "m^2/s", {"mm^2/s", "cm^2/s", "m^2/s"}},
    {"pressure", dimension::pressure, "Pa", {"mmHg", "kPa", "Pa", "cmH2O", "bar"}},
    {"flow resistance", dimension::resistance, "Pa s/m^3", {"mmHg s/mL", "dyn s/cm^5", "Pa s/m^3"}},
    {"compliance", dimension::compliance, "m^3/Pa", {"mL/mmHg", "cm^5/dyn", "m^3/Pa"}},
    {"frequency", dimension::frequency, "Hz", {"Hz", "1/s", "1/min"}},
    {"mass", dimension::mass, "kg", {"kg", "g", "mg"}},
    {"force", dimension::force, "N", {"N", "mN", "dyn"}},
    {"energy", energy, "J", {"J", "mJ", "erg"}},
    {"power", power, "W", {"W", "mW"}},
    {"temperature", dimension::temperature, "K", {"K"}}};
  return table;
}

const Suggestion *find_suggestion(const Dimension &dimension)
{
  for (const auto &entry : suggestions())
    if (entry.dimension == dimension)
      return &entry;
  return nullptr;
}

std::string join(const std::vector<std::string> &words)
{
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string_view trim(std::string_view text)
{
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string units_of(const Dimension &expected)
{
  if (expected == dimension::none)
    return "write a plain number, without a unit";
  return "units of " + dimension_name(expected) + ": " + join(suggested_units(expected));
}

InputError unknown_unit(const std::string &symbol, const Dimension &expected)
{
  const std::string letters = symbol.substr(0, symbol.find_first_of("0123456789"));
  std::string       near;
  if (letters != symbol && std::ranges::count(common_symbols(), letters) > 0)
    near = letters + "^" + symbol.substr(letters.size());
  else
    near = closest_match(symbol, common_symbols());
  return InputError("unknown unit '" + symbol + "'",
                    (near.empty() ? "" : "did you mean '" + near + "'? ") + units_of(expected));
}

std::optional<Unit> find_symbol(std::string_view symbol)
{
  for (const auto &unit : named_units)
    if (unit.symbol == symbol)
      return Unit{unit.factor, unit.dimension};
  for (const auto &prefix : prefixes)
    if (symbol.starts_with(prefix.symbol))
      for (const auto &unit : named_units)
        if (unit.takes_prefix && unit.symbol == symbol.substr(prefix.symbol.size()))
          return Unit{prefix.factor * unit.factor, unit.dimension};
  return std::nullopt;
}

Unit power_of(const Unit &unit, int exponent)
{
  return {std::pow(unit.factor, exponent),
          {unit.dimension.mass * exponent, unit.dimension.length * exponent, unit.dimension.time * exponent,
           unit.dimension.temperature * exponent}};
}

Unit product(const Unit &a, const Unit &b)
{
  return {a.factor * b.factor,
          {a.dimension.mass + b.dimension.mass, a.dimension.length + b.dimension.length,
           a.dimension.time + b.dimension.time, a.dimension.temperature + b.dimension.temperature}};
}

/// Recursive descent over products (space, *), divisions, powers and parentheses. A division acts on
/// the next factor only, as in arithmetic: "a/b c" is a c / b.
class UnitParser
{
public:
  UnitParser(std::string text, const Dimension &expected) : text_(std::move(text)), expected_(expected)
  {
    replace_all("\u00b7", "*");
    replace_all("\u22c5", "*");
    replace_all("\u00b5", "u");
    replace_all("\u03bc", "u");
    replace_all("\u00b2", "^2");
    replace_all("\u00b3", "^3");
  }

  Unit parse()
  {
    const Unit result = parse_product(0);
    if (position_ < text_.size())
      fail();
    return result;
  }

private:
  void replace_all(std::string_view from, std::string_view to)
  {
    for (auto at = text_.find(from); at != std::string::npos; at = text_.find(from, at + to.size()))
      text_.replace(at, from.size(), to);
  }

  [[noreturn]] void fail() const { throw InputError("cannot read the unit '" + text_ + "'", units_of(expected_)); }

  char next()
  {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t'))
      ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  Unit parse_product(int depth)
  {
    Unit result;
    bool expects_factor = next() != '/'; // "/min" is short for "1/min"
    while (true)
      {
        const char c = next();
        if ((c == '*' || c == '/') && !expects_factor)
          {
            ++position_;
            const Unit factor = parse_factor(depth);
            result            = product(result, c == '/' ? power_of(factor, -1) : factor);
          }
        else if (c == '\0' || c == ')')
          {
            if (expects_factor)
              fail();
            return result;
          }
        else
          result = product(result, parse_factor(depth));
        expects_factor = false;
      }
  }

  Unit parse_factor(int depth)
  {
    Unit       unit;
    const char c = next();
    if (c == '(')
      {
        if (depth > 8)
          fail();
        ++position_;
        unit = parse_product(depth + 1);
        if (next() != ')')
          fail();
        ++position_;
      }
    else
      unit = parse_symbol();
    return next() == '^' ? power_of(unit, parse_exponent()) : unit;
  }

  Unit parse_symbol()
  {
    const auto end    = std::min(text_.find_first_of(" \t*/^()", position_), text_.size());
    const auto symbol = text_.substr(position_, end - position_);
    if (symbol.empty())
      fail();
    position_       = end;
    const auto unit = find_symbol(symbol);
    if (!unit)
      throw unknown_unit(symbol, expected_);
    return *unit;
  }

  int parse_exponent()
  {
    ++position_;
    next();
    int        exponent = 0;
    const auto end      = std::from_chars(text_.data() + position_, text_.data() + text_.size(), exponent);
    if (end.ec != std::errc() || std::abs(exponent) > 9)
      fail();
    position_ = static_cast<std::size_t>(end.ptr - text_.data());
    return exponent;
  }

  std::string text_;
  Dimension   expected_;
  std::size_t position_ = 0;
};

Unit parse_unit(const std::string &text, const Dimension &expected)
{
  const Unit unit = UnitParser(text, expected).parse();
  if (unit.dimension != expected)
    throw InputError(fmt::format("'{}' is a unit of {}, but a {} is expected here", text,
                                 dimension_name(unit.dimension), dimension_name(expected)),
                     units_of(expected));
  return unit;
}

InputError bare_number(std::string_view number, const Dimension &expected)
{
  const auto        units  = suggested_units(expected);
  const std::string others = units.size() > 1 ? "; or another unit of " + dimension_name(expected) + ": " +
                                                  join(std::vector<std::string>(units.begin() + 1, units.end()))
                                              : "";
  return InputError(fmt::format("bare number '{}': a {} needs its unit", number, dimension_name(expected)),
                    fmt::format("write `{} {}`{}", number, units.front(), others));
}

} // namespace

Quantity one_unit(const std::string &unit)
{
  if (unit.empty())
    return {1, dimension::none};
  const Unit one = UnitParser(unit, dimension::none).parse();
  return {one.factor, one.dimension};
}

std::string si_unit(const Dimension &dimension)
{
  if (const auto *known = find_suggestion(dimension))
    return std::string(known->si);
  std::string text;
  const auto  append = [&text](const char *symbol, int exponent) {
    if (exponent == 0)
      return;
    text += (text.empty() ? "" : " ") + std::string(symbol);
    if (exponent != 1)
      text += "^" + std::to_string(exponent);
  };
  append("kg", dimension.mass);
  append("m", dimension.length);
  append("s", dimension.time);
  append("K", dimension.temperature);
  return text;
}

std::string dimension_name(const Dimension &dimension)
{
  if (dimension == dimension::none)
    return "plain number";
  if (const auto *known = find_suggestion(dimension))
    return std::string(known->name);
  return "quantity in " + si_unit(dimension);
}

std::vector<std::string> suggested_units(const Dimension &dimension)
{
  if (const auto *known = find_suggestion(dimension))
    return known->units;
  if (dimension == dimension::none)
    return {""};
  return {si_unit(dimension)};
}

double unit_factor(const std::string &unit, const Dimension &expected)
{
  if (trim(unit).empty() && expected == dimension::none)
    return 1;
  return parse_unit(std::string(trim(unit)), expected).factor;
}

Quantity Quantity::parse(const std::string &text, const Dimension &expected)
{
  const std::string_view trimmed = trim(text);
  if (trimmed.empty())
    throw InputError("the value is empty",
                     "write a number" +
                       (expected == dimension::none ? std::string() : " with its unit; " + units_of(expected)));
  const std::string_view unsigned_text = trimmed.starts_with('+') ? trimmed.substr(1) : trimmed;
  double                 number        = 0;
  const auto end = std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), number);
  if (end.ec != std::errc() || !std::isfinite(number))
    throw InputError(fmt::format("'{}' does not begin with a finite number", trimmed),
                     "write a number" +
                       (expected == dimension::none ? std::string() : " with its unit; " + units_of(expected)));

  const auto             n_read = static_cast<std::size_t>(end.ptr - unsigned_text.data());
  const std::string_view unit   = trim(unsigned_text.substr(n_read));
  if (unit.starts_with(','))
    throw InputError(fmt::format("'{}' has a comma in its number", trimmed),
                     "write a decimal point, and no thousands separator");
  if (unit.empty())
    {
      if (expected == dimension::none)
        return {number, expected};
      throw bare_number(trimmed, expected);
    }
  const double si = number * parse_unit(std::string(unit), expected).factor;
  if (!std::isfinite(si))
    throw InputError(fmt::format("'{}' is too large", trimmed), "");
  return {si, expected};
}

std::string format_quantity(double si, const std::string &unit, const Dimension &dimension, int digits)
{
  const double value = si / unit_factor(unit, dimension);
  return fmt::format("{:.{}g}{}{}", value, digits, unit.empty() ? "" : " ", unit);
}

} // namespace vesalius
