// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/grid_convergence.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace vesalius
{

namespace
{

constexpr double not_known           = std::numeric_limits<double>::quiet_NaN();
constexpr double safety_factor       = 1.25, cautious_factor = 3; // Roache 1997
constexpr double rounding            = 1e-12; ///< of the largest value: smaller differences are none
constexpr double search_lowest_order = 0.01, search_highest_order = 20;

/// f = limit + slope h^order, least squares in limit and slope.
struct Fit
{
  double order = 0, limit = 0, slope = 0, squares = 0; ///< squares: sum of the squared residuals

  double at(double size) const { return limit + slope * std::pow(size, order); }
};

Fit fit_with_order(const std::vector<GridResult> &meshes, double order)
{
  const double n      = static_cast<double>(meshes.size());
  double       mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (const auto &mesh : meshes)
    {
      mean_x += std::pow(mesh.size, order) / n;
      mean_y += mesh.value / n;
    }
  for (const auto &mesh : meshes)
    {
      const double x = std::pow(mesh.size, order) - mean_x;
      xx += x * x;
      xy += x * (mesh.value - mean_y);
    }
  Fit fit{order, 0, xy / xx, 0};
  fit.limit = mean_y - fit.slope * mean_x;
  for (const auto &mesh : meshes)
    fit.squares += std::pow(mesh.value - fit.at(mesh.size), 2);
  return fit;
}

/// The order of three meshes whose values change in one direction: the root of
/// (h_3^p - h_2^p) / (h_2^p - h_1^p) = (f_3 - f_2) / (f_2 - f_1), whose left side grows with p. Meshes from fine to coarse.
double order_of_three(const std::vector<GridResult> &meshes)
{
  const double wanted   = (meshes[2].value - meshes[1].value) / (meshes[1].value - meshes[0].value);
  const auto   ratio_at = [&](double p) {
    const double first = std::pow(meshes[0].size / meshes[1].size, p), third = std::pow(meshes[2].size / meshes[1].size, p);
    return (third - 1) / (1 - first);
  };
  double low = search_lowest_order, high = search_highest_order;
  if (wanted <= ratio_at(low))
    return 0;
  if (wanted >= ratio_at(high))
    return high;
  for (int i = 0; i < 60; ++i)
    {
      const double middle                     = 0.5 * (low + high);
      (ratio_at(middle) < wanted ? low : high) = middle;
    }
  return 0.5 * (low + high);
}

/// The order with the least squares, by a scan and a bisection of it: the sum has one minimum for data worth fitting.
double best_order(const std::vector<GridResult> &meshes)
{
  const auto squares = [&](double p) { return fit_with_order(meshes, p).squares; };
  double     best = search_lowest_order, step = 0.1;
  for (double p = search_lowest_order; p < search_highest_order; p += step)
    if (squares(p) < squares(best))
      best = p;
  for (; step > 1e-9; step *= 0.5)
    for (const double p : {best - step, best + step})
      if (p > 0 && squares(p) < squares(best))
        best = p;
  return best;
}

/// True where neighbours differ in one direction only; with noise allowed for, four meshes or more.
bool is_monotone(const std::vector<GridResult> &meshes)
{
  const double whole = meshes.back().value - meshes.front().value;
  for (std::size_t i = 1; i < meshes.size(); ++i)
    if ((meshes[i].value - meshes[i - 1].value) * whole <= 0)
      return false;
  return true;
}

GridConvergence no_order(GridBehaviour behaviour, double interval)
{
  return {behaviour, interval, not_known, not_known, 0};
}

/// Celik et al. 2008 for three meshes, Eca and Hoekstra 2014 for more.
GridConvergence with_order(const std::vector<GridResult> &meshes, const GridResult &reported, double range,
                           const GridConvergenceSettings &settings)
{
  const double n        = static_cast<double>(meshes.size());
  const double observed = meshes.size() == 3 ? order_of_three(meshes) : best_order(meshes);
  const bool   believed = observed >= settings.lowest_order && observed <= settings.highest_order;
  const auto   fit      = fit_with_order(meshes, std::clamp(observed, settings.lowest_order, settings.highest_order));
  GridConvergence result;
  result.behaviour = believed                            ? GridBehaviour::asymptotic
                     : observed > settings.highest_order ? GridBehaviour::too_fast
                                                         : GridBehaviour::too_slow;
  result.order     = observed;
  result.limit     = fit.limit;
  result.scatter   = meshes.size() > 3 ? std::sqrt(fit.squares / (n - 3)) : 0; // three parameters
  if (meshes.size() > 3 && result.scatter > range / (n - 1))
    return no_order(GridBehaviour::oscillating, cautious_factor * range); // the fit explains nothing
  result.interval = (believed ? safety_factor : cautious_factor) * std::abs(reported.value - fit.limit) + result.scatter +
                    std::abs(reported.value - fit.at(reported.size));
  return result;
}

} // namespace

GridConvergence grid_convergence(const std::vector<GridResult> &results, std::size_t reported,
                                 const GridConvergenceSettings &settings)
{
  VESALIUS_ASSERT(reported < results.size(), "no such mesh");
  std::vector<GridResult> meshes;
  for (const auto &result : results)
    {
      VESALIUS_ASSERT(result.size > 0, "a mesh has no size");
      if (std::isfinite(result.value))
        meshes.push_back(result);
    }
  std::ranges::sort(meshes, {}, &GridResult::size);
  for (std::size_t i = 1; i < meshes.size(); ++i)
    VESALIUS_ASSERT(meshes[i].size > meshes[i - 1].size * (1 + 1e-6), "two meshes have one size");
  if (meshes.size() < 2 || !std::isfinite(results[reported].value))
    return no_order(GridBehaviour::unknown, not_known);

  const auto [least, most] = std::ranges::minmax(meshes, {}, &GridResult::value);
  const double range       = most.value - least.value;
  if (range <= std::max(settings.noise, rounding * std::max(std::abs(least.value), std::abs(most.value))))
    return {GridBehaviour::independent, 0, not_known, results[reported].value, 0};
  if (meshes.size() == 2)
    {
      const auto fit = fit_with_order(meshes, settings.two_mesh_order);
      return {GridBehaviour::two_meshes, cautious_factor * std::abs(results[reported].value - fit.limit), not_known,
              fit.limit, 0};
    }
  if (meshes.size() == 3 && (!is_monotone(meshes) || order_of_three(meshes) <= 0))
    return no_order(GridBehaviour::oscillating, cautious_factor * range);
  return with_order(meshes, results[reported], range, settings);
}

std::string describe(GridBehaviour behaviour)
{
  switch (behaviour)
    {
      case GridBehaviour::independent:
        return "the same on all meshes";
      case GridBehaviour::asymptotic:
        return "converging";
      case GridBehaviour::too_fast:
        return "faster than its elements can be: factor 3";
      case GridBehaviour::too_slow:
        return "slow: factor 3";
      case GridBehaviour::oscillating:
        return "no order (up and down, or growing): 3 x range";
      case GridBehaviour::two_meshes:
        return "two meshes, order assumed: factor 3";
      case GridBehaviour::unknown:
        return "not known: fewer than two meshes";
    }
  VESALIUS_ASSERT(false, "unknown behaviour");
}

std::string with_interval(double value, double interval)
{
  if (!std::isfinite(value))
    return "n/a";
  if (!std::isfinite(interval) || interval <= 0)
    return fmt::format("{:.4g}", value);
  int exponent = static_cast<int>(std::floor(std::log10(interval)));
  int digits   = interval / std::pow(10., exponent) < 1.95 ? 1 : 0; // behind the first
  if (digits == 0 && interval / std::pow(10., exponent) >= 9.5) // rounds to 10
    {
      ++exponent;
      digits = 1;
    }
  const int    magnitude = static_cast<int>(std::floor(std::log10(std::max(std::abs(value), interval))));
  const int    power     = magnitude < -3 || magnitude > 5 ? magnitude : 0; // what stands before "e"
  const int    places    = digits - exponent + power;                       // behind the point; negative: before it
  const double unit      = std::pow(10., places);
  const auto   text      = [&](double x) {
    return fmt::format("{:.{}f}", std::round(x / std::pow(10., power) * unit) / unit, std::max(0, places));
  };
  const std::string both = text(value) + " ± " + text(interval);
  return power == 0 ? both : fmt::format("({})e{:+03}", both, power);
}

} // namespace vesalius
