// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/sample_table.h"

#include "solver/core/errors.h"
#include "solver/core/table_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

namespace vesalius
{

namespace
{
const char *example = "the first line names the entries (`sample, Boundaries/inlet/Flow`), each other one gives a name and their values (`low, 60 mL/s`)";

bool is_folder_name(const std::string &name)
{
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
}

void check_header(const SampleTable &table, const std::vector<std::string> &cells, std::vector<InputProblem> &problems)
{
  const SourceLocation where{table.file, 1};
  if (cells.size() < 2 || cells.front() != "sample")
    problems.push_back({"the table of samples does not begin with `sample` and the names of entries", example, where});
  std::set<std::string> seen;
  for (const auto &entry : table.entries)
    if (entry.empty() || !seen.insert(entry).second)
      problems.push_back({entry.empty() ? "a column has no name" : "the entry '" + entry + "' stands in two columns", "name each entry once (Section/Entry)", where});
}
} // namespace

SampleTable read_sample_table(const std::string &path)
{
  SampleTable               table{path, {}, {}};
  std::vector<InputProblem> problems;
  std::set<std::string>     names;
  const std::string         content = content_of_file(path);
  TextLines                 lines(path, content);
  std::string_view          text;
  for (int line = 1; lines.next(text); ++line)
    {
      const auto cells = cells_of(text);
      if (line == 1)
        {
          table.entries.assign(cells.begin() + 1, cells.end());
          check_header(table, cells, problems);
        }
      else if (cells.size() != 1 || !cells.front().empty()) // not blank
        {
          Sample sample{cells.front(), {}, line};
          if (cells.size() != table.entries.size() + 1)
            problems.push_back({fmt::format("the line has {} values, the first line names {}", cells.size(), table.entries.size() + 1),
                                "one value a column; values that hold commas stand in double quotes", {path, line}});
          else if (!is_folder_name(sample.name))
            problems.push_back({"'" + sample.name + "' is no name for a sample", "a folder is made of it: letters, digits, `_`, `-` and `.`", {path, line}});
          else if (!names.insert(sample.name).second)
            problems.push_back({"there are two samples '" + sample.name + "'", "give each its own name", {path, line}});
          for (std::size_t i = 1; i < std::min(cells.size(), table.entries.size() + 1); ++i)
            if (!cells[i].empty())
              sample.overrides.push_back(table.entries[i - 1] + " = " + cells[i]);
          table.samples.push_back(sample);
        }
    }
  if (problems.empty() && table.samples.empty())
    problems.push_back({"the table has no sample", example, {path, 0}});
  if (!problems.empty())
    throw InputError(problems);
  return table;
}

} // namespace vesalius
