// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/casson.h"

namespace vesalius
{

std::vector<FluidEntry> CassonLaw::entries() const
{
  return {{"Casson viscosity", "3.45 mPa s", dimension::viscosity, "Viscosity at high shear rates.", 1e-9, 1e9},
          {"Yield stress", "0.005 Pa", dimension::pressure, "Stress below which the blood hardly moves.", 0, 1e9},
          {"Regularisation time", "100 s", dimension::time, "The longer, the sharper the yield.", 0, 1e9}};
}

void CassonLaw::parse_parameters(const ParameterTree &parameters)
{
  const auto e      = entries();
  function_.plastic = fluid_value(parameters, e[0]);
  function_.yield   = fluid_value(parameters, e[1]);
  function_.time    = fluid_value(parameters, e[2]);
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Blood with a yield stress, regularised.

Equation: sqrt(mu) = sqrt(mu_c) + sqrt(tau_y / gamma) (1 - exp(-sqrt(m gamma))), gamma = sqrt(2 D : D).
m -> infinity is Casson's law sqrt(tau) = sqrt(tau_y) + sqrt(mu_c gamma); with m finite the fluid creeps below the
yield stress with the viscosity (sqrt(mu_c) + sqrt(m tau_y))^2.

Parameters (section "Fluid"):
- `Casson viscosity`: mu_c; 3.45 mPa s by default.
- `Yield stress`: tau_y; 0.005 Pa by default.
- `Regularisation time`: m; 100 s by default.

Case file:

    subsection Fluid
      set Density             = 1060 kg/m^3
      set Viscosity law       = casson
      set Casson viscosity    = 3.45 mPa s
      set Yield stress        = 0.005 Pa
      set Regularisation time = 100 s
    end

Test: tests/verification/flow_rheology.cpp (plane channel, pipe, circular Couette flow).
Source: Casson, in: Rheology of Disperse Systems, Pergamon 1959, 84-104; blood: Fung, Biomechanics: Circulation,
Springer 1997, section 3.2; regularisation: Papanastasiou, J. Rheol. 31 (1987) 385-404.
)";

const bool registered = Registry<ViscosityLaw>::add({"viscosity law", "casson", "Blood with a yield stress, regularised.",
                                                     documentation, "physics/materials/casson.cpp"},
                                                    [] { return std::make_unique<CassonLaw>(); });
} // namespace

} // namespace vesalius
