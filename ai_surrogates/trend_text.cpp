// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/trend_text.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/text_lines.h"

#include <algorithm>
#include <cmath>

namespace vesalius::surrogates
{

namespace
{
constexpr int highest_power = 8;

std::vector<std::string> parts_of(const std::string &text, char separator)
{
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();)
    {
      const auto end = std::min(text.find(separator, begin), text.size());
      parts.push_back(trimmed(std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
    }
  return parts;
}

Trend scaled_by(const std::vector<InputVariable> &inputs)
{
  Trend trend;
  for (const auto &input : inputs)
    trend.scales.push_back(std::max(std::abs(input.distribution.low), std::abs(input.distribution.high)));
  return trend;
}

/// Adds the powers of one term to the table.
void add_term(const std::string &term, const std::vector<InputVariable> &inputs, Trend &trend)
{
  std::vector<std::int32_t> powers(inputs.size(), 0);
  for (const auto &factor : parts_of(term, '*'))
    {
      if (factor == "1")
        continue;
      const auto  base_and_power = parts_of(factor, '^');
      const auto  found = std::find_if(inputs.begin(), inputs.end(), [&](const InputVariable &input) { return input.name == base_and_power.front(); });
      long long   power = 1;
      std::string known;
      for (const auto &input : inputs)
        known += (known.empty() ? "" : ", ") + input.name;
      const bool is_power = base_and_power.size() == 1 || (base_and_power.size() == 2 && is_number(base_and_power[1], power) && power >= 1 && power <= highest_power);
      if (found == inputs.end() || !is_power)
        throw InputError("'" + factor + "' is no factor of a trend", "write inputs, multiplied with * and raised with ^ to 1 .. 8, in a sum; the inputs are: " + known);
      powers[std::size_t(found - inputs.begin())] += std::int32_t(power);
    }
  if (std::any_of(powers.begin(), powers.end(), [](std::int32_t power) { return power > highest_power; }))
    throw InputError("'" + term + "' has a power above 8", "a trend is no place for it");
  trend.exponents.insert(trend.exponents.end(), powers.begin(), powers.end());
}
} // namespace

Trend constant_trend(const std::vector<InputVariable> &inputs)
{
  Trend trend = scaled_by(inputs);
  trend.exponents.assign(inputs.size(), 0);
  return trend;
}

Trend linear_trend(const std::vector<InputVariable> &inputs)
{
  Trend trend = constant_trend(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::size_t j = 0; j < inputs.size(); ++j)
      trend.exponents.push_back(i == j ? 1 : 0);
  return trend;
}

Trend parse_trend(const std::string &text, const std::vector<InputVariable> &inputs)
{
  Trend trend = scaled_by(inputs);
  for (const auto &term : parts_of(text, '+'))
    add_term(term, inputs, trend);
  return trend;
}

} // namespace vesalius::surrogates
