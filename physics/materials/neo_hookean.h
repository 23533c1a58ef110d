// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law_of.h"

namespace vesalius
{

struct NeoHookean
{
  double shear = 0; ///< Pa

  template <class Scalar>
  VESALIUS_HOST_DEVICE void evaluate(const Scalar *strain, const double *, Scalar &energy, Scalar *stress,
                                     Scalar *tangent) const
  {
    const strain_algebra::IsochoricInvariants<Scalar> c(strain);
    set_isochoric(c, {0.5 * shear * (c.I1 - 3.), 0.5 * shear, 0., 0., 0., 0.}, energy, stress, tangent);
  }
};

/// Isotropic tissue with one modulus, the rubber-like limit of all others.
///
/// Energy: Psi = mu/2 (I1bar - 3), I1bar = J^(-2/3) tr C; the volume adds K/2 (J - 1)^2.
///
/// Parameters (section "Tissue"):
/// - `Shear modulus`: mu, which is mu_0; to be set.
/// - `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.
///
/// Case file:
///
///     subsection Tissue
///       set Law           = neo_hookean
///       set Shear modulus = 2 kPa
///     end
///
/// Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
/// Source: Treloar, Trans. Faraday Soc. 39 (1943) 241-246; Holzapfel, Nonlinear Solid Mechanics, Wiley 2000, section 6.5.
class NeoHookeanLaw : public TissueLawOf<NeoHookean>
{
public:
  std::vector<TissueEntry> entries() const override;
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  double                   shear_modulus() const override { return function_.shear; }
};

} // namespace vesalius
