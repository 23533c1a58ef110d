// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/distribution.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/text_lines.h"

#include <boost/math/special_functions/erf.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>
#include <vector>

namespace vesalius::surrogates
{

namespace
{
double normal_share(double z)
{
  return 0.5 * std::erfc(-z / std::sqrt(2.));
}

double normal_quantile(double u)
{
  return -std::sqrt(2.) * boost::math::erfc_inv(2 * u);
}

/// Shares of the whole normal distribution below its two ends.
struct NormalEnds
{
  double low, high;
  explicit NormalEnds(const Distribution &d)
    : low(normal_share((d.low - d.mean) / d.deviation)), high(normal_share((d.high - d.mean) / d.deviation))
  {}
};

InputError no_distribution(const std::string &text)
{
  return InputError("'" + text + "' is no distribution",
                    "write \"uniform LOW HIGH\", \"log-uniform LOW HIGH\" (both above 0) or \"normal MEAN DEVIATION LOW HIGH\", LOW below HIGH");
}
} // namespace

double Distribution::quantile(double u) const
{
  double x = 0;
  switch (kind)
    {
      case Kind::uniform:
        x = low + u * (high - low);
        break;
      case Kind::log_uniform:
        x = low * std::pow(high / low, u);
        break;
      case Kind::normal:
        {
          const NormalEnds ends(*this);
          const double     share = ends.low + u * (ends.high - ends.low);
          x                      = share <= 0 ? low : share >= 1 ? high : mean + deviation * normal_quantile(share);
        }
        break;
    }
  return std::clamp(x, low, high); // rounding may not leave the box
}

double Distribution::share_below(double x) const
{
  if (x <= low || x >= high)
    return x <= low ? 0 : 1;
  switch (kind)
    {
      case Kind::uniform:
        return (x - low) / (high - low);
      case Kind::log_uniform:
        return std::log(x / low) / std::log(high / low);
      case Kind::normal:
        break;
    }
  const NormalEnds ends(*this);
  return (normal_share((x - mean) / deviation) - ends.low) / (ends.high - ends.low);
}

double Distribution::density(double x) const
{
  switch (kind)
    {
      case Kind::uniform:
        return 1 / (high - low);
      case Kind::log_uniform:
        return 1 / (x * std::log(high / low));
      case Kind::normal:
        break;
    }
  const NormalEnds ends(*this);
  const double     z = (x - mean) / deviation;
  return std::exp(-0.5 * z * z) / (deviation * std::sqrt(2 * std::numbers::pi) * (ends.high - ends.low));
}

std::string distribution_text(const Distribution &d)
{
  switch (d.kind)
    {
      case Distribution::Kind::uniform:
        return fmt::format("uniform {} {}", d.low, d.high);
      case Distribution::Kind::log_uniform:
        return fmt::format("log-uniform {} {}", d.low, d.high);
      case Distribution::Kind::normal:
        break;
    }
  return fmt::format("normal {} {} {} {}", d.mean, d.deviation, d.low, d.high);
}

Distribution parse_distribution(const std::string &text)
{
  std::string_view    rest = text;
  const std::string   kind(take_word(rest));
  std::vector<double> numbers;
  while (!trimmed(rest).empty())
    {
      double number = 0;
      if (!is_number(take_word(rest), number))
        throw no_distribution(text);
      numbers.push_back(number);
    }
  Distribution result;
  if ((kind == "uniform" || kind == "log-uniform") && numbers.size() == 2)
    result = {kind == "uniform" ? Distribution::Kind::uniform : Distribution::Kind::log_uniform, numbers[0], numbers[1]};
  else if (kind == "normal" && numbers.size() == 4)
    result = {Distribution::Kind::normal, numbers[2], numbers[3], numbers[0], numbers[1]};
  else
    throw no_distribution(text);
  const bool is_good = result.low < result.high && result.deviation > 0 && (result.kind != Distribution::Kind::log_uniform || result.low > 0) &&
                       (result.kind != Distribution::Kind::normal || NormalEnds(result).high > NormalEnds(result).low);
  if (!is_good)
    throw no_distribution(text);
  return result;
}

} // namespace vesalius::surrogates
