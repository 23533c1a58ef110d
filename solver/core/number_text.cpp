// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/number_text.h"

#include "solver/core/errors.h"

#include <charconv>
#include <cmath>
#include <locale>

namespace vesalius
{

namespace
{
constexpr const char *blanks = " \t\r\n\f\v";

template <class Number>
bool take(std::string_view &text, Number &value)
{
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return false;
  std::string_view rest = text.substr(begin);
  if (rest.size() > 1 && rest[0] == '+' && rest[1] != '-') // from_chars knows no plus
    rest.remove_prefix(1);
  Number     number{};
  const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (result.ec != std::errc() || !std::isfinite(static_cast<double>(number)))
    return false;
  value = number;
  text  = rest.substr(static_cast<std::size_t>(result.ptr - rest.data()));
  return true;
}

template <class Number>
bool is_whole(std::string_view text, Number &value)
{
  Number number{};
  if (!take(text, number) || text.find_first_not_of(blanks) != std::string_view::npos)
    return false;
  value = number;
  return true;
}
} // namespace

bool take_number(std::string_view &text, double &value)
{
  return take(text, value);
}

bool take_number(std::string_view &text, long long &value)
{
  return take(text, value);
}

bool is_number(std::string_view text, double &value)
{
  return is_whole(text, value);
}

bool is_number(std::string_view text, long long &value)
{
  return is_whole(text, value);
}

double number_in(std::string_view text)
{
  double value = 0;
  VESALIUS_ASSERT(is_number(text, value), "no number: " + std::string(text));
  return value;
}

std::istringstream stream_of(const std::string &text)
{
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  return stream;
}

} // namespace vesalius
