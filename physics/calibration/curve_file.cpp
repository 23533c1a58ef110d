// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/calibration/curve_file.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/table_rows.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <numbers>

namespace vesalius
{

namespace
{

struct Column
{
  std::string                   name;
  Dimension                     dimension;
  std::function<double(double)> convert; ///< SI to x or y of the response
};

double needed(const ParameterTree &parameters, const std::string &entry, const std::string &column)
{
  const auto path = "Calibration/" + entry;
  if (!parameters.is_set(path))
    throw InputError("the column '" + column + "' needs " + path + ", which is not set",
                     "add the entry to the section Calibration", parameters.location("Calibration/Curve"));
  const double value = parameters.quantity(path);
  if (!(value > 0))
    throw parameters.error_at(path, "it is not positive", "give the specimen's size without load");
  return value;
}

/// The columns that may stand for x and for y.
std::pair<std::vector<Column>, std::vector<Column>> columns_of(const ParameterTree &p, const Loading &loading)
{
  const auto length = [&p](double d) { return d / needed(p, "Specimen length", "displacement"); };
  if (loading.mode == LoadingMode::sphere || loading.mode == LoadingMode::tube)
    {
      const double A      = loading.inner_radius;
      const bool   sphere = loading.mode == LoadingMode::sphere;
      const auto   volume = [=, &p](double V) {
        return sphere
                   ? std::cbrt(V / (4. / 3 * std::numbers::pi)) / A
                   : std::sqrt(V / (std::numbers::pi * needed(p, "Tube length", "volume") * loading.axial_stretch)) / A;
      };
      return {{{"radius", dimension::length, [A](double r) { return r / A; }}, {"volume", dimension::volume, volume}},
              {{"pressure", dimension::pressure, [](double y) { return y; }}}};
    }
  const std::vector<Column> y = {
    {"stress", dimension::pressure, [](double s) { return s; }},
    {"force", dimension::force, [&p](double f) { return f / needed(p, "Specimen area", "force"); }}};
  if (loading.mode == LoadingMode::simple_shear)
    return {{{"shear", dimension::none, [](double g) { return g; }}, {"displacement", dimension::length, length}}, y};
  return {{{"stretch", dimension::none, [](double x) { return x; }},
           {"strain", dimension::none, [](double e) { return 1 + e; }},
           {"displacement", dimension::length, [length](double d) { return 1 + length(d); }}},
          y};
}

class CurveReader
{
public:
  CurveReader(const std::string &path, const ParameterTree &parameters, const Loading &loading)
    : path_(path), loading_(loading), columns_(columns_of(parameters, loading))
  {}

  Curve read()
  {
    TableRows rows(path_, "curve's file");
    for (std::vector<std::string> cells; rows.next(cells);)
      {
        line_ = rows.line();
        n_columns_ == 0 ? read_header(cells) : read_row(cells);
      }
    if (n_columns_ == 0)
      throw InputError("the curve's file has no header",
                       "begin it with column names and units, e.g. `stretch [1], stress [kPa]`", {path_, 0});
    if (!problems_.empty())
      throw InputError(problems_);
    return curve_;
  }

private:
  struct Chosen
  {
    const Column *column = nullptr;
    std::size_t   index  = 0;
    double        factor = 1;
  };

  void problem(const std::string &what, const std::string &remedy)
  {
    problems_.push_back({what, remedy, {path_, line_}});
  }

  Chosen choose(const std::vector<std::string> &headers, const std::vector<Column> &allowed)
  {
    Chosen                   chosen;
    std::vector<std::string> names;
    for (const auto &column : allowed)
      names.push_back(column.name + " [" +
                      (column.dimension == dimension::none ? "1" : suggested_units(column.dimension).front()) + "]");
    for (const auto &column : allowed)
      for (std::size_t i = 0; i < headers.size(); ++i)
        {
          const auto bracket = headers[i].find('[');
          if (trimmed(headers[i].substr(0, bracket)) != column.name)
            continue;
          if (chosen.column)
            throw InputError("the columns '" + headers[chosen.index] + "' and '" + headers[i] + "' say the same thing",
                             "leave one of them", {path_, line_});
          if (bracket == std::string::npos || headers[i].back() != ']')
            throw InputError("the column '" + column.name + "' has no unit",
                             fmt::format("write one of {}", fmt::join(names, ", ")), {path_, line_});
          const auto unit = trimmed(headers[i].substr(bracket + 1, headers[i].size() - bracket - 2));
          chosen          = {&column, i, factor(unit, column.dimension)};
        }
    if (!chosen.column)
      throw InputError(fmt::format("the mode {} needs a column {}, and there is none",
                                   loading_mode_names()[static_cast<int>(loading_.mode)], fmt::join(names, " or ")),
                       "name the column so, with its unit in brackets", {path_, line_});
    return chosen;
  }

  double factor(const std::string &unit, const Dimension &dimension) const
  {
    try
      {
        return unit_factor(unit, dimension);
      }
    catch (const InputError &error)
      {
        throw InputError(error.problems().front().what, error.problems().front().remedy, {path_, line_});
      }
  }

  void read_header(const std::vector<std::string> &headers)
  {
    n_columns_         = headers.size();
    x_                 = choose(headers, columns_.first);
    y_                 = choose(headers, columns_.second);
    curve_.x_header    = headers[x_.index];
    curve_.y_header    = headers[y_.index];
    curve_.y_factor    = y_.column->convert(y_.factor);
  }

  void read_row(const std::vector<std::string> &fields)
  {
    double     x = 0, y = 0;
    if (fields.size() != n_columns_)
      return problem(fmt::format("the row has {} columns, the header {}", fields.size(), n_columns_),
                     "give every column a value");
    if (!is_number(fields[x_.index], x) || !is_number(fields[y_.index], y))
      return problem("'" + fields[x_.index] + "' or '" + fields[y_.index] + "' is no number",
                     "write numbers; units belong in the header");
    const double value = x_.column->convert(x * x_.factor);
    if (!std::isfinite(value) || (loading_.mode != LoadingMode::simple_shear && !(value > 0)))
      return problem(
        fmt::format("{} = {} is a stretch of {}", curve_.x_header, x, value),
        "a stretch is positive: check the units, the specimen's size and the sign (extension is positive)");
    curve_.x.push_back(value);
    curve_.y.push_back(y_.column->convert(y * y_.factor));
    curve_.written_x.push_back(x);
    curve_.written_y.push_back(y);
  }

  std::string                                         path_;
  Loading                                             loading_;
  std::pair<std::vector<Column>, std::vector<Column>> columns_;
  Chosen                                              x_, y_;
  int                                                 line_      = 0;
  std::size_t                                         n_columns_ = 0;
  Curve                                               curve_;
  std::vector<InputProblem>                           problems_;
};

/// Tension with extension, compression with shortening: a fit to anything else would be of nonsense.
void check_signs(const Curve &curve, const Loading &loading, const std::string &path)
{
  const double rest = loading.mode == LoadingMode::simple_shear ? 0 : 1;
  double       work = 0, size = 0, largest = 0;
  for (std::size_t i = 0; i < curve.x.size(); ++i)
    {
      work += (curve.x[i] - rest) * curve.y[i];
      size    = std::max(size, std::abs(curve.x[i] - rest));
      largest = std::max(largest, std::abs(curve.y[i]));
    }
  if (!(size > 0) || !(largest > 0))
    throw InputError("the curve is flat: no strain or no stress in it", "check its columns", {path, 0});
  if (!(work > 0))
    throw InputError(
      "the curve's stress has the opposite sign of its strain",
      "tension and extension are positive, compression and shortening negative; an inner radius grows under pressure",
      {path, 0});
}

} // namespace

void declare_curve(ParameterTree &p)
{
  p.declare_file("Calibration/Curve", "",
                 "CSV file of the measured curve, units in its header: `stretch [1], stress [kPa]`.");
  p.declare_selection("Calibration/Mode", "uniaxial", loading_mode_names(), "How the specimen was loaded.");
  p.declare_quantity("Calibration/Specimen length", "", dimension::length,
                     "Length without load along the motion (its height in simple shear), for a column displacement.");
  p.declare_quantity("Calibration/Specimen area", "", dimension::area,
                     "Cross-section without load, for a column force.");
  p.declare_quantity("Calibration/Inner radius", "", dimension::length, "Of the sphere or tube without load.");
  p.declare_quantity("Calibration/Outer radius", "", dimension::length, "Of the sphere or tube without load.");
  p.declare_quantity("Calibration/Tube length", "", dimension::length,
                     "Length of the tube without load, for a column volume.");
  p.declare_real("Calibration/Axial stretch", 1, 0.1, 10, "Of the tube, held while it is inflated.");
  p.declare_integer(
    "Calibration/Fibre axis", 1, 1, 3,
    "Axis of the fibres of a law that has them (1 is loaded); a tube has them round it, and sheets along it.");
}

Loading read_loading(const ParameterTree &p)
{
  Loading    loading;
  const auto name       = std::ranges::find(loading_mode_names(), p.text("Calibration/Mode"));
  loading.mode          = static_cast<LoadingMode>(name - loading_mode_names().begin());
  loading.fibre_axis    = p.integer("Calibration/Fibre axis");
  loading.axial_stretch = p.real("Calibration/Axial stretch");
  if (loading.mode != LoadingMode::sphere && loading.mode != LoadingMode::tube)
    return loading;
  for (const auto *entry : {"Calibration/Inner radius", "Calibration/Outer radius"})
    if (!p.is_set(entry))
      throw p.error_at("Calibration/Mode", std::string(entry) + " is not set, and the mode needs it", "add the entry");
  loading.inner_radius = p.quantity("Calibration/Inner radius");
  loading.outer_radius = p.quantity("Calibration/Outer radius");
  if (!(loading.inner_radius > 0 && loading.outer_radius > loading.inner_radius))
    throw p.error_at("Calibration/Outer radius", "the wall has no thickness",
                     "give an outer radius above the inner one");
  return loading;
}

Curve read_curve(const std::string &path, const ParameterTree &parameters, const Loading &loading)
{
  const Curve curve = CurveReader(path, parameters, loading).read();
  check_signs(curve, loading, path);
  return curve;
}

} // namespace vesalius
