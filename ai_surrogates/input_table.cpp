// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/input_table.h"

#include "ai_surrogates/clinical_units.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/parameter_tree.h"
#include "solver/core/table_rows.h"
#include "solver/core/unit_conversion.h"

#include <algorithm>
#include <limits>

namespace vesalius
{

namespace
{
/// A column of the table: which input it is, and the factor to its unit.
struct Column
{
  std::size_t input  = 0;
  double      factor = 1;
};

class Reader
{
public:
  Reader(const std::string &path, const std::vector<NamedInput> &inputs)
    : path_(path), inputs_(inputs)
  {}

  InputTable read()
  {
    TableRows                rows(path_, "table of inputs");
    std::vector<std::string> cells;
    InputTable               table;
    if (!rows.next(cells))
      throw InputError("the table of inputs is empty", "begin it with the line `" + header() + "`", {path_, 0});
    read_header(cells, rows.line());
    while (problems_.empty() && rows.next(cells))
      {
        table.rows.push_back(read_row(cells, rows.line()));
        table.lines.push_back(rows.line());
      }
    if (!problems_.empty())
      throw InputError(problems_);
    return table;
  }

private:
  std::string header() const
  {
    std::string text;
    for (const auto &input : inputs_)
      text += (text.empty() ? "" : ", ") + column_name(input.name, input.unit);
    return text;
  }
  void problem(const std::string &what, const std::string &remedy, int line) { problems_.push_back({what, remedy, {path_, line}}); }

  void read_header(const std::vector<std::string> &cells, int line)
  {
    for (const auto &cell : cells)
      {
        const auto        bracket = cell.find('[');
        const std::string name    = trimmed(cell.substr(0, bracket));
        const std::string unit = bracket == std::string::npos || cell.back() != ']' ? "" : trimmed(cell.substr(bracket + 1, cell.size() - bracket - 2));
        const auto        input   = std::find_if(inputs_.begin(), inputs_.end(), [&](const auto &i) { return i.name == name; });
        columns_.push_back({static_cast<std::size_t>(input - inputs_.begin()), 1});
        if (input == inputs_.end())
          unknown_column(name, line);
        else if (std::count_if(columns_.begin(), columns_.end(), [&](const Column &c) { return c.input == columns_.back().input; }) > 1)
          problem("the input '" + name + "' stands in two columns", "keep one", line);
        else if (const auto factor = unit_conversion(unit, input->unit))
          columns_.back().factor = *factor;
        else
          problem(unit.empty() ? "the column '" + name + "' has no unit" : "'" + unit + "' is no unit of '" + name + "'", "write `" + column_name(name, input->unit) + "`", line);
      }
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (std::none_of(columns_.begin(), columns_.end(), [&](const Column &c) { return c.input == i; }))
        problem("there is no column for the input '" + inputs_[i].name + "'", "begin the table with the line `" + header() + "`", line);
  }

  void unknown_column(const std::string &name, int line)
  {
    std::vector<std::string> names;
    for (const auto &input : inputs_)
      names.emplace_back(input.name);
    const auto near = closest_match(name, names);
    problem("there is no input '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"), "the inputs are `" + header() + "`", line);
  }

  std::vector<double> read_row(const std::vector<std::string> &cells, int line)
  {
    std::vector<double> row(inputs_.size(), std::numeric_limits<double>::quiet_NaN());
    if (cells.size() != columns_.size())
      problem("the line has " + std::to_string(cells.size()) + " values, the first line " + std::to_string(columns_.size()) + " names", "one value a column", line);
    else
      for (std::size_t i = 0; i < cells.size(); ++i)
        {
          double value = 0;
          if (is_number(cells[i], value))
            row[columns_[i].input] = value * columns_[i].factor;
          else if (!cells[i].empty() && cells[i] != "nan" && cells[i] != "NaN")
            problem("'" + cells[i] + "' is not a number", "write a number such as 12.5; units belong in the first line", line);
        }
    return row;
  }

  std::string                    path_;
  const std::vector<NamedInput> &inputs_;
  std::vector<Column>            columns_;
  std::vector<InputProblem>      problems_;
};
} // namespace

std::string column_name(const std::string &name, const std::string &unit)
{
  return unit.empty() ? name : name + " [" + unit + "]";
}

InputTable read_input_table(const std::string &path, const std::vector<NamedInput> &inputs)
{
  return Reader(path, inputs).read();
}

InputTable read_input_table(const std::string &path, const SurrogateFile &surrogate)
{
  std::vector<NamedInput> inputs;
  for (const auto &input : surrogate.inputs())
    inputs.push_back({input.name, input.unit});
  return read_input_table(path, inputs);
}

} // namespace vesalius
