// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

namespace vesalius
{

/// statistics.csv: first line the column names with units ("pressure outlet_left [mmHg]"), then a row a step.
/// Rank 0 only. With `continue_until` >= 0, rows of an existing file whose time (the column "time [s]", the first
/// one where there is no such column) lies beyond it are dropped, and so is a last line cut off by a crash.
class StatisticsTable
{
public:
  /// Throws ResourceError (cannot write), InputError (the file to continue has other columns).
  StatisticsTable(const std::string &path, const std::vector<std::string> &columns, double continue_until = -1);
  /// Throws ResourceError.
  void add_row(const std::vector<double> &values);
  /// Throws ResourceError.
  void flush();

private:
  std::ofstream                         file_;
  std::chrono::steady_clock::time_point last_flush_;
  std::string                           path_;
  std::size_t                           n_columns_;
};

/// Reads a table back: header names and columns.
struct Table
{
  std::vector<std::string>         names;
  std::vector<std::vector<double>> columns;
  /// Index of the column, -1 if absent.
  int         find(const std::string &name) const;
  std::size_t n_rows() const { return columns.empty() ? 0 : columns.front().size(); }
};
/// Throws ResourceError (cannot be read), InputError (line that is not numbers). An incomplete last line is left out.
Table read_table(const std::string &path);

} // namespace vesalius
