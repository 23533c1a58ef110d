// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/clinical_units.h"

#include "solver/core/errors.h"
#include "solver/core/quantity.h"
#include "solver/core/unit_conversion.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace vesalius
{

namespace
{
namespace d = dimension;

/// Nothing for what is no unit; another program may have written the surrogate.
std::optional<Dimension> dimension_of(const std::string &unit)
{
  try
    {
      return one_unit(unit).dimension;
    }
  catch (const InputError &)
    {
      return std::nullopt;
    }
}

bool names_one_of(std::string name, std::initializer_list<const char *> words)
{
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(words.begin(), words.end(), [&](const char *word) { return name.find(word) != std::string::npos; });
}

std::string pressure_unit(const std::string &name)
{
  if (names_one_of(name, {"shear"}))
    return "Pa";
  return names_one_of(name, {"stress", "mises", "modulus", "stiffness"}) ? "kPa" : "mmHg";
}

/// "" where there is no custom.
std::string customary_unit(const std::string &name, const Dimension &dimension, double largest_si)
{
  const double half_a_litre = 0.5 * unit_factor("L/min", d::flow);
  if (dimension == d::flow)
    return largest_si > 0 && largest_si < half_a_litre ? "mL/min" : "L/min";
  if (dimension == d::pressure)
    return pressure_unit(name);
  if (dimension == one_unit("Pa/m").dimension)
    return "kPa/m"; // of springs around an organ
  for (const auto &known : {d::length, d::area, d::volume, d::viscosity, d::resistance, d::compliance})
    if (dimension == known)
      return suggested_units(dimension).front();
  return "";
}
} // namespace

ClinicalUnit clinical_unit(const std::string &name, const std::string &unit, double largest)
{
  if (unit == "rad" || unit == "deg")
    return {"\u00b0", unit_factor(unit, d::none) / unit_factor("deg", d::none)};
  const auto dimension = dimension_of(unit);
  if (!dimension)
    return {unit, 1};
  const auto shown = customary_unit(name, *dimension, largest * unit_factor(unit, *dimension));
  return shown.empty() || shown == unit ? ClinicalUnit{unit, 1} : ClinicalUnit{shown, unit_factor(unit, *dimension) / unit_factor(shown, *dimension)};
}

} // namespace vesalius
