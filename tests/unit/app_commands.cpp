// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "tests/program_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace
{
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using vesalius::testing::ProgramTest;

class Commands : public ProgramTest
{
protected:
  std::string read(const std::string &name) const
  {
    std::ifstream      stream(path(name));
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  void write_pipe(const std::string &name) const
  {
    vesalius::write_surface(vesalius::make_pipe_surface(0.01, 0.03, 0.004), path(name));
  }
  /// With --json standard output is the result and nothing else; progress goes to standard error.
  void expect_json_apart_from_progress(const std::string &command, const std::string &stage, const std::string &file) const
  {
    const auto result = run(command + " --json >result.json 2>progress.txt");
    EXPECT_EQ(result.status, 0) << read("progress.txt");
    const auto printed = nlohmann::json::parse(read("result.json"), nullptr, false);
    EXPECT_TRUE(printed.is_object()) << read("result.json");
    EXPECT_EQ(printed, nlohmann::json::parse(read(file)));
    EXPECT_THAT(read("progress.txt"), AllOf(HasSubstr(stage + " ..."), HasSubstr(stage + ": done in")));
  }
};

TEST_F(Commands, HelpListsWhatExistsAndNothingElse)
{
  const auto help = run("--help");
  EXPECT_EQ(help.status, 0);
  for (const char *command : {"demo", "run", "check", "new", "info", "list", "explain", "report", "phantom", "segment",
                              "surface", "centerline", "mesh", "verify", "bench", "version", "convert", "calibrate", "sample", "train",
                              "predict", "ensemble", "recalibrate"})
    {
      EXPECT_THAT(help.output, HasSubstr(command));
      const auto own = run(std::string(command) + " --help");
      EXPECT_EQ(own.status, 0) << command;
      EXPECT_THAT(own.output, HasSubstr("Example:\n  vesalius ")) << command;
    }
}

TEST_F(Commands, CalibrateFitsACurveAndRefusesNonsense)
{
  write("pull.csv", "stretch [1], stress [kPa]\n1,0\n1.1,0.547107438\n1.2,1.011111111\n1.3,1.416568047\n");
  write("pull.prm", "subsection Calibration\n  set Curve = pull.csv\nend\n");
  const auto fit = run("calibrate pull.prm --output fit");
  EXPECT_EQ(fit.status, 0);
  EXPECT_THAT(fit.output, AllOf(HasSubstr("Shear modulus"), HasSubstr("determines every fitted parameter")));
  const auto json = nlohmann::json::parse(read("fit/calibration.json"));
  EXPECT_NEAR(json["parameters"][0]["value"], 2000, 0.01); // mu (lambda - 1/lambda^2)
  EXPECT_THAT(read("fit/tissue.prm"), HasSubstr("set Law = neo_hookean"));
  const auto wrong = run("calibrate pull.prm --set \"Calibration/Mode = confined\"");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.output, HasSubstr("incompressible tissue cannot be compressed"));
}

TEST_F(Commands, ConvertKnowsMeshesAndSurfaces)
{
  vesalius::write_mesh(vesalius::make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {2, 2, 2}), path("box.vtu"));
  write_pipe("pipe.vtp");
  EXPECT_THAT(run("convert box.vtu box.msh").output, AllOf(HasSubstr("48 tetrahedra"), HasSubstr("LPS")));
  EXPECT_THAT(run("info box.msh --unit m --frame LPS").output, HasSubstr("48 cells"));
  EXPECT_EQ(run("convert box.vtu folder").status, 0);
  EXPECT_THAT(run("info folder").output, HasSubstr("48 cells"));
  EXPECT_EQ(run("convert box.vtu box.stl").status, 0);
  EXPECT_EQ(run("convert pipe.vtp pipe.glb").status, 0);
  EXPECT_THAT(read("pipe.glb"), HasSubstr("inlet"));
  const auto filled = run("convert pipe.vtp pipe.vtu");
  EXPECT_EQ(filled.status, 2);
  EXPECT_THAT(filled.output, HasSubstr("vesalius mesh"));
  EXPECT_EQ(run("convert box.vtu box.docx").status, 2);
  EXPECT_EQ(run("convert box.vtu box.vtu").status, 1);
  EXPECT_EQ(run("convert box.vtu no/such/box.msh").status, 4);
}

TEST_F(Commands, VersionIsAFlagToo)
{
  const auto command = run("version"), flag = run("--version");
  EXPECT_EQ(flag.status, 0);
  EXPECT_THAT(flag.output, HasSubstr("deal.II"));
  EXPECT_EQ(flag.output, command.output);
  const auto nothing = run("--ranks 2");
  EXPECT_EQ(nothing.status, 1);
  EXPECT_THAT(nothing.output, HasSubstr("a command is required"));
}

TEST_F(Commands, VerifyListsItsCasesAndRefusesOthers)
{
  const auto list = run("verify flow --list");
  EXPECT_EQ(list.status, 0);
  EXPECT_THAT(list.output, HasSubstr("flow_stokes"));
  const auto family = run("verify flwo");
  EXPECT_EQ(family.status, 1);
  EXPECT_THAT(family.output, HasSubstr("the families are: flow"));
  const auto name = run("verify flow --only stoks");
  EXPECT_EQ(name.status, 1);
  EXPECT_THAT(name.output, HasSubstr("did you mean 'stokes'"));
}

TEST_F(Commands, BenchWritesWellFormedRecordsAndItsPartOfThePage)
{
  EXPECT_THAT(run("bench --list").output, AllOf(HasSubstr("bench_machine"), HasSubstr("bench_pipe"), Not(HasSubstr("flow_"))));
  std::filesystem::create_directory(path("pages"));
  std::ofstream(path("pages/README.md")) << "# Speed\n\nBefore.\n\n<!-- bench: bench_machine -->\nold\n<!-- bench: end -->\n\nAfter.\n";
  ASSERT_EQ(run("--ranks 2 bench --quick --only machine --only pipe --json records.json --output pages").status, 0);
  const auto records = nlohmann::json::parse(read("records.json"));
  ASSERT_GT(records.size(), 6u);
  for (const auto &record : records)
    {
      EXPECT_TRUE(record["value"].is_number() && record["value"] > 0) << record;
      EXPECT_TRUE(record["ranks"] == 1 || record["ranks"] == 2) << record;
      EXPECT_EQ(record["device"], "cpu") << record;
      EXPECT_TRUE(record["foreign_seconds"].is_number() && record["foreign_seconds"] >= 0) << record;
      EXPECT_EQ(record["criterion"], "shown") << "a quick run gates no time: " << record;
    }
  const auto page = read("pages/README.md");
  EXPECT_THAT(page, AllOf(HasSubstr("Before."), HasSubstr("After."), HasSubstr("| triad, GB/s |"), Not(HasSubstr("old\n"))));
  EXPECT_THAT(page, AllOf(HasSubstr("<!-- bench: bench_pipe -->"), HasSubstr("revision ")));
}

TEST_F(Commands, UnknownCommandGetsASuggestion)
{
  const auto result = run("--ranks 2 chekc case.prm");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("'chekc'"), HasSubstr("did you mean 'check'")));
}

TEST_F(Commands, UnknownOptionIsAUsageError)
{
  EXPECT_EQ(run("run case.prm --sett x").status, 1);
  EXPECT_EQ(run("").status, 1);
}

TEST_F(Commands, ListAsJsonNamesTheSources)
{
  const auto result = run("list --json");
  ASSERT_EQ(result.status, 0);
  const auto list = nlohmann::json::parse(result.output);
  ASSERT_FALSE(list.empty());
  for (const auto &plugin : list)
    EXPECT_TRUE(
      std::filesystem::exists(std::string(VESALIUS_SOURCE_DIR) + "/" + plugin.at("source_file").get<std::string>()))
      << plugin;
}

TEST_F(Commands, ExplainsPluginsAndEntries)
{
  EXPECT_THAT(run("explain windkessel").output, HasSubstr("Compliance"));
  EXPECT_THAT(run("explain 'Mesh/Cells across'").output, HasSubstr("default: 8"));
  const auto unknown = run("explain windkesel");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.output, HasSubstr("Did you mean 'windkessel'"));
}

TEST_F(Commands, SecondRunSkipsItsStages)
{
  write_pipe("pipe.vtp");
  const auto first = run("mesh pipe.vtp --output out --set 'Mesh/Cells across = 4'");
  ASSERT_EQ(first.status, 0) << first.output;
  EXPECT_THAT(first.output, Not(HasSubstr("skipped")));
  const auto second = run("mesh pipe.vtp --output out --set 'Mesh/Cells across = 4'");
  EXPECT_THAT(second.output, AllOf(HasSubstr("surface  skipped"), HasSubstr("mesh     skipped")));
  const auto finer = run("mesh pipe.vtp --output out --set 'Mesh/Cells across = 5'");
  EXPECT_THAT(finer.output, AllOf(HasSubstr("surface  skipped"), Not(HasSubstr("mesh     skipped"))));

  const auto summary = nlohmann::json::parse(read("out/geometry/geometry.json"));
  EXPECT_GT(summary["mesh"]["n_cells"], 100);
  EXPECT_GE(summary["mesh"]["min_dihedral_deg"], 5);
  EXPECT_NEAR(summary["mesh"]["volume_ml"].get<double>(), 9.42, 0.4);
  EXPECT_EQ(summary["surface"]["caps"].size(), 2);
}

TEST_F(Commands, JsonAndProgressDoNotMix)
{
  write_pipe("pipe.vtp");
  expect_json_apart_from_progress("surface pipe.vtp --output out", "surface and centre lines", "out/geometry/geometry.json");
  expect_json_apart_from_progress("mesh pipe.vtp --output out --set 'Mesh/Cells across = 4'", "filling with tetrahedra", "out/geometry/geometry.json");
}

TEST_F(Commands, MeshSaysWhatItsBoundaryLayersCover)
{
  write_pipe("pipe.vtp");
  const auto made = run("mesh pipe.vtp --output out --set 'Mesh/Cells across = 5' --set 'Mesh/Layers = 3' --set 'Mesh/First height = 0.3 mm'");
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr("layers   3 on 100.0 % of the wall, 1.092 mm thick on average, the first 0.300 mm"));
  const auto mesh = nlohmann::json::parse(read("out/geometry/geometry.json"))["mesh"];
  EXPECT_EQ(mesh["layers"]["coverage"], 1);
  EXPECT_TRUE(mesh["layers"]["losses"].empty());
  EXPECT_GT(mesh["layers"]["core_min_dihedral_deg"], mesh["min_dihedral_deg"]);

  const auto too_thick = run("mesh pipe.vtp --output thick --set 'Mesh/Cells across = 5' --set 'Mesh/Layers = 3' --set 'Mesh/First height = 5 mm'");
  EXPECT_EQ(too_thick.status, 0) << too_thick.output;
  const auto thinned = nlohmann::json::parse(read("thick/geometry/geometry.json"))["mesh"]["layers"];
  EXPECT_EQ(thinned["thinned_share"], 1);
  EXPECT_THAT(too_thick.output, HasSubstr("thinner than asked for"));
}

TEST_F(Commands, ADamagedStageFileIsMadeAnew)
{
  write_pipe("pipe.vtp");
  ASSERT_EQ(run("mesh pipe.vtp --output out --set 'Mesh/Cells across = 4'").status, 0);
  std::filesystem::resize_file(path("out/geometry/mesh.vtu"), 1000);
  const auto second = run("mesh pipe.vtp --output out --set 'Mesh/Cells across = 4'");
  EXPECT_EQ(second.status, 0);
  EXPECT_THAT(second.output, AllOf(HasSubstr("surface  skipped"), Not(HasSubstr("mesh     skipped"))));
}

TEST_F(Commands, NewCaseIsValidAndNotOverwritten)
{
  ASSERT_EQ(run("new flow --output mine").status, 0);
  const auto check = run("check mine/case.prm");
  EXPECT_EQ(check.status, 0) << check.output;
  EXPECT_THAT(check.output, AllOf(HasSubstr("we use"), HasSubstr("mesh has not been made yet")));
  EXPECT_EQ(run("new flow --output mine").status, 2);
}

TEST_F(Commands, CaseFilesAreValid)
{
  for (const char *name : {"case.prm", "test.prm"})
    {
      const auto check = run(std::string("check '" VESALIUS_SOURCE_DIR "/cases/abdominal_aorta/") + name + "'");
      EXPECT_EQ(check.status, 0) << check.output;
    }
}

TEST_F(Commands, MeshTakesACaseWithALabelImage)
{
  // Two boxes of 10 mm that touch.
  vesalius::LabelImage image;
  image.grid.size       = {24, 14, 14};
  image.grid.spacing_mm = {1, 1, 1};
  for (std::size_t n = 0; n < image.grid.n_voxels(); ++n)
    {
      const std::size_t i = n % 24, j = n / 24 % 14, k = n / 24 / 14;
      const bool        in = i >= 2 && i < 22 && j >= 2 && j < 12 && k >= 2 && k < 12;
      image.labels.push_back(in ? (i < 12 ? 3 : 7) : 0);
    }
  vesalius::write_label_image(image, path("labels.nii.gz"));
  write("boxes.prm", "set Physics = none\nsubsection Mesh\n  set Labels = labels.nii.gz\n  set Regions = 3 liver 4 mm; 7 spleen\n"
                     "  set Cells per region = 500\nend\n");
  const auto made = run("mesh boxes.prm --output out");
  ASSERT_EQ(made.status, 0) << made.output;
  const auto mesh = nlohmann::json::parse(read("out/geometry/geometry.json"))["mesh"];
  EXPECT_EQ(mesh["labels"]["interfaces"][0]["name"], "liver|spleen");
  EXPECT_LT(std::abs(mesh["labels"]["regions"][0]["volume_error"].get<double>()), 0.005);
  EXPECT_EQ(mesh["labels"]["regions"][0]["edge_length_mm"], 4);
  EXPECT_THAT(run("mesh boxes.prm --output out").output, HasSubstr("skipped"));
  EXPECT_EQ(run("info labels.nii.gz").status, 0);

  const auto second = run("mesh boxes.prm --output out2 --set 'Mesh/Order = 2'");
  ASSERT_EQ(second.status, 0) << second.output;
  EXPECT_THAT(second.output, HasSubstr("no cell folds"));
  EXPECT_EQ(nlohmann::json::parse(read("out2/geometry/geometry.json"))["mesh"]["metrics"].size(), 6U);
  EXPECT_THAT(run("info out2/geometry/mesh.vtu").output, AllOf(HasSubstr("order 2"), HasSubstr("scaled Jacobian")));

  const auto refused = run("mesh boxes.prm --output out --set 'Mesh/Regions = liver 3'");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.output, HasSubstr("'liver 3' is no region"));
  EXPECT_THAT(run("mesh boxes.prm --output out --set 'Mesh/Regions = 5 spleen'").output, HasSubstr("its labels are 3, 7"));
}

TEST_F(Commands, TheJsonTwinIsTheSameCase)
{
  const std::string original = "'" VESALIUS_SOURCE_DIR "/cases/abdominal_aorta/test.prm'";
  ASSERT_EQ(run("check " + original + " --write a.json --set 'Time/Cycles = 3'").status, 0);
  ASSERT_EQ(run("check a.json --write b.prm").status, 0);
  ASSERT_EQ(run("check b.prm --write c.json").status, 0);
  ASSERT_EQ(run("check c.json --write d.prm").status, 0);
  EXPECT_EQ(read("b.prm"), read("d.prm"));
  EXPECT_EQ(read("a.json"), read("c.json"));
  const auto twin = nlohmann::json::parse(read("a.json"));
  EXPECT_EQ(twin["Time"]["Cycles"], 3);
  EXPECT_EQ(twin["Boundaries"]["outlet*"]["Type"], "windkessel");
  const auto from_json = run("check a.json");
  EXPECT_EQ(from_json.status, 0);
  EXPECT_THAT(from_json.output, HasSubstr("Boundaries/outlet*/Total resistance"));
  EXPECT_EQ(run("check " + original + " --write twin.txt").status, 1);
}

TEST_F(Commands, InfoDescribesWhatTheProgramWrites)
{
  vesalius::write_mesh(vesalius::make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {2, 2, 2}), path("box.vtu"));
  EXPECT_THAT(run("info box.vtu").output, AllOf(HasSubstr("48 cells"), HasSubstr("x_min"), HasSubstr("1000.00 mL")));
  write_pipe("pipe.vtp");
  EXPECT_THAT(run("info pipe.vtp").output, HasSubstr("outlet"));
  write("table.csv", "time [s],flow inlet [mL/s]\n0,1\n0.5,7\n");
  EXPECT_THAT(run("info table.csv").output, AllOf(HasSubstr("flow inlet"), HasSubstr("1 to 7")));
  EXPECT_EQ(run("info nothing.vtu").status, 2);
  const auto facts = nlohmann::json::parse(run("info pipe.vtp --json").output, nullptr, false);
  ASSERT_TRUE(facts.is_object());
  EXPECT_EQ(facts["boundary"].size(), 3u);
  EXPECT_EQ(facts["crossings"], 0);
}

TEST_F(Commands, CenterlineMeasuresASurfaceAndACase)
{
  write_pipe("pipe.vtp");
  const auto table = run("centerline pipe.vtp --output lines");
  ASSERT_EQ(table.status, 0) << table.output;
  EXPECT_THAT(table.output, AllOf(HasSubstr("stenosis"), HasSubstr("outlet"), HasSubstr("wrote lines/centerline.vtp")));
  EXPECT_TRUE(std::filesystem::exists(path("lines/centerline.vtp")));
  const auto json = nlohmann::json::parse(read("lines/centerline.json"));
  EXPECT_NEAR(json["branches"][0]["length_mm"].get<double>(), 30, 0.01);
  EXPECT_TRUE(json["branches"][0]["stenosis_degree"].is_null()) << "30 mm of a vessel of 20 mm have no reference";
  expect_json_apart_from_progress("centerline pipe.vtp --output lines", "centre lines", "lines/centerline.json");

  write("case.prm", "set Physics = none\nsubsection Surface\n set File = pipe.vtp\nend\n");
  const auto of_case = run("centerline case.prm --output out");
  EXPECT_EQ(of_case.status, 0) << of_case.output;
  EXPECT_TRUE(std::filesystem::exists(path("out/centerline.vtp")));
  EXPECT_EQ(run("centerline pipe.vtp --label 3").status, 1);
  EXPECT_EQ(run("centerline nothing.vtp").status, 2);
}

TEST_F(Commands, TheDemoCaseRunsFromImageToReport)
{
  const std::string test_case = "'" VESALIUS_SOURCE_DIR "/cases/abdominal_aorta/test.prm'";
  const auto        first     = run("--ranks 2 run " + test_case + " --output out");
  ASSERT_EQ(first.status, 0) << first.output;
  EXPECT_THAT(first.output, AllOf(HasSubstr("where the time went"), HasSubstr("out/report.html")));
  EXPECT_GT(std::filesystem::file_size(path("out/report.html")), 100000u);
  const auto record = nlohmann::json::parse(read("out/run.json"));
  EXPECT_EQ(record["exit_status"], 0);
  EXPECT_EQ(record["ranks"], 2);

  double inflow = 0, outflow = 0;
  for (const auto &q : nlohmann::json::parse(read("out/quantities.json")))
    {
      inflow += q["name"] == "mean flow in" ? q["value"].get<double>() : 0;
      outflow += q["name"] == "mean flow out" ? q["value"].get<double>() : 0;
    }
  EXPECT_NEAR(inflow, 20.2, 1) << "the mean of inflow.csv";
  EXPECT_NEAR(outflow, inflow, 1e-3 * inflow);
  EXPECT_THAT(run("run " + test_case + " --output out").output, HasSubstr("nothing to run"));
}

TEST_F(Commands, RunStopsAfterTheMeshWithoutPhysics)
{
  write_pipe("pipe.vtp");
  write(
    "case.prm",
    "set Physics = none\nsubsection Surface\n set File = pipe.vtp\nend\nsubsection Mesh\n set Cells across = 4\nend\n");
  for (const char *ranks : {"", "--ranks 2 "})
    {
      const auto result = run(std::string(ranks) + "run case.prm --output out --force");
      ASSERT_EQ(result.status, 0) << result.output;
      const auto record = nlohmann::json::parse(read("out/run.json"));
      EXPECT_EQ(record["exit_status"], 0);
      for (const char *file : {"case.original.prm", "case.full.prm", "log.txt", "events.jsonl", "geometry/mesh.vtu"})
        EXPECT_TRUE(std::filesystem::exists(path(std::string("out/") + file))) << file;
    }
  EXPECT_THAT(run("run case.prm --output out").output, HasSubstr("nothing to run"));
}
} // namespace
