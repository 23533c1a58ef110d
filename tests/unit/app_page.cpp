// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius export-page`, and its page as a reader uses it.
#include "ai_surrogates/clinical_units.h"
#include "ai_surrogates/model_card.h"
#include "ai_surrogates/surrogate_writer.h"
#include "ai_surrogates/trainer.h"
#include "solver/core/child_process.h"
#include "tests/program_run.h"
#include "tests/surrogate_example.h"
#include "tests/verification/synthetic_vessel.h"

#include <gmock/gmock.h>

namespace
{

using namespace vesalius;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

/// Where the nodes of the runs are: narrowed, and the more bent to the left the more so.
surrogates::FieldOutput vessel_shapes(const surrogates::Dataset &data)
{
  surrogates::FieldOutput shapes{surrogates::shape_field, "m", "wall", 3, {}};
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    for (const auto &x : data.mesh.points)
      {
        const double severity = data.input_values[4 * r + 1], wide = 1 - severity * std::exp(-std::pow((x[2] - data.input_values[4 * r + 2]) / 0.01, 2));
        for (const double place : {wide * x[0] + 5 * severity * x[2] * x[2], wide * x[1], x[2]})
          shapes.values.push_back(float(place));
      }
  return shapes;
}

/// A surrogate of formulas with a model card.
void write_vessel(const std::string &name, const std::string &path, bool has_shape = false)
{
  auto data = surrogates::testing::vessel_dataset({40, 30, 20, 8, 12, 1});
  if (has_shape)
    data.fields.push_back(vessel_shapes(data));
  data.physics = "flow";
  surrogates::TrainingOptions options;
  options.name           = name;
  options.trends         = {{"pressure drop", "flow*viscosity + flow^2"}};
  options.discretisation = {{"pressure drop", 5}};
  auto trained           = train(data, options);
  trained.model.card     = model_card(data, options, trained, "0123456789abcdef");
  write_surrogate(trained.model, path);
}

class Page : public vesalius::testing::ProgramTest
{
protected:
  static fs::path runtime() { return fs::path(VESALIUS_PROGRAM).parent_path().parent_path() / "ai_surrogates/runtime"; }
  static bool     was_built() { return fs::exists(runtime() / "page/page.html"); }
};

TEST(ClinicalUnits, AreThoseOfThePractice)
{
  const auto shown = [](const char *name, const char *unit, double largest = 0) { return clinical_unit(name, unit, largest).unit; };
  EXPECT_EQ(shown("pressure drop", "Pa"), "mmHg");
  EXPECT_EQ(shown("wall shear", "Pa"), "Pa");
  EXPECT_EQ(shown("Stress", "Pa"), "kPa");
  EXPECT_EQ(shown("von_mises", "Pa"), "kPa");
  EXPECT_EQ(shown("vena_cava Stiffness", "kg m^-2 s^-2"), "kPa/m");
  EXPECT_NEAR(clinical_unit("vena_cava Stiffness", "kg m^-2 s^-2").factor, 1e-3, 1e-15);
  EXPECT_EQ(shown("flow", "m^3/s", 1e-4), "L/min");
  EXPECT_EQ(shown("coronary flow", "m^3/s", 2e-6), "mL/min");
  EXPECT_EQ(shown("depth", "m"), "mm");
  EXPECT_EQ(shown("viscosity", "Pa s"), "mPa s");
  EXPECT_EQ(shown("volume", "m^3"), "mL");
  EXPECT_EQ(shown("severity", ""), "");
  EXPECT_EQ(shown("force", "N"), "N");
  EXPECT_EQ(shown("score", "points"), "points") << "unknown: left alone";
  EXPECT_EQ(shown("angle", "rad"), "\u00b0");
  EXPECT_NEAR(clinical_unit("angle", "rad").factor, 57.29577951308232, 1e-12);
  EXPECT_NEAR(clinical_unit("flow", "m^3/s", 1e-4).factor, 60000, 1e-9);
  EXPECT_NEAR(clinical_unit("pressure", "Pa").factor, 1 / 133.322387415, 1e-15);
  EXPECT_EQ(clinical_unit("pressure", "mmHg").factor, 1);
}

TEST_F(Page, IsOneFileThatIsTheSameEachTime)
{
  if (!was_built())
    GTEST_SKIP() << "the page needs clang, lld, node and npm";
  auto model = example::make_model({});
  model.name = "</title><script>alert(1)</script>";
  model.inputs[0].unit = "</script>";
  write_surrogate(model, path("a.surr"));
  const auto result = run("export-page a.surr");
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("wrote a.html"));
  ASSERT_EQ(run("export-page a.surr --output b/c.html").status, 0);
  const auto page = read("a.html");
  EXPECT_EQ(page, read("b/c.html"));
  EXPECT_THAT(page, AllOf(HasSubstr("<title>&lt;/title&gt;&lt;script&gt;"), HasSubstr("\"unit\":\"\\u003c/script>\""), HasSubstr("Research software, not a medical device"),
                          HasSubstr("three.js authors"), Not(HasSubstr("alert(1)</script>")), Not(HasSubstr("src=")), Not(HasSubstr("@SURROGATE@"))));
}

TEST_F(Page, RefusesWhatIsNoSurrogate)
{
  if (!was_built())
    GTEST_SKIP() << "the page needs clang, lld, node and npm";
  write("a.surr", "no surrogate");
  EXPECT_EQ(run("export-page a.surr").status, 2);
  EXPECT_EQ(run("export-page none.surr").status, 2);
  write_surrogate(example::make_model({}), path("b.surr"));
  EXPECT_THAT(run("export-page b.surr --output ./b.surr").output, HasSubstr("take the surrogate's place"));
  EXPECT_FALSE(fs::exists(path("a.html")));
}

TEST_F(Page, TheCredibilityReportSaysWhatIsKnownAndWhatIsNot)
{
  write_vessel("<b>vessel</b>", path("a.surr"));
  fs::create_directory(path("records"));
  write("records/flow_pipe.json", R"([{"quantity": "pressure drop", "criterion": "relative", "pass": true}, {"quantity": "wall <shear>", "criterion": "relative", "pass": false},
                                      {"quantity": "time", "criterion": "shown", "pass": true}])");
  for (const char *other : {"mesh_tube", "surrogates_band", "solid_bar", "reliability_soak", "flowery"})
    write(std::string("records/") + other + ".json", R"([{"quantity": "q", "criterion": "relative", "pass": true}])");
  ASSERT_EQ(run("export-page a.surr --credibility --question 'Is the stenosis severe?' --records records").status, 0);
  const auto report = read("a_credibility.html");
  EXPECT_THAT(report, AllOf(HasSubstr("Credibility of &lt;b&gt;vessel"), HasSubstr("Is the stenosis severe?"), HasSubstr("not stated; give it with --context"), HasSubstr("<td>flow_pipe</td><td>1 of 2</td><td>wall &lt;shear&gt;"),
                            HasSubstr("not given for wall movement, wall pressure"), HasSubstr("1.2 to 6 L/min"), HasSubstr("0123456789abcdef")));
  EXPECT_THAT(report, AllOf(HasSubstr("Those of the runs' physics, flow, of meshes and of surrogates"), HasSubstr("<td>mesh_tube</td>"), HasSubstr("<td>surrogates_band</td>"), Not(HasSubstr("solid_bar")),
                            Not(HasSubstr("reliability_soak")), Not(HasSubstr("flowery"))));
  EXPECT_THAT(report, AllOf(HasSubstr("no comparison with patients"), HasSubstr("at most 5 % of inputs"), HasSubstr(" of 20</td>"), Not(HasSubstr("<b>vessel"))));
  ASSERT_EQ(run("export-page a.surr --credibility --output b.html --question 'Is the stenosis severe?' --records records").status, 0);
  EXPECT_EQ(read("b.html"), report);
  fs::create_directory(path("empty"));
  ASSERT_EQ(run("export-page a.surr --credibility --output c.html --records empty").status, 0);
  EXPECT_THAT(read("c.html"), AllOf(HasSubstr("no records of `vesalius verify` on flow, meshes or surrogates"), HasSubstr("give it with --question")));
  ASSERT_EQ(run("export-page a.surr --credibility --output d.html").status, 0);
  EXPECT_THAT(read("d.html"), AllOf(HasSubstr("<td>flow_poiseuille</td><td>3 of 3</td>"), HasSubstr("<td>surrogates_coverage</td>"), Not(HasSubstr("<td>solid_"))));
  auto unknown = example::make_model({});
  unknown.card = R"({"outputs": [], "runs": {}})"; // as it was before data sets told their physics
  write_surrogate(unknown, path("unknown.surr"));
  ASSERT_EQ(run("export-page unknown.surr --credibility --output e.html --records records").status, 0);
  EXPECT_THAT(read("e.html"), AllOf(HasSubstr("does not say of which physics"), HasSubstr("<td>solid_bar</td>"), HasSubstr("<td>flow_pipe</td>")));
  EXPECT_EQ(run("export-page a.surr --question why").status, 1);
  EXPECT_EQ(run("export-page a.surr --credibility --records none").status, 2);
  write_surrogate(example::make_model({}), path("bare.surr"));
  EXPECT_THAT(run("export-page bare.surr --credibility").output, HasSubstr("has no model card"));
}

TEST_F(Page, ShowsInABrowserWhatTheProgramPredicts)
{
  const auto chromium = internal::find_program("chromium"), node = internal::find_program("node");
  if (!was_built() || chromium.empty() || node.empty())
    GTEST_SKIP() << "clicking through the page needs the page, node and chromium";
  write_vessel("<img src=x onerror=\"document.title='hacked'\"><b>vessel</b>", path("model.surr"));
  surrogates::append_to_dataset(path("new.h5"), surrogates::testing::vessel_dataset({0, 30, 20, 8, 12, 7}));
  ASSERT_EQ(run("recalibrate model.surr --data new.h5 --output model.surr").status, 0);
  ASSERT_EQ(run("export-page model.surr").status, 0);
  write_vessel("bent vessel", path("shape.surr"), true);
  ASSERT_EQ(run("export-page shape.surr").status, 0);
  const auto used = internal::run_program({node, VESALIUS_SOURCE_DIR "/tests/unit/app_page.mjs", chromium, VESALIUS_PROGRAM, VESALIUS_SOURCE_DIR "/ai_surrogates/runtime/vesalius_surrogate.mjs",
                                           (runtime() / "vesalius_surrogate.wasm").string(), path("")},
                                          path(""), 600);
  EXPECT_TRUE(used.succeeded()) << used.output;
  EXPECT_THAT(used.output, HasSubstr(" checks"));
  std::cout << used.output;
}

} // namespace
