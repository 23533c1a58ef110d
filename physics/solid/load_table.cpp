// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/load_table.h"

#include "solver/core/number_text.h"
#include "solver/core/vector_entry.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
/// The interval of `times` that holds `time`, and how far into it: 0 to 1.
std::pair<std::size_t, double> place_in(const std::vector<double> &times, double time)
{
  if (time <= times.front() || times.size() == 1)
    return {0, 0};
  if (time >= times.back())
    return {times.size() - 2, 1};
  const auto after = std::upper_bound(times.begin(), times.end(), time) - times.begin();
  return {std::size_t(after - 1), (time - times[after - 1]) / (times[after] - times[after - 1])};
}

void check_times(const std::vector<double> &times)
{
  VESALIUS_ASSERT(!times.empty() && std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) == times.end(),
                  "the times of a table must increase");
}

double time_of(const ParameterTree &parameters, const std::string &path, const std::string &text, const std::vector<double> &before, const std::string &remedy)
{
  double time = 0;
  if (!is_number(text, time))
    throw parameters.error_at(path, "'" + text + "' is no time in seconds", remedy);
  if (!before.empty() && time <= before.back())
    throw parameters.error_at(path, "the times do not increase at '" + text + "'", remedy);
  return time;
}
} // namespace

LoadTable::LoadTable(std::vector<double> times, std::vector<double> values) : times_(std::move(times)), values_(std::move(values))
{
  check_times(times_);
  VESALIUS_ASSERT(times_.size() == values_.size(), "a value for each time");
}

double LoadTable::operator()(double time) const
{
  const auto [i, share] = place_in(times_, time);
  return share == 0 ? values_[i] : (1 - share) * values_[i] + share * values_[i + 1];
}

LoadTable read_load_table(const ParameterTree &parameters, const std::string &path, double end)
{
  if (!parameters.is_set(path))
    return LoadTable::ramp(end);
  const std::string   remedy = "write seconds and factors with increasing times, e.g. 0: 0, 0.5: 1, 1: 1";
  std::vector<double> times, values;
  for (const auto &item : split_list(parameters.text(path)))
    {
      const auto parts = split_list(item, ':');
      double     value = 0;
      if (parts.size() != 2 || !is_number(parts[1], value))
        throw parameters.error_at(path, "'" + item + "' is no pair of a time and a factor", remedy);
      times.push_back(time_of(parameters, path, parts[0], times, remedy));
      values.push_back(value);
    }
  if (times.empty())
    throw parameters.error_at(path, "the table is empty", remedy);
  return {times, values};
}

DirectionTable::DirectionTable(std::vector<double> times, std::vector<std::array<double, 3>> directions)
  : times_(std::move(times)), directions_(std::move(directions))
{
  check_times(times_);
  VESALIUS_ASSERT(times_.size() == directions_.size(), "a direction for each time");
  for (auto &direction : directions_)
    {
      const double length = std::hypot(direction[0], direction[1], direction[2]);
      VESALIUS_ASSERT(length > 0, "a direction has a length");
      for (double &x : direction)
        x /= length;
    }
}

std::array<double, 3> DirectionTable::operator()(double time) const
{
  const auto [i, share] = place_in(times_, time);
  const auto &a         = directions_[i];
  if (share == 0)
    return a;
  const auto  &b     = directions_[i + 1];
  const double angle = std::acos(std::clamp(a[0] * b[0] + a[1] * b[1] + a[2] * b[2], -1., 1.)), s = std::sin(angle);
  if (s < 1e-12) // the same direction
    return share < 1 ? a : b;
  std::array<double, 3> result{};
  for (int d = 0; d < 3; ++d)
    result[d] = (std::sin((1 - share) * angle) * a[d] + std::sin(share * angle) * b[d]) / s;
  return result;
}

DirectionTable read_direction_table(const ParameterTree &parameters, const std::string &path)
{
  const std::string remedy = "write a direction, e.g. 0, -1, 0, or a table of seconds and directions, e.g. 0: 0 1 0, 1: 1 0 0";
  const auto        text   = parameters.text(path);
  const auto        zero   = [](const std::array<double, 3> &v) { return v[0] == 0 && v[1] == 0 && v[2] == 0; };
  if (text.find(':') == std::string::npos)
    {
      const auto direction = read_vector(parameters, path, dimension::none);
      if (zero(direction))
        throw parameters.error_at(path, "the direction has no length", remedy);
      return {{0}, {direction}};
    }
  std::vector<double>                times;
  std::vector<std::array<double, 3>> directions;
  for (const auto &item : split_list(text))
    {
      const auto            parts = split_list(item, ':');
      std::array<double, 3> direction{};
      std::string_view      rest = parts.size() == 2 ? std::string_view(parts[1]) : std::string_view();
      for (double &x : direction)
        if (!take_number(rest, x))
          throw parameters.error_at(path, "'" + item + "' is no pair of a time and a direction", remedy);
      if (zero(direction))
        throw parameters.error_at(path, "the direction in '" + item + "' has no length", remedy);
      if (!directions.empty())
        {
          const auto  &last = directions.back();
          const double c    = (last[0] * direction[0] + last[1] * direction[1] + last[2] * direction[2]) / std::hypot(last[0], last[1], last[2]) /
                           std::hypot(direction[0], direction[1], direction[2]);
          if (c < -1 + 1e-9)
            throw parameters.error_at(path, "'" + item + "' is opposite to the direction before it: there are many ways to turn there",
                                      "give a direction in between");
        }
      times.push_back(time_of(parameters, path, parts[0], times, remedy));
      directions.push_back(direction);
    }
  return {times, directions};
}

} // namespace vesalius
