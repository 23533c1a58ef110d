// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/parameter_tree.h"

#include "solver/core/case_file_scanner.h"
#include "solver/core/parameter_declaration.h"

#include <deal.II/base/parameter_handler.h>

#include <fmt/format.h>
#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

namespace vesalius
{

namespace fs = std::filesystem;
using internal::CaseItem;
using internal::checked_value;
using internal::Declaration;
using internal::Kind;
using internal::parse_number;

namespace
{

struct NamedSections
{
  std::string                                                     text;
  std::function<void(ParameterTree &, const std::string &prefix)> declare;
};

/// What the user wrote for an entry.
struct Setting
{
  std::string    written;
  SourceLocation where;
  std::string    directory;
  int            source = 0;
};

std::string section_of(const std::string &path)
{
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string name_of(const std::string &path)
{
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string join_path(const std::string &section, const std::string &name)
{
  return section.empty() ? name : section + "/" + name;
}

std::string join(const std::vector<std::string> &words)
{
  return fmt::format("{}", fmt::join(words, ", "));
}

std::unique_ptr<dealii::Patterns::PatternBase> pattern_of(const Declaration &entry)
{
  using namespace dealii;
  constexpr double largest = std::numeric_limits<double>::max();
  switch (entry.kind)
    {
      case Kind::real:
        return std::make_unique<Patterns::Double>(std::max(entry.minimum, -largest), std::min(entry.maximum, largest));
      case Kind::integer:
        return std::make_unique<Patterns::Integer>(static_cast<int>(entry.minimum), static_cast<int>(entry.maximum));
      case Kind::boolean:
        return std::make_unique<Patterns::Bool>();
      default: // checked by checked_value(): deal.II's patterns know neither units nor suggestions
        return std::make_unique<Patterns::Anything>();
    }
}

/// Enters the subsections of a path, leaves them at the end of the scope.
class InSection
{
public:
  InSection(dealii::ParameterHandler &handler, const std::string &section) : handler_(handler)
  {
    for (std::size_t begin = 0; begin < section.size(); ++n_entered_)
      {
        const auto end = std::min(section.find('/', begin), section.size());
        handler_.enter_subsection(section.substr(begin, end - begin));
        begin = end + 1;
      }
  }
  ~InSection()
  {
    for (; n_entered_ > 0; --n_entered_)
      handler_.leave_subsection();
  }
  InSection(const InSection &)            = delete;
  InSection &operator=(const InSection &) = delete;

private:
  dealii::ParameterHandler &handler_;
  int                       n_entered_ = 0;
};

std::string with_escapes(const std::string &value)
{
  std::string text;
  for (const char c : value)
    text += c == '#' ? std::string("\\#") : std::string(1, c);
  return text;
}

/// "phantom:aorta:1", in contrast to a path.
bool is_built_in_name(const std::string &value)
{
  const auto colon = value.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  return colon != std::string::npos && colon > 1 && value[colon] == ':';
}

bool is_writable_name(const std::string &name)
{
  return !name.empty() && name.find_first_of("/#=\\<>\r\n") == std::string::npos;
}

} // namespace

struct ParameterTree::Implementation
{
  // The order of declaration is the order of every output.
  std::vector<Declaration>                        declarations;
  std::map<std::string, std::size_t>              index;
  std::vector<std::string>                        sections; ///< all that are declared, parents first
  std::map<std::string, NamedSections>            named;
  std::map<std::string, std::vector<std::string>> names_found;

  mutable dealii::ParameterHandler      handler; ///< reading needs enter_subsection()
  std::map<std::string, Setting>        settings;
  std::map<std::string, SourceLocation> section_locations;
  std::set<std::string>                 unknown_sections;
  std::vector<std::string>              overrides;
  std::string                           main_file, main_directory;
  std::vector<InputProblem>             problems;
  bool                                  parsed = false;

  void declare(Declaration entry)
  {
    const auto known = index.find(entry.path);
    if (known != index.end())
      {
        // Several models may share an entry of their common section, if they mean the same.
        const auto &other = declarations[known->second];
        VESALIUS_ASSERT(other.kind == entry.kind && other.dimension == entry.dimension &&
                          other.default_value == entry.default_value && other.choices == entry.choices,
                        "the entry '" + entry.path + "' is declared twice, differently");
        return;
      }
    if (!entry.default_value.empty())
      checked_value(entry, entry.default_value);
    add_section(section_of(entry.path));
    {
      const InSection in(handler, section_of(entry.path));
      handler.declare_entry(name_of(entry.path), entry.default_value, *pattern_of(entry), entry.text);
    }
    index[entry.path] = declarations.size();
    declarations.push_back(std::move(entry));
  }

  bool is_section(const std::string &section) const
  {
    return section.empty() || std::ranges::count(sections, section) > 0;
  }

  void add_section(const std::string &section)
  {
    if (is_section(section))
      return;
    add_section(section_of(section));
    sections.push_back(section);
  }

  const Declaration &declaration(const std::string &path) const
  {
    const auto found = index.find(path);
    VESALIUS_ASSERT(found != index.end(), "the entry '" + path + "' is not declared");
    return declarations[found->second];
  }

  std::string value(const std::string &path) const
  {
    const InSection in(handler, section_of(path));
    return handler.get(name_of(path));
  }

  /// Relative names are relative to the file that sets the entry; a default's to the case file.
  std::string resolved(const std::string &path) const
  {
    const std::string name = value(path);
    if (name.empty() || is_built_in_name(name))
      return name;
    const auto set = settings.find(path);
    return (fs::path(set == settings.end() ? main_directory : set->second.directory) / name).string();
  }

  SourceLocation location(const std::string &path) const
  {
    if (const auto set = settings.find(path); set != settings.end())
      return set->second.where;
    for (std::string section = path; !section.empty(); section = section_of(section))
      if (const auto found = section_locations.find(section); found != section_locations.end())
        return found->second;
    return {main_file, 0};
  }

  // --- parsing: section by section, entry by entry ------------------------------------------

  void add_problem(const std::string &what, const std::string &remedy, const SourceLocation &where)
  {
    problems.push_back({what, remedy, where});
  }

  std::vector<std::string> entries_of(const std::string &section) const
  {
    std::vector<std::string> names;
    for (const auto &entry : declarations)
      if (section_of(entry.path) == section)
        names.push_back(name_of(entry.path));
    return names;
  }

  std::vector<std::string> subsections_of(const std::string &section) const
  {
    std::vector<std::string> names;
    for (const auto &candidate : sections)
      if (section_of(candidate) == section)
        names.push_back(name_of(candidate));
    return names;
  }

  std::string allowed_text(const std::string &section) const
  {
    const auto  entries = entries_of(section), subsections = subsections_of(section);
    std::string text;
    if (!entries.empty())
      text += "entries " + join(entries);
    if (!subsections.empty())
      text += (text.empty() ? "" : "; ") + ("subsections " + join(subsections));
    return "allowed " + (section.empty() ? "at the top level" : "in '" + section + "'") + ": " +
           (text.empty() ? "nothing" : text);
  }

  void report_unknown_section(const std::string &section, const SourceLocation &where)
  {
    if (!unknown_sections.insert(section).second)
      return;
    const std::string parent = section_of(section);
    const auto        near   = closest_match(name_of(section), subsections_of(parent));
    add_problem(fmt::format("unknown section '{}'", section),
                (near.empty() ? "" : "did you mean '" + near + "'? ") + allowed_text(parent), where);
  }

  void report_unknown_entry(const std::string &section, const std::string &name, const SourceLocation &where)
  {
    std::string hint;
    if (const auto near = closest_match(name, entries_of(section)); !near.empty())
      hint = "did you mean '" + near + "'? ";
    else
      for (const auto &entry : declarations)
        if (name_of(entry.path) == name)
          {
            hint = fmt::format("there is '{}': is it in the wrong subsection? ", entry.path);
            break;
          }
    add_problem(fmt::format("unknown entry '{}'", join_path(section, name)), hint + allowed_text(section), where);
  }

  /// Walks down the sections of an item; declares named ones as they appear. False if one is unknown.
  bool enter(ParameterTree &tree, const CaseItem &item)
  {
    std::string section;
    for (const auto &part : item.section)
      {
        const std::string parent = section;
        section                  = join_path(parent, part);
        if (part.empty())
          return false; // the scanner has said so
        const bool is_named = named.contains(parent);
        if (part.find('/') != std::string::npos || (is_named && !is_section(section) && !is_writable_name(part)))
          {
            if (unknown_sections.insert(section).second)
              add_problem(fmt::format("'{}' cannot be the name of a section", part), "use none of / # = \\ < >",
                          item.where);
            return false;
          }
        if (is_named && !is_section(section))
          {
            add_section(section);
            names_found[parent].push_back(part);
            named.at(parent).declare(tree, section);
          }
        if (!is_section(section))
          {
            report_unknown_section(section, item.where);
            return false;
          }
        section_locations.emplace(section, item.where);
      }
    return true;
  }

  void set_entry(const CaseItem &item)
  {
    const std::string section = fmt::format("{}", fmt::join(item.section, "/"));
    const std::string path    = join_path(section, item.name);
    const auto        found   = item.name.find('/') == std::string::npos ? index.find(path) : index.end();
    if (found == index.end())
      return report_unknown_entry(section, item.name, item.where);
    // An including file, and --set, may change what was set before; one file contradicting itself is a mistake.
    const auto before = settings.find(path);
    if (before != settings.end() && before->second.source == item.source)
      return add_problem(
        fmt::format("'{}' is set twice{}", path,
                    before->second.where.line > 0 ? fmt::format(", first in line {}", before->second.where.line) : ""),
        "keep one of them", item.where);
    // A default that full_prm() wrote is none of the user's choices, as long as it is the default.
    if (item.is_default && has_value(declarations[found->second], item.value))
      return;
    settings[path] = {item.value, item.where, item.directory, item.source};
    try
      {
        const std::string value = checked_value(declarations[found->second], item.value);
        const InSection   in(handler, section);
        handler.set(item.name, value);
      }
    catch (const InputError &error)
      {
        const auto &problem = error.problems().front();
        add_problem(path + ": " + problem.what, problem.remedy, item.where);
      }
    catch (const dealii::ParameterHandler::ExcValueDoesNotMatchPattern &)
      {
        add_problem(fmt::format("{}: '{}' is not {}", path, item.value, describe(declarations[found->second])),
                    "correct the value", item.where);
      }
  }

  void apply(ParameterTree &tree, const internal::ScannedCase &scanned)
  {
    problems.insert(problems.end(), scanned.problems.begin(), scanned.problems.end());
    for (const auto &item : scanned.items)
      if (enter(tree, item) && !item.is_section)
        set_entry(item);
  }

  /// Problems in the order in which a person meets them: by file (overrides last), then by line.
  void throw_problems()
  {
    if (problems.empty())
      return;
    std::map<std::string, std::size_t> rank{{main_file, 0}};
    for (const auto &problem : problems)
      rank.emplace(problem.where.file,
                   problem.where.file == "--set" ? std::numeric_limits<std::size_t>::max() : rank.size());
    std::ranges::stable_sort(problems, {},
                             [&](const InputProblem &p) { return std::pair(rank.at(p.where.file), p.where.line); });
    throw InputError(problems);
  }

  void parse(ParameterTree &tree, const internal::ScannedCase &scanned, const std::string &name,
             const std::vector<std::string> &given_overrides)
  {
    VESALIUS_ASSERT(!parsed, "a ParameterTree is parsed twice");
    parsed         = true;
    main_file      = name;
    main_directory = fs::path(name).parent_path().string();
    overrides      = given_overrides;
    apply(tree, scanned);
    for (const auto &text : overrides)
      apply(tree, internal::scan_override(text, -1));
    throw_problems();
  }

  // --- output --------------------------------------------------------------------------------

  /// The value for a file that may lie anywhere: paths become absolute. Numbers are written in one way, so that the
  /// `.prm` and its JSON twin agree to the letter.
  std::string portable_value(const Declaration &entry) const
  {
    const std::string text = value(entry.path);
    if (entry.kind == Kind::real)
      return fmt::format("{}", *parse_number<double>(text));
    if (entry.kind != Kind::file || text.empty() || is_built_in_name(text))
      return text;
    std::error_code error;
    const auto      path = fs::weakly_canonical(fs::absolute(resolved(entry.path)), error);
    return error ? fs::absolute(resolved(entry.path)).string() : path.string();
  }

  /// True where `text` is what the entry holds already.
  bool has_value(const Declaration &entry, const std::string &text) const
  {
    if (entry.kind == Kind::real)
      return parse_number<double>(text) == parse_number<double>(value(entry.path));
    return text == portable_value(entry);
  }

  void print_prm(std::string &out, const std::string &section, const std::string &indent) const
  {
    for (const auto &entry : declarations)
      if (section_of(entry.path) == section)
        {
          const std::string text = portable_value(entry);
          if (text.empty() && !settings.contains(entry.path))
            out += fmt::format("{}# set {} =    (not set: {})\n", indent, name_of(entry.path), describe(entry));
          else
            out += fmt::format("{}set {} = {}{}\n", indent, name_of(entry.path), with_escapes(text),
                               settings.contains(entry.path) ? "" : "  # default");
        }
    for (const auto &name : subsections_of(section))
      {
        out += fmt::format("{}subsection {}\n", indent, name);
        print_prm(out, join_path(section, name), indent + "  ");
        out += indent + "end\n";
      }
  }

  nlohmann::ordered_json json_of(const std::string &section) const
  {
    auto json = nlohmann::ordered_json::object();
    for (const auto &entry : declarations)
      if (section_of(entry.path) == section)
        {
          const std::string text = portable_value(entry);
          const std::string name = name_of(entry.path);
          if (text.empty() && !settings.contains(entry.path))
            continue;
          if (entry.kind == Kind::real)
            json[name] = *parse_number<double>(text);
          else if (entry.kind == Kind::integer)
            json[name] = *parse_number<int>(text);
          else if (entry.kind == Kind::boolean)
            json[name] = text == "true";
          else
            json[name] = text;
        }
    for (const auto &name : subsections_of(section))
      json[name] = json_of(join_path(section, name));
    return json;
  }

  void print_reference(std::string &out, const std::string &section) const
  {
    const auto entries = entries_of(section);
    if (!entries.empty())
      out += fmt::format("\n## {}\n\n", section.empty() ? "Top level" : section);
    for (const auto &name : entries)
      {
        const auto &entry = declaration(join_path(section, name));
        out += fmt::format("- `{}`: {}; {}\n  {}\n", name, describe(entry),
                           entry.default_value.empty() ? "no default" : "default `" + entry.default_value + "`",
                           entry.text);
      }
    if (const auto found = named.find(section); found != named.end())
      {
        // Entries below a name that the user chooses are declared in a tree of their own, for the manual only.
        ParameterTree     sample;
        const std::string prefix = join_path(section, "<name>");
        found->second.declare(sample, prefix);
        out += fmt::format("\n## {}\n\n{}\n", prefix, found->second.text);
        std::string inner;
        sample.impl_->print_reference(inner, prefix);
        const std::string heading = fmt::format("\n## {}\n", prefix);
        out += inner.starts_with(heading) ? inner.substr(heading.size()) : inner;
      }
    for (const auto &name : subsections_of(section))
      print_reference(out, join_path(section, name));
  }

  std::string used_text(const Declaration &entry) const
  {
    const std::string text = value(entry.path);
    if (entry.kind == Kind::file)
      return resolved(entry.path);
    if (entry.kind == Kind::real)
      return fmt::format("{}", *parse_number<double>(text));
    if (entry.kind != Kind::quantity || text.empty())
      return text;
    return format_quantity(Quantity::parse(text, entry.dimension).si, si_unit(entry.dimension), entry.dimension, 7);
  }
};

ParameterTree::ParameterTree() : impl_(std::make_unique<Implementation>()) {}
ParameterTree::~ParameterTree()                                    = default;
ParameterTree::ParameterTree(ParameterTree &&) noexcept            = default;
ParameterTree &ParameterTree::operator=(ParameterTree &&) noexcept = default;

void ParameterTree::declare_quantity(const std::string &path, const std::string &default_value,
                                     const Dimension &dimension, const std::string &text)
{
  impl_->declare({path, Kind::quantity, default_value, text, dimension, 0, 0, {}});
}

void ParameterTree::declare_real(const std::string &path, double default_value, double minimum, double maximum,
                                 const std::string &text)
{
  impl_->declare({path, Kind::real, fmt::format("{}", default_value), text, {}, minimum, maximum, {}});
}

void ParameterTree::declare_integer(const std::string &path, int default_value, int minimum, int maximum,
                                    const std::string &text)
{
  impl_->declare({path,
                  Kind::integer,
                  std::to_string(default_value),
                  text,
                  {},
                  static_cast<double>(minimum),
                  static_cast<double>(maximum),
                  {}});
}

void ParameterTree::declare_boolean(const std::string &path, bool default_value, const std::string &text)
{
  impl_->declare({path, Kind::boolean, default_value ? "true" : "false", text, {}, 0, 0, {}});
}

void ParameterTree::declare_text(const std::string &path, const std::string &default_value, const std::string &text)
{
  impl_->declare({path, Kind::text, default_value, text, {}, 0, 0, {}});
}

void ParameterTree::declare_file(const std::string &path, const std::string &default_value, const std::string &text)
{
  impl_->declare({path, Kind::file, default_value, text, {}, 0, 0, {}});
}

void ParameterTree::declare_selection(const std::string &path, const std::string &default_value,
                                      const std::vector<std::string> &choices, const std::string &text)
{
  impl_->declare({path, Kind::selection, default_value, text, {}, 0, 0, choices});
}

void ParameterTree::declare_named_sections(
  const std::string &section, const std::string &text,
  const std::function<void(ParameterTree &, const std::string &prefix)> &declare)
{
  VESALIUS_ASSERT(!impl_->named.contains(section), "the named sections of '" + section + "' are declared twice");
  impl_->add_section(section);
  impl_->named[section] = {text, declare};
}

void ParameterTree::parse_file(const std::string &file, const std::vector<std::string> &overrides)
{
  const std::string text = internal::read_case_file(file);
  impl_->parse(*this, internal::scan_case(text, file), file, overrides);
}

void ParameterTree::parse_text(const std::string &text, const std::string &name_for_messages,
                               const std::vector<std::string> &overrides)
{
  impl_->parse(*this, internal::scan_case(text, name_for_messages), name_for_messages, overrides);
}

double ParameterTree::quantity(const std::string &path) const
{
  const auto &entry = impl_->declaration(path);
  VESALIUS_ASSERT(entry.kind == Kind::quantity, "the entry '" + path + "' is not a quantity");
  const std::string value = impl_->value(path);
  if (value.empty())
    throw error_at(path, "a value is needed",
                   fmt::format("add `set {} = VALUE {}`{}", name_of(path), suggested_units(entry.dimension).front(),
                               section_of(path).empty() ? "" : " in subsection " + section_of(path)));
  return Quantity::parse(value, entry.dimension).si;
}

double ParameterTree::real(const std::string &path) const
{
  VESALIUS_ASSERT(impl_->declaration(path).kind == Kind::real, "the entry '" + path + "' is not a real number");
  return *parse_number<double>(impl_->value(path));
}

int ParameterTree::integer(const std::string &path) const
{
  VESALIUS_ASSERT(impl_->declaration(path).kind == Kind::integer, "the entry '" + path + "' is not a whole number");
  return *parse_number<int>(impl_->value(path));
}

bool ParameterTree::boolean(const std::string &path) const
{
  VESALIUS_ASSERT(impl_->declaration(path).kind == Kind::boolean, "the entry '" + path + "' is not a boolean");
  return impl_->value(path) == "true";
}

std::string ParameterTree::text(const std::string &path) const
{
  const auto kind = impl_->declaration(path).kind;
  VESALIUS_ASSERT(kind == Kind::text || kind == Kind::selection, "the entry '" + path + "' is not a text");
  return impl_->value(path);
}

std::string ParameterTree::file(const std::string &path) const
{
  VESALIUS_ASSERT(impl_->declaration(path).kind == Kind::file, "the entry '" + path + "' is not a file");
  return impl_->resolved(path);
}

bool ParameterTree::is_set(const std::string &path) const
{
  return impl_->settings.contains(path) || impl_->section_locations.contains(path);
}

std::vector<std::string> ParameterTree::named_sections(const std::string &section) const
{
  VESALIUS_ASSERT(impl_->named.contains(section), "'" + section + "' has no named sections");
  const auto found = impl_->names_found.find(section);
  return found == impl_->names_found.end() ? std::vector<std::string>{} : found->second;
}

std::string ParameterTree::matching_section(const std::string &section, const std::string &name) const
{
  std::string best;
  int         best_fixed = -1;
  for (const auto &candidate : named_sections(section))
    {
      if (candidate == name)
        return candidate;
      const int fixed = static_cast<int>(std::ranges::count_if(candidate, [](char c) { return c != '*' && c != '?'; }));
      if (fixed > best_fixed && ::fnmatch(candidate.c_str(), name.c_str(), FNM_NOESCAPE) == 0)
        {
          best       = candidate;
          best_fixed = fixed;
        }
    }
  return best;
}

SourceLocation ParameterTree::location(const std::string &path) const
{
  return impl_->location(path);
}

InputError ParameterTree::error_at(const std::string &path, const std::string &what, const std::string &remedy) const
{
  return InputError(path + ": " + what, remedy, location(path));
}

std::string ParameterTree::full_prm() const
{
  std::string out = "# Every entry with the value in force; written by Vesalius " VESALIUS_VERSION ".\n"
                    "# A line marked `# default` counts as not set, as long as its value is the default.\n";
  impl_->print_prm(out, "", "");
  return out;
}

std::string ParameterTree::full_json() const
{
  auto json     = impl_->json_of("");
  auto defaults = nlohmann::ordered_json::array();
  for (const auto &entry : impl_->declarations)
    if (!impl_->settings.contains(entry.path) && !entry.default_value.empty())
      defaults.push_back(entry.path);
  json["_defaults"] = defaults;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string ParameterTree::reference_markdown() const
{
  std::string out;
  impl_->print_reference(out, "");
  return out.starts_with('\n') ? out.substr(1) : out;
}

std::vector<ParameterTree::Entry> ParameterTree::entries() const
{
  std::vector<Entry> result;
  for (const auto &entry : impl_->declarations)
    {
      const auto set = impl_->settings.find(entry.path);
      result.push_back({entry.path, set == impl_->settings.end() ? "" : set->second.written, impl_->used_text(entry),
                        entry.text, set != impl_->settings.end()});
    }
  return result;
}

const std::vector<std::string> &ParameterTree::overrides() const
{
  return impl_->overrides;
}

} // namespace vesalius
