// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/case_file_scanner.h"

#include "solver/core/parameter_tree.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace vesalius::internal
{

namespace fs = std::filesystem;

namespace
{

constexpr int         max_files = 200; ///< includes that multiply without a cycle end here
constexpr const char *blanks    = " \t\r";

bool has_binary_data(const std::string &text)
{
  return std::ranges::any_of(
    text, [](unsigned char c) { return (c < 32 && c != '\t' && c != '\r' && c != '\n') || c == 127; });
}

constexpr const char *default_mark = "# default";

struct CommentedLine
{
  std::string text, comment;
};

CommentedLine split_comment(std::string line)
{
  for (auto at = line.find('#'); at != std::string::npos; at = line.find('#', at))
    {
      if (at == 0 || line[at - 1] != '\\')
        return {line.substr(0, at), trimmed(line.substr(at))};
      line.erase(at - 1, 1);
    }
  return {line, ""};
}

struct LogicalLine
{
  std::string text;
  int         number     = 0; ///< of its first physical line
  bool        is_default = false;
};

/// Lines without comments, continuations joined as deal.II does: the blanks that begin the next line go.
std::vector<LogicalLine> logical_lines(const std::string &text)
{
  std::vector<LogicalLine> lines;
  std::istringstream       in(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text);
  bool                     continues = false;
  int                      number    = 0;
  for (std::string raw; std::getline(in, raw);)
    {
      ++number;
      auto [line, comment]     = split_comment(raw);
      const auto last          = line.find_last_not_of(blanks);
      const bool will_continue = last != std::string::npos && line[last] == '\\';
      if (will_continue)
        line.erase(last);
      if (continues)
        lines.back().text += line.substr(std::min(line.find_first_not_of(blanks), line.size()));
      else
        lines.push_back({line, number, comment == default_mark});
      continues = will_continue;
    }
  return lines;
}

class PrmScanner
{
public:
  ScannedCase scan(const std::string &text, const std::string &name)
  {
    const fs::path path(name);
    scan_text(text, name, path.parent_path());
    return std::move(result_);
  }

private:
  void problem(const std::string &what, const std::string &remedy, const SourceLocation &where)
  {
    result_.problems.push_back({what, remedy, where});
  }

  void scan_text(const std::string &text, const std::string &name, const fs::path &directory)
  {
    if (has_binary_data(text))
      return problem("this is not a text file", "give a case file in .prm or .json format", {name, 0});
    std::error_code error;
    open_files_.push_back(fs::weakly_canonical(fs::absolute(name), error));
    const std::size_t depth_before  = section_.size();
    const int         source_before = source_;
    source_                         = n_files_++;
    depth_at_start_                 = depth_before;
    for (const auto &line : logical_lines(text))
      {
        line_is_default_ = line.is_default;
        scan_line(trimmed(line.text), {name, line.number}, directory);
      }
    while (section_.size() > depth_before)
      {
        problem(fmt::format("subsection '{}' is not closed", section_.back()), "add `end` after its last entry",
                opened_at_.back());
        close_section();
      }
    source_ = source_before;
    open_files_.pop_back();
  }

  void close_section()
  {
    section_.pop_back();
    opened_at_.pop_back();
  }

  void scan_line(const std::string &line, const SourceLocation &where, const fs::path &directory)
  {
    if (line.empty())
      return;
    const auto        gap     = std::min(line.find_first_of(blanks), line.size());
    const std::string keyword = line.substr(0, gap), rest = trimmed(line.substr(gap));
    if (keyword == "subsection" || keyword == "SUBSECTION")
      open_section(rest, where, directory);
    else if (keyword == "end" || keyword == "END")
      scan_end(rest, where);
    else if (keyword == "set" || keyword == "SET")
      scan_set(rest, where, directory);
    else if (keyword == "include" || keyword == "INCLUDE")
      scan_include(rest, where, directory);
    else
      scan_unknown(line, keyword, where);
  }

  void open_section(const std::string &name, const SourceLocation &where, const fs::path &directory)
  {
    if (name.empty())
      problem("this subsection has no name", "write `subsection NAME`", where);
    section_.push_back(name);
    opened_at_.push_back(where);
    if (!name.empty())
      result_.items.push_back({true, section_, "", "", where, directory.string(), source_});
  }

  void scan_end(const std::string &rest, const SourceLocation &where)
  {
    if (!rest.empty())
      problem(fmt::format("'{}' after `end`", rest), "write `end` alone on its line", where);
    if (section_.size() > depth_at_start_)
      close_section();
    else
      problem("`end` without an open subsection", "remove it, or add the `subsection` that it closes", where);
  }

  void scan_set(const std::string &rest, const SourceLocation &where, const fs::path &directory)
  {
    const auto        equals = rest.find('=');
    const std::string name   = trimmed(rest.substr(0, equals));
    if (equals == std::string::npos || name.empty())
      return problem(fmt::format("cannot read `set {}`", rest), "write `set NAME = VALUE`", where);
    result_.items.push_back(
      {false, section_, name, trimmed(rest.substr(equals + 1)), where, directory.string(), source_, line_is_default_});
  }

  void scan_unknown(const std::string &line, const std::string &keyword, const SourceLocation &where)
  {
    const auto near = closest_match(keyword, {"subsection", "set", "end", "include"});
    if (!near.empty())
      problem(fmt::format("unknown word '{}'", keyword), fmt::format("did you mean `{}`?", near), where);
    else if (line.find('=') != std::string::npos)
      problem(fmt::format("cannot read '{}'", line), fmt::format("write `set {}`", line), where);
    else
      problem(fmt::format("cannot read '{}'", line),
              "a line begins with `set`, `subsection`, `end` or `include`; a comment with `#`", where);
  }

  void scan_include(const std::string &name, const SourceLocation &where, const fs::path &directory)
  {
    if (name.empty())
      return problem("`include` without a file", "write `include FILE`", where);
    const fs::path  file = directory / name;
    std::error_code error;
    const fs::path  canonical = fs::weakly_canonical(fs::absolute(file), error);
    if (std::ranges::count(open_files_, canonical) > 0)
      return problem(fmt::format("'{}' includes itself", file.string()),
                     "remove this `include`: the files form a circle", where);
    if (n_files_ >= max_files)
      return problem(fmt::format("more than {} files are included", max_files), "include each file once", where);
    std::string text;
    try
      {
        text = read_case_file(file.string());
      }
    catch (const ResourceError &)
      {
        return problem(fmt::format("cannot read the included file '{}'", file.string()),
                       fmt::format("the name is relative to the including file, '{}'", where.file), where);
      }
    const std::size_t depth_before = depth_at_start_;
    scan_text(text, file.string(), file.parent_path());
    depth_at_start_ = depth_before;
  }

  ScannedCase                 result_;
  std::vector<std::string>    section_;
  std::vector<SourceLocation> opened_at_;
  std::vector<fs::path>       open_files_;
  std::size_t                 depth_at_start_ = 0; ///< sections open where the present file began
  int                         source_ = 0, n_files_ = 0;
  bool                        line_is_default_ = false;
};

/// Takes the list of entries that the program wrote out of the tree.
void mark_defaults(nlohmann::ordered_json &json, ScannedCase &result)
{
  const auto list = json.find("_defaults");
  if (list == json.end() || !list->is_array())
    return;
  for (auto &item : result.items)
    {
      const std::string path = fmt::format("{}{}{}", fmt::join(item.section, "/"), item.section.empty() ? "" : "/",
                                           item.name);
      item.is_default        = !item.is_section && std::count(list->begin(), list->end(), path) > 0;
    }
}

/// Rejects what could not be written back as a `.prm` line.
bool is_one_line(const std::string &value)
{
  return !has_binary_data(value) && value.find_first_of("\r\n") == std::string::npos && !value.ends_with('\\');
}

constexpr const char *one_line_remedy =
  "write it on one line, without control characters and without a backslash at its end";

void collect_json(const nlohmann::ordered_json &object, std::vector<std::string> &section, const std::string &file,
                  ScannedCase &result)
{
  const SourceLocation where{file, 0};
  const std::string    directory = fs::path(file).parent_path().string();
  for (const auto &[name, value] : object.items())
    {
      if (section.empty() && name == "_defaults" && value.is_array())
        continue;
      const std::string path = fmt::format("{}{}{}", fmt::join(section, "/"), section.empty() ? "" : "/", name);
      if (value.is_object())
        {
          section.push_back(name);
          result.items.push_back({true, section, "", "", where, directory, 0});
          collect_json(value, section, file, result);
          section.pop_back();
        }
      else if (value.is_string() || value.is_number() || value.is_boolean())
        {
          const std::string text = value.is_string() ? trimmed(value.get<std::string>()) : value.dump();
          if (is_one_line(text))
            result.items.push_back({false, section, name, text, where, directory, 0});
          else
            result.problems.push_back({path + ": the value is not plain text on one line", one_line_remedy, where});
        }
      else
        result.problems.push_back({fmt::format("{}: {} is no value", path, value.is_null() ? "null" : "a list"),
                                   "write a text, a number, true or false", where});
    }
}

int line_of_byte(const std::string &text, std::size_t byte)
{
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  return 1 + static_cast<int>(std::count(text.begin(), end, '\n'));
}

} // namespace

std::string trimmed(const std::string &text)
{
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string read_case_file(const std::string &file)
{
  std::error_code error;
  std::ifstream   in(file, std::ios::binary);
  if (!in || fs::is_directory(file, error))
    throw ResourceError("cannot read '" + file +
                          "': " + (fs::is_directory(file, error) ? "it is a folder" : std::strerror(errno)),
                        "check the name of the case file");
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad())
    throw ResourceError("cannot read '" + file + "' to its end", "is the disk healthy?");
  return text.str();
}

ScannedCase scan_prm(const std::string &text, const std::string &name)
{
  return PrmScanner().scan(text, name);
}

ScannedCase scan_json(const std::string &text, const std::string &name)
{
  ScannedCase result;
  // The keys of the objects that are open: the parser itself keeps the last of two silently.
  std::vector<std::set<std::string>> keys;
  const auto callback = [&](int, nlohmann::ordered_json::parse_event_t event, nlohmann::ordered_json &parsed) {
    using Event = nlohmann::ordered_json::parse_event_t;
    if (event == Event::object_start)
      keys.emplace_back();
    else if (event == Event::object_end)
      keys.pop_back();
    else if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second)
      result.problems.push_back(
        {fmt::format("'{}' appears twice in one object", parsed.get<std::string>()), "keep one of them", {name, 0}});
    return true;
  };
  try
    {
      auto json = nlohmann::ordered_json::parse(text, callback);
      if (!json.is_object())
        throw InputError("the file holds no JSON object", "write { \"Section\": { \"Entry\": \"value\" } }", {name, 1});
      std::vector<std::string> section;
      collect_json(json, section, name, result);
      mark_defaults(json, result);
    }
  catch (const nlohmann::ordered_json::parse_error &error)
    {
      const std::string message = error.what();
      result.problems.push_back(
        {"this is not JSON: " + message.substr(std::min(message.find("] ") + 2, message.size())),
         "correct the text there",
         {name, line_of_byte(text, error.byte)}});
    }
  catch (const InputError &error)
    {
      result.problems.push_back(error.problems().front());
    }
  return result;
}

ScannedCase scan_override(const std::string &text, int source)
{
  ScannedCase          result;
  const SourceLocation where{"--set", 0};
  const auto           equals = text.find('=');
  const std::string    path   = trimmed(text.substr(0, equals)),
                    value     = equals == std::string::npos ? "" : trimmed(text.substr(equals + 1));
  if (equals == std::string::npos || path.empty() || path.ends_with('/') || path.starts_with('/') ||
      path.find("//") != std::string::npos)
    result.problems.push_back({"cannot read '" + text + "'", "write --set \"Section/Entry = value\"", where});
  else if (!is_one_line(value))
    result.problems.push_back({path + ": the value is not plain text on one line", one_line_remedy, where});
  else
    {
      CaseItem           item{false, {}, "", value, where, "", source};
      std::istringstream parts(path);
      for (std::string part; std::getline(parts, part, '/');)
        item.section.push_back(trimmed(part));
      item.name = item.section.back();
      item.section.pop_back();
      result.items.push_back(item);
    }
  return result;
}

} // namespace vesalius::internal
