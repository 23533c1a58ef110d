// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/style_tree.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>

namespace
{

using namespace style;
using testing::ElementsAre;
using testing::HasSubstr;

/// One row of the table in docs/dev/architecture.md.
struct IncludeRule
{
  std::string              folder; ///< may end in "/*"
  std::vector<std::string> allowed;
  bool                     allows_anything = false;
};

std::vector<std::string> code_spans(const std::string &cell)
{
  static const std::regex  span("`([^`]+)`");
  std::vector<std::string> spans;
  for (auto it = std::sregex_iterator(cell.begin(), cell.end(), span); it != std::sregex_iterator(); ++it)
    spans.push_back((*it)[1]);
  return spans;
}

std::vector<IncludeRule> parse_rules(const std::string &markdown)
{
  std::vector<IncludeRule> rules;
  bool                     inside = false;
  for (const auto &line : split_lines(markdown))
    {
      if (line.find("include rules: begin") != std::string::npos ||
          line.find("include rules: end") != std::string::npos)
        inside = line.find("begin") != std::string::npos;
      const auto middle = line.find('|', 1);
      if (!inside || !line.starts_with("| `") || middle == std::string::npos)
        continue;
      for (const auto &folder : code_spans(line.substr(0, middle)))
        rules.push_back({folder, code_spans(line.substr(middle)), line.find("anything", middle) != std::string::npos});
    }
  return rules;
}

const std::vector<IncludeRule> &rules()
{
  static const auto parsed = parse_rules(content_of("docs/dev/architecture.md"));
  return parsed;
}

bool is_below(const std::string &path, const std::string &folder)
{
  return path.starts_with(folder + "/");
}

/// The folder that a rule's pattern names for this file: "physics/*" gives "physics/flow"; nullopt if it does not apply.
std::optional<std::string> folder_of(const std::string &path, const std::string &pattern)
{
  if (!pattern.ends_with("/*"))
    return is_below(path, pattern) ? std::optional(pattern) : std::nullopt;
  const std::string parent = pattern.substr(0, pattern.size() - 1);
  const auto        end    = path.find('/', parent.size());
  if (!path.starts_with(parent) || end == std::string::npos)
    return std::nullopt;
  return path.substr(0, end);
}

std::vector<std::string> include_violations(const SourceFile &file, const std::vector<IncludeRule> &table)
{
  const IncludeRule *best = nullptr;
  std::string        own_folder;
  for (const auto &rule : table)
    if (const auto folder = folder_of(file.path, rule.folder))
      // A name outdoes a star: "physics/materials" comes before "physics/*".
      if (best == nullptr || folder->size() > own_folder.size() ||
          (folder->size() == own_folder.size() && best->folder.ends_with("*")))
        {
          best       = &rule;
          own_folder = *folder;
        }
  if (best == nullptr)
    return {file.path + ":1: its folder has no row in the table of docs/dev/architecture.md"};

  static const std::regex  include_line("^\\s*#\\s*include\\s*\"([^\"]+)\"");
  std::vector<std::string> messages;
  std::smatch              match;
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    if (std::regex_search(file.lines[i], match, include_line))
      {
        const std::string target  = match[1];
        const bool        allowed = best->allows_anything || is_below(target, own_folder) ||
                             std::ranges::any_of(best->allowed,
                                                 [&](const std::string &folder) { return is_below(target, folder); });
        if (!allowed)
          messages.push_back(at_line(file, i, best->folder + " may not include " + target));
      }
  return messages;
}

TEST(StyleIncludes, TheTableIsThere)
{
  EXPECT_GE(rules().size(), 12u);
}

TEST(StyleIncludes, EveryIncludeFollowsTheTable)
{
  std::vector<std::string> messages;
  for (const auto &file : code_files())
    std::ranges::copy(include_violations(file, rules()), std::back_inserter(messages));
  EXPECT_TRUE(messages.empty()) << joined(messages);
}

TEST(StyleIncludes, IncludesAreWrittenFromTheRootAndExist)
{
  static const std::regex  include_line("^\\s*#\\s*include\\s*\"([^\"]+)\"");
  std::vector<std::string> messages;
  std::smatch              match;
  for (const auto &file : code_files())
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      if (std::regex_search(file.lines[i], match, include_line) &&
          !std::filesystem::exists(std::filesystem::path(VESALIUS_SOURCE_DIR) / match[1].str()))
        messages.push_back(at_line(file, i, "there is no " + match[1].str() + " below the root of the repository"));
  EXPECT_TRUE(messages.empty()) << joined(messages);
}

TEST(StyleIncludes, AWrongIncludeWouldBeFound)
{
  const SourceFile core{"solver/core/a.cpp", {"#include \"solver/core/b.h\"", "", "  # include \"solver/io/c.h\""}};
  EXPECT_THAT(include_violations(core, rules()),
              ElementsAre("solver/core/a.cpp:3: solver/core may not include solver/io/c.h"));
  const SourceFile flow{
    "physics/flow/a.cpp",
    {"#include \"physics/flow/b.h\"", "#include \"physics/boundary_models/b.h\"", "#include \"physics/solid/c.h\""}};
  EXPECT_THAT(include_violations(flow, rules()),
              ElementsAre(HasSubstr("physics/flow/a.cpp:3: physics/* may not include physics/solid/c.h")));
  const SourceFile material{"physics/materials/a.cpp", {"#include \"physics/boundary_models/b.h\""}};
  EXPECT_EQ(include_violations(material, rules()).size(), 1u);
  const SourceFile app{"solver/app/a.cpp",
                       {"#include \"physics/flow/b.h\"", "#include \"mesh_io/b.h\"", "#include \"solver/io/b.h\""}};
  EXPECT_EQ(include_violations(app, rules()).size(), 1u);
  EXPECT_EQ(include_violations({"other/a.cpp", {}}, rules()).size(), 1u);
}

/// Includes of heavy libraries in a header.
std::vector<std::string> heavy_includes(const SourceFile &file)
{
  static const std::regex  heavy("^\\s*#\\s*include\\s*[<\"](itk[A-Z]|vtk[A-Z]|CGAL/|gmsh|torch/|ATen/|deal\\.II/)");
  std::vector<std::string> messages;
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    if (std::regex_search(file.lines[i], heavy))
      messages.push_back(at_line(file, i, "a header may not " + file.lines[i]));
  return messages;
}

TEST(StyleIncludes, NoHeavyLibraryInAHeader)
{
  std::vector<std::string> messages;
  for (const auto &file : code_files())
    if (file.path.ends_with(".h"))
      std::ranges::copy(heavy_includes(file), std::back_inserter(messages));
  EXPECT_TRUE(messages.empty()) << joined(messages);
  const SourceFile bad{
    "a.h", {"#include <itkImage.h>", "#include <CGAL/Mesh_3.h>", "#include <deal.II/fe/fe.h>", "#include <vector>"}};
  EXPECT_EQ(heavy_includes(bad).size(), 3u);
}

} // namespace
