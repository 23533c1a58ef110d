// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/veronda_westmann.h"

namespace vesalius
{

std::vector<TissueEntry> VerondaWestmannLaw::entries() const
{
  return {{"Stiffness", "", dimension::pressure, "the energy's factor", 1e-6},
          {"Hardening", "", dimension::none, "c2, how fast the tissue stiffens", 1e-6, 1e3}};
}

void VerondaWestmannLaw::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  const auto e        = entries();
  function_.stiffness = tissue_value(parameters, section, e[0]);
  function_.hardening = tissue_value(parameters, section, e[1]);
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Isotropic tissue that stiffens exponentially, as skin and liver do.

Energy: Psi = c1 (exp(c2 (I1bar - 3)) - 1) - c1 c2/2 (I2bar - 3) of Cbar = J^(-2/3) C; mu_0 = c1 c2; the volume adds
K/2 (J - 1)^2.

Parameters (section "Tissue"):
- `Stiffness`: c1; to be set.
- `Hardening`: c2; to be set.
- `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.

Case file:

    subsection Tissue
      set Law       = veronda_westmann
      set Stiffness = 0.2 kPa
      set Hardening = 5
    end

Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
Source: Veronda, Westmann, J. Biomech. 3 (1970) 111-124.
)";

const bool registered = Registry<TissueLaw>::add({"tissue law", "veronda_westmann",
                                                  "Isotropic tissue that stiffens exponentially, as skin and liver do.",
                                                  documentation, "physics/materials/veronda_westmann.cpp"},
                                                 [] { return std::make_unique<VerondaWestmannLaw>(); });
} // namespace

} // namespace vesalius
