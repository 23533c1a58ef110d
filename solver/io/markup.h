// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius::internal
{

/// For text and attribute values of XML, HTML and SVG. Control characters, which XML forbids, become blanks.
std::string escape_markup(const std::string &text);

/// The text again, from what escape_markup() gives.
std::string unescape_markup(std::string text);

} // namespace vesalius::internal
