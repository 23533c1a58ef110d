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

/// Reads a case: a name that ends in `.json` means JSON, any other `.prm`. Never throws for what the text says. `name`
/// stands for the text in messages; includes are sought beside it, and may be of the other format.
///
/// `.prm` is deal.II's grammar: subsection/end, set, include, comments after `#` (`\#` is a literal one), continuation of
/// a line that ends in `\`. The comment `# default` behind a `set` marks an entry that the program wrote, not the user.
///
/// In JSON objects are sections; texts, numbers and booleans are values. "include" (a file, or a list of files) is read
/// before the object that holds it, wherever it stands there; the list "_defaults" at the top level names the entries
/// that the program wrote.
ScannedCase scan_case(const std::string &text, const std::string &name);

/// An override "Section/Entry = value", as item with source number `source`.
ScannedCase scan_override(const std::string &text, int source);

/// Content of a file. Throws InputError if it is not there, ResourceError if it cannot be read.
std::string read_case_file(const std::string &file);

} // namespace vesalius::internal
