// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/newtonian.h"

namespace vesalius
{

std::vector<FluidEntry> NewtonianLaw::entries() const
{
  return {{"Viscosity", "3.5 mPa s", dimension::viscosity, "Dynamic viscosity.", 1e-9, 1e9}};
}

void NewtonianLaw::parse_parameters(const ParameterTree &parameters)
{
  function_.mu = fluid_value(parameters, entries()[0]);
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(A viscosity that does not depend on the shear rate.

Equation: mu = const.

Parameters (section "Fluid"):
- `Viscosity`: mu, for example in mPa s; 3.5 mPa s by default.

Case file:

    subsection Fluid
      set Density   = 1060 kg/m^3
      set Viscosity = 3.5 mPa s
    end

Test: tests/unit/material_laws.cpp; tests/verification/flow_curved_cells.cpp, CurvedPipe.*.
Source: Batchelor, An Introduction to Fluid Dynamics, Cambridge University Press 1967, section 3.3.
)";

const bool registered =
  Registry<ViscosityLaw>::add({"viscosity law", "newtonian", "A viscosity that does not depend on the shear rate.",
                               documentation, "physics/materials/newtonian.cpp"},
                              [] { return std::make_unique<NewtonianLaw>(); });
} // namespace

} // namespace vesalius
