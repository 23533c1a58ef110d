// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law_of.h"

namespace vesalius
{

struct VerondaWestmann
{
  double stiffness = 0, hardening = 0; ///< Pa, 1

  template <class Scalar>
  VESALIUS_HOST_DEVICE void evaluate(const Scalar *strain, const double *, Scalar &energy, Scalar *stress,
                                     Scalar *tangent) const
  {
    using std::exp;
    const strain_algebra::IsochoricInvariants<Scalar> c(strain);
    const Scalar                                      growth = exp(hardening * (c.I1 - 3.));
    strain_algebra::InvariantEnergy<Scalar>           psi;
    psi.by_2  = -0.5 * stiffness * hardening;
    psi.by_1  = stiffness * hardening * growth;
    psi.by_11 = hardening * psi.by_1;
    psi.by_12 = 0.;
    psi.by_22 = 0.;
    psi.value = stiffness * (growth - 1.) + psi.by_2 * (c.I2 - 3.);
    set_isochoric(c, psi, energy, stress, tangent);
  }
};

/// Isotropic tissue that stiffens exponentially, as skin and liver do.
///
/// Energy: Psi = c1 (exp(c2 (I1bar - 3)) - 1) - c1 c2/2 (I2bar - 3) of Cbar = J^(-2/3) C; mu_0 = c1 c2; the volume adds
/// K/2 (J - 1)^2.
///
/// Parameters (section "Tissue"):
/// - `Stiffness`: c1; to be set.
/// - `Hardening`: c2; to be set.
/// - `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.
///
/// Case file:
///
///     subsection Tissue
///       set Law       = veronda_westmann
///       set Stiffness = 0.2 kPa
///       set Hardening = 5
///     end
///
/// Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
/// Source: Veronda, Westmann, J. Biomech. 3 (1970) 111-124.
class VerondaWestmannLaw : public TissueLawOf<VerondaWestmann>
{
public:
  std::vector<TissueEntry> entries() const override;
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  double                   shear_modulus() const override { return function_.stiffness * function_.hardening; }
};

} // namespace vesalius
