// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/case_file_scan.h"

#include "solver/core/text_lines.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <sstream>

namespace vesalius::internal
{

namespace
{

using Json = nlohmann::json;

/// Listens to the parser, since a tree that has been parsed knows no lines and has lost the first of two equal keys.
class JsonListener : public nlohmann::json_sax<Json>
{
public:
  JsonListener(CaseScan &scan, const std::string &text, const std::string &name, std::vector<std::string> section)
    : scan_(scan), text_(text), name_(name), section_(std::move(section)), source_(scan.n_files++), stream_(text)
  {
    directory_ = std::filesystem::path(name).parent_path().string();
  }

  void parse()
  {
    Json::sax_parse(stream_, this);
    mark_defaults();
    for (const auto &[file, where, section] : includes_)
      scan_include(scan_, file, where, section);
    for (auto &item : items_)
      scan_.add_item(std::move(item));
  }

  bool null() override { return no_value("null"); }
  bool boolean(bool value) override { return add_value(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return add_value(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add_value(std::to_string(value)); }
  bool number_float(number_float_t, const string_t &text) override { return add_value(text); }
  bool string(string_t &value) override { return add_value(trimmed(value)); }
  bool binary(binary_t &) override { return no_value("binary data"); } // no JSON text has any

  bool start_object(std::size_t) override
  {
    if (n_skipped_ > 0 || is_list_)
      return skip_deeper("an object in a list");
    if (keys_.size() >= max_depth)
      return problem(fmt::format("objects are nested more than {} deep", max_depth), "a case needs four levels"), false;
    if (!keys_.empty())
      {
        section_.push_back(key_);
        items_.push_back({true, section_, "", "", {name_, line_}, directory_, source_});
      }
    keys_.emplace_back();
    return true;
  }

  bool end_object() override
  {
    if (n_skipped_ > 0)
      return --n_skipped_, true;
    keys_.pop_back();
    if (!keys_.empty())
      section_.pop_back();
    return true;
  }

  bool key(string_t &name) override
  {
    if (n_skipped_ > 0)
      return true;
    line_ = present_line();
    key_  = trimmed(name);
    if (const auto [first, is_new] = keys_.back().emplace(key_, line_); !is_new)
      problem(fmt::format("'{}' appears twice in one object, first in line {}", key_, first->second), "keep one of them");
    return true;
  }

  bool start_array(std::size_t) override
  {
    if (n_skipped_ > 0 || is_list_)
      return skip_deeper("a list in a list");
    if (keys_.empty())
      return no_object();
    if (is_include() || is_defaults())
      return is_list_ = true;
    no_value("a list");
    ++n_skipped_;
    return true;
  }

  bool end_array() override
  {
    if (n_skipped_ > 0)
      --n_skipped_;
    else
      is_list_ = false;
    return true;
  }

  bool parse_error(std::size_t position, const std::string &last_token, const Json::exception &error) override
  {
    const std::string message = error.what();
    line_                     = present_line(position > 0 ? position - 1 : 0);
    problem("this is not JSON: " + message.substr(std::min(message.find("] ") + 2, message.size())),
            remedy_for(position, last_token));
    return false;
  }

private:
  struct Include
  {
    std::string              file;
    SourceLocation           where;
    std::vector<std::string> section;
  };

  bool is_include() const { return key_ == "include"; }
  bool is_defaults() const { return key_ == "_defaults" && keys_.size() == 1; }

  std::string path() const { return fmt::format("{}{}{}", fmt::join(section_, "/"), section_.empty() ? "" : "/", key_); }

  void problem(const std::string &what, const std::string &remedy)
  {
    scan_.result.problems.push_back({what, remedy, {name_, line_}});
  }

  bool no_object()
  {
    line_ = 1;
    problem("the file holds no JSON object", "write { \"Section\": { \"Entry\": \"value\" } }");
    return false;
  }

  bool no_value(const std::string &what)
  {
    if (n_skipped_ > 0)
      return true;
    if (keys_.empty())
      return no_object();
    problem(fmt::format("{}: {} is no value", path(), what), "write a text, a number, true or false");
    return true;
  }

  bool skip_deeper(const std::string &what)
  {
    if (n_skipped_++ == 0)
      problem(fmt::format("{}: {}", path(), what), "write a list of texts");
    return true;
  }

  bool add_value(const std::string &value)
  {
    if (n_skipped_ > 0)
      return true;
    if (keys_.empty())
      return no_object();
    if (is_include())
      includes_.push_back({value, {name_, line_}, section_});
    else if (is_list_)
      defaults_.push_back(value);
    else if (is_one_line(value))
      items_.push_back({false, section_, key_, value, {name_, line_}, directory_, source_});
    else
      problem(path() + ": the value is not plain text on one line", one_line_remedy);
    return true;
  }

  /// Takes the entries that the program wrote, not the user, as such.
  void mark_defaults()
  {
    for (auto &item : items_)
      if (!item.is_section)
        {
          const std::string path =
            fmt::format("{}{}{}", fmt::join(item.section, "/"), item.section.empty() ? "" : "/", item.name);
          item.is_default = std::ranges::count(defaults_, path) > 0;
        }
  }

  /// Of the character that the parser has read last; it reads forwards only.
  int present_line()
  {
    const auto at = stream_.tellg();
    return present_line(at < 0 ? text_.size() : static_cast<std::size_t>(at));
  }
  int present_line(std::size_t byte)
  {
    for (byte = std::min(byte, text_.size()); counted_ < byte; ++counted_)
      newlines_ += text_[counted_] == '\n' ? 1 : 0;
    return 1 + newlines_;
  }

  std::string remedy_for(std::size_t position, const std::string &last_token) const
  {
    const auto found  = last_token.find_last_not_of(" \t\r\n");
    const char last   = found == std::string::npos ? ' ' : last_token[found];
    const auto before = text_.find_last_not_of(" \t\r\n", std::min(position, text_.size()) - std::min<std::size_t>(2, position));
    if (last == '/' || last == '#')
      return "JSON has no comments: remove this one, or write the case as .prm";
    if (last == 'N' || last == 'I' || last_token.ends_with("-I"))
      return "JSON knows neither NaN nor infinity: write a finite number";
    if ((last == '}' || last == ']') && before != std::string::npos && text_[before] == ',')
      return "remove the comma before it";
    return "correct the text there";
  }

  CaseScan                               &scan_;
  const std::string                      &text_, &name_;
  std::string                             directory_;
  std::vector<std::string>                section_;
  int                                     source_;
  std::istringstream                      stream_;
  std::vector<std::map<std::string, int>> keys_; ///< of the objects that are open, with their lines
  std::string                             key_;
  int                                     line_ = 1, newlines_ = 0, n_skipped_ = 0;
  std::size_t                             counted_ = 0;
  bool                                    is_list_ = false;
  std::vector<CaseItem>                   items_;
  std::vector<Include>                    includes_;
  std::vector<std::string>                defaults_;
};

} // namespace

void scan_json_text(CaseScan &scan, const std::string &text, const std::string &name,
                    const std::vector<std::string> &section)
{
  JsonListener(scan, text, name, section).parse();
}

} // namespace vesalius::internal
