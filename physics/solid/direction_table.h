// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

/// Unit vectors over time, turned evenly along the great circle from one to the next.
class DirectionTable
{
public:
  DirectionTable(std::vector<double> times, std::vector<std::array<double, 3>> directions);

  std::array<double, 3>      operator()(double time) const;
  const std::vector<double> &times() const { return times_; }

private:
  std::vector<double>                times_;
  std::vector<std::array<double, 3>> directions_;
};

/// An entry "0, -1, 0", or "0 s: 0 1 0, 1 s: 1 0 0". Throws InputError.
DirectionTable read_direction_table(const ParameterTree &parameters, const std::string &path);

} // namespace vesalius
