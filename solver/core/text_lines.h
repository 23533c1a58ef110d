// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vesalius
{

/// A whole file in memory. Throws ResourceError where it cannot be read, InputError where it does not fit.
std::string content_of_file(const std::string &path);

/// Text without the blanks at its ends.
std::string trimmed(std::string_view text);

/// The first word of `text`, which loses it.
std::string_view take_word(std::string_view &text);

/// The parts of "a, b , c" without the blanks around them.
std::vector<std::string> split_list(const std::string &text);

/// The lines of a text with their numbers, for readers of text formats; bytes can be taken in between.
class TextLines
{
public:
  TextLines(std::string path, std::string_view text)
    : path_(std::move(path)), rest_(text)
  {}

  /// The next line without its end; false at the end of the text.
  bool next(std::string_view &line);
  /// The next line that is not blank; throws where there is none.
  std::string_view require();
  /// The next `n` bytes; throws where there are fewer.
  std::string_view take_bytes(std::size_t n);
  std::size_t      n_bytes_left() const { return rest_.size(); }

  /// What is wrong with the line that was read last.
  InputError error(const std::string &what) const;

private:
  std::string      path_;
  std::string_view rest_;
  int              number_ = 0;
};

/// The number of type `Number` that begins at `bytes`, which must be long enough.
template <class Number>
Number number_of_bytes(std::string_view bytes, bool swapped)
{
  char copy[sizeof(Number)];
  for (std::size_t b = 0; b < sizeof(Number); ++b)
    copy[swapped ? sizeof(Number) - 1 - b : b] = bytes[b];
  Number value;
  __builtin_memcpy(&value, copy, sizeof(Number));
  return value;
}

} // namespace vesalius
