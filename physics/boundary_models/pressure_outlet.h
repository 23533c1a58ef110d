// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"

namespace vesalius
{

/// A constant pressure at the outlet.
///
///     domain  Q ->---o  P = P_0
///
/// Equation: P = P_0, whatever the flow Q out of the domain.
///
/// Parameters (section "Boundaries/<name>"):
/// - `Pressure`: P_0, for example in mmHg; required.
///
/// Case file:
///
///     subsection outlet_left
///       set Type     = pressure
///       set Pressure = 80 mmHg
///     end
///
/// Test: tests/unit/boundary_outlets.cpp, PressureOutlet.HoldsItsPressure.
/// Source: Vignon-Clementel et al., Comput. Methods Appl. Mech. Engrg. 195 (2006) 3776-3796, section 2.
class PressureOutlet : public OutletModel
{
public:
  std::vector<OutletEntry> entries() const override;
  void   parse_parameters(const ParameterTree &parameters, const std::string &prefix) override;
  double initialise(double mean_flow, double initial_flow) override;
  Affine affine(double time, const BdfCoefficients &bdf) const override;
  void   accept(double time, const BdfCoefficients &bdf, double flow) override;
  std::vector<double> state() const override;
  void   set_state(const std::vector<double> &state) override;
  double steady_resistance() const override { return 0; }

private:
  double pressure_ = 0;
  double flow_     = 0;
};

} // namespace vesalius
