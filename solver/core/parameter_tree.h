// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"
#include "solver/core/quantity.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// A strict, small layer over dealii::ParameterHandler.
///
/// Declare entries (with unit and text), parse a `.prm` or `.json`, read typed values by path
/// ("Fluid/Density"). Parsing collects every error, each with file, line and a suggestion, and
/// throws one InputError. Paths are "Section/Subsection/Entry".
class ParameterTree
{
public:
  ParameterTree();
  ~ParameterTree();
  ParameterTree(ParameterTree &&) noexcept;
  ParameterTree &operator=(ParameterTree &&) noexcept;

  // --- declaration -------------------------------------------------------------------------
  /// A dimensional value; `default_value` carries its unit ("1060 kg/m^3"), or is "" for none.
  void declare_quantity(const std::string &path, const std::string &default_value,
                        const Dimension &dimension, const std::string &text);
  void declare_real(const std::string &path, double default_value, double minimum, double maximum,
                    const std::string &text);
  void declare_integer(const std::string &path, int default_value, int minimum, int maximum,
                       const std::string &text);
  void declare_boolean(const std::string &path, bool default_value, const std::string &text);
  void declare_text(const std::string &path, const std::string &default_value, const std::string &text);
  /// A path to a file; relative to the case file that sets it; resolved by file(). A built-in name, a word and a
  /// colon as in "phantom:aorta:1", stays as it is.
  void declare_file(const std::string &path, const std::string &default_value, const std::string &text);
  void declare_selection(const std::string &path, const std::string &default_value,
                         const std::vector<std::string> &choices, const std::string &text);
  /// Below `section` the user names the subsections (boundaries: "outlet_left", or a glob such as
  /// "outlet*"); `declare` is called with the path prefix ("Boundaries/outlet_left") for each found.
  void declare_named_sections(const std::string &section, const std::string &text,
                              const std::function<void(ParameterTree &, const std::string &prefix)> &declare);

  // --- parsing -----------------------------------------------------------------------------
  /// Reads `file` (with its includes), then applies the overrides "Section/Entry = value".
  /// Throws InputError with all problems. May be called once.
  void parse_file(const std::string &file, const std::vector<std::string> &overrides = {});
  void parse_text(const std::string &text, const std::string &name_for_messages,
                  const std::vector<std::string> &overrides = {});

  // --- values ------------------------------------------------------------------------------
  double      quantity(const std::string &path) const; ///< SI
  double      real(const std::string &path) const;
  int         integer(const std::string &path) const;
  bool        boolean(const std::string &path) const;
  std::string text(const std::string &path) const; ///< also selections
  std::string file(const std::string &path) const; ///< resolved path, "" if unset
  /// True where the user wrote the entry (or an override did).
  bool is_set(const std::string &path) const;
  /// Names of the user's subsections below a section declared by declare_named_sections.
  std::vector<std::string> named_sections(const std::string &section) const;
  /// The section among `names` (exact name first, then the glob with the longest fixed part)
  /// that applies to `name`; "" if none.
  std::string matching_section(const std::string &section, const std::string &name) const;
  /// Where the entry or section was written, for messages of later checks.
  SourceLocation location(const std::string &path) const;
  /// An InputError that points at an entry: for checks after parsing.
  InputError error_at(const std::string &path, const std::string &what, const std::string &remedy) const;

  // --- output ------------------------------------------------------------------------------
  /// Every entry with the value in force, as .prm (JSON) that parses again to the same tree: defaults are
  /// marked, so that is_set() stays what it was; file names are absolute.
  std::string full_prm() const;
  std::string full_json() const;
  /// The reference manual of all declared entries, Markdown.
  std::string reference_markdown() const;
  /// "you wrote" / "we use" for each entry that the user set (text as written, value in SI).
  struct Entry
  {
    std::string path, written, used, text;
    bool        set_by_user = false;
  };
  std::vector<Entry> entries() const;
  /// The overrides that were applied, as given.
  const std::vector<std::string> &overrides() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> impl_;
};

/// The candidate closest to `word` by edit distance, "" when none is near: for "did you mean".
std::string closest_match(const std::string &word, const std::vector<std::string> &candidates);

} // namespace vesalius
