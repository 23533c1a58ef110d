// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/waveform_file.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/table_rows.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace vesalius
{

namespace
{

/// The names of a header's columns, without their units.
bool names_harmonics(const std::vector<std::string> &headers)
{
  return std::any_of(headers.begin(), headers.end(), [](const auto &h) { return trimmed(h.substr(0, h.find('['))) == "harmonic"; });
}

std::complex<double> coefficient(double cosine, double sine)
{
  return {cosine, -sine};
}

/// Reads one waveform file, collecting every problem with its line.
class WaveformCsv
{
public:
  WaveformCsv(const std::string &path, const WaveformKind &kind, std::optional<double> period)
    : path_(path), kind_(kind), period_(period), example_(std::string(kind.name) + " [" + kind.unit + "]")
  {}

  Waveform read()
  {
    TableRows rows(path_, "waveform file");
    for (std::vector<std::string> cells; rows.next(cells);)
      {
        line_ = rows.line();
        if (n_columns_ == 0)
          read_header(cells);
        else
          read_row(cells);
      }
    if (n_columns_ == 0)
      throw InputError("the waveform file has no header", "begin it with the line `time [s], " + example_ + "`", {path_, 0});
    return has_harmonics_ ? fourier() : samples();
  }

private:
  struct Column
  {
    std::size_t index  = 0;
    double      factor = 0;
  };

  void problem(const std::string &what, const std::string &remedy) { problems_.push_back({what, remedy, {path_, line_}}); }
  void throw_problems() const
  {
    if (!problems_.empty())
      throw InputError(problems_);
  }

  Column find_column(const std::vector<std::string> &headers, const std::string &name, const Dimension &dimension,
                     const std::string &unit)
  {
    Column column{headers.size(), dimension == dimension::none ? 1. : 0.};
    for (std::size_t i = 0; i < headers.size(); ++i)
      {
        const auto bracket = headers[i].find('[');
        if (trimmed(headers[i].substr(0, bracket)) != name)
          continue;
        if (column.index != headers.size())
          {
            problem("the column '" + name + "' appears twice", "leave one of them");
            continue;
          }
        column.index = i;
        if (dimension == dimension::none)
          continue;
        if (bracket == std::string::npos || headers[i].back() != ']')
          {
            problem("the column '" + name + "' has no unit", "write it in brackets: `" + name + " [" + unit + "]`");
            continue;
          }
        read_unit(headers[i].substr(bracket + 1, headers[i].size() - bracket - 2), dimension, column);
      }
    if (column.index == headers.size())
      problem("there is no column '" + name + "'", "the header must name it with its unit, as in " + header_example());
    return column;
  }

  std::string header_example() const
  {
    return has_harmonics_ ? std::string("`harmonic, cosine [") + kind_.unit + "], sine [" + kind_.unit + "]`" :
                            "`time [s], " + example_ + "`";
  }

  void read_unit(const std::string &unit, const Dimension &dimension, Column &column)
  {
    try
      {
        column.factor = unit_factor(trimmed(unit), dimension);
      }
    catch (const InputError &error)
      {
        for (auto p : error.problems())
          {
            p.where = {path_, line_};
            problems_.push_back(p);
          }
      }
  }

  void read_header(const std::vector<std::string> &headers)
  {
    n_columns_         = headers.size();
    has_harmonics_     = names_harmonics(headers);
    if (has_harmonics_)
      columns_ = {find_column(headers, "harmonic", dimension::none, ""),
                  find_column(headers, "cosine", kind_.dimension, kind_.unit),
                  find_column(headers, "sine", kind_.dimension, kind_.unit)};
    else
      columns_ = {find_column(headers, "time", dimension::time, "s"), find_column(headers, kind_.name, kind_.dimension, kind_.unit)};
    throw_problems(); // without its columns no row can be judged
  }

  void read_row(const std::vector<std::string> &fields)
  {
    if (fields.size() != n_columns_)
      return problem("the row has " + std::to_string(fields.size()) + " columns, the header " + std::to_string(n_columns_),
                     "give every column a value, separated by commas");
    std::vector<double> row;
    for (const auto &column : columns_)
      {
        double value = 0;
        if (!is_number(fields[column.index], value))
          return problem("'" + fields[column.index] + "' is not a number", "write a number such as 12.5; units belong in the header");
        row.push_back(value * column.factor);
      }
    if (has_harmonics_ ? row[0] != double(rows_.size()) : !rows_.empty() && !(row[0] > rows_.back()[0]))
      return has_harmonics_ ? problem("the harmonics are not 0, 1, 2, ...", "give each its row, in order; a missing one is zero") :
                              problem("the time does not increase", "sort the rows by time and remove repeated ones");
    rows_.push_back(std::move(row));
  }

  /// One whole cycle, closed by a repetition of the first value.
  Waveform samples()
  {
    throw_problems();
    line_ = 0;
    if (rows_.size() < 4)
      problem("the waveform has " + std::to_string(rows_.size()) + " rows; a cycle needs at least 4",
              "add rows; for a constant value use the section's entry for it in place of a file");
    throw_problems();
    const auto [low, high] = std::minmax_element(rows_.begin(), rows_.end(), [](const auto &a, const auto &b) { return a[1] < b[1]; });
    if (std::abs(rows_.back()[1] - rows_.front()[1]) > 1e-3 * ((*high)[1] - (*low)[1]))
      problem("the last row does not repeat the first " + std::string(kind_.name) + ", so the cycle is not closed",
              "end the file with a row at the end of the cycle that repeats the first " + std::string(kind_.name));
    throw_problems();
    std::vector<double> times, values;
    for (std::size_t i = 0; i + 1 < rows_.size(); ++i)
      {
        times.push_back(rows_[i][0]);
        values.push_back(rows_[i][1]);
      }
    return Waveform(std::move(times), std::move(values), rows_.back()[0] - rows_.front()[0]);
  }

  Waveform fourier()
  {
    line_ = 0;
    if (problems_.empty() && rows_.empty())
      problem("the file has no harmonic", "give at least `0, MEAN, 0`");
    if (!period_)
      problem("harmonics do not say how long the cycle is", "add `set Period = 1 s` (with your value) to the boundary's section");
    throw_problems();
    std::vector<std::complex<double>> modes;
    for (const auto &row : rows_)
      modes.push_back(coefficient(row[1], row[2]));
    modes[0] = modes[0].real();
    return Waveform::fourier(std::move(modes), *period_);
  }

  std::string                      path_;
  WaveformKind                     kind_;
  std::optional<double>            period_;
  std::string                      example_;
  int                              line_          = 0;
  bool                             has_harmonics_ = false;
  std::size_t                      n_columns_     = 0;
  std::vector<Column>              columns_;
  std::vector<std::vector<double>> rows_;
  std::vector<InputProblem>        problems_;
};

} // namespace

Waveform read_waveform(const std::string &path, const WaveformKind &kind, std::optional<double> period)
{
  return WaveformCsv(path, kind, period).read();
}

Waveform parse_harmonics(const std::string &text, const WaveformKind &kind, double period)
{
  const std::string remedy = std::string("write the mean, then cosine and sine coefficient of each harmonic, and the unit: `20, 12 -5, 3 1.5 ") +
                             kind.unit + "`";
  auto                              groups = split_list(text);
  std::vector<std::complex<double>> modes;
  std::string                       unit;
  for (std::size_t k = 0; k < groups.size(); ++k)
    {
      std::istringstream  words(groups[k]);
      std::vector<double> numbers;
      double              number = 0;
      for (std::string word; words >> word;)
        if (unit.empty() && is_number(word, number))
          numbers.push_back(number);
        else
          unit += (unit.empty() ? "" : " ") + word;
      if (!unit.empty() && k + 1 < groups.size())
        throw InputError("the unit '" + unit + "' stands before the end of the list", remedy);
      if (numbers.size() != (k == 0 ? 1u : 2u))
        throw InputError("harmonic " + std::to_string(k) + " has " + std::to_string(numbers.size()) + " coefficients in place of " +
                           (k == 0 ? "1" : "2"),
                         remedy);
      modes.push_back(k == 0 ? coefficient(numbers[0], 0) : coefficient(numbers[0], numbers[1]));
    }
  if (unit.empty())
    throw InputError("the harmonics have no unit", remedy);
  const double factor = unit_factor(unit, kind.dimension);
  for (auto &mode : modes)
    mode *= factor;
  return Waveform::fourier(std::move(modes), period);
}

} // namespace vesalius
