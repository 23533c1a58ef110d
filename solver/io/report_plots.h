// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace vesalius::internal
{

struct Curve
{
  std::string         colour; ///< "#rrggbb"
  std::vector<double> values;
};

/// One diagram. Labels and names are fixed texts of ours or pass through safe_label(): nothing of a file reaches
/// gnuplot's language. Legends are therefore HTML.
struct Plot
{
  std::string         name; ///< of the files in figures/
  std::string         x_label, y_label;
  std::vector<double> x;
  std::vector<Curve>  curves;
  bool                logarithmic = false, bars = false, from_zero = false;
  double              x_from     = std::nan("");    ///< where the axis begins, at the first x if NaN
  double              shade_from = 0, shade_to = 0; ///< background band, none when equal
  int                 width = 900, height = 300;
};

struct PlotResult
{
  std::map<std::string, std::string> svg; ///< name -> inline SVG
  std::string                        problem;
};

/// Letters, digits, blanks and the signs that units need; the rest is dropped.
std::string safe_label(const std::string &text);

/// Draws all plots with one call of gnuplot; leaves NAME.dat, NAME.svg and plots.gp in `folder`.
PlotResult draw_plots(const std::vector<Plot> &plots, const std::string &folder);

} // namespace vesalius::internal
