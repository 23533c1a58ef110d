// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/report_plots.h"

#include "solver/core/child_process.h"
#include "solver/core/errors.h"
#include "solver/io/atomic_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <regex>

namespace vesalius::internal
{

namespace
{

/// Rows of x and the curves' values; every n-th where there are more than a picture can show.
std::string data_text(const Plot &plot)
{
  constexpr std::size_t most   = 4000;
  const std::size_t     stride = plot.x.size() / most + 1;
  std::string           text;
  for (std::size_t r = 0; r < plot.x.size(); r += stride)
    {
      text += fmt::format("{}", plot.x[r]);
      for (const auto &curve : plot.curves)
        text += std::isfinite(curve.values[r]) ? fmt::format(" {}", curve.values[r]) : std::string(" NaN");
      text += "\n";
    }
  return text;
}

std::string plot_script(const Plot &plot)
{
  std::string text = fmt::format(
    "reset\nset terminal svg size {},{} dynamic noenhanced font 'sans-serif,13' linewidth 1\n"
    "set output '{}.svg'\n",
    plot.width, plot.height, plot.name);
  text += "set border 3 lc rgb '#8d97a3'\nset tics nomirror scale 0.4\nset key off\nset lmargin 9\nset rmargin 2\n"
          "set tmargin 0.6\nset bmargin 3\nset grid ytics lt 1 lw 0.6 lc rgb '#c08d97a3'\n";
  text += fmt::format("set xlabel '{}' offset 0,0.5\nset ylabel '{}'\n", plot.x_label, plot.y_label);
  if (plot.x.size() > 1 && plot.x.front() < plot.x.back() && !plot.bars)
    text += fmt::format("set xrange [{}:{}]\n", std::isfinite(plot.x_from) ? plot.x_from : plot.x.front(),
                        plot.x.back());
  if (plot.logarithmic)
    text += "set logscale y\nset format y '%.0e'\n";
  if (plot.from_zero || plot.bars)
    text += "set yrange [0:*]\n";
  if (plot.shade_from < plot.shade_to)
    text += fmt::format(
      "set object 1 rectangle from {},graph 0 to {},graph 1 fs solid 0.10 noborder fc rgb '#8d97a3' behind\n",
      plot.shade_from, plot.shade_to);
  if (plot.bars)
    text += "set boxwidth 0.86 relative\nset style fill solid 0.9 noborder\nset xtics 15\n";
  text += "plot ";
  for (std::size_t c = 0; c < plot.curves.size(); ++c)
    text += fmt::format("{}'{}.dat' using 1:{} with {} lc rgb '{}'", c == 0 ? "" : ", ", plot.name, c + 2,
                        plot.bars ? "boxes" : "lines lw 2", plot.curves[c].colour);
  return text + "\n";
}

/// Inline SVG: without prolog, name spaces and the title "Gnuplot"; ids made unique, colours of text left to the page.
std::string inline_svg(const std::string &path, const std::string &name)
{
  std::ifstream in(path);
  std::string   svg((std::istreambuf_iterator<char>(in)), {});
  const auto    begin = svg.find("<svg");
  if (begin == std::string::npos)
    return "";
  svg.erase(0, begin);
  svg = std::regex_replace(svg, std::regex("\\s+xmlns(:xlink)?=\"[^\"]*\""), "");
  svg = std::regex_replace(svg, std::regex("<title>[^<]*</title>|<desc>[^<]*</desc>"), "");
  svg = std::regex_replace(svg, std::regex("\\bid=(['\"])"), "id=$1" + name + "_");
  svg = std::regex_replace(svg, std::regex("xlink:href=(['\"])#"), "href=$1#" + name + "_");
  svg = std::regex_replace(svg, std::regex("url\\(#"), "url(#" + name + "_");
  return std::regex_replace(svg, std::regex("^<svg"), "<svg class=\"plot\" role=\"img\"");
}

} // namespace

std::string safe_label(const std::string &text)
{
  std::string result;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string(" /^%.*-+()[]_").find(c) != std::string::npos)
      result += c;
  return result;
}

PlotResult draw_plots(const std::vector<Plot> &plots, const std::string &folder)
{
  PlotResult  result;
  std::string script = "# redraw with: gnuplot plots.gp\n";
  for (const auto &plot : plots)
    {
      AtomicFile data(folder + "/" + plot.name + ".dat");
      data.stream() << data_text(plot);
      data.commit();
      script += plot_script(plot);
    }
  if (plots.empty())
    return result;
  AtomicFile file(folder + "/plots.gp");
  file.stream() << script;
  file.commit();

  const std::string gnuplot = find_program("gnuplot");
  if (gnuplot.empty())
    {
      result.problem = "gnuplot is not installed (Debian package gnuplot-nox)";
      return result;
    }
  const auto run = run_program({gnuplot, "-d", "plots.gp"}, folder, 60);
  if (!run.succeeded())
    result.problem = fmt::format("gnuplot failed{}",
                                 run.timed_out ? ": it did not finish within a minute" : ": " + run.output);
  for (const auto &plot : plots)
    if (auto svg = inline_svg(folder + "/" + plot.name + ".svg", plot.name); !svg.empty() && run.succeeded())
      result.svg[plot.name] = std::move(svg);
  return result;
}

} // namespace vesalius::internal
