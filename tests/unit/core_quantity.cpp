// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/core/quantity.h"

#include <gmock/gmock.h>

namespace
{

using namespace vesalius;
using testing::HasSubstr;

double si(const std::string &text, const Dimension &expected)
{
  return Quantity::parse(text, expected).si;
}

std::string message(const std::string &text, const Dimension &expected)
{
  try
    {
      Quantity::parse(text, expected);
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "no error";
}

TEST(Quantity, ClinicalUnitsBecomeSi)
{
  EXPECT_NEAR(si("80 mmHg", dimension::pressure), 10665.79, 0.01);
  EXPECT_NEAR(si("12 cmH2O", dimension::pressure), 1176.798, 1e-3);
  EXPECT_DOUBLE_EQ(si("13.3 kPa", dimension::pressure), 13300);
  EXPECT_DOUBLE_EQ(si("1.2 bar", dimension::pressure), 120000);
  EXPECT_DOUBLE_EQ(si("1.06 g/cm^3", dimension::density), 1060);
  EXPECT_DOUBLE_EQ(si("3.5 mPa s", dimension::viscosity), 3.5e-3);
  EXPECT_DOUBLE_EQ(si("3.5 mPa*s", dimension::viscosity), 3.5e-3);
  EXPECT_DOUBLE_EQ(si("3.5 cP", dimension::viscosity), 3.5e-3);
  EXPECT_DOUBLE_EQ(si("0.035 P", dimension::viscosity), 3.5e-3);
  EXPECT_DOUBLE_EQ(si("6 L/min", dimension::flow), 1e-4);
  EXPECT_DOUBLE_EQ(si("100 ml/s", dimension::flow), 1e-4);
  EXPECT_DOUBLE_EQ(si("5 uL", dimension::volume), 5e-9);
  EXPECT_DOUBLE_EQ(si("121 dyn s/cm^5", dimension::resistance), 121e5);
  EXPECT_NEAR(si("1 mmHg s/mL", dimension::resistance), 1.33322387e8, 1);
  EXPECT_NEAR(si("1 mL/mmHg", dimension::compliance), 7.50061576e-9, 1e-17);
  EXPECT_DOUBLE_EQ(si("1 cm^5/dyn", dimension::compliance), 1e-5);
  EXPECT_DOUBLE_EQ(si("3.3e-6 m^2/s", dimension::kinematic_viscosity), 3.3e-6);
  EXPECT_DOUBLE_EQ(si("1.2 Hz", dimension::frequency), 1.2);
  EXPECT_DOUBLE_EQ(si("72 1/min", dimension::frequency), 1.2);
  EXPECT_DOUBLE_EQ(si("5 mN", dimension::force), 5e-3);
  EXPECT_DOUBLE_EQ(si("2 h", dimension::time), 7200);
  EXPECT_DOUBLE_EQ(si("250 mg", dimension::mass), 2.5e-4);
  EXPECT_DOUBLE_EQ(si("37 K", dimension::temperature), 37);
}

TEST(Quantity, SpellingsOfProductsPowersAndDivisions)
{
  EXPECT_DOUBLE_EQ(si("3.5 mPa\u00b7s", dimension::viscosity), 3.5e-3);
  EXPECT_DOUBLE_EQ(si("1060 kg m^-3", dimension::density), 1060);
  EXPECT_DOUBLE_EQ(si("1060 kg/m\u00b3", dimension::density), 1060);
  EXPECT_DOUBLE_EQ(si("9.81 m/s/s", dimension::acceleration), 9.81);
  EXPECT_DOUBLE_EQ(si("1 kg/(m s)", dimension::viscosity), 1);
  EXPECT_DOUBLE_EQ(si("72 /min", dimension::frequency), 1.2);
  EXPECT_DOUBLE_EQ(si("80mm", dimension::length), 0.08);
  EXPECT_DOUBLE_EQ(si("  +80   \u00b5m ", dimension::length), 8e-5);
  EXPECT_DOUBLE_EQ(si("-1e1 mm", dimension::length), -0.01);
  EXPECT_DOUBLE_EQ(si("0 mm", dimension::length), 0);
  EXPECT_DOUBLE_EQ(si("0.5", dimension::none), 0.5);
  EXPECT_DOUBLE_EQ(si("50 %", dimension::none), 0.5);
}

TEST(Quantity, BareNumberShowsTheFix)
{
  EXPECT_THAT(message("80", dimension::pressure), HasSubstr("bare number '80'"));
  EXPECT_THAT(message("80", dimension::pressure), HasSubstr("write `80 mmHg`"));
  EXPECT_THAT(message("1060", dimension::density), HasSubstr("write `1060 kg/m^3`"));
  EXPECT_THAT(message("0", dimension::length), HasSubstr("write `0 mm`"));
}

TEST(Quantity, UnknownUnitsGetASuggestion)
{
  EXPECT_THAT(message("80 mmhg", dimension::pressure), HasSubstr("did you mean 'mmHg'"));
  EXPECT_THAT(message("80 mmHG", dimension::pressure), HasSubstr("unknown unit 'mmHG'"));
  EXPECT_THAT(message("1.06 g/cm3", dimension::density), HasSubstr("did you mean 'cm^3'"));
  EXPECT_THAT(message("5 l/mn", dimension::flow), HasSubstr("unknown unit 'mn'"));
  EXPECT_THAT(message("5 furlong", dimension::length), HasSubstr("units of length: mm, cm"));
}

TEST(Quantity, WrongDimensionNamesBoth)
{
  EXPECT_THAT(message("80 mL", dimension::pressure), HasSubstr("'mL' is a unit of volume, but a pressure is expected"));
  EXPECT_THAT(message("80 mL", dimension::pressure), HasSubstr("units of pressure: mmHg"));
  EXPECT_THAT(message("3 kg m", dimension::pressure), HasSubstr("kg m"));
  EXPECT_THAT(message("3 mm", dimension::none), HasSubstr("without a unit"));
}

TEST(Quantity, BadNumbersAndUnits)
{
  EXPECT_THAT(message("", dimension::pressure), HasSubstr("the value is empty"));
  EXPECT_THAT(message("mmHg", dimension::pressure), HasSubstr("does not begin with a finite number"));
  EXPECT_THAT(message("nan mmHg", dimension::pressure), HasSubstr("does not begin with a finite number"));
  EXPECT_THAT(message("1e999 mmHg", dimension::pressure), HasSubstr("does not begin with a finite number"));
  EXPECT_THAT(message("1e307 MPa", dimension::pressure), HasSubstr("too large"));
  EXPECT_THAT(message("1,5 mmHg", dimension::pressure), HasSubstr("decimal point"));
  for (const char *text :
       {"1 m^", "1 m^99", "1 (m", "1 m)", "1 m//s", "1 m/", "1 *m", "1 m**2", "1 ^2", "1 m^^2", "1 ()"})
    EXPECT_THAT(message(text, dimension::length), HasSubstr("cannot read the unit")) << text;
}

TEST(Quantity, EverySuggestedUnitIsUnderstood)
{
  for (const auto &d :
       {dimension::length, dimension::area, dimension::volume, dimension::time, dimension::velocity, dimension::flow,
        dimension::density, dimension::viscosity, dimension::pressure, dimension::resistance, dimension::compliance,
        dimension::frequency, dimension::mass, dimension::force, dimension::temperature, dimension::acceleration,
        dimension::kinematic_viscosity, Dimension{1, 1, 1, 1}})
    {
      EXPECT_DOUBLE_EQ(unit_factor(si_unit(d), d), 1);
      for (const auto &unit : suggested_units(d))
        EXPECT_GT(unit_factor(unit, d), 0) << unit;
    }
  EXPECT_EQ(dimension_name(dimension::pressure), "pressure");
}

TEST(Quantity, FormatInAUnit)
{
  EXPECT_EQ(format_quantity(10665.79, "mmHg", dimension::pressure, 3), "80 mmHg");
  EXPECT_EQ(format_quantity(0.5, "", dimension::none), "0.5");
  EXPECT_THROW(format_quantity(1, "mL", dimension::pressure), InputError);
}

} // namespace
