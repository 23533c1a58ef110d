// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/quantity.h"

#include <string>
#include <vector>

namespace vesalius
{

/// A value over a key such as time, linear between its rows and constant before the first and after the last one.
class LinearTable
{
public:
  LinearTable() = default;
  /// "0 s: 0 kPa, 0.1 s: 60 kPa", keys increasing; or one value without a key, constant ("60 kPa").
  /// Throws InputError.
  static LinearTable parse(const std::string &text, const Dimension &key, const Dimension &value);

  double operator()(double key) const; ///< SI to SI
  /// The value's change by the key; at a row that of the interval after it.
  double slope(double key) const;
  /// The rows' keys, where the value has kinks; empty for a constant.
  const std::vector<double> &keys() const { return keys_; }
  const std::vector<double> &values() const { return values_; }

private:
  std::vector<double> keys_, values_;
};

} // namespace vesalius
