// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law_of.h"

namespace vesalius
{

struct MooneyRivlin
{
  double first = 0, second = 0; ///< Pa

  template <class Scalar>
  VESALIUS_HOST_DEVICE void evaluate(const Scalar *strain, const double *, Scalar &energy, Scalar *stress,
                                     Scalar *tangent) const
  {
    const strain_algebra::IsochoricInvariants<Scalar> c(strain);
    const strain_algebra::InvariantEnergy<Scalar>     psi{
      first * (c.I1 - 3.) + second * (c.I2 - 3.), first, second, 0., 0., 0.};
    set_isochoric(c, psi, energy, stress, tangent);
  }
};

/// Isotropic tissue with two moduli, linear in both invariants.
///
/// Energy: Psi = c1 (I1bar - 3) + c2 (I2bar - 3) of Cbar = J^(-2/3) C; mu_0 = 2 (c1 + c2); the volume adds K/2 (J - 1)^2.
///
/// Parameters (section "Tissue"):
/// - `First modulus`: c1; to be set.
/// - `Second modulus`: c2; to be set.
/// - `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.
///
/// Case file:
///
///     subsection Tissue
///       set Law            = mooney_rivlin
///       set First modulus  = 0.8 kPa
///       set Second modulus = 0.2 kPa
///     end
///
/// Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
/// Source: Mooney, J. Appl. Phys. 11 (1940) 582-592; Rivlin, Phil. Trans. R. Soc. A 241 (1948) 379-397.
class MooneyRivlinLaw : public TissueLawOf<MooneyRivlin>
{
public:
  std::vector<TissueEntry> entries() const override;
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  double                   shear_modulus() const override { return 2 * (function_.first + function_.second); }
};

} // namespace vesalius
