// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <string>
#include <vector>

namespace vesalius
{

/// One entry of a boundary's section in the case file. Types that share a name share its meaning: all
/// but the text must agree.
struct BoundaryEntry
{
  enum class Kind { quantity, fraction, text, file, selection };

  std::string name;
  std::string default_value; ///< a quantity's with unit ("0 mmHg"); "" for none
  Dimension   dimension;     ///< of a quantity
  std::string text;
  Kind        kind = Kind::quantity; ///< fraction: a plain number between 0 and 1
  std::vector<std::string> choices = {};
};

/// Declares the entry below `prefix` ("Boundaries/outlet_left") with this text in place of its own.
void declare_entry(ParameterTree &parameters, const std::string &prefix, const BoundaryEntry &entry, const std::string &text);

} // namespace vesalius
