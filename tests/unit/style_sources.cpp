// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/style_tree.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <regex>

namespace
{

using namespace style;

bool needs_licence_line(const std::string &path)
{
  const std::string name = std::filesystem::path(path).filename().string();
  return path.ends_with(".h") || path.ends_with(".cpp") || path.ends_with(".cu") || path.ends_with(".cmake") ||
         path.ends_with(".py") || path.ends_with(".sh") || path.ends_with(".mjs") || path.ends_with(".css") || path.ends_with(".html") ||
         name == "CMakeLists.txt" || path == "vesalius" ||
         path == ".ci/run";
}

TEST(StyleSources, EverySourceNamesItsLicence)
{
  std::vector<std::string> messages;
  for (const auto &file : all_files())
    {
      if (!needs_licence_line(file.path))
        continue;
      const std::string licence = file.path.starts_with("ai_surrogates/runtime/") ? "Apache-2.0" : "GPL-3.0-or-later";
      const auto end = file.lines.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, file.lines.size()));
      if (std::none_of(file.lines.begin(), end, [&](const std::string &line) {
            return line.find("SPDX-License-Identifier: " + licence) != std::string::npos;
          }))
        messages.push_back(file.path + ":1: no SPDX-License-Identifier: " + licence);
    }
  EXPECT_TRUE(messages.empty()) << joined(messages);
  EXPECT_GT(code_files().size(), 40u) << "the tree was not found";
}

TEST(StyleSources, TheLicenceIsTheGpl)
{
  const auto text = content_of("LICENSE");
  EXPECT_NE(text.find("GNU GENERAL PUBLIC LICENSE"), std::string::npos);
  EXPECT_NE(text.find("Version 3, 29 June 2007"), std::string::npos);
  EXPECT_NE(text.find("END OF TERMS AND CONDITIONS"), std::string::npos);
}

/// What obeys the user's locale when it reads a number, or gives a text to a shell.
TEST(StyleSources, NoNumberByLocaleAndNoShell)
{
  static const std::regex forbidden(R"((std::|::|\b)(strtod|strtof|stod|stof|atof|popen|wordexp|execlp)\s*\(|(std::|[^:\w]::)system\s*\(|"(/bin/)?(ba)?sh"|"-c")");
  std::vector<std::string> messages;
  for (const auto &file : code_files())
    if (!file.path.starts_with("tests/") && !file.path.starts_with("benchmarks/performance/"))
      for (std::size_t i = 0; i < file.lines.size(); ++i)
        if (std::regex_search(file.lines[i], forbidden))
          messages.push_back(file.path + ":" + std::to_string(i + 1) + ": use solver/core/number_text.h, solver/core/child_process.h");
  EXPECT_TRUE(messages.empty()) << joined(messages);
  EXPECT_TRUE(std::regex_search(std::string("x = std::stod(text);"), forbidden));
  EXPECT_TRUE(std::regex_search(std::string("  std::system(command);"), forbidden));
}

/// Absolute paths of somebody's machine.
bool has_machine_path(const std::string &line)
{
  static const std::regex path("(^|[^A-Za-z0-9_.>}~*-])/(work|home|tmp|root|mnt)/");
  return std::regex_search(line, path);
}

TEST(StyleSources, NoPathOfAMachine)
{
  std::vector<std::string> messages;
  for (const auto &file : all_files())
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      if (has_machine_path(file.lines[i]))
        messages.push_back(at_line(file, i, "a path of one machine: " + file.lines[i]));
  EXPECT_TRUE(messages.empty()) << joined(messages);

  const std::string slash = "/";
  EXPECT_TRUE(has_machine_path("read(\"" + slash + "home" + slash + "me/a\")"));
  EXPECT_TRUE(has_machine_path(slash + "tmp" + slash + "a"));
  EXPECT_FALSE(has_machine_path("https:" + slash + slash + "x.org" + slash + "home" + slash + "a"));
  EXPECT_FALSE(has_machine_path("patches" + slash + "work" + slash + "a"));
}

TEST(StyleSources, HeadersAreIncludedOnce)
{
  std::vector<std::string> messages;
  for (const auto &file : code_files())
    if (file.path.ends_with(".h") && std::ranges::count(file.lines, "#pragma once") != 1)
      messages.push_back(file.path + ":1: no `#pragma once`");
  EXPECT_TRUE(messages.empty()) << joined(messages);
}

TEST(StyleSources, TheLibraryTakesItsCommunicatorFromTheCaller)
{
  const std::string        other_program = "solver/kernels/cuda/vesalius_gpu.cpp"; // has a main of its own
  std::vector<std::string> messages;
  for (const auto &file : code_files())
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      if (!file.path.starts_with("tests/") && !file.path.starts_with("solver/app/") && file.path != other_program &&
          !file.path.starts_with("benchmarks/") && file.lines[i].find("MPI_COMM_WORLD") != std::string::npos &&
          file.lines[i].find("//") == std::string::npos)
        messages.push_back(at_line(file, i, "the communicator is RunContext's, not MPI_COMM_WORLD"));
  EXPECT_TRUE(messages.empty()) << joined(messages);
}

} // namespace
