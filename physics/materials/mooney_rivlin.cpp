// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/mooney_rivlin.h"

namespace vesalius
{

std::vector<TissueEntry> MooneyRivlinLaw::entries() const
{
  return {{"First modulus", "", dimension::pressure, "c1, of I1bar - 3", 0},
          {"Second modulus", "", dimension::pressure, "c2, of I2bar - 3", 0}};
}

void MooneyRivlinLaw::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  const auto e     = entries();
  function_.first  = tissue_value(parameters, section, e[0]);
  function_.second = tissue_value(parameters, section, e[1]);
  if (!(shear_modulus() > 0))
    throw parameters.error_at(section + "/First modulus", "both moduli are zero", "give at least one positive modulus");
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Isotropic tissue with two moduli, linear in both invariants.

Energy: Psi = c1 (I1bar - 3) + c2 (I2bar - 3) of Cbar = J^(-2/3) C; mu_0 = 2 (c1 + c2); the volume adds K/2 (J - 1)^2.

Parameters (section "Tissue"):
- `First modulus`: c1; to be set.
- `Second modulus`: c2; to be set.
- `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.

Case file:

    subsection Tissue
      set Law            = mooney_rivlin
      set First modulus  = 0.8 kPa
      set Second modulus = 0.2 kPa
    end

Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
Source: Mooney, J. Appl. Phys. 11 (1940) 582-592; Rivlin, Phil. Trans. R. Soc. A 241 (1948) 379-397.
)";

const bool registered = Registry<TissueLaw>::add({"tissue law", "mooney_rivlin",
                                                  "Isotropic tissue with two moduli, linear in both invariants.",
                                                  documentation, "physics/materials/mooney_rivlin.cpp"},
                                                 [] { return std::make_unique<MooneyRivlinLaw>(); });
} // namespace

} // namespace vesalius
