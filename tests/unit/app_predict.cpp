// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius predict` and `vesalius info` of a surrogate.
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/table_rows.h"
#include "tests/program_run.h"
#include "tests/surrogate_example.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace
{

using namespace vesalius;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Predict : public vesalius::testing::ProgramTest
{
protected:
  Predict()
  {
    model_.inputs[0].unit = "m^3/s";
    model_.inputs[1].unit = "Pa";
    write_surrogate(model_, path("a.surr"));
  }
  /// The middle of the box, which is within the domain, as a row in the table's units: mL/s, mmHg.
  std::string row(double x0, double x1, double x2) const
  {
    char text[120];
    std::snprintf(text, sizeof text, "%.17g, %.17g, %.17g\n", x2, x0 * 1e6, x1 / 133.322387415);
    return text;
  }
  SurrogateModel model_ = example::make_model({.n_scores = 0}); // without scores no point is out of domain
};

const std::string header = "x2, x0 [mL/s], x1 [mmHg]\n";

TEST_F(Predict, WritesPredictionsIntervalsAndStatus)
{
  const auto   middle = [&](int i) { return 0.5 * (model_.inputs[i].lower + model_.inputs[i].upper); };
  const double outside = model_.inputs[1].upper + 1;
  write("table.csv", header + "# a comment\n" + row(middle(0), middle(1), middle(2)) + row(middle(0), outside, middle(2)) + ", 1, 2\n");
  const auto result = run("predict a.surr --inputs table.csv --output out.csv");
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("3 rows, 1 predicted; 1 out of range, 0 out of domain: run the solver for these; 1 invalid"));
  TableRows                rows(path("out.csv"), "predictions");
  std::vector<std::string> names, good, far, invalid;
  ASSERT_TRUE(rows.next(names) && rows.next(good) && rows.next(far) && rows.next(invalid));
  EXPECT_THAT(names, ::testing::ElementsAre("line", "x0 [m^3/s]", "x1 [Pa]", "x2", "status", "input outside", "p", "pressure_drop [mmHg]", "pressure_drop half-width [mmHg]", "force [N]",
                                            "force half-width [N]"));
  SurrogateFile file(path("a.surr"));
  const auto    numbers = file.predict_scalars({middle(0), middle(1), middle(2)});
  EXPECT_EQ(good[0], "3");
  EXPECT_NEAR(std::stod(good[1]), middle(0), 1e-9);
  EXPECT_EQ(good[4], "IN");
  EXPECT_NEAR(std::stod(good[7]), numbers[0].value, 1e-6 * std::abs(numbers[0].value));
  EXPECT_NEAR(std::stod(good[8]), numbers[0].half_width, 1e-6);
  EXPECT_NEAR(std::stod(good[9]), numbers[1].value, 1e-6 * std::abs(numbers[1].value));
  EXPECT_EQ(far[4], "OUT_OF_RANGE");
  EXPECT_EQ(far[5], "x1");
  EXPECT_EQ(far[7], "");
  EXPECT_EQ(invalid[4], "INVALID");
  EXPECT_EQ(run("predict a.surr --inputs table.csv").output, read("out.csv"));
}

TEST_F(Predict, SaysWhatIsWrongWithTheTable)
{
  const auto refused = [&](const std::string &table) {
    write("table.csv", table);
    const auto result = run("predict a.surr --inputs table.csv");
    EXPECT_EQ(result.status, 2) << table;
    return result.output;
  };
  EXPECT_THAT(refused("x2, x0 [mL/s]\n1, 2\n"), AllOf(HasSubstr("table.csv:1: there is no column for the input 'x1'"), HasSubstr("x0 [m^3/s], x1 [Pa], x2")));
  EXPECT_THAT(refused("x2, x0, x1 [Pa]\n1, 2, 3\n"), AllOf(HasSubstr("the column 'x0' has no unit"), HasSubstr("write `x0 [m^3/s]`")));
  EXPECT_THAT(refused("x2, x0 [kg], x1 [Pa]\n1, 2, 3\n"), HasSubstr("'kg' is no unit of 'x0'"));
  EXPECT_THAT(refused("x2, x0 [mL/s], x1 [Pa], x22\n1, 2, 3, 4\n"), AllOf(HasSubstr("there is no input 'x22'"), HasSubstr("did you mean 'x2'")));
  EXPECT_THAT(refused("x2, x2, x0 [mL/s], x1 [Pa]\n1, 2, 3, 4\n"), HasSubstr("stands in two columns"));
  EXPECT_THAT(refused(header + "1, 2\n"), HasSubstr("table.csv:2: the line has 2 values"));
  EXPECT_THAT(refused(header + "1, 2, 3\n1, 5 mL/s, 3\n"), HasSubstr("table.csv:3: '5 mL/s' is not a number"));
  EXPECT_THAT(refused(""), HasSubstr("empty"));
  EXPECT_EQ(run("predict a.surr").status, 1);
  EXPECT_EQ(run("predict none.surr --inputs table.csv").status, 2);
  EXPECT_EQ(run("predict a.surr --inputs none.csv").status, 2);
  write("a.surr", read("a.surr").substr(0, 1000));
  EXPECT_THAT(run("predict a.surr --inputs table.csv").output, HasSubstr("shorter or longer"));
}

TEST_F(Predict, WritesFieldsWithTheirHalfWidths)
{
  const auto middle = [&](int i) { return 0.5 * (model_.inputs[i].lower + model_.inputs[i].upper); };
  write("table.csv", header + row(middle(0), middle(1), middle(2)) + row(middle(0), model_.inputs[1].upper + 1, middle(2)));
  const auto result = run("predict a.surr --inputs table.csv --output out.csv --fields fields");
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("wrote 1 files of fields"));
  EXPECT_FALSE(std::filesystem::exists(path("fields/line_3.vtu")));
  const auto    grid = read_vtk_grid(path("fields/line_2.vtu"));
  SurrogateFile file(path("a.surr"));
  const auto    expected = file.predict_field(1, {middle(0), middle(1), middle(2)});
  ASSERT_EQ(grid.points.size(), 40u);
  const auto &values = grid.point_data.at("displacement"), &half_widths = grid.point_data.at("displacement half-width");
  ASSERT_EQ(values.values.size(), expected.values.size());
  for (std::size_t i = 0; i < 40; ++i)
    {
      EXPECT_NEAR(values.values[3 * i + 2], expected.values[3 * i + 2], 1e-5 * (1 + std::abs(expected.values[3 * i + 2])));
      EXPECT_NEAR(half_widths.values[i], expected.half_widths[i], 1e-5 * (1 + expected.half_widths[i]));
    }
  EXPECT_TRUE(grid.point_data.contains("wall_pressure"));
  EXPECT_NEAR(grid.points[12][1], 1, 1e-6); // as the file has the mesh

  // Where the surrogate predicts its shape the surface is there.
  auto moved           = model_;
  moved.fields[1].name = "position";
  moved.fields[1].unit = "m";
  write_surrogate(moved, path("a.surr"));
  ASSERT_EQ(run("predict a.surr --inputs table.csv --output out.csv --fields moved").status, 0);
  const auto there = read_vtk_grid(path("moved/line_2.vtu"));
  for (std::size_t i = 0; i < 40; ++i)
    EXPECT_NEAR(there.points[i][2], expected.values[3 * i + 2], 1e-5 * (1 + std::abs(expected.values[3 * i + 2])));
}

TEST_F(Predict, InfoShowsInputsOutputsAndCard)
{
  const auto text = run("info a.surr");
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.output, AllOf(HasSubstr("surrogate      example"), HasSubstr("m^3/s, that is"), HasSubstr(" mmHg"), HasSubstr("scalar pressure_drop"), HasSubstr("mmHg, interval at 90 %"),
                                 HasSubstr("40 nodes (wall), 3 components"), HasSubstr("\"name\": \"example\"")));
  const auto json = nlohmann::json::parse(run("info a.surr --json").output);
  EXPECT_EQ(json.at("inputs").at(0).at("upper"), model_.inputs[0].upper);
  EXPECT_EQ(json.at("card").at("name"), "example");
}

} // namespace
