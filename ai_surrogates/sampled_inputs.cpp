// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/sampled_inputs.h"

#include "solver/core/errors.h"
#include "solver/core/table_rows.h"
#include "solver/core/unit_conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace vesalius::surrogates
{

namespace
{
const std::string           example = "the first line is `entry, unit, distribution`, each other one an input: `Boundaries/inlet/Flow, L/min, uniform 3 6`";
constexpr const char *const unwanted_in_names = "/,;=[]\"";

/// "inlet Flow" for Boundaries/inlet/Flow and n = 2.
std::string end_of_path(const std::string &entry, int n)
{
  std::string result;
  auto        end = entry.size();
  for (; n > 0 && end != std::string::npos; --n)
    {
      const auto slash = end == 0 ? std::string::npos : entry.rfind('/', end - 1);
      const auto begin = slash == std::string::npos ? 0 : slash + 1;
      result           = entry.substr(begin, end - begin) + (result.empty() ? "" : " ") + result;
      end              = slash;
    }
  return result;
}

std::string short_name(const std::vector<SampledInput> &inputs, const SampledInput &input)
{
  const auto depth = std::count(input.entry.begin(), input.entry.end(), '/') + 1;
  for (int n = 1; n <= depth; ++n)
    if (std::count_if(inputs.begin(), inputs.end(), [&](const auto &other) { return end_of_path(other.entry, n) == end_of_path(input.entry, n); }) == 1)
      return end_of_path(input.entry, n);
  return end_of_path(input.entry, int(depth));
}

void check_names(const std::string &path, std::vector<SampledInput> &inputs, std::vector<InputProblem> &problems)
{
  std::set<std::string> entries, names;
  for (auto &input : inputs)
    {
      if (input.name.empty())
        input.name = short_name(inputs, input);
      const SourceLocation where{path, input.line};
      if (!entries.insert(input.entry).second)
        problems.push_back({"the entry '" + input.entry + "' is there twice", "keep one line", where});
      else if (!names.insert(input.name).second)
        problems.push_back({"two inputs are called '" + input.name + "'", "give each its own name in a fourth column, `name`", where});
      if (input.name.find_first_of(unwanted_in_names) != std::string::npos)
        problems.push_back({"'" + input.name + "' is no name for an input", fmt::format("leave out each of {}", unwanted_in_names), where});
    }
}

SampledInput read_input(const std::vector<std::string> &cells, int line)
{
  SampledInput input{cells[0], cells[1], parse_distribution(cells[2]), cells.size() > 3 ? cells[3] : "", line};
  input_variable(input); // the unit
  return input;
}
} // namespace

std::vector<SampledInput> read_sampled_inputs(const std::string &path)
{
  TableRows                      rows(path, "table of inputs");
  std::vector<SampledInput>      inputs;
  std::vector<std::string>       cells;
  std::vector<InputProblem>      problems;
  const std::vector<std::string> head{"entry", "unit", "distribution", "name"};
  std::size_t                    n_columns = 0;
  while (rows.next(cells))
    {
      const SourceLocation where{path, rows.line()};
      if (n_columns == 0)
        {
          n_columns = cells.size();
          if (n_columns < 3 || n_columns > 4 || !std::equal(cells.begin(), cells.end(), head.begin()))
            throw InputError("the table of inputs does not begin with its head", example, where);
        }
      else if (cells.size() < 3 || cells.size() > n_columns || cells[0].empty())
        problems.push_back({"the line is no input", example, where});
      else
        try
          {
            inputs.push_back(read_input(cells, rows.line()));
          }
        catch (const InputError &error)
          {
            problems.push_back({error.problems().front().what, error.problems().front().remedy, where});
          }
    }
  if (problems.empty() && inputs.empty())
    problems.push_back({"the table has no input", example, {path, 0}});
  check_names(path, inputs, problems);
  if (!problems.empty())
    throw InputError(problems);
  return inputs;
}

namespace
{
/// What a draw is kept and written in: SI; a unit of the number 1, as degrees, stays, since an entry that is an angle asks for it.
Quantity kept_unit(const std::string &unit)
{
  Quantity one = one_unit(unit);
  if (one.dimension == dimension::none)
    one.si = 1;
  return one;
}

std::string name_of_kept_unit(const std::string &unit)
{
  const auto one = one_unit(unit);
  return one.dimension == dimension::none ? unit : si_unit(one.dimension);
}
} // namespace

InputVariable input_variable(const SampledInput &input)
{
  const Quantity unit   = kept_unit(input.unit);
  Distribution   scaled = input.distribution;
  for (double *value : {&scaled.low, &scaled.high, &scaled.mean, &scaled.deviation})
    *value *= unit.si;
  if (scaled.kind != Distribution::Kind::normal) // these have no part in it
    {
      scaled.mean      = Distribution{}.mean;
      scaled.deviation = Distribution{}.deviation;
    }
  return {input.name, name_of_kept_unit(input.unit), scaled};
}

std::string override_of(const SampledInput &input, double value)
{
  const std::string unit = name_of_kept_unit(input.unit);
  return fmt::format("{} = {}{}{}", input.entry, value, unit.empty() ? "" : " ", unit);
}

} // namespace vesalius::surrogates
