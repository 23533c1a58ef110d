// SPDX-License-Identifier: GPL-3.0-or-later
// Every tissue law against automatic differentiation, finite differences and what mechanics asks of each of them.
#include "physics/materials/guccione.h"
#include "physics/materials/holzapfel_gasser_ogden.h"
#include "physics/materials/mooney_rivlin.h"
#include "physics/materials/neo_hookean.h"
#include "physics/materials/ogden.h"
#include "physics/materials/st_venant_kirchhoff.h"
#include "physics/materials/veronda_westmann.h"
#include "tests/unit/class_comment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Sacado.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

using namespace vesalius;
using testing::HasSubstr;

namespace
{

using Once       = Sacado::Fad::SFad<double, 6>;
using Twice      = Sacado::Fad::SFad<Once, 6>;
using Gradient   = std::array<double, 9>;
using Directions = std::array<double, 6>;

struct Result
{
  double energy = 0, stress[6], tangent[36];
  double tangent_size() const
  {
    return std::abs(
      *std::max_element(tangent, tangent + 36, [](double a, double b) { return std::abs(a) < std::abs(b); }));
  }
};

Result evaluate(const TissueLaw &law, const Gradient &F, const Directions &directions, double time = 0)
{
  Result r;
  law.evaluate(1, F.data(), directions.data(), nullptr, time, &r.energy, r.stress, r.tangent);
  return r;
}

Gradient product(const Gradient &a, const Gradient &b)
{
  Gradient c{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k)
        c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
  return c;
}

double determinant(const Gradient &F)
{
  return F[0] * (F[4] * F[8] - F[5] * F[7]) - F[1] * (F[3] * F[8] - F[5] * F[6]) + F[2] * (F[3] * F[7] - F[4] * F[6]);
}

constexpr Gradient identity{1, 0, 0, 0, 1, 0, 0, 0, 1};

class Sample
{
public:
  /// I plus entries up to `size`.
  Gradient gradient(double size)
  {
    std::uniform_real_distribution<double> entry(-size, size);
    Gradient                               F = identity;
    do
      for (int i = 0; i < 9; ++i)
        F[i] = identity[i] + entry(random_);
    while (determinant(F) < 0.3);
    return F;
  }
  /// A rotation from a random unit quaternion.
  Gradient rotation()
  {
    std::normal_distribution<double> normal;
    double                           q[4], norm = 0;
    for (double &x : q)
      {
        x = normal(random_);
        norm += x * x;
      }
    for (double &x : q)
      x /= std::sqrt(norm);
    const auto [w, x, y, z] = q;
    return {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
            2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
  }
  Directions directions()
  {
    const auto Q = rotation();
    return {Q[0], Q[1], Q[2], Q[3], Q[4], Q[5]};
  }

private:
  std::mt19937 random_{7};
};

/// A law with its struct: what the tests below run over.
struct LawUnderTest
{
  std::string                                                                            name, lines;
  std::function<Twice(const TissueLaw &, const Twice *strain, const double *directions)> energy;
};

template <class Law>
LawUnderTest under_test(const std::string &name, const std::string &lines)
{
  return {name, lines, [](const TissueLaw &law, const Twice *strain, const double *directions) {
            Twice energy, stress[6];
            dynamic_cast<const Law &>(law).function().template evaluate<Twice>(strain, directions, energy, stress,
                                                                               nullptr);
            return energy;
          }};
}

const std::vector<LawUnderTest> &laws()
{
  static const std::vector<LawUnderTest> all = {
    under_test<NeoHookeanLaw>("neo_hookean", "set Shear modulus = 2 kPa\n"),
    under_test<StVenantKirchhoffLaw>("st_venant_kirchhoff", "set Young modulus = 5 kPa\nset Poisson ratio = 0.3\n"),
    under_test<MooneyRivlinLaw>("mooney_rivlin", "set First modulus = 0.8 kPa\nset Second modulus = 0.3 kPa\n"),
    under_test<VerondaWestmannLaw>("veronda_westmann", "set Stiffness = 0.2 kPa\nset Hardening = 3\n"),
    under_test<OgdenLaw>("ogden", "set Moduli = 0.7 kPa, -0.2 kPa, 0.1 kPa\nset Exponents = 3.5, -2, 7\n"),
    under_test<GuccioneLaw>("guccione", "set Stiffness = 2 kPa\n"),
    under_test<GuccioneLaw>("guccione", "set Stiffness = 2 kPa\nset Fibre exponent = 1\nset Transverse exponent = 1\n"
                                        "set Fibre shear exponent = 1\n"),
    under_test<HolzapfelGasserOgdenLaw>(
      "holzapfel_gasser_ogden", "set Shear modulus = 3 kPa\nset Fibre modulus = 2 kPa\nset Fibre hardening = 0.8\n"
                                "set Fibre dispersion = 0.2\nset Fibre angle = 40 deg\n"),
    under_test<HolzapfelGasserOgdenLaw>("holzapfel_gasser_ogden",
                                        "set Shear modulus = 3 kPa\nset Fibre modulus = 2 kPa\n"
                                        "set Fibre hardening = 0.8\nset Fibre families = 1\n")};
  return all;
}

std::unique_ptr<TissueLaw> law(const std::string &lines)
{
  ParameterTree tree;
  declare_tissue_laws(tree);
  tree.parse_text("subsection Tissue\n" + lines + "end\n", "case.prm");
  return make_tissue_law(tree);
}

std::unique_ptr<TissueLaw> law(const LawUnderTest &test)
{
  return law("set Law = " + test.name + "\n" + test.lines);
}

std::string problems_of(const std::string &lines)
{
  try
    {
      law(lines);
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "";
}

} // namespace

TEST(TissueLaws, AllAreTested)
{
  for (const auto &name : Registry<TissueLaw>::names())
    EXPECT_TRUE(std::ranges::any_of(laws(), [&](const auto &test) { return test.name == name; })) << name;
}

TEST(TissueLaws, StressAndTangentAreTheEnergysDerivatives)
{
  Sample sample;
  for (const auto &test : laws())
    for (const double size : {1e-7, 0.01, 0.2, 0.4})
      for (int repeat = 0; repeat < 5; ++repeat)
        {
          const auto tissue     = law(test);
          const auto F          = sample.gradient(size);
          const auto directions = sample.directions();
          const auto r          = evaluate(*tissue, F, directions);
          double     strain[6];
          Twice      active[6];
          strain_algebra::green_strain(F.data(), strain);
          for (int i = 0; i < 6; ++i)
            active[i] = Twice(6, i, Once(6, i, strain[i]));
          const Twice energy = test.energy(*tissue, active, directions.data());
          // Automatic differentiation of eigenvalues divides by their differences.
          const double tolerance = std::max(1e-11, test.name == "ogden" ? 3e-15 / size : 0.) * r.tangent_size();
          EXPECT_NEAR(r.energy, energy.val().val(), tolerance) << test.name;
          for (int i = 0; i < 6; ++i)
            {
              EXPECT_NEAR(r.stress[i], energy.dx(i).val(), tolerance) << test.name << " S" << i << ", strain " << size;
              for (int j = 0; j < 6; ++j)
                EXPECT_NEAR(r.tangent[6 * i + j], energy.dx(i).dx(j), tolerance)
                  << test.name << " D" << i << j << ", strain " << size;
            }
        }
}

TEST(TissueLaws, WorkAndStressFollowFiniteDifferences)
{
  Sample sample;
  for (const auto &test : laws())
    for (int repeat = 0; repeat < 5; ++repeat)
      {
        const auto   tissue = law(test);
        const auto   F = sample.gradient(0.3), direction = sample.gradient(1);
        const auto   fibres = sample.directions();
        const double h      = 1e-5;
        Gradient     plus = F, minus = F;
        for (int i = 0; i < 9; ++i)
          plus[i] += h * direction[i], minus[i] -= h * direction[i];
        const auto r = evaluate(*tissue, F, fibres), a = evaluate(*tissue, plus, fibres),
                   b       = evaluate(*tissue, minus, fibres);
        const int voigt[9] = {0, 3, 5, 3, 1, 4, 5, 4, 2};
        Gradient  S;
        for (int i = 0; i < 9; ++i)
          S[i] = r.stress[voigt[i]];
        const auto P    = product(F, S);
        double     work = 0, strain_plus[6], strain_minus[6];
        for (int i = 0; i < 9; ++i)
          work += P[i] * direction[i];
        EXPECT_NEAR((a.energy - b.energy) / (2 * h), work, 1e-7 * r.tangent_size()) << test.name;
        strain_algebra::green_strain(plus.data(), strain_plus);
        strain_algebra::green_strain(minus.data(), strain_minus);
        for (int i = 0; i < 6; ++i)
          {
            double change = 0;
            for (int j = 0; j < 6; ++j)
              change += r.tangent[6 * i + j] * (strain_plus[j] - strain_minus[j]);
            EXPECT_NEAR(a.stress[i] - b.stress[i], change, 1e-6 * 2 * h * r.tangent_size()) << test.name;
          }
      }
}

TEST(TissueLaws, RotationsOfSpaceChangeNothing)
{
  Sample sample;
  for (const auto &test : laws())
    for (int repeat = 0; repeat < 5; ++repeat)
      {
        const auto tissue     = law(test);
        const auto F          = sample.gradient(0.3);
        const auto directions = sample.directions();
        const auto r          = evaluate(*tissue, F, directions),
                   s          = evaluate(*tissue, product(sample.rotation(), F), directions);
        for (int i = 0; i < 6; ++i)
          EXPECT_NEAR(r.stress[i], s.stress[i], 1e-11 * r.tangent_size()) << test.name;
        for (int i = 0; i < 36; ++i)
          EXPECT_NEAR(r.tangent[i], s.tangent[i], 1e-11 * r.tangent_size()) << test.name;
        EXPECT_NEAR(r.energy, s.energy, 1e-11 * r.tangent_size()) << test.name;
      }
}

TEST(TissueLaws, TheTissueHasNoAxesButItsFibres)
{
  Sample sample;
  for (const auto &test : laws())
    {
      const auto tissue = law(test);
      const auto F = sample.gradient(0.3), Q = sample.rotation();
      const auto directions = sample.directions();
      Gradient   back;
      Directions turned{};
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
          {
            back[3 * i + j] = Q[3 * j + i];
            turned[i] += Q[3 * i + j] * directions[j];
            turned[3 + i] += Q[3 * i + j] * directions[3 + j];
          }
      const auto r = evaluate(*tissue, F, directions);
      EXPECT_NEAR(r.energy, evaluate(*tissue, product(F, back), turned).energy, 1e-11 * r.tangent_size()) << test.name;
      if (tissue->n_directions() == 0)
        {
          EXPECT_NEAR(r.energy, evaluate(*tissue, product(F, back), directions).energy, 1e-11 * r.tangent_size())
            << test.name;
        }
    }
}

TEST(TissueLaws, TheReferenceIsFreeOfStress)
{
  Sample sample;
  for (const auto &test : laws())
    {
      const auto r = evaluate(*law(test), identity, sample.directions());
      EXPECT_EQ(r.energy, 0) << test.name;
      for (const double s : r.stress)
        EXPECT_NEAR(s, 0, 1e-15 * r.tangent_size()) << test.name;
    }
}

TEST(TissueLaws, TangentsAreSymmetric)
{
  Sample sample;
  for (const auto &test : laws())
    {
      const auto r = evaluate(*law(test), sample.gradient(0.3), sample.directions());
      for (int i = 0; i < 6; ++i)
        for (int j = 0; j < i; ++j)
          EXPECT_NEAR(r.tangent[6 * i + j], r.tangent[6 * j + i], 1e-13 * r.tangent_size()) << test.name;
    }
}

TEST(TissueLaws, SmallStrainsTakeTheShearAndBulkModulus)
{
  Sample sample;
  for (const auto &test : laws())
    {
      const auto tissue = law(test);
      if (tissue->n_directions() > 0)
        continue; // their own tests below
      const auto   r  = evaluate(*tissue, identity, sample.directions());
      const double mu = tissue->shear_modulus();
      // Guccione is on the full E: it resists a change of volume as if nu were 0.
      const double K = !tissue->split() ? tissue->bulk_modulus() : test.name == "guccione" ? 2 * mu / 3 : 0;
      for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 6; ++j)
          {
            const double expected = i < 3 && j < 3 ? K + 2 * mu * ((i == j) - 1. / 3) : (i == j) * mu;
            EXPECT_NEAR(r.tangent[6 * i + j], expected, 1e-12 * (mu + K)) << test.name;
          }
    }
}

TEST(TissueLaws, OgdenIsMooneyRivlinAlsoAtEqualStretches)
{
  // alpha 2 and -2 are I1bar and I2bar of isochoric strains: exact at every coincidence of principal stretches.
  const auto ogden  = law("set Law = ogden\nset Moduli = 1.6 kPa, -0.6 kPa\nset Exponents = 2, -2\n");
  const auto mooney = law("set Law = mooney_rivlin\nset First modulus = 0.8 kPa\nset Second modulus = 0.3 kPa\n");
  EXPECT_DOUBLE_EQ(ogden->shear_modulus(), mooney->shear_modulus());
  Sample sample;
  for (const double second : {1.4, 1.4 + 1e-14, 1.4 + 1e-10, 1.4 + 1e-7, 1.4 + 1e-4, 1.3})
    for (const double third : {1.4, 0.8, 1.4 - 1e-9})
      for (int repeat = 0; repeat < 4; ++repeat)
        {
          const auto Q = sample.rotation();
          Gradient   F{};
          for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 3; ++j)
              F[3 * i + j] = 1.4 * Q[i] * Q[j] + second * Q[3 + i] * Q[3 + j] + third * Q[6 + i] * Q[6 + j];
          const auto a = evaluate(*ogden, F, {}), b = evaluate(*mooney, F, {});
          EXPECT_NEAR(a.energy, b.energy, 1e-12 * b.tangent_size());
          for (int i = 0; i < 6; ++i)
            EXPECT_NEAR(a.stress[i], b.stress[i], 1e-12 * b.tangent_size()) << second << " " << third;
          for (int i = 0; i < 36; ++i)
            EXPECT_NEAR(a.tangent[i], b.tangent[i], 1e-11 * b.tangent_size()) << second << " " << third;
        }
}

TEST(TissueLaws, OgdensTangentIsContinuousInTheGap)
{
  // The exponents of the first list are no invariants: the limit is approached from distinct stretches.
  const auto ogden = law("set Law = ogden\nset Moduli = 0.7 kPa, -0.2 kPa\nset Exponents = 3.5, -1.3\n");
  const auto equal = evaluate(*ogden, {1.2, 0, 0, 0, 1.2, 0, 0, 0, 0.7}, {});
  for (const double gap : {1e-15, 1e-12, 1e-9, 1e-6})
    {
      const auto near = evaluate(*ogden, {1.2, 0, 0, 0, 1.2 + gap, 0, 0, 0, 0.7}, {});
      for (int i = 0; i < 36; ++i)
        EXPECT_NEAR(near.tangent[i], equal.tangent[i], (1e-12 + 20 * gap) * equal.tangent_size()) << gap;
    }
}

TEST(TissueLaws, GuccioneTakesEachComponentOnce)
{
  const auto tissue = law(
    "set Law = guccione\nset Stiffness = 2 kPa\nset Fibre exponent = 8\nset Transverse exponent = 2\n"
    "set Fibre shear exponent = 4\n");
  const double along[6] = {0, 1, 0, 0, 0, 1}; // fibres along y
  Directions   directions;
  std::copy(along, along + 6, directions.begin());
  EXPECT_EQ(tissue->n_directions(), 1);
  const auto stretch = [&](int axis) {
    Gradient F     = identity;
    F[4 * axis]    = 1.3;
    const double e = 0.5 * (1.3 * 1.3 - 1), b = axis == 1 ? 8 : 2;
    EXPECT_NEAR(evaluate(*tissue, F, directions).energy, 1000 * std::expm1(b * e * e), 1e-10) << axis;
    EXPECT_NEAR(evaluate(*tissue, F, directions).stress[axis], 2000 * b * e * std::exp(b * e * e), 1e-9) << axis;
  };
  stretch(0);
  stretch(1);
  stretch(2);
  // A shear of C12 alone would need F22: with F12 = g, E12 = g/2 and E22 = g^2/2.
  const double g = 0.4;
  EXPECT_NEAR(evaluate(*tissue, {1, g, 0, 0, 1, 0, 0, 0, 1}, directions).energy,
              1000 * std::expm1(8 * g * g * g * g / 4 + 4 * 2 * g * g / 4), 1e-10);
  EXPECT_NEAR(evaluate(*tissue, {1, 0, g, 0, 1, 0, 0, 0, 1}, directions).energy,
              1000 * std::expm1(2 * (g * g * g * g / 4 + 2 * g * g / 4)), 1e-10);
  // A tenth of the deviatoric stiffness' trace.
  const auto r     = evaluate(*tissue, identity, directions);
  double     trace = 2 * (r.tangent[21] + r.tangent[28] + r.tangent[35]);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      trace += ((i == j) - 1. / 3) * r.tangent[6 * i + j];
  EXPECT_NEAR(tissue->shear_modulus(), trace / 10, 1e-9);
  const auto isotropic = law(
    "set Law = guccione\nset Stiffness = 10 kPa\nset Fibre exponent = 1\nset Transverse exponent = 1\n"
    "set Fibre shear exponent = 1\n");
  EXPECT_EQ(isotropic->n_directions(), 0);
  EXPECT_DOUBLE_EQ(isotropic->shear_modulus(), 5000);
}

TEST(TissueLaws, FibresBearTensionOnly)
{
  const std::string lines  = "set Law = holzapfel_gasser_ogden\nset Shear modulus = 3 kPa\nset Fibre modulus = 50 kPa\n"
                             "set Fibre hardening = 2\n";
  const auto        single = law(lines + "set Fibre families = 1\n"), matrix = law("set Shear modulus = 3 kPa\n");
  const Directions  fibres{1, 0, 0, 0, 1, 0};
  const Gradient    shorter{0.8, 0, 0, 0, 1.1, 0, 0, 0, 1.1}, longer{1.1, 0, 0, 0, 0.95, 0, 0, 0, 0.95};
  EXPECT_DOUBLE_EQ(evaluate(*single, shorter, fibres).energy, evaluate(*matrix, shorter, fibres).energy);
  const double e = 1.1 * 1.1 - 1;
  EXPECT_NEAR(evaluate(*single, longer, fibres).energy - evaluate(*matrix, longer, fibres).energy,
              50e3 / 4 * std::expm1(2 * e * e), 1e-9);
  // S = k1 E exp(k2 E^2) dE/d(Green strain), dE/dE11 = 2.
  EXPECT_NEAR(evaluate(*single, longer, fibres).stress[0] - evaluate(*matrix, longer, fibres).stress[0],
              2 * 50e3 * e * std::exp(2 * e * e), 1e-8);
  // Two families at an angle of zero are twice one; full dispersion knows no direction.
  const auto both = law(lines);
  EXPECT_NEAR(evaluate(*both, longer, fibres).energy - evaluate(*matrix, longer, fibres).energy,
              50e3 / 2 * std::expm1(2 * e * e), 1e-9);
  const auto       dispersed = law(lines + "set Fibre dispersion = 0.33333333333333333\n");
  const Directions across{0, 0, 1, 1, 0, 0};
  EXPECT_NEAR(evaluate(*dispersed, longer, fibres).energy, evaluate(*dispersed, longer, across).energy, 1e-9);
}

TEST(TissueLaws, ActiveTensionActsAlongTheFibre)
{
  const auto passive = law("set Shear modulus = 2 kPa\n"),
             active  = law("set Shear modulus = 2 kPa\nset Active tension = 0 s: 0 kPa, 0.1 s: 60 kPa\n");
  EXPECT_EQ(passive->n_directions(), 0);
  EXPECT_EQ(active->n_directions(), 1);
  Sample       sample;
  const auto   F = sample.gradient(0.3);
  const auto   f = sample.directions();
  const auto   p = evaluate(*passive, F, f), a = evaluate(*active, F, f, 0.05);
  const double tension     = 30e3;
  const double expected[6] = {f[0] * f[0], f[1] * f[1], f[2] * f[2], f[0] * f[1], f[1] * f[2], f[0] * f[2]};
  for (int k = 0; k < 6; ++k)
    EXPECT_NEAR(a.stress[k] - p.stress[k], tension * expected[k], 1e-9);
  for (int k = 0; k < 36; ++k)
    EXPECT_EQ(a.tangent[k], p.tangent[k]);
  double stretched = 0; // |F f|^2
  for (int i = 0; i < 3; ++i)
    stretched += std::pow(F[3 * i] * f[0] + F[3 * i + 1] * f[1] + F[3 * i + 2] * f[2], 2);
  EXPECT_NEAR(a.energy - p.energy, tension * (stretched - 1) / 2, 1e-9);
  EXPECT_THAT(problems_of("set Shear modulus = 2 kPa\nset Active tension = 3\n"), HasSubstr("unit"));
}

TEST(TissueLaws, TheStiffnessFactorScalesAll)
{
  Sample sample;
  for (const auto &test : laws())
    {
      const auto   tissue     = law(test);
      const auto   F          = sample.gradient(0.2);
      const auto   directions = sample.directions();
      const double factor     = 2.5;
      const auto   r          = evaluate(*tissue, F, directions);
      Result       s;
      tissue->evaluate(1, F.data(), directions.data(), &factor, 0, &s.energy, s.stress, s.tangent);
      EXPECT_DOUBLE_EQ(s.energy, factor * r.energy);
      EXPECT_DOUBLE_EQ(s.stress[3], factor * r.stress[3]);
      EXPECT_DOUBLE_EQ(s.tangent[35], factor * r.tangent[35]);
    }
}

TEST(TissueLaws, TheVolumeIsAPoissonRatioOrABulkModulus)
{
  EXPECT_EQ(law("set Shear modulus = 2 kPa\n")->bulk_modulus(), std::numeric_limits<double>::infinity());
  EXPECT_NEAR(law("set Shear modulus = 3 kPa\nset Poisson ratio = 0.25\n")->bulk_modulus(), 5000, 1e-9);
  EXPECT_NEAR(law("set Shear modulus = 3 kPa\nset Bulk modulus = 4 MPa\n")->bulk_modulus(), 4e6, 1e-6);
}

TEST(TissueLaws, MistakesAreExplained)
{
  EXPECT_THAT(problems_of("set Law = neo_hookean\n"),
              testing::AllOf(HasSubstr("Tissue/Shear modulus is not set"), HasSubstr("case.prm:2")));
  EXPECT_THAT(problems_of("set Shear modulus = 0 kPa\n"), HasSubstr("out of range"));
  EXPECT_THAT(problems_of("set Shear modulus = 1 kPa\nset Bulk modulus = 1 MPa\nset Poisson ratio = 0.3\n"),
              HasSubstr("both Bulk modulus and Poisson ratio"));
  EXPECT_THAT(problems_of("set Shear modulus = 1 kPa\nset Bulk modulus = 0 MPa\n"), HasSubstr("not positive"));
  EXPECT_THAT(problems_of("set Law = neo_hokean\n"), HasSubstr("neo_hookean"));
  EXPECT_THAT(problems_of("set Law = st_venant_kirchhoff\nset Young modulus = 1 kPa\n"),
              HasSubstr("compressible tissue"));
  EXPECT_THAT(problems_of("set Law = st_venant_kirchhoff\nset Young modulus = 9 kPa\nset Bulk modulus = 1 kPa\n"),
              HasSubstr("below a third"));
  EXPECT_THAT(problems_of("set Law = mooney_rivlin\nset First modulus = 0 Pa\nset Second modulus = 0 Pa\n"),
              HasSubstr("both moduli are zero"));
  EXPECT_THAT(problems_of("set Law = ogden\nset Moduli = 1 kPa, 2 kPa\nset Exponents = 2\n"),
              HasSubstr("2 moduli and 1 exponents"));
  EXPECT_THAT(problems_of("set Law = ogden\nset Moduli = 1\nset Exponents = 2\n"), HasSubstr("Pa"));
  EXPECT_THAT(problems_of("set Law = ogden\nset Moduli = -1 kPa\nset Exponents = 2\n"),
              HasSubstr("signs of their exponents"));
  EXPECT_THAT(problems_of("set Law = ogden\nset Moduli = 1 kPa\nset Exponents = 0\n"), HasSubstr("an exponent is 0"));
  EXPECT_THAT(problems_of("set Law = holzapfel_gasser_ogden\nset Shear modulus = 1 kPa\nset Fibre modulus = 1 kPa\n"
                          "set Fibre hardening = 1\nset Fibre angle = 40\n"),
              HasSubstr("write 40 deg or 40 rad"));
  EXPECT_THAT(problems_of("set Shear modulus = 1 kPa\nset Fibre modulus = 1 kPa\n"),
              HasSubstr("the tissue law neo_hookean does not use 'Fibre modulus'"));
}

TEST(TissueLaws, ManualPagesAreTheClassComments)
{
  for (const auto &info : all_plugins())
    if (info.kind == "tissue law")
      {
        EXPECT_EQ(info.documentation, class_comment(info.source_file)) << info.name;
      }
}
