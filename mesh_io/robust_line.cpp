// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/robust_line.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace vesalius
{

namespace
{
double median(std::vector<double> values)
{
  if (values.empty())
    return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1)
    return *middle;
  return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}
} // namespace

RobustLine fit_robust_line(const std::vector<double> &s, const std::vector<double> &values)
{
  std::vector<double> slopes, intercepts;
  for (std::size_t i = 0; i < s.size(); ++i)
    {
      std::vector<double> own;
      for (std::size_t j = 0; j < s.size(); ++j)
        if (s[j] != s[i])
          own.push_back((values[j] - values[i]) / (s[j] - s[i]));
      if (!own.empty())
        slopes.push_back(median(std::move(own)));
    }
  const double slope = median(std::move(slopes));
  for (std::size_t i = 0; i < s.size(); ++i)
    intercepts.push_back(values[i] - slope * s[i]);
  return {median(std::move(intercepts)), slope};
}

} // namespace vesalius
