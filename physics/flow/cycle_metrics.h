// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// Time means and extremes of named scalar series over one window (a cardiac cycle), by the trapezoid rule.
class CycleMetrics
{
public:
  struct Series
  {
    double integral = 0, minimum = 0, maximum = 0, last = 0;
  };
  void begin(double time, const std::map<std::string, double> &values);
  void add(double time, const std::map<std::string, double> &values);
  bool   has_begun() const { return begun_; }
  double mean(const std::string &name) const;
  const std::map<std::string, Series> &series() const { return series_; }
  double duration() const { return time_ - begin_; }

  /// Largest change of a mean against another window, relative to the largest mean of the same kind
  /// (the word before the first space of the name: "flow", "pressure", "TAWSS").
  double change_since(const CycleMetrics &previous) const;

  std::vector<double> state() const;
  void                set_state(const std::vector<double> &state, const std::vector<std::string> &names);

private:
  double begin_ = 0, time_ = 0;
  bool   begun_ = false;
  std::map<std::string, Series> series_;
};

} // namespace vesalius
