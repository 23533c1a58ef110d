// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"

namespace vesalius
{

/// A prescribed share of the inflow leaves here; the pressure follows.
///     domain  Q ->---o  Q = s Q_in(t)
///
/// Equation: Q = s Q_in at every time, with Q out of the domain and Q_in the flow into the domain through all inflows and
/// pressure inlets together. A row of the pressure step's dense system, so that it holds exactly. The shares may
/// not exceed 1 together, and at least one other boundary must hold a pressure: the rest of the inflow goes there.
///
/// Parameters (section "Boundaries/<name>"):
/// - `Share`: s, between 0 and 1; required. A section for several outlets (`outlet*`) gives the share of all of them
///   together, divided by radius^2.6.
///
/// Case file:
///
///     subsection outlet_left
///       set Type  = split
///       set Share = 0.45
///     end
///     subsection outlet_right
///       set Type     = pressure
///       set Pressure = 80 mmHg
///     end
///
/// Test: tests/unit/boundary_prescribed_flow.cpp; tests/verification/flow_boundary_models.cpp, PrescribedFlow.HoldsExactly.
/// Source: Heywood, Rannacher, Turek, Int. J. Numer. Meth. Fluids 22 (1996) 325-352 (the flux problem).
class SplitOutlet : public OutletModel
{
public:
  std::vector<BoundaryEntry> entries() const override;
  void                       parse_parameters(const ParameterTree &parameters, const std::string &prefix) override;
  void                       set_share(double share) override { section_part_ = share; }
  double                     initialise(double mean_flow, double initial_flow) override;
  Affine                     affine(double time, const BdfCoefficients &bdf) const override;
  void                       accept(double time, const BdfCoefficients &bdf, double flow) override;
  std::vector<double>        state() const override;
  void                       set_state(const std::vector<double> &state) override;
  double                     steady_resistance() const override { return 0; }
  bool                       is_memoryless() const override { return true; }
  bool                       holds_pressure() const override { return false; }
  double                     share_of_inflow() const override { return section_part_ * share_; }

private:
  double share_ = 0, section_part_ = 1;
  double flow_  = 0;
};

} // namespace vesalius
