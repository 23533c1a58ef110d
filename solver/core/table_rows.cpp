// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/table_rows.h"

#include "solver/core/errors.h"

#include <filesystem>

namespace vesalius
{

std::vector<std::string> cells_of(std::string_view line)
{
  std::vector<std::string> cells(1);
  bool                     is_quoted = false;
  for (const char c : line)
    if (c == '"')
      is_quoted = !is_quoted;
    else if (c == ',' && !is_quoted)
      cells.emplace_back();
    else
      cells.back() += c;
  for (auto &cell : cells)
    cell = trimmed(cell);
  return cells;
}

std::string cell_of(const std::string &text)
{
  return text.find(',') == std::string::npos ? text : '"' + text + '"';
}

namespace
{
std::string content_of_table(const std::string &path, const std::string &kind)
{
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw InputError("the " + kind + " '" + path + "' cannot be opened", "give the path relative to the case file");
  auto text = content_of_file(path);
  if (text.starts_with("\xEF\xBB\xBF"))
    text.erase(0, 3);
  return text;
}
} // namespace

TableRows::TableRows(const std::string &path, const std::string &kind)
  : text_(content_of_table(path, kind)), lines_(path, text_)
{}

bool TableRows::next(std::vector<std::string> &cells)
{
  for (std::string_view line; lines_.next(line);)
    {
      ++line_;
      const auto row = trimmed(line);
      if (row.empty() || row.front() == '#')
        continue;
      cells = cells_of(row);
      return true;
    }
  return false;
}

} // namespace vesalius
