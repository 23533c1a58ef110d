// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/parameter_tree.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

namespace
{

using namespace vesalius;
namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ParameterTree sample_tree()
{
  ParameterTree tree;
  tree.declare_text("Title", "", "Title of the case.");
  tree.declare_quantity("Fluid/Density", "1060 kg/m^3", dimension::density, "Density of blood.");
  tree.declare_quantity("Fluid/Viscosity", "3.5 mPa s", dimension::viscosity, "Dynamic viscosity.");
  tree.declare_quantity("Fluid/Model/Yield stress", "", dimension::pressure, "Casson's yield stress.");
  tree.declare_integer("Time/Cycles", 2, 1, 100, "Cardiac cycles.");
  tree.declare_real("Time/Factor", 0.5, 0, 1, "A factor.");
  tree.declare_real("Time/Offset", 0, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(),
                    "Any number.");
  tree.declare_boolean("Output/Wall", true, "Write the wall.");
  tree.declare_selection("Output/Format", "vtu", {"vtu", "hdf5"}, "File format.");
  tree.declare_file("Image/File", "", "The image.");
  tree.declare_named_sections(
    "Boundaries", "One subsection a boundary.", [](ParameterTree &t, const std::string &prefix) {
      t.declare_selection(prefix + "/Type", "wall", {"wall", "inflow", "pressure"}, "Kind of condition.");
      t.declare_quantity(prefix + "/Pressure", "0 mmHg", dimension::pressure, "Outlet pressure.");
    });
  return tree;
}

const std::string valid_prm = R"(# a case
set Title = A case \# 1   # from here on a comment

subsection Fluid
  set Density = 1.06 g/cm^3
  subsection Model
    set Yield stress = 5 Pa
  end
end
subsection Boundaries
  subsection outlet*
    set Type     = pressure
    set Pressure = 80 mmHg
  end
  subsection outlet_l*
  end
  subsection inlet
    set Type = inflow
  end
end
subsection Time
  set Cycles = 3
end
)";

std::vector<InputProblem> problems_of(const std::string &text, const std::vector<std::string> &overrides = {})
{
  auto tree = sample_tree();
  try
    {
      tree.parse_text(text, "case.prm", overrides);
    }
  catch (const InputError &error)
    {
      return error.problems();
    }
  return {};
}

/// The only problem of a text, as the user sees it.
std::string only_message(const std::string &text, const std::vector<std::string> &overrides = {})
{
  const auto problems = problems_of(text, overrides);
  return problems.size() == 1 ? format_problems(problems)
                              : std::to_string(problems.size()) + " problems:\n" + format_problems(problems);
}

/// A folder that disappears with the test.
class TemporaryFolder
{
public:
  TemporaryFolder()
  {
    std::string name = (fs::temp_directory_path() / "vesalius_core_XXXXXX").string();
    path_            = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  std::string write(const std::string &name, const std::string &content) const
  {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
    return file.string();
  }
  const fs::path &path() const { return path_; }

private:
  fs::path path_;
};

std::string file_message(const std::string &file)
{
  auto tree = sample_tree();
  try
    {
      tree.parse_file(file);
    }
  catch (const std::exception &error)
    {
      return error.what();
    }
  return "no error";
}

// --- reading ---------------------------------------------------------------------------------

TEST(ParameterTree, DefaultsWithoutAnyText)
{
  auto tree = sample_tree();
  tree.parse_text("", "case.prm");
  EXPECT_DOUBLE_EQ(tree.quantity("Fluid/Density"), 1060);
  EXPECT_EQ(tree.integer("Time/Cycles"), 2);
  EXPECT_DOUBLE_EQ(tree.real("Time/Factor"), 0.5);
  EXPECT_TRUE(tree.boolean("Output/Wall"));
  EXPECT_EQ(tree.text("Output/Format"), "vtu");
  EXPECT_EQ(tree.file("Image/File"), "");
  EXPECT_FALSE(tree.is_set("Fluid/Density"));
  EXPECT_TRUE(tree.named_sections("Boundaries").empty());
}

TEST(ParameterTree, ValuesOfAValidCase)
{
  auto tree = sample_tree();
  tree.parse_text(valid_prm, "case.prm");
  EXPECT_EQ(tree.text("Title"), "A case # 1");
  EXPECT_DOUBLE_EQ(tree.quantity("Fluid/Density"), 1060);
  EXPECT_DOUBLE_EQ(tree.quantity("Fluid/Model/Yield stress"), 5);
  EXPECT_NEAR(tree.quantity("Boundaries/outlet*/Pressure"), 10665.8, 0.1);
  EXPECT_EQ(tree.integer("Time/Cycles"), 3);
  EXPECT_TRUE(tree.is_set("Time/Cycles"));
  EXPECT_TRUE(tree.is_set("Boundaries/outlet_l*"));
  EXPECT_FALSE(tree.is_set("Boundaries/outlet_l*/Type"));
  EXPECT_EQ(tree.location("Time/Cycles").line, 22);
  EXPECT_EQ(tree.location("Boundaries/outlet_l*/Type").line, 15);
}

TEST(ParameterTree, ContinuedLinesAreJoined)
{
  auto tree = sample_tree();
  tree.parse_text("set Title = one \\\n      two\\\n three\r\nsubsection Time\n set Cycles = 7\nend", "case.prm");
  EXPECT_EQ(tree.text("Title"), "one twothree");
  EXPECT_EQ(tree.integer("Time/Cycles"), 7);
  EXPECT_EQ(tree.location("Time/Cycles").line, 5);
}

TEST(ParameterTree, NamedSectionsAndGlobs)
{
  auto tree = sample_tree();
  tree.parse_text(valid_prm, "case.prm");
  EXPECT_THAT(tree.named_sections("Boundaries"), ElementsAre("outlet*", "outlet_l*", "inlet"));
  EXPECT_EQ(tree.matching_section("Boundaries", "inlet"), "inlet");
  EXPECT_EQ(tree.matching_section("Boundaries", "outlet_right"), "outlet*");
  EXPECT_EQ(tree.matching_section("Boundaries", "outlet_left"), "outlet_l*");
  EXPECT_EQ(tree.matching_section("Boundaries", "wall"), "");
}

TEST(ParameterTree, ErrorsOfLaterChecksPointAtTheEntry)
{
  auto tree = sample_tree();
  tree.parse_text(valid_prm, "case.prm");
  EXPECT_THAT(tree.error_at("Time/Cycles", "too many", "write 2").what(),
              HasSubstr("case.prm:22: Time/Cycles: too many"));
}

TEST(ParameterTree, ANeededQuantityWithoutDefaultSaysWhatToAdd)
{
  auto tree = sample_tree();
  tree.parse_text("", "case.prm");
  try
    {
      tree.quantity("Fluid/Model/Yield stress");
      FAIL();
    }
  catch (const InputError &error)
    {
      EXPECT_THAT(error.what(), HasSubstr("add `set Yield stress = VALUE mmHg` in subsection Fluid/Model"));
    }
}

TEST(ParameterTree, AskingForAnUndeclaredEntryIsABug)
{
  auto tree = sample_tree();
  EXPECT_THROW(tree.text("Titel"), std::logic_error);
  EXPECT_THROW(tree.integer("Title"), std::logic_error);
  EXPECT_THROW(tree.declare_text("Fluid/Density", "", ""), std::logic_error);
  EXPECT_THROW(tree.declare_quantity("Fluid/Other", "12", dimension::pressure, ""), InputError);
}

TEST(ParameterTree, Overrides)
{
  auto tree = sample_tree();
  tree.parse_text(valid_prm, "dir/case.prm",
                  {"Time/Cycles = 9", "Title=x", "Boundaries/outlet_new/Pressure = 3 kPa", "Image/File = a.mha"});
  EXPECT_EQ(tree.integer("Time/Cycles"), 9);
  EXPECT_EQ(tree.text("Title"), "x");
  EXPECT_DOUBLE_EQ(tree.quantity("Boundaries/outlet_new/Pressure"), 3000);
  EXPECT_EQ(tree.file("Image/File"), "a.mha") << "relative to the working directory, not to the case";
  EXPECT_EQ(tree.overrides().size(), 4u);
  EXPECT_EQ(tree.location("Title").file, "--set");
}

// --- every message -----------------------------------------------------------------------------

TEST(ParameterTreeErrors, UnknownEntry)
{
  const auto text = only_message("subsection Fluid\n  set Desity = 1060 kg/m^3\nend\n");
  EXPECT_THAT(text, HasSubstr("case.prm:2: unknown entry 'Fluid/Desity'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'Density'?"));
  EXPECT_THAT(text, HasSubstr("allowed in 'Fluid': entries Density, Viscosity; subsections Model"));
}

TEST(ParameterTreeErrors, EntryInTheWrongSection)
{
  EXPECT_THAT(only_message("subsection Time\n set Viscosity = 1 Pa s\nend"), HasSubstr("there is 'Fluid/Viscosity'"));
  EXPECT_THAT(only_message("set Fluid/Viscosity = 1 Pa s"), HasSubstr("unknown entry 'Fluid/Viscosity'"));
}

TEST(ParameterTreeErrors, UnknownSectionIsReportedOnce)
{
  const auto text = only_message("subsection Fluids\n set A = 1\n set B = 2\n subsection C\n set D = 1\n end\nend");
  EXPECT_THAT(text, HasSubstr("case.prm:1: unknown section 'Fluids'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'Fluid'?"));
  EXPECT_THAT(text, HasSubstr("allowed at the top level: entries Title; subsections Fluid, Time"));
  EXPECT_THAT(only_message("subsection Boundaries\n subsection a\n subsection b\n end\n end\nend"),
              HasSubstr("unknown section 'Boundaries/a/b'"));
}

TEST(ParameterTreeErrors, UnknownEntryBelowANamedSection)
{
  EXPECT_THAT(only_message("subsection Boundaries\n subsection inlet\n set Typ = wall\n end\nend"),
              HasSubstr("case.prm:3: unknown entry 'Boundaries/inlet/Typ'\n    did you mean 'Type'?"));
}

TEST(ParameterTreeErrors, BadNameOfASection)
{
  EXPECT_THAT(only_message("subsection Boundaries\n subsection a/b\n end\nend"),
              HasSubstr("'a/b' cannot be the name of a section"));
}

TEST(ParameterTreeErrors, MissingUnit)
{
  const auto text = only_message("subsection Boundaries\nsubsection outlet\n set Pressure = 80\nend\nend");
  EXPECT_THAT(text, HasSubstr("case.prm:3: Boundaries/outlet/Pressure: bare number '80'"));
  EXPECT_THAT(text, HasSubstr("write `80 mmHg`"));
}

TEST(ParameterTreeErrors, WrongDimension)
{
  EXPECT_THAT(only_message("subsection Fluid\n set Density = 3 mPa s\nend"),
              HasSubstr("case.prm:2: Fluid/Density: 'mPa s' is a unit of viscosity, but a density is expected here"));
}

TEST(ParameterTreeErrors, OutOfRangeOrNoNumber)
{
  EXPECT_THAT(only_message("subsection Time\n set Cycles = 0\nend"),
              HasSubstr("Time/Cycles: 0 is out of range\n    write a whole number from 1 to 100"));
  EXPECT_THAT(only_message("subsection Time\n set Cycles = 2.5\nend"), HasSubstr("'2.5' is not a whole number"));
  EXPECT_THAT(only_message("subsection Time\n set Cycles = 99999999999\nend"), HasSubstr("is not a whole number"));
  EXPECT_THAT(only_message("subsection Time\n set Factor = 1.5\nend"),
              HasSubstr("1.5 is out of range\n    write a number from 0 to 1"));
  EXPECT_THAT(only_message("subsection Time\n set Factor = much\nend"), HasSubstr("'much' is not a number"));
  EXPECT_THAT(only_message("subsection Time\n set Offset = inf\nend"), HasSubstr("'inf' is not a number"));
}

TEST(ParameterTreeErrors, BadSelectionAndBoolean)
{
  EXPECT_THAT(only_message("subsection Output\n set Format = vtk\nend"),
              HasSubstr("'vtk' is not among the choices\n    did you mean 'vtu'? Allowed: vtu, hdf5"));
  EXPECT_THAT(only_message("subsection Output\n set Wall = maybe\nend"),
              HasSubstr("'maybe' is neither true nor false"));
}

TEST(ParameterTreeErrors, EmptyValue)
{
  EXPECT_THAT(only_message("subsection Time\n set Cycles =\nend"), HasSubstr("Time/Cycles: the value is empty"));
}

TEST(ParameterTreeErrors, DuplicateEntry)
{
  EXPECT_THAT(only_message("subsection Time\n set Cycles = 2\nend\nsubsection Time\n set Cycles = 3\nend"),
              HasSubstr("case.prm:5: 'Time/Cycles' is set twice, first in line 2"));
  EXPECT_THAT(only_message("", {"Time/Cycles = 2", "Time/Cycles = 3"}), HasSubstr("--set: 'Time/Cycles' is set twice"));
}

TEST(ParameterTreeErrors, UnbalancedSections)
{
  EXPECT_THAT(only_message("subsection Time\n set Cycles = 2\n"),
              HasSubstr("case.prm:1: subsection 'Time' is not closed"));
  EXPECT_THAT(only_message("set Title = a\nend\n"), HasSubstr("case.prm:2: `end` without an open subsection"));
  EXPECT_THAT(only_message("subsection Time\nend Time\n"), HasSubstr("'Time' after `end`"));
  EXPECT_THAT(only_message("subsection\nend\n"), HasSubstr("this subsection has no name"));
}

TEST(ParameterTreeErrors, UnreadableLines)
{
  EXPECT_THAT(only_message("sett Title = a"), HasSubstr("case.prm:1: unknown word 'sett'\n    did you mean `set`?"));
  EXPECT_THAT(only_message("Title = a"), HasSubstr("write `set Title = a`"));
  EXPECT_THAT(only_message("hello"), HasSubstr("a line begins with `set`"));
  EXPECT_THAT(only_message("set Title"), HasSubstr("write `set NAME = VALUE`"));
  EXPECT_THAT(only_message("set = 3"), HasSubstr("write `set NAME = VALUE`"));
  EXPECT_THAT(only_message("include"), HasSubstr("write `include FILE`"));
  EXPECT_THAT(only_message(std::string("set Title = \0\1", 14)), HasSubstr("case.prm: this is not a text file"));
}

TEST(ParameterTreeErrors, Overrides)
{
  EXPECT_THAT(only_message("", {"Time.Cycles"}),
              HasSubstr("--set: cannot read 'Time.Cycles'\n    write --set \"Section/Entry = value\""));
  EXPECT_THAT(only_message("", {"/ = 3"}), HasSubstr("--set: cannot read"));
  EXPECT_THAT(only_message("", {"Time/Cycle = 3"}),
              HasSubstr("--set: unknown entry 'Time/Cycle'\n    did you mean 'Cycles'?"));
  EXPECT_THAT(only_message("", {"Tim/Cycles = 3"}), HasSubstr("--set: unknown section 'Tim'"));
  EXPECT_THAT(only_message("", {"Fluid/Density = 1060"}), HasSubstr("--set: Fluid/Density: bare number '1060'"));
  EXPECT_THAT(only_message("", {"Title = a\nb"}), HasSubstr("--set: Title: the value is not plain text on one line"));
}

TEST(ParameterTreeErrors, AllAtOnceInTheOrderOfTheFile)
{
  const auto problems = problems_of(
    "subsection Fluid\n set Density = 1060\n set Viscous = 1\nend\nfoo\nsubsection Time\n set Cycles = x\nend\nend\n",
    {"Nothing = 1"});
  std::vector<int> lines;
  for (const auto &problem : problems)
    lines.push_back(problem.where.line);
  EXPECT_THAT(lines, ElementsAre(2, 3, 5, 7, 9, 0));
}

// --- files --------------------------------------------------------------------------------------

TEST(ParameterTreeFiles, IncludeIsRelativeToTheIncludingFileAndMayBeOverwritten)
{
  const TemporaryFolder folder;
  folder.write(
    "base/common.prm",
    "subsection Time\n set Cycles = 5\nend\nsubsection Image\n set File = scan.mha\nend\ninclude more/fluid.prm\n");
  folder.write("base/more/fluid.prm", "subsection Fluid\n set Density = 1 g/mL\nend\n");
  const auto file = folder.write("cases/test.prm",
                                 "include ../base/common.prm\nsubsection Time\n set Cycles = 1\nend\n");
  auto       tree = sample_tree();
  tree.parse_file(file);
  EXPECT_EQ(tree.integer("Time/Cycles"), 1);
  EXPECT_DOUBLE_EQ(tree.quantity("Fluid/Density"), 1000);
  EXPECT_EQ(fs::weakly_canonical(tree.file("Image/File")), fs::weakly_canonical(folder.path() / "base/scan.mha"));
  EXPECT_THAT(tree.location("Fluid/Density").file, HasSubstr("fluid.prm"));
}

TEST(ParameterTreeFiles, IncludeInsideASection)
{
  const TemporaryFolder folder;
  folder.write("time.prm", "set Cycles = 5\n");
  auto tree = sample_tree();
  tree.parse_file(folder.write("a.prm", "subsection Time\n include time.prm\n set Factor = 0.1\nend\n"));
  EXPECT_EQ(tree.integer("Time/Cycles"), 5);
  EXPECT_DOUBLE_EQ(tree.real("Time/Factor"), 0.1);
}

TEST(ParameterTreeFiles, IncludeErrors)
{
  const TemporaryFolder folder;
  EXPECT_THAT(file_message(folder.write("a.prm", "\ninclude nothing.prm\n")),
              HasSubstr("a.prm:2: cannot read the included file"));
  folder.write("b.prm", "include c.prm\n");
  folder.write("c.prm", "\ninclude ./b.prm\n");
  EXPECT_THAT(file_message((folder.path() / "b.prm").string()), HasSubstr("c.prm:2: "));
  EXPECT_THAT(file_message((folder.path() / "b.prm").string()), HasSubstr("includes itself"));
  folder.write("e.prm", "end\nset Title = a\nset Title = b\n");
  const auto message = file_message(folder.write("d.prm", "subsection Time\ninclude e.prm\nend\n"));
  EXPECT_THAT(message, HasSubstr("e.prm:1: `end` without an open subsection"));
  EXPECT_THAT(message, HasSubstr("e.prm:2: unknown entry 'Time/Title'"));
  EXPECT_THAT(message, Not(HasSubstr("d.prm:")));
}

TEST(ParameterTreeFiles, IncludesThatMultiplyEnd)
{
  const TemporaryFolder folder;
  for (int i = 0; i < 20; ++i)
    folder.write(std::to_string(i) + ".prm",
                 "include " + std::to_string(i + 1) + ".prm\ninclude " + std::to_string(i + 1) + ".prm\n");
  folder.write("20.prm", "");
  EXPECT_THAT(file_message((folder.path() / "0.prm").string()), HasSubstr("more than 200 files are included"));
}

TEST(ParameterTreeFiles, AMissingCaseFileIsTheUsersMistake)
{
  EXPECT_THAT(file_message("no_such_case.prm"), HasSubstr("there is no case file 'no_such_case.prm'"));
  const TemporaryFolder folder;
  folder.write("case.prm", "");
  EXPECT_THAT(file_message(folder.path().string()), AllOf(HasSubstr("is a folder"), HasSubstr("did you mean")));
}

TEST(ParameterTreeFiles, JsonHasTheSameTree)
{
  const TemporaryFolder folder;
  const auto            file = folder.write("case.json",
                                            R"({"Title": "t", "Time": {"Cycles": 4, "Factor": 0.25}, "Output": {"Wall": false},
                                  "Boundaries": {"outlet*": {"Pressure": "80 mmHg"}}, "Image": {"File": "a.mha"}})");
  auto                  tree = sample_tree();
  tree.parse_file(file, {"Time/Cycles = 6"});
  EXPECT_EQ(tree.integer("Time/Cycles"), 6);
  EXPECT_DOUBLE_EQ(tree.real("Time/Factor"), 0.25);
  EXPECT_FALSE(tree.boolean("Output/Wall"));
  EXPECT_EQ(tree.matching_section("Boundaries", "outlet_a"), "outlet*");
  EXPECT_EQ(tree.file("Image/File"), (folder.path() / "a.mha").string());
}

TEST(ParameterTreeFiles, JsonErrors)
{
  const TemporaryFolder folder;
  const auto message = [&](const std::string &text) { return file_message(folder.write("case.json", text)); };
  EXPECT_THAT(message("{\n\"Title\": \n}"), HasSubstr("case.json:3: this is not JSON"));
  EXPECT_THAT(message("[1]"), HasSubstr("the file holds no JSON object"));
  EXPECT_THAT(message("{\"Title\": null}"), HasSubstr("Title: null is no value"));
  EXPECT_THAT(message("{\"Title\": [1]}"), HasSubstr("Title: a list is no value"));
  EXPECT_THAT(message("{\"Title\": \"a\\nb\"}"), HasSubstr("not plain text on one line"));
  EXPECT_THAT(message("{\"Time\": {\"Cycles\": 2, \"Cycles\": 3}}"), HasSubstr("'Cycles' appears twice"));
  EXPECT_THAT(message("{\"Fluid\": {\"Density\": 1060}}"), HasSubstr("Fluid/Density: bare number '1060'"));
  EXPECT_THAT(message("{\"Time\": {\"Cycls\": 2}}"),
              HasSubstr("case.json:1: unknown entry 'Time/Cycls'\n    did you mean 'Cycles'?"));
}

TEST(ParameterTreeFiles, JsonErrorsComeTogetherWithTheirLines)
{
  const TemporaryFolder folder;
  const auto            message = file_message(folder.write("case.json", R"({
  "Time": {
    "Cycles": 2.5,
    "Cycles": 3,
    "Factr": 1
  },
  "Fluid": {"Density": "1060"}
})"));
  EXPECT_THAT(message, AllOf(HasSubstr("case.json:3: Time/Cycles: '2.5' is not a whole number"),
                             HasSubstr("case.json:4: 'Cycles' appears twice in one object, first in line 3"),
                             HasSubstr("case.json:5: unknown entry 'Time/Factr'\n    did you mean 'Factor'?"),
                             HasSubstr("case.json:7: Fluid/Density: bare number '1060'")));
}

TEST(ParameterTreeFiles, TextThatIsNoJsonGetsARemedy)
{
  const TemporaryFolder folder;
  const auto message = [&](const std::string &text) { return file_message(folder.write("case.json", text)); };
  EXPECT_THAT(message("{\n\"Title\": \"t\",\n}"), AllOf(HasSubstr("case.json:3"), HasSubstr("remove the comma before it")));
  EXPECT_THAT(message("{\n// a comment\n}"), AllOf(HasSubstr("case.json:2"), HasSubstr("no comments")));
  EXPECT_THAT(message("{\n# a comment\n}"), AllOf(HasSubstr("case.json:2"), HasSubstr("no comments")));
  for (const std::string number : {"NaN", "Infinity", "-Infinity"})
    EXPECT_THAT(message("{\"Time\":\n{\"Factor\": " + number + "}}"),
                AllOf(HasSubstr("case.json:2"), HasSubstr("neither NaN nor infinity")));
  EXPECT_THAT(message("{\"Time\": {\"Factor\": 1e999}}"), HasSubstr("1e999"));
  EXPECT_THAT(message("{\"Time\": {\"Cycles\": 99999999999}}"), HasSubstr("'99999999999' is not a whole number"));
  EXPECT_THAT(message(""), HasSubstr("this is not JSON"));
  EXPECT_THAT(message("{} {}"), HasSubstr("this is not JSON"));
  EXPECT_THAT(message("3"), HasSubstr("the file holds no JSON object"));
  EXPECT_THAT(message("{\"Title\": [1, [2, {\"a\": null}]], \"Time\": {\"Cycls\": 1}}"),
              AllOf(HasSubstr("Title: a list is no value"), HasSubstr("Time/Cycls")));
  std::string deep;
  for (int i = 0; i < 100000; ++i)
    deep += "{\"a\":";
  EXPECT_THAT(message(deep), HasSubstr("nested more than 32 deep"));
}

TEST(ParameterTreeFiles, TheTwoFormatsIncludeEachOther)
{
  const TemporaryFolder folder;
  folder.write("parts/base.prm", "set Title = base\nsubsection Time\n set Cycles = 4\n set Factor = 0.5\nend");
  folder.write("parts/inner.json", R"({"Cycles": 5})");
  auto from_json = sample_tree();
  from_json.parse_file(
    folder.write("case.json", R"({"Time": {"Cycles": 7}, "include": ["parts/base.prm"], "Image": {"File": "a.mha"}})"));
  EXPECT_EQ(from_json.integer("Time/Cycles"), 7) << "what is included comes first, wherever it is named";
  EXPECT_DOUBLE_EQ(from_json.real("Time/Factor"), 0.5);
  EXPECT_EQ(from_json.text("Title"), "base");
  auto from_prm = sample_tree();
  from_prm.parse_file(folder.write("case.prm", "subsection Time\n include parts/inner.json\nend\ninclude case.json\n"));
  EXPECT_EQ(from_prm.integer("Time/Cycles"), 7);
  folder.write("circle.prm", "include circle.json");
  EXPECT_THAT(file_message(folder.write("circle.json", "{\n\"include\": \"circle.prm\"\n}")),
              AllOf(HasSubstr("circle.prm:1"), HasSubstr("includes itself")));
  EXPECT_THAT(file_message(folder.write("gone.json", "{\n\"include\": \"gone.prm\"\n}")),
              AllOf(HasSubstr("gone.json:2"), HasSubstr("cannot read the included file")));
}

// --- output ---------------------------------------------------------------------------------------

std::vector<std::pair<std::string, std::string>> used_values(const ParameterTree &tree)
{
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto &entry : tree.entries())
    values.emplace_back(entry.path, entry.used);
  return values;
}

TEST(ParameterTreeOutput, FullPrmAndJsonParseToTheSameTree)
{
  const TemporaryFolder folder;
  auto                  tree = sample_tree();
  tree.parse_file(folder.write("case.prm", valid_prm), {"Image/File = " + (folder.path() / "a#b.mha").string()});
  auto from_prm = sample_tree(), from_json = sample_tree();
  from_prm.parse_file(folder.write("elsewhere/full.prm", tree.full_prm()));
  from_json.parse_file(folder.write("elsewhere/full.json", tree.full_json()));
  EXPECT_EQ(used_values(from_prm), used_values(tree));
  EXPECT_EQ(used_values(from_json), used_values(tree));
  for (const auto &entry : tree.entries())
    {
      EXPECT_EQ(from_prm.is_set(entry.path), entry.set_by_user) << entry.path;
      EXPECT_EQ(from_json.is_set(entry.path), entry.set_by_user) << entry.path;
    }
  EXPECT_EQ(from_prm.full_prm(), tree.full_prm());
  EXPECT_EQ(from_json.full_json(), tree.full_json());
  EXPECT_EQ(from_prm.full_json(), tree.full_json());
  EXPECT_EQ(from_json.full_prm(), tree.full_prm()) << "prm to JSON to prm is the same to the letter";
  EXPECT_EQ(from_prm.text("Title"), "A case # 1");
}

TEST(ParameterTreeOutput, AMarkedLineWithAnotherValueCountsAsSet)
{
  auto tree = sample_tree();
  tree.parse_text("subsection Time\n set Cycles = 2  # default\n set Factor = 0.25  # default\nend", "case.prm");
  EXPECT_FALSE(tree.is_set("Time/Cycles"));
  EXPECT_TRUE(tree.is_set("Time/Factor"));
  EXPECT_DOUBLE_EQ(tree.real("Time/Factor"), 0.25);
}

TEST(ParameterTreeOutput, RelativeFilesStayTheSameFromAnotherFolder)
{
  const TemporaryFolder folder;
  auto                  tree = sample_tree();
  tree.parse_file(folder.write("case.prm", "subsection Image\n set File = data/a.mha\nend"));
  auto again = sample_tree();
  again.parse_file(folder.write("output/deep/full.prm", tree.full_prm()));
  EXPECT_EQ(fs::weakly_canonical(again.file("Image/File")), fs::weakly_canonical(folder.path() / "data/a.mha"));
}

TEST(ParameterTreeOutput, ABuiltInNameIsNoPath)
{
  auto tree = sample_tree();
  tree.parse_text("subsection Image\n set File = phantom:aorta:1\nend", "folder/case.prm");
  EXPECT_EQ(tree.file("Image/File"), "phantom:aorta:1");
  EXPECT_THAT(tree.full_prm(), HasSubstr("set File = phantom:aorta:1\n"));
  auto other = sample_tree();
  other.parse_text("subsection Image\n set File = ./scan:1.mha\nend", "folder/case.prm");
  EXPECT_EQ(other.file("Image/File"), "folder/./scan:1.mha");
}

TEST(ParameterTreeOutput, YouWroteWeUse)
{
  auto tree = sample_tree();
  tree.parse_text(valid_prm, "case.prm");
  int n_set = 0;
  for (const auto &entry : tree.entries())
    {
      n_set += entry.set_by_user ? 1 : 0;
      if (entry.path == "Fluid/Density")
        {
          EXPECT_EQ(entry.written, "1.06 g/cm^3");
          EXPECT_EQ(entry.used, "1060 kg/m^3");
        }
      if (entry.path == "Fluid/Viscosity")
        {
          EXPECT_FALSE(entry.set_by_user);
          EXPECT_EQ(entry.used, "0.0035 Pa s");
        }
    }
  EXPECT_EQ(n_set, 7);
}

TEST(ParameterTreeOutput, ReferenceNamesEveryEntry)
{
  const auto tree      = sample_tree();
  const auto reference = tree.reference_markdown();
  EXPECT_THAT(reference, HasSubstr("## Fluid\n"));
  EXPECT_THAT(reference,
              HasSubstr("- `Density`: density (kg/m^3, g/cm^3, g/mL); default `1060 kg/m^3`\n  Density of blood."));
  EXPECT_THAT(reference, HasSubstr("## Fluid/Model\n\n- `Yield stress`"));
  EXPECT_THAT(reference, HasSubstr("## Boundaries/<name>\n\nOne subsection a boundary.\n"));
  EXPECT_THAT(reference, HasSubstr("- `Type`: one of wall, inflow, pressure; default `wall`"));
  for (const auto &entry : tree.entries())
    EXPECT_THAT(reference, HasSubstr(entry.text));
}

TEST(ClosestMatch, FindsWhatWasMeant)
{
  const std::vector<std::string> words = {"Density", "Viscosity", "Time", "Cycles"};
  EXPECT_EQ(closest_match("density", words), "Density");
  EXPECT_EQ(closest_match("Viscousity", words), "Viscosity");
  EXPECT_EQ(closest_match("Tmie", words), "Time");
  EXPECT_EQ(closest_match("Visc", words), "Viscosity");
  EXPECT_EQ(closest_match("Banana", words), "");
  EXPECT_EQ(closest_match("", words), "");
}

/// One of the small changes that a careless hand or a broken disk makes.
std::string mutated(std::string text, std::mt19937 &random)
{
  const auto                     below  = [&random](std::size_t n) { return n == 0 ? 0 : random() % n; };
  const std::vector<std::string> pieces = {"end\n", "subsection ", "set ", "=",     "\n",    "#",
                                           "\\",    "\\\n",        "/",    " mmHg", "1e400", "include case.prm\n",
                                           "*",     "\xff",        "^",    "("};
  for (std::size_t n = 1 + below(4); n > 0 && !text.empty(); --n)
    {
      const std::size_t at = below(text.size());
      switch (below(5))
        {
          case 0:
            text.erase(at, 1 + below(20));
            break;
          case 1:
            text.insert(at, pieces[below(pieces.size())]);
            break;
          case 2:
            text.insert(at, text.substr(below(text.size()), below(60)));
            break;
          case 3:
            text[at] = static_cast<char>(below(256));
            break;
          default:
            text.resize(at);
        }
    }
  return text;
}

TEST(ParameterTreeFuzz, MutatedJsonParsesOrGivesInputErrors)
{
  std::mt19937 random(20261121);
  auto         whole = sample_tree();
  whole.parse_text(valid_prm, "case.prm");
  int n_parsed = 0, n_errors = 0;
  for (int i = 0; i < 2000; ++i)
    try
      {
        auto tree = sample_tree();
        tree.parse_text(mutated(whole.full_json(), random), "case.json");
        ++n_parsed;
      }
    catch (const InputError &error)
      {
        ASSERT_FALSE(error.problems().empty());
        ++n_errors;
      }
  EXPECT_GT(n_parsed, 50);
  EXPECT_GT(n_errors, 500);
}

TEST(ParameterTreeFuzz, MutatedCasesParseOrGiveInputErrors)
{
  std::mt19937 random(20261121);
  int          n_parsed = 0, n_errors = 0;
  for (int i = 0; i < 2000; ++i)
    {
      const auto text = mutated(valid_prm, random);
      auto       tree = sample_tree();
      try
        {
          tree.parse_text(text, "case.prm");
          auto again = sample_tree();
          again.parse_text(tree.full_prm(), "full.prm");
          ASSERT_EQ(used_values(again), used_values(tree)) << text;
          auto twin = sample_tree();
          twin.parse_text(tree.full_json(), "full.json");
          if (std::ranges::all_of(text, [](unsigned char c) { return c < 128; })) // JSON holds UTF-8 only
            {
              ASSERT_EQ(twin.full_prm(), tree.full_prm()) << text;
            }
          ++n_parsed;
        }
      catch (const InputError &error)
        {
          ASSERT_FALSE(error.problems().empty());
          ++n_errors;
        }
    }
  EXPECT_GT(n_parsed, 100);
  EXPECT_GT(n_errors, 500);
}

} // namespace
