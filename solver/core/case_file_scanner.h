// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <string>
#include <vector>

namespace vesalius::internal
{

/// One thing that the user wrote: the opening of a section, or an entry with its value.
struct CaseItem
{
  bool                     is_section = false;
  std::vector<std::string> section; ///< enclosing sections; with is_section, the section itself at the end
  std::string              name;    ///< of the entry
  std::string              value;   ///< of the entry, trimmed
  SourceLocation           where;
  std::string              directory;      ///< of the file, for relative paths in values; "" is the working directory
  int                      source     = 0; ///< number of the file reading: a repetition within one is a mistake
  bool                     is_default = false; ///< marked as a default in force, not chosen by the user
};

/// What a case file (with its includes) or an override says, in order, and what is wrong with its grammar.
struct ScannedCase
{
  std::vector<CaseItem>     items;
  std::vector<InputProblem> problems;
};

/// Reads deal.II's `.prm` grammar: subsection/end, set, include, comments after `#` (`\#` is a
/// literal one), continuation of a line that ends in `\`. Never throws for what the text says.
/// The comment `# default` behind a `set` marks an entry that the program wrote, not the user.
/// `name` stands for the text in messages; includes are sought beside it.
ScannedCase scan_prm(const std::string &text, const std::string &name);

/// The same tree as JSON: objects are sections, strings, numbers and booleans are values. The list
/// "_defaults" at the top level names the entries that the program wrote, not the user.
ScannedCase scan_json(const std::string &text, const std::string &name);

/// An override "Section/Entry = value", as item with source number `source`.
ScannedCase scan_override(const std::string &text, int source);

/// Content of a file. Throws ResourceError if it cannot be read.
std::string read_case_file(const std::string &file);

/// Text without blanks at both ends.
std::string trimmed(const std::string &text);

} // namespace vesalius::internal
