// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/linear_table.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace vesalius
{

LinearTable LinearTable::parse(const std::string &text, const Dimension &key, const Dimension &value)
{
  LinearTable        table;
  const auto         remedy = "write `KEY: VALUE, KEY: VALUE, ...` with units, keys increasing, or one constant value";
  std::istringstream rows(text);
  for (std::string row; std::getline(rows, row, ',');)
    {
      const auto colon = row.find(':');
      if (colon == std::string::npos)
        {
          if (text.find(',') != std::string::npos)
            throw InputError("the row '" + row + "' of a table has no key", remedy);
          table.values_ = {Quantity::parse(row, value).si};
          return table;
        }
      const double at = Quantity::parse(row.substr(0, colon), key).si;
      if (!table.keys_.empty() && !(at > table.keys_.back()))
        throw InputError(fmt::format("the key {} of a table does not lie after the one before it", at), remedy);
      table.keys_.push_back(at);
      table.values_.push_back(Quantity::parse(row.substr(colon + 1), value).si);
    }
  if (table.values_.empty())
    throw InputError("the table is empty", remedy);
  return table;
}

double LinearTable::operator()(double key) const
{
  VESALIUS_ASSERT(!values_.empty(), "a table without values");
  const auto after = std::upper_bound(keys_.begin(), keys_.end(), key) - keys_.begin();
  if (after == 0)
    return values_.front();
  if (after == static_cast<std::ptrdiff_t>(keys_.size()))
    return values_.back();
  return values_[after - 1] + slope(key) * (key - keys_[after - 1]);
}

double LinearTable::slope(double key) const
{
  const auto after = std::upper_bound(keys_.begin(), keys_.end(), key) - keys_.begin();
  if (after == 0 || after == static_cast<std::ptrdiff_t>(keys_.size()))
    return 0;
  return (values_[after] - values_[after - 1]) / (keys_[after] - keys_[after - 1]);
}

} // namespace vesalius
