// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/inflow_profile.h"
#include "physics/boundary_models/outlet_model.h"
#include "tests/unit/class_comment.h"
#include "tests/verification/exact_solutions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace vesalius;
using testing::HasSubstr;

namespace
{

constexpr double mmhg = 133.322387415, ml = 1e-6;

ParameterTree parse(const std::string &text)
{
  ParameterTree tree;
  tree.declare_named_sections("Boundaries", "One section a boundary.", declare_boundary_section);
  tree.parse_text(text, "case.prm");
  return tree;
}

/// The section Boundaries/cap with these lines; `set Type` is line 3.
ParameterTree parse_cap(const std::string &lines)
{
  return parse("subsection Boundaries\n  subsection cap\n" + lines + "  end\nend\n");
}

std::unique_ptr<OutletModel> outlet(const std::string &lines)
{
  return make_outlet(parse_cap(lines), "Boundaries/cap");
}

std::unique_ptr<OutletModel> windkessel(const std::string &proximal, const std::string &distal, const std::string &compliance,
                                        const std::string &pressure = "0 mmHg")
{
  return outlet("set Type = windkessel\nset Proximal resistance = " + proximal + " mmHg s/mL\nset Distal resistance = " + distal +
                " mmHg s/mL\nset Compliance = " + compliance + " mL/mmHg\nset Distal pressure = " + pressure + "\n");
}

std::vector<InputProblem> problems_of(const std::string &lines)
{
  try
    {
      const auto tree = parse_cap(lines);
      make_outlet(tree, "Boundaries/cap");
    }
  catch (const InputError &error)
    {
      return error.problems();
    }
  return {};
}

exact::Windkessel exact_windkessel()
{
  exact::Windkessel rcr;
  rcr.proximal                = 0.1 * mmhg / ml;
  rcr.distal                  = 0.9 * mmhg / ml;
  rcr.compliance              = 0.5 * ml / mmhg;
  rcr.reference_pressure      = 5 * mmhg;
  rcr.mean_flow               = 80 * ml;
  rcr.flow_mode               = exact::Complex(60, -40) * ml;
  rcr.omega                   = 2 * std::numbers::pi / 0.8;
  rcr.initial_distal_pressure = rcr.reference_pressure + rcr.distal * rcr.mean_flow;
  return rcr;
}

/// Largest error of the outlet pressure over one second, mmHg; steps vary by a factor of 3 when asked.
double windkessel_error(int n_steps, bool variable)
{
  const auto rcr   = exact_windkessel();
  const auto model = windkessel("0.1", "0.9", "0.5", "5 mmHg");
  model->initialise(rcr.mean_flow, rcr.flow(0));
  const auto time_of = [&](int step) {
    const double s = double(step) / n_steps;
    return variable ? s + 0.5 * std::sin(4 * std::numbers::pi * s) / (4 * std::numbers::pi) : s;
  };
  double worst = 0, dt_old = 0;
  for (int step = 1; step <= n_steps; ++step)
    {
      const double time = time_of(step), dt = time - time_of(step - 1);
      const auto   bdf      = bdf_coefficients(step == 1 ? 1 : 2, dt, dt_old);
      const auto   relation = model->affine(time, bdf);
      worst = std::max(worst, std::abs(relation.A + relation.R * rcr.flow(time) - rcr.pressure(time)));
      model->accept(time, bdf, rcr.flow(time));
      dt_old = dt;
    }
  return worst / mmhg;
}

} // namespace

TEST(BdfCoefficients, DifferentiateQuadraticsExactly)
{
  for (const double r : {0.4, 1., 1.9})
    {
      const double dt = 0.01, dt_old = dt / r, t = 0.3;
      const auto   c = bdf_coefficients(2, dt, dt_old);
      const auto   x = [](double s) { return 2 - 3 * s + 5 * s * s; };
      EXPECT_NEAR((c.gamma0 * x(t) - c.a1 * x(t - dt) - c.a2 * x(t - dt - dt_old)) / c.dt, -3 + 10 * t, 1e-11) << r;
    }
  const auto first = bdf_coefficients(1, 0.01, 0);
  EXPECT_EQ(first.gamma0, 1);
  EXPECT_EQ(first.a1, 1);
  EXPECT_EQ(first.a2, 0);
  const auto uniform = bdf_coefficients(2, 0.01, 0.01);
  EXPECT_DOUBLE_EQ(uniform.gamma0, 1.5);
  EXPECT_DOUBLE_EQ(uniform.a1, 2);
  EXPECT_DOUBLE_EQ(uniform.a2, -0.5);
}

TEST(PressureOutlet, HoldsItsPressure)
{
  const auto model = outlet("set Type = pressure\nset Pressure = 80 mmHg\n");
  EXPECT_NEAR(model->initialise(1e-4, 2e-4), 80 * mmhg, 1e-6);
  const auto relation = model->affine(0.1, bdf_coefficients(2, 0.1, 0.1));
  EXPECT_NEAR(relation.A, 80 * mmhg, 1e-6);
  EXPECT_EQ(relation.R, 0);
  EXPECT_EQ(model->steady_resistance(), 0);
  EXPECT_EQ(model->period(), 0);

  const auto wave = outlet("set Type = pressure\nset Fourier modes = 90, 12 -8 mmHg\nset Period = 0.8 s\n");
  EXPECT_EQ(wave->period(), 0.8);
  EXPECT_NEAR(wave->initialise(0, 0), 102 * mmhg, 1e-9);
  EXPECT_NEAR(wave->affine(0.2, bdf_coefficients(1, 0.1, 0)).A, 82 * mmhg, 1e-9); // a quarter of the cycle: the sine
}

TEST(ResistanceOutlet, PressureIsAffineInFlow)
{
  const auto model = outlet("set Type = resistance\nset Resistance = 1.5 mmHg s/mL\nset Distal pressure = 10 mmHg\n");
  EXPECT_NEAR(model->initialise(50 * ml, 20 * ml), 40 * mmhg, 1e-6);
  const auto relation = model->affine(0.1, bdf_coefficients(1, 0.1, 0));
  EXPECT_NEAR(relation.A + relation.R * 40 * ml, 70 * mmhg, 1e-6);
  EXPECT_NEAR(model->steady_resistance(), 1.5 * mmhg / ml, 1e-3);
}

TEST(WindkesselOutlet, ConvergesAtSecondOrder)
{
  for (const bool variable : {false, true})
    {
      const double coarse = windkessel_error(200, variable), fine = windkessel_error(400, variable);
      EXPECT_LT(fine, 0.02) << "mmHg of 80";
      EXPECT_GT(std::log2(coarse / fine), 1.9) << (variable ? "variable" : "constant") << " steps";
    }
}

TEST(WindkesselOutlet, StartsWhereThePeriodicMeanLies)
{
  const auto model = windkessel("0.1", "0.9", "0.5", "5 mmHg");
  EXPECT_NEAR(model->initialise(80 * ml, 120 * ml), (5 + 0.9 * 80 + 0.1 * 120) * mmhg, 1e-6);
  EXPECT_NEAR(model->steady_resistance(), 1.0 * mmhg / ml, 1e-3);
  // With the mean flow going out nothing moves.
  const auto   bdf      = bdf_coefficients(2, 0.01, 0.02);
  const auto   relation = model->affine(0.01, bdf);
  const double pressure = relation.A + relation.R * 80 * ml;
  EXPECT_NEAR(pressure, 85 * mmhg, 1e-6);
}

TEST(WindkesselOutlet, LimitsArePressureResistanceAndClosedOutlets)
{
  const auto bdf   = bdf_coefficients(2, 0.01, 0.02);
  const auto limit = [&](const std::string &proximal, const std::string &distal, const std::string &compliance) {
    const auto model = windkessel(proximal, distal, compliance, "60 mmHg");
    model->initialise(0, 0);
    return model->affine(0.01, bdf);
  };
  EXPECT_NEAR(limit("0", "0", "0.5").A, 60 * mmhg, 1e-6);
  EXPECT_EQ(limit("0", "0", "0.5").R, 0);
  EXPECT_NEAR(limit("0", "1e-9", "0.5").R / (1e-9 * mmhg / ml), 1, 1e-6);
  EXPECT_NEAR(limit("0.2", "0.8", "0").R / (1.0 * mmhg / ml), 1, 1e-12);
  EXPECT_NEAR(limit("0.2", "0.8", "0").A, 60 * mmhg, 1e-6);
  EXPECT_GT(limit("1e12", "1", "0.5").R, 1e12 * mmhg / ml);
}

TEST(WindkesselOutlet, StateRoundTripRepeatsTheStep)
{
  const auto rcr   = exact_windkessel();
  const auto model = windkessel("0.1", "0.9", "0.5", "5 mmHg");
  model->initialise(rcr.mean_flow, rcr.flow(0));
  const auto bdf = bdf_coefficients(2, 0.01, 0.008);
  for (int step = 1; step <= 5; ++step)
    model->accept(0.01 * step, bdf, rcr.flow(0.01 * step));
  const auto saved = model->state();
  model->accept(0.06, bdf, rcr.flow(0.06));
  const auto next = model->state();
  EXPECT_NE(saved, next);

  const auto other = windkessel("0.1", "0.9", "0.5", "5 mmHg");
  other->set_state(saved);
  EXPECT_EQ(other->state(), saved);
  other->accept(0.06, bdf, rcr.flow(0.06));
  EXPECT_EQ(other->state(), next);
  EXPECT_THROW(other->set_state({1, 2}), std::logic_error);
}

TEST(WindkesselOutlet, TotalsAreSharedOutByRadiusToThe2Point6)
{
  const std::vector<double> areas{4e-5, 1e-5, 2e-5};
  const auto                shares = outlet_shares(areas);
  EXPECT_NEAR(shares[0] + shares[1] + shares[2], 1, 1e-15);
  EXPECT_NEAR(shares[0] / shares[1], std::pow(2., 2.6), 1e-12);

  double       conductance = 0, compliance = 0;
  const double dt = 1e-12; // in so short a step only the proximal resistance and the compliance act
  for (const double share : shares)
    {
      const auto model = outlet("set Type = windkessel\nset Total resistance = 1.2 mmHg s/mL\n"
                                "set Total compliance = 1.5 mL/mmHg\nset Proximal fraction = 0.1\n");
      model->set_share(share);
      model->initialise(0, 0);
      conductance += 1 / model->steady_resistance();
      const double proximal = model->affine(dt, bdf_coefficients(1, dt, 0)).R;
      EXPECT_NEAR(proximal / model->steady_resistance(), 0.1, 1e-9);
      const double long_dt = 0.1, distal = model->steady_resistance() - proximal;
      const double D = distal / (model->affine(long_dt, bdf_coefficients(1, long_dt, 0)).R - proximal);
      compliance += (D - 1) * long_dt / distal;
    }
  EXPECT_NEAR(1 / conductance / (1.2 * mmhg / ml), 1, 1e-12);
  EXPECT_NEAR(compliance / (1.5 * ml / mmhg), 1, 1e-6);
}

TEST(WindkesselOutlet, AShareLeavesItsOwnValuesAlone)
{
  const auto model = windkessel("0.1", "0.9", "0.5");
  model->set_share(0.3);
  EXPECT_NEAR(model->steady_resistance(), 1.0 * mmhg / ml, 1e-3);
}

TEST(BoundarySection, WallAndInflowHaveNoOutletModel)
{
  EXPECT_EQ(outlet("set Type = wall\n"), nullptr);
  EXPECT_EQ(outlet("set Type = inflow\nset Flow = 5 L/min\n"), nullptr);
  const auto settings = parse_inflow(parse_cap("set Type = inflow\nset Flow = 6 L/min\nset Profile = womersley\n"), "Boundaries/cap");
  EXPECT_EQ(settings.shape, InflowProfile::Shape::womersley);
  EXPECT_NEAR(settings.flow(0.3), 1e-4, 1e-16);
}

TEST(BoundarySection, TypeMustBeGiven)
{
  const auto problems = problems_of("set Pressure = 80 mmHg\n");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0].what, HasSubstr("'cap' has no Type"));
  EXPECT_THAT(problems[0].remedy, HasSubstr("windkessel"));
  EXPECT_EQ(problems[0].where.line, 2);
}

TEST(BoundarySection, MissingEntriesAreReportedTogether)
{
  const auto problems = problems_of("set Type = windkessel\nset Compliance = 1 mL/mmHg\n");
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems[0].what, HasSubstr("'cap' of Type windkessel needs 'Proximal resistance'"));
  EXPECT_THAT(problems[0].remedy, HasSubstr("set Proximal resistance = 0.09 mmHg s/mL"));
  EXPECT_THAT(problems[1].what, HasSubstr("'Distal resistance'"));
  for (const auto &p : problems)
    {
      EXPECT_EQ(p.where.file, "case.prm");
      EXPECT_EQ(p.where.line, 2);
    }
  EXPECT_THAT(problems_of("set Type = pressure\n").at(0).what, HasSubstr("has no pressure"));
  EXPECT_THAT(problems_of("set Type = resistance\n").at(0).what, HasSubstr("needs 'Resistance'"));
  EXPECT_THAT(problems_of("set Type = inflow\n").at(0).what, HasSubstr("has no flow"));
}

TEST(BoundarySection, AMissingWaveformFileIsReportedAtItsEntry)
{
  const auto problems = problems_of("set Type = inflow\nset Waveform = no_such_file.csv\n");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0].what, HasSubstr("no_such_file.csv' cannot be opened"));
  EXPECT_EQ(problems[0].where.file, "case.prm");
  EXPECT_EQ(problems[0].where.line, 4);
}

TEST(BoundarySection, EntriesThatTheTypeDoesNotUseAreRefused)
{
  const auto problems = problems_of("set Type = pressure\nset Pressure = 80 mmHg\nset Compliance = 1 mL/mmHg\n"
                                    "set Distal pressure = 3 mmHg\n");
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems[0].what, HasSubstr("of Type pressure does not use 'Compliance'"));
  EXPECT_THAT(problems[0].remedy, HasSubstr("windkessel"));
  EXPECT_EQ(problems[0].where.line, 5);
  EXPECT_THAT(problems[1].remedy, HasSubstr("coronary, resistance, windkessel"));
  EXPECT_EQ(problems[1].where.line, 6);
  EXPECT_THAT(problems_of("set Type = wall\nset Flow = 1 mL/s\n").at(0).what, HasSubstr("does not use 'Flow'"));
}

TEST(BoundarySection, ContradictoryAndImplausibleValuesAreRefused)
{
  const auto both = problems_of("set Type = windkessel\nset Total resistance = 1 mmHg s/mL\n"
                                "set Total compliance = 1 mL/mmHg\nset Compliance = 1 mL/mmHg\n");
  ASSERT_EQ(both.size(), 1u);
  EXPECT_THAT(both[0].what, HasSubstr("'Compliance' cannot stand beside"));
  EXPECT_EQ(both[0].where.line, 6);
  EXPECT_THAT(problems_of("set Type = inflow\nset Flow = 1 mL/s\nset Waveform = a.csv\n").at(0).what, HasSubstr("cannot stand beside"));
  const auto negative = problems_of("set Type = resistance\nset Resistance = -1 mmHg s/mL\n");
  ASSERT_EQ(negative.size(), 1u);
  EXPECT_THAT(negative[0].what, HasSubstr("negative"));
  EXPECT_EQ(negative[0].where.line, 4);
  EXPECT_THAT(problems_of("set Type = windkessel\nset Total resistance = 0 mmHg s/mL\nset Total compliance = 1 mL/mmHg\n").at(0).what,
              HasSubstr("zero"));
  EXPECT_THAT(problems_of("set Type = windkesel\n").at(0).remedy, HasSubstr("windkessel"));
}

TEST(BoundaryPlugins, TheManualIsTheClassComment)
{
  std::vector<std::string> names;
  for (const auto &plugin : all_plugins())
    if (plugin.kind == "boundary model")
      {
        names.push_back(plugin.name);
        EXPECT_EQ(plugin.documentation, class_comment(plugin.source_file)) << plugin.source_file;
        EXPECT_EQ(plugin.documentation.find(plugin.summary + "\n"), 0u) << plugin.source_file;
      }
  EXPECT_THAT(names, testing::UnorderedElementsAre("coronary", "flow", "pressure", "pressure_inlet", "resistance", "split", "windkessel"));
}

TEST(BoundaryPlugins, AModelDeclaresItsOwnEntriesWhenItStandsAlone)
{
  ParameterTree tree;
  const auto    model = Registry<OutletModel>::make("resistance");
  model->declare_parameters(tree, "Boundaries/cap");
  tree.parse_text("subsection Boundaries\nsubsection cap\nset Resistance = 2 mmHg s/mL\nend\nend\n", "case.prm");
  model->parse_parameters(tree, "Boundaries/cap");
  EXPECT_NEAR(model->steady_resistance(), 2 * mmhg / ml, 1e-3);
}
