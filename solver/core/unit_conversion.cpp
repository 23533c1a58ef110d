// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/unit_conversion.h"

#include "solver/core/errors.h"

namespace vesalius
{

std::optional<double> unit_conversion(const std::string &from, const std::string &to)
{
  if (from == to)
    return 1.;
  if (from.empty() || to.empty())
    return std::nullopt;
  try
    {
      const Quantity a = one_unit(from), b = one_unit(to);
      return a.dimension == b.dimension ? std::optional<double>(a.si / b.si) : std::nullopt;
    }
  catch (const InputError &)
    {
      return std::nullopt; // one of them is no unit
    }
}

} // namespace vesalius
