// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/io/markup.h"

#include <string>
#include <vector>

namespace vesalius::internal
{

/// "12 345", "0.01234", "1.2e-06"; "n/a" for NaN.
std::string format_number(double value, int digits = 4);

/// "42 s", "3 min 05 s", "1 h 12 min".
std::string format_duration(double seconds);

/// The page's style sheet.
const char *report_style();

/// A table from cells that are HTML already; `numeric` marks the columns that are set flush right.
std::string html_table(const std::vector<std::string> &header, const std::vector<std::vector<std::string>> &rows,
                       const std::vector<bool> &numeric);

/// <section> with a heading and, where not empty, a line of introduction (HTML).
std::string html_section(const std::string &heading, const std::string &introduction, const std::string &body);

/// The PNG embedded in the page. Throws ResourceError.
std::string html_png(const std::string &file, const std::string &alternative_text);

} // namespace vesalius::internal
