// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/core/table_rows.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace vesalius;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace
{
class Rows : public vesalius::testing::FolderTest
{};

TEST_F(Rows, KeepTheirLineNumbersPastMarkBlankLinesAndComments)
{
  TableRows                rows(write("table.csv", "\xEF\xBB\xBF# by hand\r\n\r\n time [s] , flow \r\n0,\r\n#1, 2\r\n \"a, b\", c"), "table");
  std::vector<std::string> cells;
  ASSERT_TRUE(rows.next(cells));
  EXPECT_THAT(cells, ElementsAre("time [s]", "flow"));
  EXPECT_EQ(rows.line(), 3);
  ASSERT_TRUE(rows.next(cells));
  EXPECT_THAT(cells, ElementsAre("0", ""));
  EXPECT_EQ(rows.line(), 4);
  ASSERT_TRUE(rows.next(cells));
  EXPECT_THAT(cells, ElementsAre("a, b", "c"));
  EXPECT_EQ(rows.line(), 6);
  EXPECT_FALSE(rows.next(cells));
}

TEST_F(Rows, NameTheFileThatIsNotThere)
{
  try
    {
      TableRows rows(path("none.csv"), "waveform file");
      FAIL();
    }
  catch (const InputError &error)
    {
      EXPECT_THAT(error.problems().front().what, HasSubstr("waveform file"));
      EXPECT_THAT(error.problems().front().what, HasSubstr("none.csv' cannot be opened"));
    }
}
} // namespace
