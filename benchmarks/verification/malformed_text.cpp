// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/malformed_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <vector>

namespace vesalius::verification
{

namespace
{
using Random = std::mt19937_64;

std::size_t below(std::size_t n, Random &random)
{
  return n == 0 ? 0 : random() % n;
}

/// Where a piece of the text begins and how long it is.
struct Piece
{
  std::size_t at = 0, length = 0;
};

Piece random_line(const std::string &text, Random &random)
{
  const std::size_t somewhere = below(text.size(), random);
  const auto        before    = text.rfind('\n', somewhere == 0 ? 0 : somewhere - 1);
  const std::size_t begin     = before == std::string::npos || somewhere == 0 ? 0 : before + 1;
  const std::size_t end       = std::min(text.find('\n', begin), text.size());
  return {begin, std::min(end + 1, text.size()) - begin};
}

/// The run of characters of one kind around a random place.
Piece random_run(const std::string &text, const std::function<bool(unsigned char)> &belongs, Random &random)
{
  std::size_t begin = below(text.size(), random);
  while (begin < text.size() && !belongs(text[begin]))
    ++begin;
  std::size_t end = begin;
  while (begin > 0 && belongs(text[begin - 1]))
    --begin;
  while (end < text.size() && belongs(text[end]))
    ++end;
  return {begin, end - begin};
}

bool is_of_number(unsigned char c)
{
  return std::isdigit(c) != 0 || c == '.' || c == '-' || c == '+' || c == 'e';
}

bool is_of_word(unsigned char c)
{
  return c > ' ' && c < 127;
}

std::string cut(std::string text, Random &random)
{
  return text.substr(0, below(text.size(), random));
}

std::string flip_bits(std::string text, Random &random)
{
  for (std::size_t n = 1 + below(8, random); n > 0 && !text.empty(); --n)
    {
      const std::size_t bit = below(8 * text.size(), random);
      text[bit / 8]         = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
    }
  return text;
}

std::string scramble_bytes(std::string text, Random &random)
{
  const std::size_t at = below(text.size(), random), n = 1 + below(64, random);
  for (std::size_t i = at; i < std::min(text.size(), at + n); ++i)
    text[i] = static_cast<char>(random());
  return text;
}

/// Integers of all sizes at their ends, where counts and offsets overflow.
std::string put_extreme_integer(std::string text, Random &random)
{
  static constexpr std::array<std::uint64_t, 9> extremes{0, 1, 0x7f, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
  const std::size_t                             size  = std::size_t{1} << below(4, random);
  std::uint64_t                                 value = extremes[below(extremes.size(), random)];
  const std::size_t                             at    = below(text.size(), random) / size * size;
  for (std::size_t i = at; i < std::min(text.size(), at + size); ++i, value >>= 8)
    text[i] = static_cast<char>(value & 0xff);
  return text;
}

std::string lose_line(std::string text, Random &random)
{
  const Piece line = random_line(text, random);
  return text.erase(line.at, line.length);
}

std::string repeat_line(std::string text, Random &random)
{
  const Piece       line = random_line(text, random);
  const std::string copy = text.substr(line.at, line.length);
  for (std::size_t n = below(4, random) == 0 ? 1000 : 1; n > 0; --n)
    text.insert(line.at, copy);
  return text;
}

std::string exchange_words(std::string text, Random &random)
{
  Piece a = random_run(text, is_of_word, random), b = random_run(text, is_of_word, random);
  if (a.at > b.at)
    std::swap(a, b);
  if (a.at + a.length > b.at)
    return text;
  const std::string first = text.substr(a.at, a.length), second = text.substr(b.at, b.length);
  text.replace(b.at, b.length, first);
  text.replace(a.at, a.length, second);
  return text;
}

std::string put_absurd_number(std::string text, Random &random)
{
  static const std::array<std::string, 26> numbers{"-1",  "0",    "1e308", "1e400", "-1e400", "nan",         "NaN",    "inf",  "-inf",   "99999999999999999999", "2147483647", "2147483648", "4294967296",
                                                   "-2147483649", "1000000000000", "9223372036854775807", "0x10", "1e-320", "1,5", "", "1.5.5", "--1", "1e", "12abc", "\xd9\xa1\xd9\xa2", "1e5000000000"};
  const Piece number = random_run(text, is_of_number, random);
  return text.replace(number.at, number.length, numbers[below(numbers.size(), random)]);
}

std::string put_commas_for_points(std::string text, Random &)
{
  for (std::size_t i = 1; i + 1 < text.size(); ++i)
    if (text[i] == '.' && std::isdigit(static_cast<unsigned char>(text[i - 1])) != 0)
      text[i] = ',';
  return text;
}

std::string as_utf16(const std::string &text, Random &)
{
  std::string wide = "\xff\xfe";
  for (const char c : text)
    wide += {c, '\0'};
  return wide;
}

std::string put_mark_of_utf8(const std::string &text, Random &)
{
  return "\xef\xbb\xbf" + text;
}

std::string put_wrong_encoding(std::string text, Random &random)
{
  static const std::array<std::string, 6> bytes{"\xe9", "\xc3\x28", "\xf4\x90\x80\x80", "\xed\xa0\x80", "\xc0\xaf", std::string(1, '\0')};
  return text.insert(below(text.size(), random), bytes[below(bytes.size(), random)]);
}

std::string change_ends_of_lines(const std::string &text, Random &random)
{
  const std::string end = below(2, random) == 0 ? "\r\n" : "\r";
  std::string       result;
  for (const char c : text)
    result += c == '\n' ? end : std::string(1, c);
  return result;
}

std::string nest_deeply(std::string text, Random &random)
{
  static const std::array<std::string, 7> brackets{"<a>", "{\"a\":", "[", "subsection a\n", "<!--", "(", "\"\\u0000"};
  const std::string                       bracket = brackets[below(brackets.size(), random)];
  std::string                             many;
  for (std::size_t n = below(2, random) == 0 ? 100 : 20000; n > 0; --n)
    many += bracket;
  return text.insert(below(text.size(), random), many);
}

std::string put_long_word(std::string text, Random &random)
{
  return text.insert(below(text.size(), random), std::string(std::size_t{1} << (8 + below(11, random)), 'x'));
}

std::string lose_piece(std::string text, Random &random)
{
  return text.erase(below(text.size(), random), 1 + below(100, random));
}

std::string repeat_all(const std::string &text, Random &)
{
  return text + text;
}

std::string nothing(const std::string &, Random &)
{
  return "";
}

std::string noise(const std::string &text, Random &random)
{
  std::string bytes(1 + below(4096, random), '\0');
  for (char &c : bytes)
    c = static_cast<char>(random());
  return below(2, random) == 0 ? bytes : text.substr(0, below(200, random)) + bytes; // behind a good beginning
}
} // namespace

std::string with_mistake(std::string content, const std::string &foreign, std::mt19937_64 &random)
{
  static const std::vector<std::string (*)(std::string, Random &)> of_bytes{&cut, &flip_bits, &scramble_bytes, &put_extreme_integer, &lose_line, &repeat_line, &exchange_words, &put_absurd_number, &put_commas_for_points, &put_wrong_encoding, &nest_deeply, &put_long_word, &lose_piece};
  static const std::vector<std::string (*)(const std::string &, Random &)> of_whole{&as_utf16, &put_mark_of_utf8, &change_ends_of_lines, &repeat_all, &nothing, &noise};
  // Numbers are where most readers go wrong.
  if (below(5, random) == 0)
    return put_absurd_number(std::move(content), random);
  const std::size_t kind = below(of_bytes.size() + of_whole.size() + 1, random);
  if (kind < of_bytes.size())
    return of_bytes[kind](std::move(content), random);
  if (kind < of_bytes.size() + of_whole.size())
    return of_whole[kind - of_bytes.size()](content, random);
  const std::size_t at = below(foreign.size(), random);
  return content.insert(below(content.size(), random), foreign.substr(at, 1 + below(300, random)));
}

} // namespace vesalius::verification
