// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/viscosity_law.h"

namespace vesalius
{

struct Newtonian
{
  double mu = 3.5e-3; ///< Pa s
  double viscosity(double /*rate*/) const { return mu; }
  double slope(double /*rate*/) const { return 0; }
};

/// A viscosity that does not depend on the shear rate.
///
/// Equation: mu = const.
///
/// Parameters (section "Fluid"):
/// - `Viscosity`: mu, for example in mPa s; 3.5 mPa s by default.
///
/// Case file:
///
///     subsection Fluid
///       set Density   = 1060 kg/m^3
///       set Viscosity = 3.5 mPa s
///     end
///
/// Test: tests/unit/material_laws.cpp; tests/verification/flow_curved_cells.cpp, CurvedPipe.*.
/// Source: Batchelor, An Introduction to Fluid Dynamics, Cambridge University Press 1967, section 3.3.
class NewtonianLaw : public ViscosityLawOf<Newtonian>
{
public:
  std::vector<FluidEntry> entries() const override;
  void                    parse_parameters(const ParameterTree &parameters) override;
  double                  lowest() const override { return function_.mu; }
  double                  highest() const override { return function_.mu; }
  double                  reference() const override { return function_.mu; }
};

} // namespace vesalius
