// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/coronary_outlet.h"

#include "physics/boundary_models/outlet_reader.h"
#include "physics/boundary_models/waveform_entries.h"

namespace vesalius
{

std::vector<BoundaryEntry> CoronaryOutlet::entries() const
{
  auto entries = waveform_entries(pressure_waveform, "Intramyocardial pressure",
                                  "Constant pressure of the heart muscle, in place of a waveform.");
  entries.insert(entries.end(),
                 {{"Arterial resistance", "", dimension::resistance, "Resistance of the coronary arteries beyond the outlet."},
                  {"Arterial compliance", "", dimension::compliance, "Compliance of the coronary arteries beyond the outlet."},
                  {"Microcirculation resistance", "", dimension::resistance, "Resistance of the arterial microcirculation."},
                  {"Intramyocardial compliance", "", dimension::compliance, "Compliance of the vessels within the heart muscle."},
                  {"Venous resistance", "", dimension::resistance, "Resistance of venous microcirculation and veins."},
                  distal_pressure_entry()});
  return entries;
}

void CoronaryOutlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  OutletReader reader(parameters, prefix, "coronary");
  arterial_            = reader.required_not_negative("Arterial resistance", "25 mmHg s/mL");
  arterial_compliance_ = reader.required_not_negative("Arterial compliance", "0.0005 mL/mmHg");
  micro_               = reader.required_not_negative("Microcirculation resistance", "40 mmHg s/mL");
  muscle_compliance_   = reader.required_not_negative("Intramyocardial compliance", "0.004 mL/mmHg");
  venous_              = reader.required_not_negative("Venous resistance", "15 mmHg s/mL");
  venous_pressure_     = parameters.quantity(prefix + "/Distal pressure");
  reader.collect([&] {
    muscle_pressure_ = parse_waveform(parameters, prefix, pressure_waveform, "Intramyocardial pressure", "30 mmHg");
  });
  reader.finish();
}

double CoronaryOutlet::initialise(double mean_flow, double initial_flow)
{
  // The means of the periodic state, where the compliances carry no flow on average.
  flow_ = initial_flow;
  y_ = y_old_ = venous_pressure_ + venous_ * mean_flow - muscle_pressure_.mean();
  p_1_ = p_1_old_ = venous_pressure_ + (venous_ + micro_) * mean_flow;
  return p_1_ + arterial_ * initial_flow;
}

CoronaryOutlet::Pressures CoronaryOutlet::solve(double time, const BdfCoefficients &bdf) const
{
  const double rate = bdf.gamma0 / bdf.dt;
  const double h_1 = (bdf.a1 * p_1_ + bdf.a2 * p_1_old_) / bdf.dt, h_y = (bdf.a1 * y_ + bdf.a2 * y_old_) / bdf.dt;
  const double d_1 = 1 + micro_ * arterial_compliance_ * rate;
  const double d_2 = 1 + venous_ * muscle_compliance_ * rate + venous_ * arterial_compliance_ * rate / d_1;
  Pressures    p;
  p.slope_2  = venous_ / d_1 / d_2;
  p.offset_2 = (venous_ * muscle_compliance_ * (rate * muscle_pressure_(time) + h_y) + venous_pressure_ +
                venous_ * arterial_compliance_ * h_1 / d_1) /
               d_2;
  p.slope_1  = (micro_ + p.slope_2) / d_1;
  p.offset_1 = (p.offset_2 + micro_ * arterial_compliance_ * h_1) / d_1;
  return p;
}

OutletModel::Affine CoronaryOutlet::affine(double time, const BdfCoefficients &bdf) const
{
  const auto p = solve(time, bdf);
  return {p.offset_1, arterial_ + p.slope_1};
}

void CoronaryOutlet::accept(double time, const BdfCoefficients &bdf, double flow)
{
  const auto p = solve(time, bdf);
  p_1_old_     = p_1_;
  y_old_       = y_;
  p_1_         = p.offset_1 + p.slope_1 * flow;
  y_           = p.offset_2 + p.slope_2 * flow - muscle_pressure_(time);
  flow_        = flow;
}

std::vector<double> CoronaryOutlet::state() const
{
  return {p_1_, p_1_old_, y_, y_old_, flow_};
}

void CoronaryOutlet::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == 5, "a coronary outlet's state has 5 values");
  p_1_     = state[0];
  p_1_old_ = state[1];
  y_       = state[2];
  y_old_   = state[3];
  flow_    = state[4];
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(A coronary bed: arteries and microcirculation whose compliance the contracting heart muscle squeezes.
              R_a    P_1   R_am    P_2    R_v
    domain  Q ->--/\/\/--+--/\/\/---+---/\/\/---o  P_v
                        |           |
                       === C_a     === C_im
                        |           |
                        o           o  P_im(t)

Equations, with the flow Q out of the domain, the pressure P_1 over the arterial compliance, P_2 between the
microcirculation and the veins, and the intramyocardial pressure P_im:

    P                    = P_1 + R_a Q
    C_a dP_1/dt          = Q - (P_1 - P_2)/R_am
    C_im d(P_2 - P_im)/dt = (P_1 - P_2)/R_am - (P_2 - P_v)/R_v

In time BDF with the flow solver's own coefficients; eliminating P_2, with y = P_2 - P_im, h = a1 x_n + a2 x_(n-1):

    D_1 = 1 + R_am C_a gamma0/dt,   D_2 = 1 + R_v C_im gamma0/dt + R_v C_a (gamma0/dt)/D_1
    P_2 = (R_v C_im (gamma0 P_im + h_y)/dt + P_v + R_v (Q + C_a h_1/dt)/D_1) / D_2
    P_1 = (R_am Q + P_2 + R_am C_a h_1/dt) / D_1

so that P = A + R Q with R = R_a + (R_am + R_v/(D_1 D_2))/D_1. In systole P_im drives blood out of C_im both ways and the
artery's flow falls, which is why coronary flow is largest in diastole. For the left coronary tree P_im follows the left
ventricular pressure, for the right one the right ventricular.

Parameters (section "Boundaries/<name>"):
- `Arterial resistance`: R_a, for example in mmHg s/mL.
- `Arterial compliance`: C_a, for example in mL/mmHg.
- `Microcirculation resistance`: R_am.
- `Intramyocardial compliance`: C_im.
- `Venous resistance`: R_v (venous microcirculation and veins together).
- `Distal pressure`: P_v, for example in mmHg; 0 mmHg by default.
- P_im, one of: `Intramyocardial pressure` (constant), `Waveform` (CSV file, `time [s], pressure [mmHg]`, or
  harmonics), or `Fourier modes` with `Period`.

Case file:

    subsection lad
      set Type                        = coronary
      set Arterial resistance         = 25 mmHg s/mL
      set Arterial compliance         = 0.0005 mL/mmHg
      set Microcirculation resistance = 40 mmHg s/mL
      set Intramyocardial compliance  = 0.004 mL/mmHg
      set Venous resistance           = 15 mmHg s/mL
      set Waveform                    = left_ventricular_pressure.csv
    end

Test: tests/unit/boundary_coronary.cpp, CoronaryOutlet.ConvergesToTheExactSolution.
Source: Kim, Vignon-Clementel, Coogan, Figueroa, Jansen, Taylor, Ann. Biomed. Eng. 38 (2010) 3195-3209; the circuit is
Mantero, Pietrabissa, Fumero, J. Biomed. Eng. 14 (1992) 109-116.
)";

const bool registered = Registry<OutletModel>::add({"boundary model", "coronary",
                                                    "A coronary bed: arteries and microcirculation whose compliance the contracting heart muscle squeezes.",
                                                    documentation, "physics/boundary_models/coronary_outlet.cpp"},
                                                   [] { return std::make_unique<CoronaryOutlet>(); });
} // namespace

} // namespace vesalius
