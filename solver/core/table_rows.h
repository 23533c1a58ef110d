// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/text_lines.h"

#include <string>
#include <string_view>
#include <vector>

namespace vesalius
{

/// The cells of one line of comma-separated text, without the blanks around them. Commas within double quotes part nothing; the quotes are dropped.
std::vector<std::string> cells_of(std::string_view line);

/// A cell as cells_of() reads it back: in quotes where it has a comma. It must have no quotes of its own.
std::string cell_of(const std::string &text);

/// The rows of a table of comma-separated values that a user wrote. A byte order mark, blank lines and lines that begin with # are passed over.
class TableRows
{
public:
  /// `kind` names the table in the error where the file cannot be opened ("waveform file"). Throws InputError or ResourceError.
  TableRows(const std::string &path, const std::string &kind);
  TableRows(const TableRows &) = delete;

  /// The next row's cells; false at the end.
  bool next(std::vector<std::string> &cells);
  /// Line of the row read last, from 1.
  int line() const { return line_; }

private:
  std::string text_;
  TextLines   lines_; ///< of text_
  int         line_ = 0;
};

} // namespace vesalius
