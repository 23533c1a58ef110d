// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/verification_page.h"

#include "solver/core/errors.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace vesalius
{
namespace
{
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

VerificationRecord record(double value, Criterion criterion, double reference, double limit)
{
  return make_record("drag", "N", value, criterion, reference, limit, "a table", {1234, 5.5});
}

VerificationReport report()
{
  VerificationReport report{"flow_test", "A test.", "More of it.", "verify flow --only test", "1 core", false, {}};
  report.result.records = {record(1.01, Criterion::relative, 1, 0.05), record(2, Criterion::relative, 1, 0.05),
                           record(7, Criterion::shown, not_a_number, 0)};
  for (auto &r : report.result.records)
    r.case_name = report.name;
  report.result.figures = {{"x", "y / Pa", {{"ours", {1, 2, 3}, {1, 4, 9}, false}, {"table", {2}, {4}, true}}, false, false}};
  report.result.remarks = {"Because of the mesh."};
  return report;
}

std::string content(const std::string &path)
{
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(VerificationRecords, CriteriaDecide)
{
  EXPECT_TRUE(record(1.01, Criterion::relative, 1, 0.011).pass);
  EXPECT_FALSE(record(-1.01, Criterion::relative, 1, 0.011).pass);
  EXPECT_NEAR(record(-0.98, Criterion::relative, -1, 0.1).error, 0.02, 1e-15);
  EXPECT_TRUE(record(0.1, Criterion::absolute, 0, 0.1).pass);
  EXPECT_FALSE(record(0.1, Criterion::absolute, 0, 0.09).pass);
  EXPECT_TRUE(record(2.95, Criterion::at_least, 2.9, 0).pass);
  EXPECT_EQ(record(2.95, Criterion::at_least, 2.9, 0).error, 0);
  EXPECT_FALSE(record(2.85, Criterion::at_least, 2.9, 0).pass);
  EXPECT_NEAR(record(2.85, Criterion::at_least, 2.9, 0).error, 0.05, 1e-14);
  EXPECT_FALSE(record(3, Criterion::at_most, 2.9, 0).pass);
  EXPECT_TRUE(record(3, Criterion::shown, not_a_number, 0).pass);
  for (const auto criterion : {Criterion::relative, Criterion::absolute, Criterion::at_least, Criterion::at_most, Criterion::shown})
    EXPECT_FALSE(record(not_a_number, criterion, 1, 1e9).pass);
}

TEST(VerificationRecords, JsonHasOneRecordAQuantity)
{
  const auto json = nlohmann::json::parse(verification_records_json({report()}));
  ASSERT_EQ(json.size(), 3u);
  for (const char *key : {"case", "quantity", "unit", "value", "reference", "source", "criterion", "error", "limit", "pass", "dofs", "core_seconds"})
    EXPECT_TRUE(json[0].contains(key)) << key;
  EXPECT_EQ(json[0]["case"], "flow_test");
  EXPECT_EQ(json[1]["pass"], false);
  EXPECT_TRUE(json[2]["reference"].is_null());
  EXPECT_EQ(json[0]["dofs"], 1234);
}

TEST(VerificationReports, ComeBackFromJson)
{
  const auto back = read_verification_reports(verification_reports_json({report()}));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(verification_reports_json(back), verification_reports_json({report()}));
  EXPECT_EQ(verification_table(back[0]), verification_table(report()));
  EXPECT_THAT(verification_table(back[0]), HasSubstr("FAIL"));
  auto nothing = report();
  nothing.result.records.clear();
  nothing.result.remarks = {"The image was not there."};
  EXPECT_THAT(verification_table(nothing), HasSubstr("  skipped The image was not there."));
  EXPECT_THROW(read_verification_reports("{"), ResourceError);
}

TEST(VerificationPages, HoldTableFigureAndReason)
{
  const std::string folder = ::testing::TempDir() + "/verification_pages";
  std::filesystem::remove_all(folder);
  for (const auto &warning : write_verification_page(report(), folder))
    ADD_FAILURE() << warning;
  write_verification_index(folder);
  const auto page = content(folder + "/flow_test.md");
  EXPECT_THAT(page, HasSubstr("| drag | 1.01 N | 1 N | 1 % | 5 % | yes | 1234 | 5.5 | a table |"));
  EXPECT_THAT(page, HasSubstr("| drag | 2 N | 1 N | 100 % | 5 % | **no** |"));
  EXPECT_THAT(page, HasSubstr("| drag | 7 N | - | - | - | shown |"));
  EXPECT_THAT(page, HasSubstr("Because of the mesh."));
  EXPECT_THAT(page, HasSubstr("`vesalius verify flow --only test`"));
  EXPECT_THAT(page, HasSubstr("![y / Pa](flow_test.png)"));
  EXPECT_GT(std::filesystem::file_size(folder + "/flow_test.png"), 1000u);
  EXPECT_FALSE(std::filesystem::exists(folder + "/flow_test.dat"));
  EXPECT_THAT(content(folder + "/README.md"), HasSubstr("| [flow: test](flow_test.md) | 1 of 2 | drag | 5.5 |"));
  EXPECT_THAT(page, Not(HasSubstr(folder)));
}

} // namespace
} // namespace vesalius
