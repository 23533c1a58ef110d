// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"
#include "physics/boundary_models/waveform.h"

namespace vesalius
{

/// A pressure at a boundary through which blood is meant to enter.
///     P_0(t)  o---> Q_in  domain
///
/// Equation, with the mean inward normal velocity u_n where blood enters:
///
///     total pressure:   p + rho u_n^2 / 2 = P_0(t)
///     static pressure:  p = P_0(t)
///
/// The flow follows and may have either sign; where blood leaves, p = P_0 in both. The total pressure is the default:
/// it is what the term 0.5 rho beta min(u . n, 0) u of the outlets gives with beta = 1, and the only one of the two with
/// an energy bound, since the fluid that enters brings no kinetic energy but what the pressure pays for. The static
/// pressure (beta = 0) is what a catheter's side hole measures; the energy that enters then grows with the cube of the
/// velocity and only viscosity and the resistance beyond hold it. A rise of the pressure that the resistance cannot take up
/// may diverge. beta is the inlet's own, whatever Solver/Backflow stabilisation says for the outlets.
///
/// Parameters (section "Boundaries/<name>"), one of:
/// - `Pressure`: P_0, for example in mmHg.
/// - `Waveform`: CSV file of one cycle, `time [s], pressure [mmHg]`, or of harmonics.
/// - `Fourier modes` with `Period`: the same harmonics as a list.
///
/// and:
/// - `Pressure kind`: total (default) or static.
///
/// Case file:
///
///     subsection inlet
///       set Type     = pressure_inlet
///       set Waveform = aortic_pressure.csv
///     end
///
/// Test: tests/verification/flow_boundary_models.cpp, PressureInlet.DrivesTheExactFlow.
/// Source: Heywood, Rannacher, Turek, Int. J. Numer. Meth. Fluids 22 (1996) 325-352 (both conditions);
/// Moghadam et al., Comput. Mech. 48 (2011) 277-291 (the energy of what enters).
class PressureInlet : public OutletModel
{
public:
  std::vector<BoundaryEntry> entries() const override;
  void                       parse_parameters(const ParameterTree &parameters, const std::string &prefix) override;
  double                     initialise(double mean_flow, double initial_flow) override;
  Affine                     affine(double time, const BdfCoefficients &bdf) const override;
  void                       accept(double time, const BdfCoefficients &bdf, double flow) override;
  std::vector<double>        state() const override;
  void                       set_state(const std::vector<double> &state) override;
  double                     steady_resistance() const override { return 0; }
  bool                       is_memoryless() const override { return true; }
  bool                       is_inlet() const override { return true; }
  double                     backflow(double /*beta*/) const override { return is_total_ ? 1 : 0; }
  double                     period() const override { return pressure_.is_constant() ? 0 : pressure_.period(); }

private:
  Waveform pressure_;
  bool     is_total_ = true;
  double   flow_     = 0; ///< out of the domain
};

} // namespace vesalius
