// SPDX-License-Identifier: GPL-3.0-or-later
// Every command that README.md and the pages for users show is one that the program takes. What the commands then do is
// run by test_app (new, check, run, demo's case) on small meshes.
#include "solver/app/command_line.h"

#include <gtest/gtest.h>

#include <wordexp.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <set>

namespace
{
namespace fs = std::filesystem;

/// "./vesalius ..." of indented or fenced lines and of code spans, without the shell's comments.
std::vector<std::string> commands_in(const fs::path &page)
{
  static const std::regex  line_of_code(R"(^(?:    )?(?:\$ )?\./vesalius\s+(.*)$)"), span(R"(`\./vesalius\s+([^`]*)`)");
  static const std::regex  comment(R"(\s+#\s.*$)");
  std::vector<std::string> result;
  std::ifstream            stream(page);
  for (std::string line; std::getline(stream, line);)
    {
      std::smatch match;
      if (std::regex_match(line, match, line_of_code))
        result.push_back(std::regex_replace(match[1].str(), comment, ""));
      else
        for (std::sregex_iterator at(line.begin(), line.end(), span), end; at != end; ++at)
          result.push_back((*at)[1]);
    }
  return result;
}

/// The words as the shell would split them; nothing where it would not.
std::optional<std::vector<std::string>> words_of(const std::string &command)
{
  wordexp_t words{};
  if (wordexp(command.c_str(), &words, WRDE_NOCMD) != 0)
    return std::nullopt;
  std::vector<std::string> result(words.we_wordv, words.we_wordv + words.we_wordc);
  wordfree(&words);
  return result;
}

std::string parse(std::vector<std::string> words)
{
  std::erase(words, "--no-install"); // the launcher's
  words.insert(words.begin(), "vesalius");
  std::vector<char *> arguments;
  for (auto &word : words)
    arguments.push_back(word.data());
  return vesalius::parse_command_line(static_cast<int>(arguments.size()), arguments.data()).command;
}

TEST(Documents, EveryCommandShownIsTaken)
{
  const fs::path        root = VESALIUS_SOURCE_DIR;
  std::vector<fs::path> pages{root / "README.md"};
  for (const char *folder : {"docs/start", "docs/howto", "docs/performance"})
    for (const auto &entry : fs::directory_iterator(root / folder))
      if (entry.path().extension() == ".md")
        pages.push_back(entry.path());
  std::set<std::string> seen;
  for (const auto &page : pages)
    for (const auto &command : commands_in(page))
      {
        const auto words = words_of(command);
        ASSERT_TRUE(words.has_value()) << page << ": " << command;
        if (words->empty() || words->front() == "test" || words->front() == "liver") // the launcher's own
          continue;
        std::string problem; // told when the output is there again
        testing::internal::CaptureStdout(); // --help
        try
          {
            seen.insert(parse(*words));
          }
        catch (const std::exception &error)
          {
            problem = error.what();
          }
        testing::internal::GetCapturedStdout();
        EXPECT_EQ(problem, "") << page << ": ./vesalius " << command;
      }
  for (const char *command : {"demo", "run", "check", "new", "explain", "info", "surface", "mesh", "segment", "report"})
    EXPECT_TRUE(seen.contains(command)) << "no page shows it: is the search for commands broken?";
}

TEST(Documents, AWrongCommandWouldBeSeen)
{
  EXPECT_ANY_THROW(parse({"run", "case.prm", "--sett", "x"}));
  EXPECT_ANY_THROW(parse({"rum", "case.prm"}));
  EXPECT_ANY_THROW(parse({"run"}));
}
} // namespace
