// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/neo_hookean.h"

namespace vesalius
{

std::vector<TissueEntry> NeoHookeanLaw::entries() const
{
  return {{"Shear modulus", "", dimension::pressure, "mu, the shear modulus at small strains", 1e-3}};
}

void NeoHookeanLaw::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  function_.shear = tissue_value(parameters, section, entries()[0]);
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Isotropic tissue with one modulus, the rubber-like limit of all others.

Energy: Psi = mu/2 (I1bar - 3), I1bar = J^(-2/3) tr C; the volume adds K/2 (J - 1)^2.

Parameters (section "Tissue"):
- `Shear modulus`: mu, which is mu_0; to be set.
- `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.

Case file:

    subsection Tissue
      set Law           = neo_hookean
      set Shear modulus = 2 kPa
    end

Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
Source: Treloar, Trans. Faraday Soc. 39 (1943) 241-246; Holzapfel, Nonlinear Solid Mechanics, Wiley 2000, section 6.5.
)";

const bool registered = Registry<TissueLaw>::add(
  {"tissue law", "neo_hookean", "Isotropic tissue with one modulus, the rubber-like limit of all others.",
   documentation, "physics/materials/neo_hookean.cpp"},
  [] { return std::make_unique<NeoHookeanLaw>(); });
} // namespace

} // namespace vesalius
