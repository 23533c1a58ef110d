// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/statistics.h"

#include "solver/core/errors.h"
#include "solver/io/atomic_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace vesalius
{

namespace
{

std::string format_row(const std::vector<double> &values)
{
  std::string line;
  for (const double value : values)
    line += (line.empty() ? "" : ",") + fmt::format("{}", value); // shortest text that reads back exactly
  return line + "\n";
}

std::string format_header(const std::vector<std::string> &columns)
{
  std::string line;
  for (const auto &name : columns)
    {
      VESALIUS_ASSERT(name.find_first_of(",\"\n\r") == std::string::npos, "column name with a separator: " + name);
      line += (line.empty() ? "" : ",") + name;
    }
  return line + "\n";
}

std::vector<std::string> split(const std::string &line)
{
  std::vector<std::string> parts(1);
  for (const char c : line)
    if (c == ',')
      parts.emplace_back();
    else if (c != '\r')
      parts.back() += c;
  return parts;
}

/// False unless every part is a number and there are `n` of them.
bool parse_row(const std::string &line, const std::size_t n, std::vector<double> &values)
{
  const auto parts = split(line);
  values.resize(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i)
    {
      const char *end    = parts[i].data() + parts[i].size();
      const auto  result = std::from_chars(parts[i].data(), end, values[i]);
      if (result.ec != std::errc() || result.ptr != end)
        return false;
    }
  return parts.size() == n;
}

int time_column(const Table &table)
{
  const int found = table.find("time [s]");
  return found >= 0 ? found : 0;
}

/// The rows of `table` up to the time, as text.
std::string rows_until(const Table &table, const double time)
{
  const auto         &times = table.columns[time_column(table)];
  const double        limit = time * (1 + 1e-9);
  std::string         text;
  std::vector<double> row(table.columns.size());
  for (std::size_t r = 0; r < table.n_rows(); ++r)
    if (times[r] <= limit)
      {
        for (std::size_t c = 0; c < row.size(); ++c)
          row[c] = table.columns[c][r];
        text += format_row(row);
      }
  return text;
}

} // namespace

StatisticsTable::StatisticsTable(const std::string &path, const std::vector<std::string> &columns,
                                 const double continue_until)
  : path_(path), n_columns_(columns.size())
{
  std::string content = format_header(columns);
  if (continue_until >= 0 && std::filesystem::exists(path))
    {
      const Table existing = read_table(path);
      if (existing.names != columns)
        throw InputError("the table to continue has other columns than this run writes",
                         "write to another folder (--output DIR), or restart with the boundaries of the first run",
                         {path, 1});
      content += rows_until(existing, continue_until);
    }
  internal::AtomicFile file(path);
  file.stream() << content;
  file.commit();
  file_.open(path, std::ios::app);
  flush();
}

void StatisticsTable::add_row(const std::vector<double> &values)
{
  VESALIUS_ASSERT(values.size() == n_columns_, fmt::format("{} values for {} columns", values.size(), n_columns_));
  file_ << format_row(values);
  // Slow runs are watched while they go; fast ones need not wait for the disk at every step.
  if (!file_ || std::chrono::steady_clock::now() - last_flush_ > std::chrono::seconds(1))
    flush();
}

void StatisticsTable::flush()
{
  file_.flush();
  last_flush_ = std::chrono::steady_clock::now();
  if (!file_)
    throw ResourceError("cannot write '" + path_ + "'", "check that the disk is not full");
}

int Table::find(const std::string &name) const
{
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

Table read_table(const std::string &path)
{
  std::ifstream in(path);
  std::string   line;
  if (!in)
    throw ResourceError("cannot read '" + path + "'", "check the name of the file");
  if (!std::getline(in, line) || line.empty())
    throw InputError("the table is empty", "the first line holds the column names with units", {path, 1});
  Table table;
  table.names = split(line);
  table.columns.resize(table.names.size());
  std::vector<double> values;
  for (int number = 2; std::getline(in, line); ++number)
    {
      const bool complete = !in.eof(); // a run that was killed leaves a last line without its end
      if (line.empty() || !complete)
        continue;
      if (!parse_row(line, table.names.size(), values))
        throw InputError(fmt::format("expected {} numbers separated by commas, found '{}'", table.names.size(), line),
                         "remove the line, or the file", {path, number});
      for (std::size_t c = 0; c < values.size(); ++c)
        table.columns[c].push_back(values[c]);
    }
  return table;
}

} // namespace vesalius
