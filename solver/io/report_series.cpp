// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>

namespace vesalius::internal
{

namespace
{

constexpr std::array<const char *, 8> palette = {"#2f6db5", "#c8473f", "#2a9271", "#8a5bb0",
                                                 "#c08219", "#3b9ab8", "#b5527f", "#6d7a3a"};

struct ColumnName
{
  std::string name, unit;
};

ColumnName split_unit(const std::string &column)
{
  const auto open = column.rfind(" [");
  if (open == std::string::npos || column.back() != ']')
    return {column, ""};
  return {column.substr(0, open), column.substr(open + 2, column.size() - open - 3)};
}

/// The cap's name in "flow into NAME" or "flow out of NAME", "" for another column.
std::string cap_of_flow(const std::string &name)
{
  for (const char *prefix : {"flow into ", "flow out of "})
    if (name.starts_with(prefix))
      return name.substr(std::string(prefix).size());
  return "";
}

/// Columns that are axes, belong to the convergence plots, or check another column ("surface flux out of NAME").
bool is_bookkeeping(const std::string &name)
{
  return name == "step" || name == "time" || name == "dt" || name == "residual" || name.starts_with("surface flux");
}

Plot time_plot(const ReportContent &content, const std::string &name, const std::vector<ReportColumn> &columns,
               const std::string &y_label)
{
  Plot plot;
  plot.name    = name;
  plot.x       = content.series.time;
  plot.x_label = "time [s]";
  plot.y_label = y_label;
  if (!plot.x.empty() && plot.x.front() > 0 && plot.x.front() < 0.05 * plot.x.back())
    plot.x_from = 0;
  plot.shade_from = content.series.last_cycle_from;
  plot.shade_to   = content.series.last_cycle_to;
  for (const auto &column : columns)
    plot.curves.push_back({column.colour, content.data.statistics.columns[column.column]});
  return plot;
}

Plot step_plot(const Table &table, const std::string &name, const std::string &y_label)
{
  Plot plot;
  plot.name      = name;
  plot.width     = 520;
  plot.height    = 260;
  plot.x_label   = "step";
  plot.y_label   = y_label;
  const int step = table.find("step");
  for (std::size_t r = 0; r < table.n_rows(); ++r)
    plot.x.push_back(step >= 0 ? table.columns[step][r] : double(r + 1));
  return plot;
}

/// What is moved against a tissue: its force over its way, one figure for each.
void add_force_plots(const ReportContent &content, std::vector<Plot> &plots)
{
  for (const auto &pair : content.series.forces)
    {
      const auto &columns = content.data.statistics.columns;
      Plot        plot;
      plot.name    = fmt::format("force{}", &pair - content.series.forces.data());
      plot.width   = 520;
      plot.height  = 320;
      plot.x_label = "displacement [" + safe_label(pair.way.unit) + "]";
      plot.y_label = "force against the motion [" + safe_label(pair.force.unit) + "]";
      // From rest, where nothing touches.
      plot.x            = {0.};
      plot.curves       = {{pair.force.colour, {0.}}};
      const auto &way   = columns[pair.way.column], &force = columns[pair.force.column];
      plot.x.insert(plot.x.end(), way.begin(), way.end());
      plot.curves[0].values.insert(plot.curves[0].values.end(), force.begin(), force.end());
      plots.push_back(std::move(plot));
    }
}

/// Takes the columns "displacement NAME" and "force against the motion NAME" out of the others.
void find_forces(ReportSeries &series)
{
  const std::string motion = "displacement ", force = "force against the motion ";
  for (std::size_t f = 0; f < series.others.size();)
    {
      const auto &column = series.others[f];
      const auto  name   = column.name.starts_with(force) ? column.name.substr(force.size()) : "";
      const auto  way    = std::find_if(series.others.begin(), series.others.end(), [&](const auto &other) { return other.name == motion + name; });
      if (name.empty() || way == series.others.end())
        {
          ++f;
          continue;
        }
      series.forces.push_back({name, *way, column});
      const auto at = way - series.others.begin();
      series.others.erase(series.others.begin() + std::ptrdiff_t(f));
      series.others.erase(series.others.begin() + (at > std::ptrdiff_t(f) ? at - 1 : at));
      f = 0;
    }
}

void add_convergence_plots(const ReportContent &content, std::vector<Plot> &plots)
{
  const Table &table = content.data.statistics;
  if (!content.series.iterations.empty())
    {
      plots.push_back(step_plot(table, "iterations", "Krylov iterations"));
      plots.back().from_zero = true;
      for (const auto &column : content.series.iterations)
        plots.back().curves.push_back({column.colour, table.columns[column.column]});
    }
  const int residual = table.find("residual");
  if (residual < 0)
    return;
  auto values = table.columns[residual];
  for (double &value : values)
    if (!(value > 0))
      value = std::nan(""); // has no place on a logarithmic axis
  if (std::none_of(values.begin(), values.end(), [](const double v) { return std::isfinite(v); }))
    return;
  plots.push_back(step_plot(table, "residual", "residual"));
  plots.back().logarithmic = true;
  plots.back().curves      = {{"#1d7f9e", std::move(values)}};
}

/// Bars over equal bins.
Plot histogram(const std::string &name, const std::string &x_label, const nlohmann::ordered_json &shares, double first, double width)
{
  Plot plot;
  plot.name    = name;
  plot.width   = 520;
  plot.height  = 280;
  plot.x_label = x_label;
  plot.y_label = "share of tetrahedra [%]";
  plot.bars    = true;
  plot.curves  = {{"#1d7f9e", {}}};
  for (const auto &share : shares)
    {
      plot.x.push_back(first + width * (double(plot.x.size()) + 0.5));
      plot.curves[0].values.push_back(share.is_number() ? 100 * share.get<double>() : 0.);
    }
  return plot;
}

void add_quality_plots(const ReportData &data, std::vector<Plot> &plots)
{
  const auto mesh = data.geometry.contains("mesh") ? data.geometry["mesh"] : nlohmann::ordered_json::object();
  if (!mesh.is_object())
    return;
  if (const auto shares = mesh.value("dihedral_histogram", nlohmann::ordered_json()); shares.is_array() && !shares.empty())
    plots.push_back(histogram("dihedral", "smallest dihedral angle of a tetrahedron [degrees]", shares, 0, 5));
  for (const auto &metric : mesh.value("metrics", nlohmann::ordered_json::array()))
    {
      if (!metric.is_object())
        continue;
      const std::string name = metric.value("name", ""), unit = metric.value("unit", "");
      const auto        shares = metric.value("histogram", nlohmann::ordered_json());
      if (name != "smallest dihedral angle" && shares.is_array() && !shares.empty())
        plots.push_back(histogram("mesh_quality_" + std::to_string(plots.size()), name + (unit.empty() ? "" : " [" + unit + "]"), shares,
                                  metric.value("first_bin", 0.0), metric.value("bin_width", 1.0)));
    }
}

} // namespace

std::vector<ReportCap> find_caps(const ReportData &data, const ReportInput &input)
{
  std::vector<std::string> names;
  const auto               add = [&](const std::string &name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  if (input.surface) // first and in this order: the 3D view counts on it
    for (const auto &cap : input.surface->caps)
      names.push_back(cap.name);
  if (data.geometry.contains("surface") && data.geometry["surface"].is_object() &&
      data.geometry["surface"].contains("caps"))
    for (const auto &cap : data.geometry["surface"]["caps"])
      add(text_at(cap, "name"));
  for (const auto &column : data.statistics.names)
    add(cap_of_flow(split_unit(column).name));
  std::vector<ReportCap> caps;
  for (const auto &name : names)
    caps.push_back({name, palette[caps.size() % palette.size()]});
  return caps;
}

ReportSeries sort_series(const ReportData &data, const std::vector<ReportCap> &caps)
{
  ReportSeries series;
  const Table &table     = data.statistics;
  const auto   cap_index = [&](const std::string &name) {
    const auto found = std::find_if(caps.begin(), caps.end(), [&](const auto &cap) { return cap.name == name; });
    return found == caps.end() ? -1 : static_cast<int>(found - caps.begin());
  };
  for (std::size_t c = 0; c < table.names.size(); ++c)
    {
      const auto [name, unit] = split_unit(table.names[c]);
      ReportColumn column{c, name, unit, -1, palette[0]};
      if (name == "time")
        series.time = table.columns[c];
      if (is_bookkeeping(name))
        continue;
      const bool is_pressure = name.starts_with("pressure ");
      column.cap             = cap_index(is_pressure ? name.substr(9) : cap_of_flow(name));
      if (column.cap >= 0)
        {
          column.colour = caps[column.cap].colour;
          (is_pressure ? series.pressures : series.flows).push_back(column);
        }
      else if (name.starts_with("iterations"))
        {
          column.colour = palette[series.iterations.size() % palette.size()];
          series.iterations.push_back(column);
        }
      else
        series.others.push_back(column);
    }
  find_forces(series);
  const auto *period = data.find("cardiac period");
  if (period != nullptr && period->unit == "s" && period->value > 0 && !series.time.empty() &&
      series.time.back() > 1.01 * period->value)
    {
      series.last_cycle_to   = series.time.back();
      series.last_cycle_from = series.last_cycle_to - period->value;
    }
  return series;
}

std::vector<Plot> report_plots(const ReportContent &content)
{
  std::vector<Plot> plots;
  const auto       &series = content.series;
  if (content.data.statistics.n_rows() > 1)
    {
      if (!series.time.empty())
        {
          const auto axis = [](const char *what, const std::vector<ReportColumn> &columns) {
            return fmt::format("{} [{}]", what, safe_label(columns.front().unit));
          };
          if (!series.flows.empty())
            plots.push_back(time_plot(content, "flow", series.flows, axis("flow", series.flows)));
          if (!series.pressures.empty())
            plots.push_back(time_plot(content, "pressure", series.pressures, axis("pressure", series.pressures)));
          add_force_plots(content, plots);
          // Small figures of the rest; a tissue has no others.
          for (std::size_t i = 0; i < std::min<std::size_t>(series.others.size(), content.data.physics == "solid" ? 16 : 6); ++i)
            {
              plots.push_back(
                time_plot(content, fmt::format("other{}", i), {series.others[i]},
                          series.others[i].unit.empty() ? "" : "[" + safe_label(series.others[i].unit) + "]"));
              plots.back().width  = 520;
              plots.back().height = 230;
            }
        }
      add_convergence_plots(content, plots);
    }
  add_quality_plots(content.data, plots);
  return plots;
}

} // namespace vesalius::internal
