// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/xml_elements.h"

#include "solver/core/errors.h"

#include <algorithm>
#include <utility>

namespace vesalius
{

namespace
{
constexpr std::size_t max_depth = 32;
constexpr const char *blanks    = " \t\r\n";

class XmlScanner
{
public:
  XmlScanner(const std::string &path, std::string_view content)
    : path_(path), rest_(content)
  {}

  XmlFile scan()
  {
    std::size_t at = 0;
    while ((at = rest_.find('<')) != std::string_view::npos)
      {
        take_text(rest_.substr(0, at));
        rest_.remove_prefix(at + 1);
        if (rest_.starts_with("!--"))
          skip_behind("-->");
        else if (rest_.starts_with("?") || rest_.starts_with("!"))
          skip_behind(">");
        else if (rest_.starts_with("/"))
          close();
        else if (open())
          return std::move(file_);
      }
    if (!open_.empty() || file_.elements.empty())
      throw damaged("it ends before its elements do");
    return std::move(file_);
  }

private:
  InputError damaged(const std::string &what) const
  {
    return InputError(path_ + " cannot be read: " + what, "check that the file is complete and of the kind its ending says", {path_, 0});
  }

  void take_text(std::string_view text)
  {
    if (!open_.empty() && text.find_first_not_of(blanks) != std::string_view::npos)
      file_.elements[open_.back()].text += text;
  }

  void skip_behind(std::string_view mark)
  {
    const auto end = rest_.find(mark);
    if (end == std::string_view::npos)
      throw damaged("it ends early");
    rest_.remove_prefix(end + mark.size());
  }

  void close()
  {
    const auto end = rest_.find('>');
    if (end == std::string_view::npos || open_.empty() || rest_.substr(1, std::min(rest_.find_first_of(" \t\r\n>"), end) - 1) != file_.elements[open_.back()].name)
      throw damaged("its elements do not end in order");
    open_.pop_back();
    rest_.remove_prefix(end + 1);
  }

  /// True where the rest is appended data.
  bool open()
  {
    XmlElement element;
    element.name = rest_.substr(0, rest_.find_first_of(" \t\r\n/>"));
    rest_.remove_prefix(element.name.size());
    const bool is_closed = take_attributes(element);
    if (open_.size() >= max_depth)
      throw damaged("its elements are nested too deeply");
    const bool is_appended = element.name == "AppendedData";
    element.parent         = open_.empty() ? file_.elements.size() : open_.back();
    if (!is_closed)
      open_.push_back(file_.elements.size());
    file_.elements.push_back(std::move(element));
    if (!is_appended)
      return false;
    const auto mark = rest_.find_first_not_of(blanks);
    if (mark == std::string_view::npos || rest_[mark] != '_')
      throw damaged("its appended data do not begin with an underscore");
    file_.appended = rest_.substr(mark + 1);
    return true;
  }

  /// Of the tag whose name has been read; true if it closes the element itself.
  bool take_attributes(XmlElement &element)
  {
    while (true)
      {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
        if (rest_.starts_with(">") || rest_.starts_with("/>"))
          {
            const bool is_closed = rest_[0] == '/';
            rest_.remove_prefix(is_closed ? 2 : 1);
            return is_closed;
          }
        const auto        end = rest_.find_first_of(" \t\r\n=<>/");
        const std::string name(rest_.substr(0, end));
        rest_.remove_prefix(name.size());
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
        if (name.empty() || !rest_.starts_with("="))
          throw damaged("a tag is malformed");
        rest_.remove_prefix(1);
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
        const auto close = rest_.starts_with("\"") || rest_.starts_with("'") ? rest_.find(rest_[0], 1) : std::string_view::npos;
        if (close == std::string_view::npos)
          throw damaged("a tag is malformed");
        element.attributes.insert_or_assign(name, without_entities(rest_.substr(1, close - 1)));
        rest_.remove_prefix(close + 1);
      }
  }

  static std::string without_entities(std::string_view text)
  {
    static constexpr std::pair<std::string_view, char> entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    std::string                                        result;
    while (!text.empty())
      {
        const auto found = std::find_if(std::begin(entities), std::end(entities), [&](const auto &e) { return text.starts_with(e.first); });
        result += found == std::end(entities) ? text[0] : found->second;
        text.remove_prefix(found == std::end(entities) ? 1 : found->first.size());
      }
    return result;
  }

  std::string              path_;
  std::string_view         rest_;
  std::vector<std::size_t> open_; ///< from the outermost
  XmlFile                  file_;
};
} // namespace

XmlFile read_xml_elements(const std::string &path, std::string_view content)
{
  return XmlScanner(path, content).scan();
}

} // namespace vesalius
