// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"
#include "physics/boundary_models/waveform.h"

namespace vesalius
{

/// A pressure at the outlet, constant or over the cycle.
///     domain  Q ->---o  P = P_0(t)
///
/// Equation: P = P_0(t), whatever the flow Q out of the domain. Where blood comes back, the traction is P_0 less the
/// dynamic pressure of the backflow term (Solver/Backflow stabilisation); see pressure_inlet.
///
/// Parameters (section "Boundaries/<name>"), one of:
/// - `Pressure`: P_0, for example in mmHg.
/// - `Waveform`: CSV file of one cycle, `time [s], pressure [mmHg]`, or of harmonics.
/// - `Fourier modes` with `Period`: the same harmonics as a list.
///
/// Case file:
///
///     subsection outlet_left
///       set Type     = pressure
///       set Pressure = 80 mmHg
///     end
///     subsection outlet_right
///       set Type          = pressure
///       set Fourier modes = 90, 12 -8, 3 1 mmHg
///       set Period        = 0.8 s
///     end
///
/// Test: tests/unit/boundary_outlets.cpp, PressureOutlet.HoldsItsPressure.
/// Source: Vignon-Clementel et al., Comput. Methods Appl. Mech. Engrg. 195 (2006) 3776-3796, section 2.
class PressureOutlet : public OutletModel
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
  double                     period() const override { return pressure_.is_constant() ? 0 : pressure_.period(); }

private:
  Waveform pressure_;
  double   flow_ = 0;
};

} // namespace vesalius
