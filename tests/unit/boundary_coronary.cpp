// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_model.h"
#include "tests/verification/exact_solutions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

using namespace vesalius;
using exact::Complex;

namespace
{

constexpr double mmhg = 133.322387415, ml = 1e-6;

std::unique_ptr<OutletModel> coronary(const std::string &muscle_pressure)
{
  ParameterTree tree;
  tree.declare_named_sections("Boundaries", "", declare_boundary_section);
  tree.parse_text("subsection Boundaries\nsubsection lad\nset Type = coronary\n"
                  "set Arterial resistance = 25 mmHg s/mL\nset Arterial compliance = 0.001 mL/mmHg\n"
                  "set Microcirculation resistance = 40 mmHg s/mL\nset Intramyocardial compliance = 0.004 mL/mmHg\n"
                  "set Venous resistance = 15 mmHg s/mL\nset Distal pressure = 5 mmHg\n" + muscle_pressure + "end\nend\n",
                  "case.prm");
  return make_outlet(tree, "Boundaries/lad");
}

/// The circuit solved exactly for Q = Q_0 + Re(Q_1 exp(i w t)) and P_im likewise: the periodic state by complex
/// impedances, and the transient by the exponential of the 2 x 2 matrix of the homogeneous equations in (P_1, y).
struct ExactCoronary
{
  double  R_a = 25 * mmhg / ml, C_a = 0.001 * ml / mmhg, R_am = 40 * mmhg / ml, C_im = 0.004 * ml / mmhg, R_v = 15 * mmhg / ml,
         P_v = 5 * mmhg;
  double  w = 2 * std::numbers::pi / 0.8;
  double  Q_0 = 1.2 * ml, P_im_0 = 40 * mmhg;
  Complex Q_1 = Complex(0.5, -0.3) * ml, P_im_1 = Complex(30, 20) * mmhg;

  double flow(double t) const { return Q_0 + (Q_1 * std::polar(1., w * t)).real(); }
  double muscle(double t) const { return P_im_0 + (P_im_1 * std::polar(1., w * t)).real(); }

  /// (P_1, y = P_2 - P_im) of the periodic state.
  std::array<double, 2> periodic(double t) const
  {
    // (i w C_a + 1/R_am) P_1 - P_2/R_am = Q;  -P_1/R_am + (i w C_im + 1/R_am + 1/R_v) P_2 = i w C_im P_im
    const Complex a = Complex(1 / R_am, w * C_a), b = -1 / R_am, d = Complex(1 / R_am + 1 / R_v, w * C_im);
    const Complex f = Q_1, g = Complex(0, w * C_im) * P_im_1, det = a * d - b * b;
    const Complex P_1 = (f * d - b * g) / det, y = (a * g - b * f) / det - P_im_1, turn = std::polar(1., w * t);
    const double  P_2_mean = P_v + R_v * Q_0;
    return {P_2_mean + R_am * Q_0 + (P_1 * turn).real(), P_2_mean - P_im_0 + (y * turn).real()};
  }
  std::array<double, 2> state(double t, const std::array<double, 2> &start) const
  {
    const double m00 = -1 / (R_am * C_a), m01 = 1 / (R_am * C_a), m10 = 1 / (R_am * C_im), m11 = -(1 / R_am + 1 / R_v) / C_im;
    const double m = (m00 + m11) / 2, q = std::sqrt((m00 - m11) * (m00 - m11) / 4 + m01 * m10);
    const double c = std::exp(m * t) * std::cosh(q * t), s = std::exp(m * t) * std::sinh(q * t) / q;
    const auto   now = periodic(t), begin = periodic(0);
    const double x = start[0] - begin[0], y = start[1] - begin[1];
    return {now[0] + c * x + s * ((m00 - m) * x + m01 * y), now[1] + c * y + s * (m10 * x + (m11 - m) * y)};
  }
};

/// Largest error of the outlet pressure over two cycles from the model's own start, mmHg.
double error_of(int n_steps)
{
  const ExactCoronary exact;
  const auto model = coronary("set Fourier modes = 40, 30 -20 mmHg\nset Period = 0.8 s\n");
  model->initialise(exact.Q_0, exact.flow(0));
  const std::array<double, 2> start{model->state()[0], model->state()[2]};
  const double                dt = 1.6 / n_steps;
  double                      worst = 0;
  for (int step = 1; step <= n_steps; ++step)
    {
      const double time = step * dt, flow = exact.flow(time);
      const auto   bdf      = bdf_coefficients(step == 1 ? 1 : 2, dt, dt);
      const auto   relation = model->affine(time, bdf);
      EXPECT_EQ(relation.a, 1);
      worst = std::max(worst, std::abs(relation.A + relation.R * flow - exact.R_a * flow - exact.state(time, start)[0]));
      model->accept(time, bdf, flow);
    }
  return worst / mmhg;
}

TEST(CoronaryOutlet, ConvergesToTheExactSolution)
{
  const double coarse = error_of(3200), fine = error_of(6400);
  EXPECT_LT(fine, 0.01) << "mmHg of 100";
  EXPECT_GT(std::log2(coarse / fine), 1.9);
}

TEST(CoronaryOutlet, MuscleHoldsBackTheFlow)
{
  // A step of P_im that the compliance passes on at once: P_2 rises with it, so that the same flow needs more pressure.
  const auto   bdf     = bdf_coefficients(1, 1e-6, 0);
  const auto   relaxed = coronary("set Intramyocardial pressure = 0 mmHg\n");
  relaxed->initialise(1 * ml, 1 * ml);
  EXPECT_NEAR(relaxed->affine(1e-6, bdf).A + relaxed->affine(1e-6, bdf).R * ml, (5 + 80) * mmhg, 1e-3 * mmhg);
  EXPECT_NEAR(relaxed->steady_resistance(), 80 * mmhg / ml, 1e-3);
  const auto squeezed = coronary("set Intramyocardial pressure = 60 mmHg\n");
  squeezed->set_state(relaxed->state());
  // The compliance keeps its charge, so that P_2 begins 60 mmHg higher and is drained through both resistances; P_1
  // follows, and the same flow needs more pressure.
  double       pressure = 0;
  const double dt       = 1e-4;
  for (int step = 1; step <= 200; ++step)
    {
      const auto relation = squeezed->affine(step * dt, bdf_coefficients(1, dt, 0));
      pressure            = relation.A + relation.R * ml;
      squeezed->accept(step * dt, bdf_coefficients(1, dt, 0), ml);
    }
  EXPECT_GT(pressure, (85 + 5) * mmhg);
  EXPECT_LT(pressure, (85 + 60) * mmhg);
}

TEST(CoronaryOutlet, WithoutCompliancesItIsAResistance)
{
  ParameterTree tree;
  tree.declare_named_sections("Boundaries", "", declare_boundary_section);
  tree.parse_text("subsection Boundaries\nsubsection lad\nset Type = coronary\n"
                  "set Arterial resistance = 25 mmHg s/mL\nset Arterial compliance = 0 mL/mmHg\n"
                  "set Microcirculation resistance = 40 mmHg s/mL\nset Intramyocardial compliance = 0 mL/mmHg\n"
                  "set Venous resistance = 15 mmHg s/mL\nset Intramyocardial pressure = 70 mmHg\nend\nend\n",
                  "case.prm");
  const auto model = make_outlet(tree, "Boundaries/lad");
  model->initialise(0, 0);
  const auto relation = model->affine(0.1, bdf_coefficients(2, 0.01, 0.01));
  EXPECT_NEAR(relation.R / (80 * mmhg / ml), 1, 1e-14);
  EXPECT_NEAR(relation.A, 0, 1e-9);
}

TEST(CoronaryOutlet, StateRoundTripRepeatsTheStep)
{
  const auto one = coronary("set Fourier modes = 40, 30 -20 mmHg\nset Period = 0.8 s\n"), other = coronary("set Intramyocardial pressure = 0 mmHg\n");
  EXPECT_EQ(one->period(), 0.8);
  EXPECT_EQ(other->period(), 0.);
  one->initialise(1 * ml, 1.5 * ml);
  const auto bdf = bdf_coefficients(2, 0.01, 0.008);
  one->accept(0.01, bdf, 1.4 * ml);
  const auto saved = one->state();
  one->accept(0.02, bdf, 1.3 * ml);
  const auto next = one->state();
  EXPECT_NE(saved, next);
  one->set_state(saved);
  one->accept(0.02, bdf, 1.3 * ml);
  EXPECT_EQ(one->state(), next);
  EXPECT_THROW(other->set_state({1, 2}), std::logic_error);
}

TEST(CoronaryOutlet, MissingEntriesAreReportedTogether)
{
  ParameterTree tree;
  tree.declare_named_sections("Boundaries", "", declare_boundary_section);
  tree.parse_text("subsection Boundaries\nsubsection lad\nset Type = coronary\nset Arterial resistance = -1 mmHg s/mL\nend\nend\n", "case.prm");
  try
    {
      make_outlet(tree, "Boundaries/lad");
      FAIL() << "accepted";
    }
  catch (const InputError &error)
    {
      ASSERT_EQ(error.problems().size(), 6u); // the negative value, four missing ones, and P_im
      EXPECT_THAT(error.problems()[5].what, testing::HasSubstr("negative"));
      EXPECT_THAT(error.problems()[4].remedy, testing::HasSubstr("Intramyocardial pressure"));
    }
}

} // namespace
