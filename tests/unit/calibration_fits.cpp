// SPDX-License-Identifier: GPL-3.0-or-later
// Responses against closed forms, and fits to curves whose parameters are known.
#include "physics/calibration/fit_report.h"
#include "physics/calibration/tissue_calibration.h"
#include "solver/core/errors.h"
#include "tests/temporary_folder.h"
#include "tests/unit/class_comment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <numbers>
#include <random>

using namespace vesalius;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace
{

std::unique_ptr<TissueLaw> law(const std::string &lines)
{
  ParameterTree tree;
  declare_tissue_laws(tree);
  tree.parse_text("subsection Tissue\n" + lines + "end\n", "case.prm");
  return make_tissue_law(tree);
}

class CalibrationFits : public vesalius::testing::FolderTest
{
protected:
  /// A curve of the law in a mode with noise of this part of its largest value, and the case that is to find its parameters.
  std::string make_curve(const std::string &tissue, const Loading &loading, double from, double to, double noise,
                         int seed = 1)
  {
    const auto                       tissue_law = law(tissue);
    std::mt19937                     random(seed);
    std::normal_distribution<double> normal;
    const bool          is_pressurised = loading.mode == LoadingMode::sphere || loading.mode == LoadingMode::tube;
    std::vector<double> x, y;
    for (int i = 0; i <= 30; ++i)
      x.push_back(from + (to - from) * i / 30);
    double largest = 0;
    for (const double value : x)
      {
        y.push_back(loading_response(*tissue_law, loading, value));
        largest = std::max(largest, std::abs(y.back()));
      }
    std::string text = is_pressurised                              ? "radius [mm], pressure [kPa]\n"
                       : loading.mode == LoadingMode::simple_shear ? "shear [1], stress [Pa]\n"
                                                                   : "stretch [1], stress [Pa]\n";
    for (std::size_t i = 0; i < x.size(); ++i)
      text += std::to_string(is_pressurised ? 1e3 * loading.inner_radius * x[i] : x[i]) + ", " +
              nlohmann::json((y[i] + noise * largest * normal(random)) * (is_pressurised ? 1e-3 : 1)).dump() + "\n";
    return write("curve.csv", text);
  }
};

ParameterTree parse(const std::string &tissue, const std::string &calibration)
{
  ParameterTree tree;
  TissueCalibration().declare_parameters(tree);
  tree.parse_text("subsection Tissue\n" + tissue + "end\nsubsection Calibration\n" + calibration + "end\n", "case.prm");
  return tree;
}

TissueFit fit(const std::string &tissue, const std::string &calibration)
{
  return fit_tissue(parse(tissue, calibration));
}

std::string problems_of(const std::string &tissue, const std::string &calibration)
{
  try
    {
      fit(tissue, calibration);
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "";
}

Loading in(LoadingMode mode)
{
  Loading loading;
  loading.mode = mode;
  return loading;
}

constexpr auto uniaxial = LoadingMode::uniaxial, equibiaxial = LoadingMode::equibiaxial,
               shear = LoadingMode::simple_shear;

} // namespace

TEST(LoadingModes, FollowClosedForms)
{
  const auto   neo    = law("set Shear modulus = 2 kPa\n");
  const auto   mooney = law("set Law = mooney_rivlin\nset First modulus = 0.8 kPa\nset Second modulus = 0.3 kPa\n");
  const auto   ogden  = law("set Law = ogden\nset Moduli = 0.7 kPa, -0.2 kPa\nset Exponents = 3.5, -2\n");
  const auto   skin   = law("set Law = veronda_westmann\nset Stiffness = 0.2 kPa\nset Hardening = 3\n");
  const auto   stiff  = law("set Law = st_venant_kirchhoff\nset Young modulus = 5 kPa\nset Poisson ratio = 0.3\n");
  const double lame = 5000 * 0.3 / (1.3 * 0.4), mu = 5000 / 2.6;
  for (const double l : {0.6, 0.9, 1., 1.2, 1.8})
    {
      const double slack = l - std::pow(l, -2), I1 = l * l + 2 / l;
      EXPECT_NEAR(loading_response(*neo, in(uniaxial), l), 2000 * slack, 1e-8);
      EXPECT_NEAR(loading_response(*neo, in(equibiaxial), l), 2000 * (l - std::pow(l, -5)), 1e-8);
      EXPECT_NEAR(loading_response(*mooney, in(uniaxial), l), 2 * (800 + 300 / l) * slack, 1e-8);
      EXPECT_NEAR(loading_response(*mooney, in(equibiaxial), l), 2 * (800 + 300 * l * l) * (l - std::pow(l, -5)), 1e-8);
      EXPECT_NEAR(loading_response(*ogden, in(uniaxial), l),
                  700 * (std::pow(l, 2.5) - std::pow(l, -2.75)) - 200 * (std::pow(l, -3) - 1), 1e-8);
      EXPECT_NEAR(loading_response(*skin, in(uniaxial), l), 2 * slack * 600 * (std::exp(3 * (I1 - 3)) - 0.5 / l), 1e-7);
      EXPECT_NEAR(loading_response(*stiff, in(uniaxial), l), 5000 * (l * l * l - l) / 2, 1e-7);
      EXPECT_NEAR(loading_response(*stiff, in(LoadingMode::confined), l), (lame + 2 * mu) * (l * l * l - l) / 2, 1e-8);
    }
  for (const double g : {-0.5, 0.1, 1.})
    {
      EXPECT_NEAR(loading_response(*neo, in(shear), g), 2000 * g, 1e-8);
      EXPECT_NEAR(loading_response(*mooney, in(shear), g), 2200 * g, 1e-8);
    }
}

TEST(LoadingModes, FibresStandInTheirAxis)
{
  // Guccione along its fibre, incompressible: lambda_t = lambda^(-1/2), P = lambda S_11 - lambda_t^2/lambda S_33.
  const auto   muscle = law("set Law = guccione\nset Stiffness = 2 kPa\n");
  const double l = 1.2, e1 = 0.5 * (l * l - 1), e3 = 0.5 * (1 / l - 1), Q = 8 * e1 * e1 + 4 * e3 * e3;
  EXPECT_NEAR(loading_response(*muscle, in(uniaxial), l), 1000 * std::exp(Q) * 2 * (l * 8 * e1 - 2 * e3 / (l * l)),
              1e-7);
  Loading across       = in(uniaxial);
  across.fibre_axis    = 3;
  const auto stretches = equilibrium_stretches(*muscle, across, 1.2);
  EXPECT_GT(stretches[2], stretches[1]) << "the stiff fibres shorten less than what lies beside them";
  EXPECT_NEAR(stretches[0] * stretches[1] * stretches[2], 1, 1e-12);
  const auto   artery = law("set Law = holzapfel_gasser_ogden\nset Shear modulus = 3 kPa\nset Fibre modulus = 2 kPa\n"
                              "set Fibre hardening = 0.8\nset Fibre families = 1\n");
  const double I      = l * l - 1;
  EXPECT_NEAR(loading_response(*artery, in(uniaxial), l),
              3000 * (l - 1 / (l * l)) + 2 * l * 2000 * I * std::exp(0.8 * I * I), 1e-7);
}

TEST(LoadingModes, PressurisedWallsFollowTheExactSolutions)
{
  // Thick walls of neo-Hookean tissue, mu 1, radii 1 and 2 (docs/theory/solid.md has the formulas).
  const auto neo    = law("set Shear modulus = 1 Pa\n");
  Loading    sphere = in(LoadingMode::sphere), tube = in(LoadingMode::tube);
  sphere.inner_radius = tube.inner_radius = 1;
  sphere.outer_radius = tube.outer_radius = 2;
  const double ratio[3] = {1.1, 1.5, 2}, in_sphere[3] = {0.28715485, 0.75543312, 0.80692660},
               in_tube[3] = {0.13156228, 0.42822841, 0.57405357};
  for (int i = 0; i < 3; ++i)
    {
      EXPECT_NEAR(loading_response(*neo, sphere, ratio[i]), in_sphere[i], 1e-8);
      EXPECT_NEAR(loading_response(*neo, tube, ratio[i]), in_tube[i], 1e-8);
    }
}

TEST(LoadingModes, CompressibleTissueTendsToIncompressible)
{
  const std::string lines = "set Law = veronda_westmann\nset Stiffness = 0.2 kPa\nset Hardening = 3\n";
  const auto        none = law(lines), nearly = law(lines + "set Bulk modulus = 6 GPa\n"),
             soft = law(lines + "set Poisson ratio = 0.2\n");
  for (const auto mode : {uniaxial, equibiaxial})
    for (const double l : {0.85, 1.15})
      {
        EXPECT_NEAR(loading_response(*nearly, in(mode), l) / loading_response(*none, in(mode), l), 1, 1e-5);
        EXPECT_LT(std::abs(loading_response(*soft, in(mode), l)), std::abs(loading_response(*none, in(mode), l)));
      }
  // Small strains: E and E/(1 - nu).
  const double E = 2 * 600 * 1.2;
  EXPECT_NEAR(loading_response(*soft, in(uniaxial), 1 + 1e-6) / (E * 1e-6), 1, 1e-4);
  EXPECT_NEAR(loading_response(*soft, in(equibiaxial), 1 + 1e-6) / (E / 0.8 * 1e-6), 1, 1e-4);
}

TEST(LoadingModes, AnActiveBundleContractsAsItShould)
{
  const auto bundle = law("set Shear modulus = 2 kPa\nset Active tension = 3 kPa\n");
  EXPECT_NEAR(loading_response(*bundle, in(uniaxial), std::cbrt(2. / 5)), 0, 1e-9);
}

TEST_F(CalibrationFits, RecoversKnownParametersFromNoise)
{
  struct Known
  {
    std::string         name, lines, bare, mode;
    LoadingMode         loading;
    double              from, to;
    std::vector<double> values;
  };
  const std::vector<Known> cases = {
    {"neo-Hookean", "set Shear modulus = 2 kPa\n", "", "uniaxial", uniaxial, 0.7, 1.3, {2000}},
    {"Mooney-Rivlin",
     "set Law = mooney_rivlin\nset First modulus = 0.8 kPa\nset Second modulus = 0.3 kPa\n",
     "set Law = mooney_rivlin\n",
     "equibiaxial",
     equibiaxial,
     1,
     2,
     {800, 300}},
    {"Veronda-Westmann",
     "set Law = veronda_westmann\nset Stiffness = 0.2 kPa\nset Hardening = 3\n",
     "set Law = veronda_westmann\n",
     "uniaxial",
     uniaxial,
     1,
     1.6,
     {200, 3}},
    {"Ogden",
     "set Law = ogden\nset Moduli = 0.7 kPa\nset Exponents = 6\n",
     "set Law = ogden\nset Moduli = 1 kPa\nset Exponents = 2\n",
     "uniaxial",
     uniaxial,
     0.6,
     1.6,
     {700, 6}}};
  for (const auto &known : cases)
    {
      const auto curve = make_curve(known.lines, in(known.loading), known.from, known.to, 0.005);
      const auto found = fit(known.bare, "set Curve = " + curve + "\nset Mode = " + known.mode + "\n");
      for (std::size_t k = 0; k < known.values.size(); ++k)
        {
          EXPECT_NEAR(found.result.values[k], known.values[k], 4 * found.result.standard_errors[k]) << known.name;
          EXPECT_LT(found.result.standard_errors[k], 0.1 * known.values[k]) << known.name;
        }
      EXPECT_GT(found.result.determination, 0.999) << known.name;
      EXPECT_THAT(fit_report(found), HasSubstr("determines every fitted parameter")) << known.name;
    }
}

TEST_F(CalibrationFits, StandardErrorsAreThoseOfRepeatedExperiments)
{
  const std::string tissue = "set Law = veronda_westmann\nset Stiffness = 0.2 kPa\nset Hardening = 3\n";
  int               within = 0;
  const int         n      = 40;
  for (int seed = 0; seed < n; ++seed)
    {
      const auto curve = make_curve(tissue, in(uniaxial), 1, 1.5, 0.01, seed);
      const auto found = fit(tissue, "set Curve = " + curve + "\nset Starts = 1\n");
      within += std::abs(found.result.values[1] - 3) < found.result.standard_errors[1];
    }
  // Two thirds of the time, binomially: 27 +- 3.
  EXPECT_GE(within, 18);
  EXPECT_LE(within, 36);
}

TEST_F(CalibrationFits, PressurisedWallsAndFibres)
{
  Loading tube             = in(LoadingMode::tube);
  tube.inner_radius        = 0.01;
  tube.outer_radius        = 0.012;
  tube.axial_stretch       = 1.1;
  const std::string artery = "set Law = holzapfel_gasser_ogden\nset Fibre angle = 40 deg\nset Fibre dispersion = 0.1\n";
  const auto        curve  = make_curve(artery +
                                          "set Shear modulus = 20 kPa\nset Fibre modulus = 30 kPa\nset Fibre hardening = 2\n",
                                        tube, 0.95, 1.5, 0.002);
  const std::string walls =
    "set Mode = pressurised tube\nset Inner radius = 10 mm\nset Outer radius = 12 mm\nset Axial stretch = 1.1\n";
  const auto found = fit(artery, "set Curve = " + curve + "\n" + walls);
  EXPECT_NEAR(found.result.values[0], 20e3, 4 * found.result.standard_errors[0]);
  EXPECT_NEAR(found.result.values[1], 30e3, 4 * found.result.standard_errors[1]);
  EXPECT_NEAR(found.result.values[2], 2, 4 * found.result.standard_errors[2]);

  Loading sphere      = in(LoadingMode::sphere);
  sphere.inner_radius = 0.01;
  sphere.outer_radius = 0.02;
  const auto  balloon = law("set Shear modulus = 5 kPa\n");
  std::string volumes = "# a bladder\nvolume [mL], pressure [mmHg]\n";
  for (const double a : {0.0101, 0.011, 0.012, 0.014})
    volumes += nlohmann::json(4e6 / 3 * std::numbers::pi * a * a * a).dump() + "," +
               nlohmann::json(loading_response(*balloon, sphere, a / 0.01) / 133.322387415).dump() + "\n";
  const auto bladder = fit("",
                           "set Curve = " + write("bladder.csv", volumes) +
                             "\nset Mode = pressurised sphere\nset Inner radius = 10 mm\nset Outer radius = 20 mm\n");
  EXPECT_NEAR(bladder.result.values[0], 5000, 1e-3);
}

TEST_F(CalibrationFits, SaysWhatACurveDoesNotDetermine)
{
  // In simple shear a Mooney-Rivlin solid shows c1 + c2 alone.
  const std::string mooney     = "set Law = mooney_rivlin\nset First modulus = 0.8 kPa\nset Second modulus = 0.3 kPa\n";
  const auto        shear_only = fit("set Law = mooney_rivlin\n",
                                     "set Curve = " + make_curve(mooney, in(shear), -0.4, 0.4, 0.001) +
                                       "\nset Mode = simple shear\n");
  EXPECT_GT(shear_only.result.condition, 1e8);
  EXPECT_NEAR(shear_only.result.values.sum(), 1100, 5);
  EXPECT_THAT(fit_report(shear_only),
              AllOf(HasSubstr("does NOT determine: First modulus, Second modulus"), HasSubstr("unbounded")));
  const auto json = nlohmann::json::parse(fit_json(shear_only));
  EXPECT_FALSE(json["parameters"][0]["determined"]);
  EXPECT_TRUE(json["parameters"][0]["standard_error"].is_null());

  // At small strains only the product of stiffness and hardening.
  const std::string skin  = "set Law = veronda_westmann\nset Stiffness = 0.2 kPa\nset Hardening = 3\n";
  const auto        small = fit("set Law = veronda_westmann\n",
                                "set Curve = " + make_curve(skin, in(uniaxial), 0.99, 1.01, 0.001) + "\n");
  EXPECT_NEAR(small.result.values[0] * small.result.values[1], 600, 6);
  EXPECT_THAT(fit_report(small), HasSubstr("does NOT determine: Stiffness, Hardening"));
  // Holding one of them, the other follows.
  const auto held = fit(skin, "set Curve = " + path("curve.csv") + "\nset Fit = Stiffness\n");
  EXPECT_NEAR(held.result.values[0], 200, 2);
  EXPECT_THAT(fit_report(held), HasSubstr("determines every fitted parameter"));
}

TEST_F(CalibrationFits, SaysWhereTheLawDoesNotFollow)
{
  const std::string skin  = "set Law = veronda_westmann\nset Stiffness = 0.2 kPa\nset Hardening = 6\n";
  const auto        found = fit("", "set Curve = " + make_curve(skin, in(uniaxial), 1, 1.6, 0.001) + "\n");
  EXPECT_THAT(fit_report(found), HasSubstr("does not follow the curve"));
}

TEST_F(CalibrationFits, ForcesAndDisplacementsAreTurnedIntoStress)
{
  const auto curve = write("force.csv",
                           "displacement [mm], force [mN]\n0,0\n1,19.5\n2,38.1\n4,72.9\n"); // no end of line needed
  const auto found = fit("", "set Curve = " + curve + "\nset Specimen length = 20 mm\nset Specimen area = 50 mm^2\n");
  EXPECT_NEAR(found.curve.x[3], 1.2, 1e-12);
  EXPECT_NEAR(found.curve.y[3], 72.9e-3 / 50e-6, 1e-9);
  EXPECT_THAT(fit_csv(found),
              AllOf(HasSubstr("displacement [mm],force [mN],fitted force [mN]"), HasSubstr("4,72.9,7")));
  // The written section is a case again.
  ParameterTree tree;
  declare_tissue_laws(tree);
  tree.parse_text(found.case_section, "tissue.prm");
  EXPECT_NEAR(make_tissue_law(tree)->shear_modulus(), found.result.values[0], 1e-9);
}

TEST_F(CalibrationFits, NonsenseIsRefused)
{
  const auto curve = "set Curve = " + write("good.csv", "stretch [1], stress [kPa]\n1,0\n1.1,1\n1.2,2\n1.3,3\n") + "\n";
  const auto with  = [this](const std::string &text) { return "set Curve = " + write("bad.csv", text) + "\n"; };
  EXPECT_EQ(problems_of("", curve), "");
  EXPECT_THAT(problems_of("", ""), HasSubstr("Calibration/Curve is not set"));
  EXPECT_THAT(problems_of("", "set Curve = none.csv\n"), HasSubstr("cannot be opened"));
  EXPECT_THAT(problems_of("", with("stretch, stress [kPa]\n")), HasSubstr("'stretch' has no unit"));
  EXPECT_THAT(problems_of("", with("strech [1], stress [kPa]\n")), HasSubstr("needs a column stretch [1]"));
  EXPECT_THAT(problems_of("", with("stretch [1], stress [mm]\n")), HasSubstr("bad.csv:1"));
  EXPECT_THAT(problems_of("", with("stretch [1], stress [kPa]\n1,0\n1.1\n1.2,a\n")),
              AllOf(HasSubstr("bad.csv:3"), HasSubstr("bad.csv:4")));
  EXPECT_THAT(problems_of("", with("stretch [1], strain [%], stress [kPa]\n1,0,0\n")), HasSubstr("say the same thing"));
  EXPECT_THAT(problems_of("", with("stretch [1], stress [kPa]\n-1,0\n")), HasSubstr("a stretch is positive"));
  EXPECT_THAT(problems_of("", with("stretch [1], stress [kPa]\n1,0\n1.1,-1\n1.2,-2\n")), HasSubstr("opposite sign"));
  EXPECT_THAT(problems_of("", with("stretch [1], stress [kPa]\n1,0\n1,0\n")), HasSubstr("flat"));
  EXPECT_THAT(problems_of("", with("displacement [mm], stress [kPa]\n1,1\n")), HasSubstr("Specimen length"));
  EXPECT_THAT(problems_of("set Law = veronda_westmann\n", with("stretch [1], stress [kPa]\n1,0\n1.1,1\n")),
              HasSubstr("2 points"));
  EXPECT_THAT(problems_of("", curve + "set Mode = confined\n"), HasSubstr("incompressible"));
  EXPECT_THAT(problems_of("", curve + "set Fit = Hardening\n"), HasSubstr("has no entry 'Hardening'"));
  EXPECT_THAT(problems_of("set Hardening = 2\n", curve), HasSubstr("does not use 'Hardening'"));
  EXPECT_THAT(problems_of("set Law = ogden\n", curve), HasSubstr("how many values"));
  EXPECT_THAT(problems_of("", curve + "set Mode = pressurised tube\n"), HasSubstr("Inner radius is not set"));
}

TEST_F(CalibrationFits, TheManualPageIsTheClassComment)
{
  for (const auto &info : all_plugins())
    if (info.kind == "calibration")
      {
        EXPECT_EQ(info.documentation, class_comment(info.source_file));
      }
}
