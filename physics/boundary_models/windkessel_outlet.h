// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"

namespace vesalius
{

/// The three-element Windkessel (RCR): a proximal resistance, then a compliance and a distal resistance in parallel.
///
///               R_p    P_d    R_d
///     domain  Q ->---/\/\/---+---/\/\/---o  P_ref
///                            |
///                           === C
///                            |
///                            o  P_ref
///
/// Equations, with the flow Q out of the domain and the pressure P_d over the compliance:
///
///     C dP_d/dt = Q - (P_d - P_ref)/R_d
///     P         = P_d + R_p Q
///
/// In time BDF with the flow solver's own coefficients, so that P = A + R Q at the new time:
///
///     D = 1 + R_d C gamma0/dt
///     A = (P_ref + R_d C (a1 P_d,n + a2 P_d,n-1)/dt) / D
///     R = R_p + R_d / D
///
/// It starts from P_d = P_ref + R_d mean(Q), where the mean of a periodic state lies.
///
/// Parameters (section "Boundaries/<name>"), either the outlet's own values:
/// - `Proximal resistance`: R_p, for example in mmHg s/mL.
/// - `Distal resistance`: R_d, for example in mmHg s/mL.
/// - `Compliance`: C, for example in mL/mmHg.
///
/// or the totals of all outlets of the section, shared out by s = radius^2.6 / sum(radius^2.6)
/// (R_p + R_d = R_total / s, C = s C_total):
/// - `Total resistance`: R_total, for example in mmHg s/mL.
/// - `Total compliance`: C_total, for example in mL/mmHg.
/// - `Proximal fraction`: R_p / (R_p + R_d); 0.056 by default, a usual choice at iliac outlets.
///
/// and with both:
/// - `Distal pressure`: P_ref, for example in mmHg; 0 mmHg by default.
///
/// Case file:
///
///     subsection outlet_left
///       set Type                = windkessel
///       set Proximal resistance = 0.09 mmHg s/mL
///       set Distal resistance   = 0.91 mmHg s/mL
///       set Compliance          = 0.9 mL/mmHg
///     end
///     subsection outlet*
///       set Type             = windkessel
///       set Total resistance = 1.1 mmHg s/mL
///       set Total compliance = 1.0 mL/mmHg
///     end
///
/// Test: tests/unit/boundary_outlets.cpp, WindkesselOutlet.ConvergesAtSecondOrder and the tests beside it.
/// Source: Westerhof, Lankhaar, Westerhof, Med. Biol. Eng. Comput. 47 (2009) 131-141; the coupling follows
/// Bertoglio, Caiazzo, Fernandez, SIAM J. Sci. Comput. 35 (2013) B551-B575.
class WindkesselOutlet : public OutletModel
{
public:
  std::vector<BoundaryEntry> entries() const override;
  void   parse_parameters(const ParameterTree &parameters, const std::string &prefix) override;
  void   set_share(double share) override;
  double initialise(double mean_flow, double initial_flow) override;
  Affine affine(double time, const BdfCoefficients &bdf) const override;
  void   accept(double time, const BdfCoefficients &bdf, double flow) override;
  std::vector<double> state() const override;
  void   set_state(const std::vector<double> &state) override;
  double steady_resistance() const override { return proximal_ + distal_; }
  std::vector<double> windkessel_parameters() const override { return {proximal_, distal_, compliance_, distal_pressure_}; }

private:
  double distal_denominator(const BdfCoefficients &bdf) const;
  double proximal_ = 0, distal_ = 0, compliance_ = 0, distal_pressure_ = 0;
  /// Totals of the section; the total resistance is 0 where the outlet has values of its own.
  double total_resistance_ = 0, total_compliance_ = 0, proximal_fraction_ = 0;
  double pressure_c_ = 0, pressure_c_old_ = 0; ///< over the compliance, at the last two times
  double flow_ = 0, pressure_ = 0;             ///< at the last time
};

} // namespace vesalius
