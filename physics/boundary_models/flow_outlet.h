// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"
#include "physics/boundary_models/waveform.h"

namespace vesalius
{

/// A prescribed flow out of the domain; the pressure follows.
///     domain  Q ->---o  Q = Q_0(t)
///
/// Equation: Q = Q_0(t), with Q out of the domain (negative: into it). The velocity profile is left to the flow. The flow
/// constrains the pressure step exactly; at least one other boundary must hold a pressure, and what the prescribed flows
/// leave of the inflow goes there.
///
/// Parameters (section "Boundaries/<name>"), one of:
/// - `Flow`: Q_0, for example in mL/s.
/// - `Waveform`: CSV file of one cycle, `time [s], flow [mL/s]`, or of harmonics.
/// - `Fourier modes` with `Period`: the same harmonics as a list.
///
/// A section for several outlets (`outlet*`) gives the flow of all of them together, shared out by radius^2.6.
///
/// Case file:
///
///     subsection renal_left
///       set Type     = flow
///       set Waveform = renal_flow.csv
///     end
///
/// Test: tests/unit/boundary_prescribed_flow.cpp; tests/verification/flow_boundary_models.cpp, PrescribedFlow.HoldsExactly.
/// Source: Heywood, Rannacher, Turek, Int. J. Numer. Meth. Fluids 22 (1996) 325-352 (the flux problem).
class FlowOutlet : public OutletModel
{
public:
  std::vector<BoundaryEntry> entries() const override;
  void                       parse_parameters(const ParameterTree &parameters, const std::string &prefix) override;
  void                       set_share(double share) override { share_ = share; }
  double                     initialise(double mean_flow, double initial_flow) override;
  Affine                     affine(double time, const BdfCoefficients &bdf) const override;
  void                       accept(double time, const BdfCoefficients &bdf, double flow) override;
  std::vector<double>        state() const override;
  void                       set_state(const std::vector<double> &state) override;
  double                     steady_resistance() const override { return 0; }
  bool                       is_memoryless() const override { return true; }
  bool                       holds_pressure() const override { return false; }
  double                     period() const override { return prescribed_.is_constant() ? 0 : prescribed_.period(); }

private:
  Waveform prescribed_;
  double   share_ = 1; ///< of the section's flow
  double   flow_  = 0;
};

} // namespace vesalius
