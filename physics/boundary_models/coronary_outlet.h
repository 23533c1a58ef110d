// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"
#include "physics/boundary_models/waveform.h"

namespace vesalius
{

/// A coronary bed: arteries and microcirculation whose compliance the contracting heart muscle squeezes.
///               R_a    P_1   R_am    P_2    R_v
///     domain  Q ->--/\/\/--+--/\/\/---+---/\/\/---o  P_v
///                         |           |
///                        === C_a     === C_im
///                         |           |
///                         o           o  P_im(t)
///
/// Equations, with the flow Q out of the domain, the pressure P_1 over the arterial compliance, P_2 between the
/// microcirculation and the veins, and the intramyocardial pressure P_im:
///
///     P                    = P_1 + R_a Q
///     C_a dP_1/dt          = Q - (P_1 - P_2)/R_am
///     C_im d(P_2 - P_im)/dt = (P_1 - P_2)/R_am - (P_2 - P_v)/R_v
///
/// In time BDF with the flow solver's own coefficients; eliminating P_2, with y = P_2 - P_im, h = a1 x_n + a2 x_(n-1):
///
///     D_1 = 1 + R_am C_a gamma0/dt,   D_2 = 1 + R_v C_im gamma0/dt + R_v C_a (gamma0/dt)/D_1
///     P_2 = (R_v C_im (gamma0 P_im + h_y)/dt + P_v + R_v (Q + C_a h_1/dt)/D_1) / D_2
///     P_1 = (R_am Q + P_2 + R_am C_a h_1/dt) / D_1
///
/// so that P = A + R Q with R = R_a + (R_am + R_v/(D_1 D_2))/D_1. In systole P_im drives blood out of C_im both ways and the
/// artery's flow falls, which is why coronary flow is largest in diastole. For the left coronary tree P_im follows the left
/// ventricular pressure, for the right one the right ventricular.
///
/// Parameters (section "Boundaries/<name>"):
/// - `Arterial resistance`: R_a, for example in mmHg s/mL.
/// - `Arterial compliance`: C_a, for example in mL/mmHg.
/// - `Microcirculation resistance`: R_am.
/// - `Intramyocardial compliance`: C_im.
/// - `Venous resistance`: R_v (venous microcirculation and veins together).
/// - `Distal pressure`: P_v, for example in mmHg; 0 mmHg by default.
/// - P_im, one of: `Intramyocardial pressure` (constant), `Waveform` (CSV file, `time [s], pressure [mmHg]`, or
///   harmonics), or `Fourier modes` with `Period`.
///
/// Case file:
///
///     subsection lad
///       set Type                        = coronary
///       set Arterial resistance         = 25 mmHg s/mL
///       set Arterial compliance         = 0.0005 mL/mmHg
///       set Microcirculation resistance = 40 mmHg s/mL
///       set Intramyocardial compliance  = 0.004 mL/mmHg
///       set Venous resistance           = 15 mmHg s/mL
///       set Waveform                    = left_ventricular_pressure.csv
///     end
///
/// Test: tests/unit/boundary_coronary.cpp, CoronaryOutlet.ConvergesToTheExactSolution.
/// Source: Kim, Vignon-Clementel, Coogan, Figueroa, Jansen, Taylor, Ann. Biomed. Eng. 38 (2010) 3195-3209; the circuit is
/// Mantero, Pietrabissa, Fumero, J. Biomed. Eng. 14 (1992) 109-116.
class CoronaryOutlet : public OutletModel
{
public:
  std::vector<BoundaryEntry> entries() const override;
  void                       parse_parameters(const ParameterTree &parameters, const std::string &prefix) override;
  double                     initialise(double mean_flow, double initial_flow) override;
  Affine                     affine(double time, const BdfCoefficients &bdf) const override;
  void                       accept(double time, const BdfCoefficients &bdf, double flow) override;
  std::vector<double>        state() const override;
  void                       set_state(const std::vector<double> &state) override;
  double                     steady_resistance() const override { return arterial_ + micro_ + venous_; }
  double                     period() const override { return muscle_pressure_.is_constant() ? 0 : muscle_pressure_.period(); }

private:
  /// P_1 and P_2 at a new time are offset + slope * Q.
  struct Pressures
  {
    double offset_1 = 0, slope_1 = 0, offset_2 = 0, slope_2 = 0;
  };
  Pressures solve(double time, const BdfCoefficients &bdf) const;

  double   arterial_ = 0, micro_ = 0, venous_ = 0, arterial_compliance_ = 0, muscle_compliance_ = 0, venous_pressure_ = 0;
  Waveform muscle_pressure_; ///< P_im
  double   p_1_ = 0, p_1_old_ = 0, y_ = 0, y_old_ = 0; ///< at the last two times
  double   flow_ = 0;
};

} // namespace vesalius
