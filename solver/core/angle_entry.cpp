// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/angle_entry.h"

#include "solver/core/number_text.h"

#include <fmt/format.h>

namespace vesalius
{

double angle_entry(const ParameterTree &parameters, const std::string &path)
{
  double     bare = 0;
  const auto text = parameters.text(path);
  if (is_number(text, bare))
    throw parameters.error_at(path, "the angle has no unit", fmt::format("write {0} deg or {0} rad", bare));
  try
    {
      return Quantity::parse(text, dimension::none).si;
    }
  catch (const InputError &error)
    {
      throw parameters.error_at(path, error.problems().front().what, error.problems().front().remedy);
    }
}

} // namespace vesalius
