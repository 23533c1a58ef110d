// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"

namespace vesalius
{

/// A resistance between the outlet and a distal pressure.
///
///               R
///     domain  Q ->---/\/\/---o  P_ref
///
/// Equation: P = P_ref + R Q with the flow Q out of the domain.
///
/// Parameters (section "Boundaries/<name>"):
/// - `Resistance`: R, for example in mmHg s/mL; required.
/// - `Distal pressure`: P_ref, for example in mmHg; 0 mmHg by default.
///
/// Case file:
///
///     subsection outlet_left
///       set Type            = resistance
///       set Resistance      = 1.5 mmHg s/mL
///       set Distal pressure = 10 mmHg
///     end
///
/// Test: tests/unit/boundary_outlets.cpp, ResistanceOutlet.PressureIsAffineInFlow.
/// Source: Vignon-Clementel et al., Comput. Methods Appl. Mech. Engrg. 195 (2006) 3776-3796, section 2.
class ResistanceOutlet : public OutletModel
{
public:
  std::vector<BoundaryEntry> entries() const override;
  void   parse_parameters(const ParameterTree &parameters, const std::string &prefix) override;
  double initialise(double mean_flow, double initial_flow) override;
  Affine affine(double time, const BdfCoefficients &bdf) const override;
  void   accept(double time, const BdfCoefficients &bdf, double flow) override;
  std::vector<double> state() const override;
  void   set_state(const std::vector<double> &state) override;
  double steady_resistance() const override { return resistance_; }
  bool   is_memoryless() const override { return true; }

private:
  double resistance_ = 0, distal_pressure_ = 0;
  double flow_ = 0;
};

} // namespace vesalius
