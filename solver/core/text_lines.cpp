// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/text_lines.h"

#include "solver/core/promised_size.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace vesalius
{

std::string content_of_file(const std::string &path)
{
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw InputError(path + " is a folder, not a file", "name the file in it", {path, 0});
  if (!std::filesystem::is_regular_file(path, error))
    throw ResourceError("there is no file " + path, "check the path; it is relative to the case file or the folder the command was started in");
  const auto   size = std::filesystem::file_size(path);
  const double bytes = static_cast<double>(size);
  check_promised_size(path, {"the file", bytes, 4 * bytes}, bytes); // its text, and at most about three times as much behind it
  std::string   text(size, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(size));
  if (!in || static_cast<std::uintmax_t>(in.gcount()) != size)
    throw ResourceError("cannot read " + path, "check that the file may be read");
  return text;
}

std::string trimmed(std::string_view text)
{
  constexpr const char *blanks = " \t\r\n";
  const auto            begin  = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, text.find_last_not_of(blanks) - begin + 1));
}

std::string_view take_word(std::string_view &text)
{
  constexpr const char *blanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

std::vector<std::string> split_list(const std::string &text)
{
  std::vector<std::string> parts;
  std::stringstream        stream(text);
  for (std::string part; std::getline(stream, part, ',');)
    parts.push_back(trimmed(part));
  return parts;
}

bool TextLines::next(std::string_view &line)
{
  if (rest_.empty())
    return false;
  const auto end = rest_.find('\n');
  line           = rest_.substr(0, end);
  rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  ++number_;
  return true;
}

std::string_view TextLines::require()
{
  std::string_view line;
  while (next(line))
    if (line.find_first_not_of(" \t") != std::string_view::npos)
      return line;
  throw error("the file ends early");
}

std::string_view TextLines::take_bytes(std::size_t n)
{
  if (n > rest_.size())
    throw error("the file is truncated or damaged: its data end early");
  const std::string_view bytes = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return bytes;
}

InputError TextLines::error(const std::string &what) const
{
  return InputError(path_ + " cannot be read: " + what, "check that the file is complete and of the kind its ending says", {path_, number_});
}

} // namespace vesalius
