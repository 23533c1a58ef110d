// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/calibration/fit_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{

/// A relative uncertainty above which a parameter counts as not determined.
constexpr double undetermined_above = 0.5;
/// A law that explains less of the curve's variance than this does not follow it.
constexpr double follows_above = 0.98;

std::string percent(double part)
{
  return std::isfinite(part) && part < 1e3 ? fmt::format("{:.2g} %", 100 * part) : "unbounded";
}

std::vector<std::size_t> undetermined(const TissueFit &fit)
{
  std::vector<std::size_t> result;
  for (std::size_t k = 0; k < fit.parameters.size(); ++k)
    if (!(fit.result.uncertainty[k] <= undetermined_above))
      result.push_back(k);
  return result;
}

std::vector<std::string> at_bounds(const TissueFit &fit)
{
  std::vector<std::string> result;
  for (std::size_t k = 0; k < fit.parameters.size(); ++k)
    {
      const auto &p = fit.parameters[k];
      if (fit.result.values[k] <= p.minimum * (1 + 1e-9) || fit.result.values[k] >= p.maximum * (1 - 1e-9))
        result.push_back(p.name);
    }
  return result;
}

std::string parameter_table(const TissueFit &fit)
{
  std::string text = fmt::format("{:<24} {:>14} {:<6} {:>14} {:>12} {:>16}\n", "parameter", "value", "unit",
                                 "standard error", "relative", "at 1 % error");
  for (std::size_t k = 0; k < fit.parameters.size(); ++k)
    {
      const auto  &p = fit.parameters[k];
      const double v = fit.result.values[k], e = fit.result.standard_errors[k];
      text += fmt::format("{:<24} {:>14.6g} {:<6} {:>14} {:>12} {:>16}\n", p.name, v, p.unit.empty() ? "1" : p.unit,
                          std::isfinite(e) ? fmt::format("{:.2g}", e) : "unbounded", percent(e / std::abs(v)),
                          percent(fit.result.uncertainty[k]));
    }
  return text;
}

std::string correlation_table(const TissueFit &fit)
{
  if (fit.result.correlation.size() == 0 || fit.parameters.size() < 2)
    return "";
  std::string text = "\ncorrelation\n";
  for (std::size_t i = 0; i < fit.parameters.size(); ++i)
    {
      text += fmt::format("{:<24}", fit.parameters[i].name);
      for (std::size_t j = 0; j <= i; ++j)
        text += fmt::format(" {:>7.3f}", fit.result.correlation(i, j));
      text += "\n";
    }
  return text;
}

/// The combination of parameters of which the curve says least: its powers, "Stiffness^0.71 Hardening^-0.70".
std::string weakest_combination(const TissueFit &fit)
{
  std::vector<std::string> factors;
  const auto               weakest = fit.result.singular_vectors.col(fit.result.singular_vectors.cols() - 1);
  for (std::size_t k = 0; k < fit.parameters.size(); ++k)
    if (std::abs(weakest[k]) > 0.1)
      factors.push_back(fmt::format("({})^{:.2f}", fit.parameters[k].name, weakest[k]));
  return fmt::format("{}", fmt::join(factors, " "));
}

std::string verdict(const TissueFit &fit)
{
  std::vector<std::string> names;
  for (const auto k : undetermined(fit))
    names.push_back(fit.parameters[k].name);
  std::string text;
  if (names.empty())
    text += "The curve determines every fitted parameter.\n";
  else
    text += fmt::format(
      "The curve does NOT determine: {}. What it says least of is {}: hold one of its factors at a value from elsewhere "
      "(leave it out of Calibration/Fit), or measure in another mode too.\n",
      fmt::join(names, ", "), weakest_combination(fit));
  for (const auto &name : at_bounds(fit))
    text += fmt::format("{} lies at the bound of what the law allows.\n", name);
  for (const auto &other : fit.result.others)
    {
      std::vector<std::string> values;
      for (std::size_t k = 0; k < fit.parameters.size(); ++k)
        values.push_back(fmt::format("{} = {:.4g} {}", fit.parameters[k].name, other[k], fit.parameters[k].unit));
      text += fmt::format("Another set follows the curve as well: {}.\n", fmt::join(values, ", "));
    }
  if (!(fit.result.determination > follows_above))
    text += "The law does not follow the curve: choose another one, or check mode and units.\n";
  return text;
}

nlohmann::ordered_json number(double value)
{
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

} // namespace

std::string fit_report(const TissueFit &fit)
{
  const auto &r = fit.result;
  return parameter_table(fit) + correlation_table(fit) +
         fmt::format(
           "\nresidual {:.3g} % of the largest value (root mean square), R^2 {:.6f}, condition number of the relative Jacobian {}, "
           "{} points, {} starts, {} evaluations\n",
           100 * r.residual, r.determination,
           std::isfinite(r.condition) ? fmt::format("{:.3g}", r.condition) : "unbounded", fit.curve.x.size(),
           r.n_starts, r.n_evaluations) +
         verdict(fit);
}

std::string fit_json(const TissueFit &fit)
{
  const auto            &r = fit.result;
  nlohmann::ordered_json json;
  const auto             open = undetermined(fit);
  for (std::size_t k = 0; k < fit.parameters.size(); ++k)
    json["parameters"].push_back({{"name", fit.parameters[k].name},
                                  {"value", r.values[k]},
                                  {"unit", fit.parameters[k].unit.empty() ? "1" : fit.parameters[k].unit},
                                  {"standard_error", number(r.standard_errors[k])},
                                  {"relative_uncertainty_at_1_percent", number(r.uncertainty[k])},
                                  {"determined", std::ranges::find(open, k) == open.end()}});
  json["correlation"] = nlohmann::ordered_json::array();
  for (Eigen::Index i = 0; i < r.correlation.rows(); ++i)
    json["correlation"].push_back(std::vector<double>(r.correlation.col(i).begin(), r.correlation.col(i).end()));
  json["relative_residual"] = r.residual;
  json["r_squared"]         = r.determination;
  json["condition_number"]  = number(r.condition);
  json["n_points"]          = fit.curve.x.size();
  json["n_other_minima"]    = r.others.size();
  return json.dump(1) + "\n";
}

std::string fit_csv(const TissueFit &fit)
{
  std::string text    = fmt::format("{},{},fitted {}\n", fit.curve.x_header, fit.curve.y_header,
                                    fit.curve.y_header);
  for (std::size_t i = 0; i < fit.curve.x.size(); ++i)
    text += fmt::format("{},{},{}\n", fit.curve.written_x[i], fit.curve.written_y[i],
                        fit.result.fitted[i] / fit.curve.y_factor);
  return text;
}

} // namespace vesalius
