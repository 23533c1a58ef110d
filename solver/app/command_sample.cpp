// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/sampling.h"
#include "solver/core/provenance.h"
#include "solver/core/table_rows.h"

#include <fmt/format.h>

#include <iostream>

namespace vesalius
{

namespace
{
using namespace surrogates;

/// An entry of a case, and how it is drawn, in a unit.
struct SampledEntry
{
  std::string  entry, unit;
  Distribution distribution;
};

std::vector<SampledEntry> read_entries(const std::string &path)
{
  const std::string         example = "the first line is `entry, unit, distribution`, each other one an input: `Boundaries/inlet/Flow, L/min, uniform 3 6`";
  TableRows                 rows(path, "table of inputs");
  std::vector<SampledEntry> entries;
  std::vector<std::string>  cells;
  std::vector<InputProblem> problems;
  for (bool is_first = true; rows.next(cells); is_first = false)
    {
      const SourceLocation where{path, rows.line()};
      if (is_first && cells != std::vector<std::string>{"entry", "unit", "distribution"})
        throw InputError("the table of inputs does not begin with its head", example, where);
      if (is_first)
        continue;
      if (cells.size() != 3 || cells[0].empty())
        {
          problems.push_back({"the line is no input", example, where});
          continue;
        }
      try
        {
          entries.push_back({cells[0], cells[1], parse_distribution(cells[2])});
        }
      catch (const InputError &error)
        {
          problems.push_back({error.problems().front().what, error.problems().front().remedy, where});
        }
    }
  if (problems.empty() && entries.empty())
    problems.push_back({"the table has no input", example, {path, 0}});
  if (!problems.empty())
    throw InputError(problems);
  return entries;
}
} // namespace

ExitStatus command_sample(const CommandLine &line)
{
  const auto                entries = read_entries(line.input);
  std::vector<Distribution> distributions;
  std::string               table = "sample";
  for (const auto &entry : entries)
    {
      distributions.push_back(entry.distribution);
      table += ", " + entry.entry;
    }
  const auto        values = draw(design_of(line.design), distributions, std::size_t(line.n_samples), line.seed);
  const std::size_t n      = values.size() / entries.size();
  for (std::size_t r = 0; r < n; ++r)
    {
      table += fmt::format("\n{}_{:04}", line.design, r + 1);
      for (std::size_t i = 0; i < entries.size(); ++i)
        table += fmt::format(", {}{}{}", values[r * entries.size() + i], entries[i].unit.empty() ? "" : " ", entries[i].unit);
    }
  write_file_atomically(line.output, table + "\n");
  std::cout << fmt::format("wrote {}: {} samples of {} inputs ({})\n", line.output, n, entries.size(), line.design);
  return ExitStatus::done;
}

} // namespace vesalius
