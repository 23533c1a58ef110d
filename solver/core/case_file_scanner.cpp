// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/case_file_scan.h"

#include "solver/core/parameter_tree.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace vesalius::internal
{

namespace fs = std::filesystem;

namespace
{

constexpr int         max_files = 200; ///< includes that multiply without a cycle end here
constexpr double      max_bytes = 4 << 20; ///< of one file; cases have a few kB
constexpr const char *blanks    = " \t\r";

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
  PrmScanner(CaseScan &scan, const std::vector<std::string> &section)
    : scan_(scan), section_(section), opened_at_(section.size()), depth_at_start_(section.size()), source_(scan.n_files++)
  {}

  void scan(const std::string &text, const std::string &name)
  {
    directory_ = fs::path(name).parent_path().string();
    for (const auto &line : logical_lines(text))
      {
        if (section_.size() > max_depth)
          return problem(fmt::format("subsections are nested more than {} deep", max_depth), "a case needs four levels", {name, line.number});
        line_is_default_ = line.is_default;
        scan_line(trimmed(line.text), {name, line.number});
      }
    while (section_.size() > depth_at_start_)
      {
        problem(fmt::format("subsection '{}' is not closed", section_.back()), "add `end` after its last entry",
                opened_at_.back());
        close_section();
      }
  }

private:
  void problem(const std::string &what, const std::string &remedy, const SourceLocation &where)
  {
    scan_.result.problems.push_back({what, remedy, where});
  }

  void close_section()
  {
    section_.pop_back();
    opened_at_.pop_back();
  }

  void scan_line(const std::string &line, const SourceLocation &where)
  {
    if (line.empty())
      return;
    const auto        gap     = std::min(line.find_first_of(blanks), line.size());
    const std::string keyword = line.substr(0, gap), rest = trimmed(line.substr(gap));
    if (keyword == "subsection" || keyword == "SUBSECTION")
      open_section(rest, where);
    else if (keyword == "end" || keyword == "END")
      scan_end(rest, where);
    else if (keyword == "set" || keyword == "SET")
      scan_set(rest, where);
    else if (keyword == "include" || keyword == "INCLUDE")
      rest.empty() ? problem("`include` without a file", "write `include FILE`", where) :
                     scan_include(scan_, rest, where, section_);
    else
      scan_unknown(line, keyword, where);
  }

  void open_section(const std::string &name, const SourceLocation &where)
  {
    if (name.empty())
      problem("this subsection has no name", "write `subsection NAME`", where);
    section_.push_back(name);
    opened_at_.push_back(where);
    if (!name.empty())
      scan_.add_item({true, section_, "", "", where, directory_, source_});
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

  void scan_set(const std::string &rest, const SourceLocation &where)
  {
    const auto        equals = rest.find('=');
    const std::string name   = trimmed(rest.substr(0, equals));
    if (equals == std::string::npos || name.empty())
      return problem(fmt::format("cannot read `set {}`", rest), "write `set NAME = VALUE`", where);
    scan_.add_item(
      {false, section_, name, trimmed(rest.substr(equals + 1)), where, directory_, source_, line_is_default_});
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

  CaseScan                   &scan_;
  std::string                 directory_; ///< of the file, as the user would write it
  std::vector<std::string>    section_;
  std::vector<SourceLocation> opened_at_;
  std::size_t                 depth_at_start_; ///< sections open where the file is included
  int                         source_;
  bool                        line_is_default_ = false;
};

} // namespace

bool has_binary_data(const std::string &text)
{
  return std::ranges::any_of(
    text, [](unsigned char c) { return (c < 32 && c != '\t' && c != '\r' && c != '\n') || c == 127; });
}

bool is_one_line(const std::string &value)
{
  return !has_binary_data(value) && value.find_first_of("\r\n") == std::string::npos && !value.ends_with('\\');
}

std::string read_case_file(const std::string &file)
{
  std::error_code error;
  if (!fs::exists(file, error))
    throw InputError("there is no case file '" + file + "'",
                     "check the name; `vesalius new flow` writes a case to begin from, the folder cases/ has examples");
  if (fs::is_directory(file, error))
    throw InputError("'" + file + "' is a folder, not a case file",
                     fs::exists(fs::path(file) / "case.prm") ? "did you mean '" + (fs::path(file) / "case.prm").string() + "'?"
                                                             : "name the file in it");
  if (!fs::is_regular_file(file, error) || static_cast<double>(fs::file_size(file, error)) > max_bytes)
    throw InputError(fmt::format("'{}' is no case file: those are texts of at most {:.0f} MB", file, max_bytes / 1e6), "name a file in .prm or .json format",
                     {file, 0});
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw ResourceError("cannot read '" + file + "': " + std::strerror(errno), "check its permissions");
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad())
    throw ResourceError("cannot read '" + file + "' to its end", "is the disk healthy?");
  return text.str();
}

void scan_prm_text(CaseScan &scan, const std::string &text, const std::string &name,
                   const std::vector<std::string> &section)
{
  PrmScanner(scan, section).scan(text, name);
}

void scan_text(CaseScan &scan, const std::string &text, const std::string &name,
               const std::vector<std::string> &section)
{
  if (has_binary_data(text))
    return scan.result.problems.push_back(
      {"this is not a text file", "give a case file in .prm or .json format", {name, 0}});
  std::error_code error;
  scan.open_files.push_back(fs::weakly_canonical(fs::absolute(name), error));
  (fs::path(name).extension() == ".json" ? scan_json_text : scan_prm_text)(scan, text, name, section);
  scan.open_files.pop_back();
}

void scan_include(CaseScan &scan, const std::string &name, const SourceLocation &where,
                  const std::vector<std::string> &section)
{
  const auto      problem = [&](const std::string &what, const std::string &remedy) {
    scan.result.problems.push_back({what, remedy, where});
  };
  const fs::path  file = fs::path(where.file).parent_path() / name;
  std::error_code error;
  if (std::ranges::count(scan.open_files, fs::weakly_canonical(fs::absolute(file), error)) > 0)
    return problem(fmt::format("'{}' includes itself", file.string()), "remove this include: the files form a circle");
  if (scan.n_files >= max_files)
    return problem(fmt::format("more than {} files are included", max_files), "include each file once");
  std::string text;
  try
    {
      text = read_case_file(file.string());
    }
  catch (const std::exception &)
    {
      return problem(fmt::format("cannot read the included file '{}'", file.string()),
                     fmt::format("the name is relative to the including file, '{}'", where.file));
    }
  scan_text(scan, text, file.string(), section);
}

ScannedCase scan_case(const std::string &text, const std::string &name)
{
  CaseScan scan;
  scan_text(scan, text, name, {});
  if (scan.result.items.size() > max_items)
    return {{}, {{fmt::format("the case has more than {} sections and entries", max_items), "is this the file you mean?", {name, 0}}}};
  return std::move(scan.result);
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
