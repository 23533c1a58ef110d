// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/verification_figure.h"

#include "solver/core/child_process.h"
#include "solver/io/atomic_file.h"
#include "solver/io/report_plots.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

namespace vesalius
{

namespace
{
constexpr std::array<const char *, 6> colours{"#1f5fa8", "#c8501e", "#2f8f4e", "#7a4fa3", "#555555", "#b8860b"};

/// One block of rows a curve, two blank lines between them; every n-th row where a picture cannot show all.
std::string data_text(const VerificationFigure &figure)
{
  constexpr std::size_t most = 1000;
  std::string           text;
  for (const auto &curve : figure.curves)
    {
      const std::size_t stride = curve.x.size() / most + 1;
      for (std::size_t i = 0; i < curve.x.size(); i += stride)
        text += fmt::format("{:.8g} {:.8g}\n", curve.x[i], curve.y[i]);
      text += "\n\n";
    }
  return text;
}

std::string script_text(const VerificationFigure &figure, const std::string &name)
{
  using internal::safe_label;
  std::string text = fmt::format("set terminal pngcairo size 900,480 noenhanced font 'sans-serif,11'\nset output '{0}.png'\n"
                                 "set border 3 lc rgb '#8d97a3'\nset tics nomirror scale 0.5\nset grid lt 1 lw 0.6 lc rgb '#dddddd'\n"
                                 "set key outside right top\nset xlabel '{1}'\nset ylabel '{2}'\n",
                                 name, safe_label(figure.x_label), safe_label(figure.y_label));
  if (figure.logarithmic_x)
    text += "set logscale x\n";
  if (figure.logarithmic_y)
    text += "set logscale y\nset format y '%.0e'\n";
  for (std::size_t c = 0; c < figure.curves.size(); ++c)
    text += fmt::format("{}'{}.dat' index {} using 1:2 with {} lc rgb '{}' title '{}'", c == 0 ? "plot " : ", ", name, c,
                        figure.curves[c].points ? "points pt 7 ps 0.9" : "lines lw 2", colours[c % colours.size()],
                        safe_label(figure.curves[c].label));
  return text + "\n";
}
} // namespace

std::string draw_verification_figure(const VerificationFigure &figure, const std::string &folder, const std::string &name)
{
  using namespace internal;
  const auto write = [&](const std::string &ending, const std::string &text) {
    AtomicFile file(folder + "/" + name + ending);
    file.stream() << text;
    file.commit();
  };
  const std::string gnuplot = find_program("gnuplot");
  if (gnuplot.empty())
    return "gnuplot is not installed (Debian package gnuplot-nox)";
  write(".dat", data_text(figure));
  write(".gp", script_text(figure, name));
  const auto run = run_program({gnuplot, "-d", name + ".gp"}, folder, 60);
  for (const char *ending : {".dat", ".gp"})
    std::filesystem::remove(folder + "/" + name + ending);
  if (!run.succeeded())
    return "gnuplot failed: " + (run.timed_out ? std::string("it did not finish within a minute") : run.output);
  return "";
}

} // namespace vesalius
