// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/case_file_scanner.h"

#include <filesystem>
#include <string>
#include <vector>

namespace vesalius::internal
{

constexpr std::size_t max_items = 5000; ///< sections and entries: some thousand boundaries, which take seconds to check
constexpr std::size_t max_depth = 32;   ///< of sections in sections; no case has more than four levels

/// A case on its way from text to items; shared by the readers of the two formats, since each may include the other.
struct CaseScan
{
  ScannedCase                        result;
  std::vector<std::filesystem::path> open_files; ///< canonical names, outermost first: to find circles
  int                                n_files = 0;

  /// Keeps one item more than a case may have and no further ones, however long the text is.
  void add_item(CaseItem item)
  {
    if (result.items.size() <= max_items)
      result.items.push_back(std::move(item));
  }
};

/// Reads `text`, which stands in the sections `section`, as .json or .prm by the ending of `name`.
void scan_text(CaseScan &scan, const std::string &text, const std::string &name,
               const std::vector<std::string> &section);
void scan_prm_text(CaseScan &scan, const std::string &text, const std::string &name,
                   const std::vector<std::string> &section);
void scan_json_text(CaseScan &scan, const std::string &text, const std::string &name,
                    const std::vector<std::string> &section);

/// Reads the file `name`, relative to the folder of the including file; what prevents it becomes a problem at `where`.
void scan_include(CaseScan &scan, const std::string &name, const SourceLocation &where,
                  const std::vector<std::string> &section);

/// Control characters other than blanks and ends of lines.
bool has_binary_data(const std::string &text);

/// True for what can be written as a `.prm` line.
bool is_one_line(const std::string &value);

inline constexpr const char *one_line_remedy =
  "write it on one line, without control characters and without a backslash at its end";

} // namespace vesalius::internal
