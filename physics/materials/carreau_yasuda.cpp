// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/carreau_yasuda.h"

#include "solver/core/errors.h"

namespace vesalius
{

std::vector<FluidEntry> CarreauYasudaLaw::entries() const
{
  return {{"Zero-shear viscosity", "56 mPa s", dimension::viscosity, "Viscosity at rest.", 1e-9, 1e9},
          {"Infinite-shear viscosity", "3.45 mPa s", dimension::viscosity, "Viscosity at high shear rates.", 1e-9, 1e9},
          {"Relaxation time", "3.313 s", dimension::time, "Inverse of the shear rate at which thinning begins.", 0, 1e9},
          {"Power index", "0.3568", dimension::none, "Exponent n; 1 is Newtonian.", 0, 1},
          {"Transition exponent", "2", dimension::none, "Exponent a: how sharp thinning begins.", 0.1, 100}};
}

void CarreauYasudaLaw::parse_parameters(const ParameterTree &parameters)
{
  const auto e         = entries();
  function_.zero       = fluid_value(parameters, e[0]);
  function_.infinite   = fluid_value(parameters, e[1]);
  function_.time       = fluid_value(parameters, e[2]);
  function_.power      = fluid_value(parameters, e[3]);
  function_.transition = fluid_value(parameters, e[4]);
  if (function_.zero < function_.infinite)
    throw parameters.error_at("Fluid/Zero-shear viscosity", "it is below the infinite-shear viscosity",
                              "blood thins with the shear rate: give the larger value here");
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Shear-thinning blood between two plateaus.

Equation: mu = mu_inf + (mu_0 - mu_inf) [1 + (lambda gamma)^a]^((n - 1)/a), gamma = sqrt(2 D : D).

Parameters (section "Fluid"); the defaults are blood's:
- `Zero-shear viscosity`: mu_0; 56 mPa s by default.
- `Infinite-shear viscosity`: mu_inf; 3.45 mPa s by default.
- `Relaxation time`: lambda; 3.313 s by default.
- `Power index`: n; 0.3568 by default, 1 is Newtonian.
- `Transition exponent`: a; 2 by default (Carreau).

Case file:

    subsection Fluid
      set Density                  = 1060 kg/m^3
      set Viscosity law            = carreau_yasuda
      set Zero-shear viscosity     = 56 mPa s
      set Infinite-shear viscosity = 3.45 mPa s
      set Relaxation time          = 3.313 s
      set Power index              = 0.3568
      set Transition exponent      = 2
    end

Test: tests/verification/flow_rheology.cpp (plane channel, pipe, circular Couette flow).
Source: Yasuda, Armstrong, Cohen, Rheol. Acta 20 (1981) 163-178; blood: Cho, Kensey, Biorheology 28 (1991) 241-262.
)";

const bool registered =
  Registry<ViscosityLaw>::add({"viscosity law", "carreau_yasuda", "Shear-thinning blood between two plateaus.",
                               documentation, "physics/materials/carreau_yasuda.cpp"},
                              [] { return std::make_unique<CarreauYasudaLaw>(); });
} // namespace

} // namespace vesalius
