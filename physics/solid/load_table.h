// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

/// A piecewise linear function of time, constant before its first and after its last point: how a load grows.
class LoadTable
{
public:
  /// From 0 at time 0 to 1 at `end`.
  static LoadTable ramp(double end) { return LoadTable({0, end}, {0, 1}); }
  /// Times increase. Throws std::logic_error otherwise.
  LoadTable(std::vector<double> times, std::vector<double> values);

  double                     operator()(double time) const;
  const std::vector<double> &times() const { return times_; }

private:
  std::vector<double> times_, values_;
};

/// An entry "0: 0, 0.5: 1, 1: 0.2" (seconds: factor), or the ramp to `end` where it is unset. Throws InputError.
LoadTable read_load_table(const ParameterTree &parameters, const std::string &path, double end);

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

/// An entry "0, -1, 0", or "0: 0 1 0, 1: 1 0 0" (seconds: direction). Throws InputError.
DirectionTable read_direction_table(const ParameterTree &parameters, const std::string &path);

} // namespace vesalius
