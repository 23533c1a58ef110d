// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/io/render_slices.h"
#include "solver/io/render_views.h"
#include "solver/io/report.h"
#include "solver/io/report_data.h"
#include "solver/io/report_plots.h"

#include <string>
#include <vector>

namespace vesalius::internal
{

/// A cap of the vessel as the report knows it, with its colour in every figure.
struct ReportCap
{
  std::string name, colour;
};

/// A column of statistics.csv that belongs to a cap, or to none.
struct ReportColumn
{
  std::size_t column = 0;
  std::string name, unit; ///< without the unit
  int         cap = -1;
  std::string colour;
};

/// The time series, sorted by what they show.
/// The columns of one thing that is moved against a tissue.
struct ReportForce
{
  std::string  name;
  ReportColumn way, force;
};

struct ReportSeries
{
  std::vector<ReportColumn> flows, pressures, iterations, others;
  std::vector<ReportForce>  forces;
  std::vector<double>       time;
  double                    last_cycle_from = 0, last_cycle_to = 0; ///< equal where the period is unknown
};

/// Everything that a page shows, read and drawn.
struct ReportContent
{
  ReportData             data;
  std::vector<ReportCap> caps;
  ReportSeries           series;
  std::string            image_text; ///< what kind of image it is, "" without one
  std::vector<SliceView> slices;
  Scenes                 scenes;
  PlotResult             plots;
};

std::vector<ReportCap> find_caps(const ReportData &data, const ReportInput &input);
ReportSeries           sort_series(const ReportData &data, const std::vector<ReportCap> &caps);
std::vector<Plot>      report_plots(const ReportContent &content);

/// The HTML page.
std::string report_page(const ReportContent &content);

} // namespace vesalius::internal
