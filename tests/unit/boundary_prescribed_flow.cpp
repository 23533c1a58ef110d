// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace vesalius;
using testing::HasSubstr;

namespace
{

constexpr double mmhg = 133.322387415, ml = 1e-6;

std::unique_ptr<OutletModel> outlet(const std::string &lines)
{
  ParameterTree tree;
  tree.declare_named_sections("Boundaries", "", declare_boundary_section);
  tree.parse_text("subsection Boundaries\nsubsection cap\n" + lines + "end\nend\n", "case.prm");
  return make_outlet(tree, "Boundaries/cap");
}

std::string mistake(const std::string &lines)
{
  try
    {
      outlet(lines);
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "";
}

/// The flow that the relation a P = A + R Q + S Q_in prescribes; a must be 0.
double prescribed(const OutletModel &model, double time, double inflow)
{
  const auto relation = model.affine(time, bdf_coefficients(2, 0.01, 0.01));
  EXPECT_EQ(relation.a, 0);
  return -(relation.A + relation.S * inflow) / relation.R;
}

TEST(FlowOutlet, PrescribesItsWaveform)
{
  const auto model = outlet("set Type = flow\nset Fourier modes = 5, 2 1 mL/s\nset Period = 0.8 s\n");
  EXPECT_FALSE(model->holds_pressure());
  EXPECT_EQ(model->period(), 0.8);
  EXPECT_NEAR(prescribed(*model, 0.2, 123 * ml), 6 * ml, 1e-15 * ml);
  model->set_share(0.25);
  EXPECT_NEAR(prescribed(*model, 0.2, 0), 1.5 * ml, 1e-15 * ml);
  EXPECT_NEAR(prescribed(*outlet("set Type = flow\nset Flow = -3 mL/s\n"), 7, 0), -3 * ml, 1e-18);
}

TEST(SplitOutlet, PrescribesItsShareOfTheInflow)
{
  const auto model = outlet("set Type = split\nset Share = 0.6\n");
  EXPECT_FALSE(model->holds_pressure());
  EXPECT_NEAR(prescribed(*model, 0, 50 * ml), 30 * ml, 1e-15 * ml);
  model->set_share(0.5);
  EXPECT_NEAR(prescribed(*model, 0, 50 * ml), 15 * ml, 1e-15 * ml);
  EXPECT_NEAR(model->share_of_inflow(), 0.3, 1e-15);
}

TEST(SplitOutlet, AShareIsAFraction)
{
  EXPECT_THAT(mistake("set Type = split\n"), HasSubstr("needs 'Share'"));
  EXPECT_THAT(mistake("set Type = split\nset Share = 1.2\n"), HasSubstr("1.2"));
}

TEST(FlowOutlet, MistakesAreExplained)
{
  EXPECT_THAT(mistake("set Type = flow\n"), HasSubstr("of Type flow has no flow"));
  EXPECT_THAT(mistake("set Type = flow\nset Flow = 1 mL/s\nset Fourier modes = 1 mL/s\n"), HasSubstr("cannot stand beside"));
  EXPECT_THAT(mistake("set Type = flow\nset Fourier modes = 1 mL/s\n"), HasSubstr("how long the cycle is"));
  EXPECT_THAT(mistake("set Type = flow\nset Fourier modes = 1 mL/s\nset Period = 0 s\n"), HasSubstr("not positive"));
}

TEST(PressureInlet, HoldsItsTotalOrStaticPressure)
{
  const auto total = outlet("set Type = pressure_inlet\nset Pressure = 90 mmHg\n");
  EXPECT_TRUE(total->is_inlet());
  EXPECT_EQ(total->backflow(0.2), 1);
  EXPECT_NEAR(total->initialise(0, 0), 90 * mmhg, 1e-9);
  const auto fixed = outlet("set Type = pressure_inlet\nset Pressure = 90 mmHg\nset Pressure kind = static\n");
  EXPECT_EQ(fixed->backflow(0.2), 0);
  EXPECT_EQ(outlet("set Type = pressure\nset Pressure = 90 mmHg\n")->backflow(0.2), 0.2);
}

TEST(PrescribedFlow, StatesAreRestored)
{
  for (const auto *lines : {"set Type = flow\nset Flow = 1 mL/s\n", "set Type = split\nset Share = 0.6\n",
                            "set Type = pressure_inlet\nset Pressure = 90 mmHg\n"})
    {
      const auto model = outlet(lines), other = outlet(lines);
      model->initialise(1 * ml, 1 * ml);
      model->accept(0.1, bdf_coefficients(1, 0.1, 0), 2 * ml);
      other->set_state(model->state());
      EXPECT_EQ(other->state(), model->state());
      EXPECT_THROW(other->set_state({1, 2}), std::logic_error);
    }
}

} // namespace
