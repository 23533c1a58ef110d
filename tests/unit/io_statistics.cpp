// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/io/statistics.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <limits>

using namespace vesalius;
namespace fs = std::filesystem;

namespace
{
std::string fresh_folder()
{
  const auto *info   = testing::UnitTest::GetInstance()->current_test_info();
  const auto  folder = fs::temp_directory_path() /
                      ("vesalius_" + std::string(info->test_suite_name()) + "_" + info->name());
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder.string();
}
const std::vector<std::string> columns = {"step", "time [s]", "pressure inlet [mmHg]"};
} // namespace

TEST(StatisticsTable, ReadsBackExactly)
{
  const std::string path  = fresh_folder() + "/statistics.csv";
  const double      third = 1.0 / 3, tiny = std::numeric_limits<double>::denorm_min();
  {
    StatisticsTable table(path, columns);
    table.add_row({1, 0.1, third});
    table.add_row({2, 0.2, tiny});
    table.flush();
  }
  const Table back = read_table(path);
  EXPECT_EQ(back.names, columns);
  EXPECT_EQ(back.find("pressure inlet [mmHg]"), 2);
  EXPECT_EQ(back.find("pressure"), -1);
  EXPECT_THAT(back.columns[2], testing::ElementsAre(third, tiny));
}

TEST(StatisticsTable, ContinuesFromTheTimeOfTheCheckpointAndDropsATornLine)
{
  const std::string path = fresh_folder() + "/statistics.csv";
  {
    StatisticsTable table(path, columns);
    for (int s = 1; s <= 5; ++s)
      table.add_row({double(s), 0.1 * s, 10.0 * s});
    table.flush();
  }
  std::ofstream(path, std::ios::app) << "6,0.6";
  {
    StatisticsTable table(path, columns, 0.1 * 3);
    table.add_row({4, 0.4, 41});
    table.flush();
  }
  const Table back = read_table(path);
  EXPECT_THAT(back.columns[0], testing::ElementsAre(1, 2, 3, 4));
  EXPECT_DOUBLE_EQ(back.columns[2].back(), 41);
}

TEST(StatisticsTable, RefusesToContinueATableWithOtherColumns)
{
  const std::string path = fresh_folder() + "/statistics.csv";
  StatisticsTable(path, columns).flush();
  EXPECT_THROW(StatisticsTable(path, {"step", "time [s]"}, 1.0), InputError);
}

TEST(StatisticsTable, NamesTheBadLine)
{
  const std::string path = fresh_folder() + "/statistics.csv";
  std::ofstream(path) << "step,time [s]\n1,0.1\n2,zero\n";
  try
    {
      read_table(path);
      FAIL() << "a line that is not numbers was accepted";
    }
  catch (const InputError &error)
    {
      EXPECT_THAT(error.what(), testing::HasSubstr(path + ":3:"));
    }
}

TEST(StatisticsTable, SaysWhenTheFolderCannotBeWritten)
{
  EXPECT_THROW(StatisticsTable("/proc/none/statistics.csv", columns), ResourceError);
  EXPECT_THROW(read_table(fresh_folder() + "/absent.csv"), ResourceError);
}
