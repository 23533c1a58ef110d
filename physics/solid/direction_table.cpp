// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/direction_table.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/parameter_vector.h"
#include "solver/core/text_lines.h"

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

} // namespace

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
  const std::string remedy = "write a direction, e.g. 0, -1, 0, or a table of times and directions, e.g. 0 s: 0 1 0, 1 s: 1 0 0";
  const auto        text   = parameters.text(path);
  if (text.find(':') == std::string::npos)
    return {{0}, {direction_entry(parameters, path)}};
  std::vector<double>                times;
  std::vector<std::array<double, 3>> directions;
  for (const auto &item : split_list(text))
    {
      const auto            colon = item.find(':');
      std::array<double, 3> direction{};
      std::string_view      rest = colon == std::string::npos ? std::string_view() : std::string_view(item).substr(colon + 1);
      bool                  is_good = true;
      for (double &x : direction)
        {
          while (rest.starts_with(' '))
            rest.remove_prefix(1);
          is_good = is_good && take_number(rest, x);
        }
      const double length = std::hypot(direction[0], direction[1], direction[2]);
      if (!is_good || !(length > 0))
        throw parameters.error_at(path, "'" + item + "' is no pair of a time and a direction", remedy);
      for (double &x : direction)
        x /= length;
      double time = 0;
      try
        {
          time = Quantity::parse(item.substr(0, colon), dimension::time).si;
        }
      catch (const InputError &error)
        {
          throw parameters.error_at(path, error.problems().front().what, remedy);
        }
      if (!times.empty() && !(time > times.back()))
        throw parameters.error_at(path, "the times do not increase at '" + item + "'", remedy);
      if (!directions.empty() && directions.back()[0] * direction[0] + directions.back()[1] * direction[1] + directions.back()[2] * direction[2] < -1 + 1e-9)
        throw parameters.error_at(path, "'" + item + "' is opposite to the direction before it: there are many ways to turn there", "give a direction in between");
      times.push_back(time);
      directions.push_back(direction);
    }
  return {times, directions};
}

} // namespace vesalius
