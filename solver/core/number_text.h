// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sstream>
#include <string>
#include <string_view>

namespace vesalius
{

/// Reads a number from the beginning of a text, as it is written in files: a point before the decimals whatever the user's locale
/// says (strtod, stod and streams obey it). False if there is none, or if it is not finite; `text` is left behind it, else as it was.
bool take_number(std::string_view &text, double &value);
bool take_number(std::string_view &text, long long &value);

/// The same where the whole text, but for blanks around it, must be a number.
bool is_number(std::string_view text, double &value);
bool is_number(std::string_view text, long long &value);

/// The number that a text of our own is; a bug if it is none.
double number_in(std::string_view text);

/// A stream of the text that reads numbers likewise.
std::istringstream stream_of(const std::string &text);

} // namespace vesalius
