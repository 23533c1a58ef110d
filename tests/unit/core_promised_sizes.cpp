// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/parameter_tree.h"
#include "solver/core/promised_size.h"
#include "solver/core/provenance.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

using namespace vesalius;
using ::testing::HasSubstr;

namespace
{
class CasePromises : public vesalius::testing::FolderTest
{
protected:
  std::string refused(const std::string &name, const std::string &content) const
  {
    ParameterTree tree;
    tree.declare_text("Title", "", "What it is.");
    write(name, content);
    return message_of([&] { tree.parse_file(path(name)); });
  }
};

std::string repeated(const std::string &text, int n)
{
  std::string result;
  for (int i = 0; i < n; ++i)
    result += text;
  return result;
}
} // namespace

TEST_F(CasePromises, a_million_outlets_are_refused)
{
  EXPECT_THAT(refused("a.prm", repeated("subsection a\nend\n", 20000)), HasSubstr("more than 5000 sections and entries"));
  EXPECT_THAT(refused("a.json", "{" + repeated("\"a\": {},", 20000) + "\"b\": 1}"), HasSubstr("more than 5000 sections and entries"));
  EXPECT_THAT(refused("a.prm", repeated("# nothing\n", 500000)), HasSubstr("at most 4 MB"));
  EXPECT_THAT(refused("a.prm", repeated("subsection a\n", 20000)), HasSubstr("nested more than 32 deep"));
  EXPECT_THAT(refused("a.json", repeated("{\"a\":", 20000)), HasSubstr("nested more than 32 deep"));
}

TEST_F(CasePromises, of_many_mistakes_the_first_are_shown)
{
  const std::string text = refused("a.prm", repeated("set Tile = 1\n", 1000));
  EXPECT_THAT(text, HasSubstr("and 800 more"));
  EXPECT_LT(text.size(), 100000u);
}

TEST(PromisedSize, is_held_against_file_and_memory)
{
  EXPECT_NO_THROW(check_promised_size("a", {"data", 100, 100}, 100));
  EXPECT_NO_THROW(check_promised_size("a", {"data", 100 * zlib_inflation, 100}, 100, zlib_inflation));
  EXPECT_THAT(message_of([] { check_promised_size("a", {"data", 101, 0}, 100); }), HasSubstr("a: the header promises data"));
  EXPECT_THAT(message_of([] { check_promised_size("a", {"data", 0, 1e18}, 100); }), HasSubstr("1e+09 GB of memory"));
  EXPECT_THAT(message_of([] { check_promised_size("a", {"data", 0, std::nan("")}, 100); }), HasSubstr("memory"));
}

TEST(AvailableMemory, obeys_the_limit_of_the_process)
{
  const double                          before = available_memory();
  const vesalius::testing::MemoryLimit limit(32 << 20);
  EXPECT_LE(available_memory(), 33. * (1 << 20));
  EXPECT_GT(before, available_memory());
}
