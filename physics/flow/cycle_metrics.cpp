// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/cycle_metrics.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

void CycleMetrics::begin(double time, const std::map<std::string, double> &values)
{
  begun_ = true;
  begin_ = time_ = time;
  series_.clear();
  for (const auto &[name, value] : values)
    series_[name] = {0, value, value, value};
}

void CycleMetrics::add(double time, const std::map<std::string, double> &values)
{
  for (const auto &[name, value] : values)
    {
      auto &s = series_[name];
      s.integral += 0.5 * (time - time_) * (s.last + value);
      s.minimum = std::min(s.minimum, value);
      s.maximum = std::max(s.maximum, value);
      s.last    = value;
    }
  time_ = time;
}

double CycleMetrics::mean(const std::string &name) const
{
  const auto &s = series_.at(name);
  return duration() > 0 ? s.integral / duration() : s.last;
}

double CycleMetrics::change_since(const CycleMetrics &previous) const
{
  std::map<std::string, double> scale;
  const auto                    kind = [](const std::string &name) { return name.substr(0, name.find(' ')); };
  for (const auto &[name, s] : series_)
    scale[kind(name)] = std::max(scale[kind(name)], std::abs(mean(name)));
  double change = 0;
  for (const auto &[name, s] : series_)
    if (previous.series_.count(name) && scale[kind(name)] > 0)
      change = std::max(change, std::abs(mean(name) - previous.mean(name)) / scale[kind(name)]);
  return change;
}

std::vector<double> CycleMetrics::state() const
{
  std::vector<double> values{begin_, time_, begun_ ? 1. : 0.};
  for (const auto &[name, s] : series_)
    values.insert(values.end(), {s.integral, s.minimum, s.maximum, s.last});
  return values;
}

void CycleMetrics::set_state(const std::vector<double> &state, const std::vector<std::string> &names)
{
  begin_ = state.at(0);
  time_  = state.at(1);
  begun_ = state.at(2) > 0;
  series_.clear();
  std::size_t at = 3;
  if (state.size() > 3)
    for (const auto &name : names)
      {
        series_[name] = {state.at(at), state.at(at + 1), state.at(at + 2), state.at(at + 3)};
        at += 4;
      }
}

} // namespace vesalius
