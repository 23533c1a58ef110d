// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/carreau_yasuda.h"
#include "physics/materials/casson.h"
#include "physics/materials/newtonian.h"
#include "physics/materials/viscosity_law.h"
#include "tests/unit/class_comment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace vesalius;
using testing::HasSubstr;

namespace
{

std::unique_ptr<ViscosityLaw> law(const std::string &lines)
{
  ParameterTree tree;
  declare_viscosity_laws(tree);
  tree.parse_text("subsection Fluid\n" + lines + "end\n", "case.prm");
  return make_viscosity_law(tree);
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

double viscosity(const ViscosityLaw &law, double rate)
{
  double mu = 0;
  law.evaluate(1, &rate, &mu, nullptr);
  return mu;
}

} // namespace

TEST(ViscosityLaws, SlopeIsTheDerivative)
{
  for (const auto &name : Registry<ViscosityLaw>::names())
    {
      const auto fluid = law("set Viscosity law = " + name + "\n");
      for (const double rate : {1e-6, 1e-3, 0.1, 1., 30., 1000.})
        {
          const double h = 1e-4 * rate, rates[3] = {rate - h, rate, rate + h};
          double       mu[3], slope[3];
          fluid->evaluate(3, rates, mu, slope);
          const double scale = std::max(std::abs(slope[1]), 1e-9 * mu[1] / h);
          EXPECT_NEAR((mu[2] - mu[0]) / (2 * h), slope[1], 1e-5 * scale) << name << " at " << rate;
        }
    }
}

TEST(ViscosityLaws, StayWithinTheirBounds)
{
  for (const auto &name : Registry<ViscosityLaw>::names())
    {
      const auto fluid = law("set Viscosity law = " + name + "\n");
      double     last  = fluid->highest() * (1 + 1e-12);
      for (const double rate : {0., 1e-9, 1e-4, 0.01, 1., 100., 1e4, 1e8})
        {
          const double mu = viscosity(*fluid, rate);
          EXPECT_LE(mu, last) << name << " thins with the shear rate, at " << rate;
          EXPECT_GE(mu, fluid->lowest() * (1 - 1e-12)) << name << " at " << rate;
          last = mu;
        }
      EXPECT_NEAR(viscosity(*fluid, 0), fluid->highest(), 1e-12) << name;
      EXPECT_NEAR(viscosity(*fluid, 1e9), fluid->lowest(), 1e-2 * fluid->lowest()) << name;
    }
}

TEST(ViscosityLaws, CarreauYasudaTakesItsPowerLaw)
{
  // Far above 1/lambda, mu - mu_inf = (mu_0 - mu_inf) (lambda gamma)^(n - 1).
  const CarreauYasuda f{1., 0., 2., 0.4, 1.5};
  EXPECT_NEAR(f.viscosity(1e8) / std::pow(2e8, -0.6), 1, 1e-6);
  // Half-way by hand: lambda gamma = 1 gives 2^((n - 1)/a).
  EXPECT_NEAR(f.viscosity(0.5), std::pow(2., -0.4), 1e-14);
  // n = 1 is Newtonian to the last bit.
  const CarreauYasuda newtonian{0.0035, 0.0035, 3.3, 0.36, 2};
  EXPECT_EQ(newtonian.viscosity(17.), 0.0035);
}

TEST(ViscosityLaws, CassonTakesItsYieldStress)
{
  const Casson f{3.45e-3, 5e-3, 1e6};
  for (const double rate : {0.1, 10., 1000.})
    EXPECT_NEAR(std::sqrt(f.viscosity(rate) * rate), std::sqrt(5e-3) + std::sqrt(3.45e-3 * rate), 1e-9);
  const Casson without{3.45e-3, 0, 100};
  EXPECT_NEAR(without.viscosity(5), 3.45e-3, 1e-17);
}

TEST(ViscosityLaws, MistakesAreExplained)
{
  EXPECT_EQ(problems_of("set Viscosity = 4 mPa s\n"), "");
  EXPECT_THAT(problems_of("set Viscosity law = casson\nset Viscosity = 4 mPa s\n"),
              testing::AllOf(HasSubstr("the viscosity law casson does not use 'Viscosity'"), HasSubstr("case.prm:3"),
                             HasSubstr("set Viscosity law = newtonian")));
  EXPECT_THAT(problems_of("set Viscosity law = carreau_yasuda\nset Zero-shear viscosity = 1 mPa s\n"),
              HasSubstr("below the infinite-shear viscosity"));
  EXPECT_THAT(problems_of("set Viscosity = 0 mPa s\n"), HasSubstr("out of range"));
  EXPECT_THAT(problems_of("set Viscosity law = cason\n"), HasSubstr("casson"));
}

TEST(ViscosityLaws, ManualPagesAreTheClassComments)
{
  int n = 0;
  for (const auto &info : all_plugins())
    if (info.kind == "viscosity law")
      {
        EXPECT_EQ(info.documentation, class_comment(info.source_file)) << info.name;
        ++n;
      }
  EXPECT_EQ(n, 3);
}
