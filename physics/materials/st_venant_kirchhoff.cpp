// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/st_venant_kirchhoff.h"

namespace vesalius
{

std::vector<TissueEntry> StVenantKirchhoffLaw::entries() const
{
  return {{"Young modulus", "", dimension::pressure, "E, Young's modulus at small strains", 1e-3}};
}

void StVenantKirchhoffLaw::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  const double E  = tissue_value(parameters, section, entries()[0]);
  double       nu = parameters.real(section + "/Poisson ratio");
  if (parameters.is_set(section + "/Bulk modulus"))
    {
      nu = 0.5 - E / (6 * parameters.quantity(section + "/Bulk modulus"));
      if (!(nu >= 0))
        throw parameters.error_at(section + "/Bulk modulus",
                                  "it is below a third of Young modulus, so that Poisson's ratio is negative",
                                  "give a larger bulk modulus");
    }
  if (!(nu < 0.5))
    throw parameters.error_at(section + "/Law",
                              "the law st_venant_kirchhoff is for compressible tissue, and Poisson ratio is 0.5",
                              "set Poisson ratio below 0.5, or choose the law neo_hookean");
  function_.shear = E / (2 * (1 + nu));
  function_.lame  = E * nu / ((1 + nu) * (1 - 2 * nu));
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Linear elasticity made independent of rotations: for stiff or little strained tissue, such as a hard inclusion.

Energy: Psi = lambda/2 (tr E)^2 + mu E : E, lambda = E nu/((1 + nu)(1 - 2 nu)), mu = E/(2 (1 + nu)).
It gives way under strong compression (below a stretch of 1/sqrt(3) the force falls): not for large strains.
It does not part volume from shape, so the tissue must be compressible.

Parameters (section "Tissue"):
- `Young modulus`: E; to be set.
- `Poisson ratio` (below 0.5) or `Bulk modulus`; one of the two is to be set.

Case file:

    subsection Tissue
      set Law           = st_venant_kirchhoff
      set Young modulus = 100 kPa
      set Poisson ratio = 0.3
    end

Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
Source: Holzapfel, Nonlinear Solid Mechanics, Wiley 2000, section 6.5.
)";

const bool registered = Registry<TissueLaw>::add(
  {"tissue law", "st_venant_kirchhoff",
   "Linear elasticity made independent of rotations: for stiff or little strained tissue.", documentation,
   "physics/materials/st_venant_kirchhoff.cpp"},
  [] { return std::make_unique<StVenantKirchhoffLaw>(); });
} // namespace

} // namespace vesalius
