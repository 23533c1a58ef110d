// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law_of.h"

namespace vesalius
{

struct StVenantKirchhoff
{
  double shear = 0, lame = 0; ///< mu and lambda, Pa

  template <class Scalar>
  VESALIUS_HOST_DEVICE void evaluate(const Scalar *strain, const double *, Scalar &energy, Scalar *stress,
                                     Scalar *tangent) const
  {
    const Scalar trace = strain[0] + strain[1] + strain[2];
    strain_algebra::set_zero(stress, tangent);
    energy = 0.5 * lame * trace * trace;
    for (int k = 0; k < 6; ++k)
      {
        // Half of an engineering shear is its tensor component, which counts twice in E : E.
        const double stiffness = k < 3 ? 2 * shear : shear;
        stress[k]              = stiffness * strain[k];
        energy += 0.5 * stiffness * strain[k] * strain[k];
        if (k < 3)
          stress[k] += lame * trace;
        if (tangent)
          tangent[7 * k] = stiffness;
      }
    for (int k = 0; tangent && k < 9; ++k)
      tangent[6 * (k / 3) + k % 3] += lame;
  }
};

/// Linear elasticity made independent of rotations: for stiff or little strained tissue, such as a hard inclusion.
///
/// Energy: Psi = lambda/2 (tr E)^2 + mu E : E, lambda = E nu/((1 + nu)(1 - 2 nu)), mu = E/(2 (1 + nu)).
/// It gives way under strong compression (below a stretch of 1/sqrt(3) the force falls): not for large strains.
/// It does not part volume from shape, so the tissue must be compressible.
///
/// Parameters (section "Tissue"):
/// - `Young modulus`: E; to be set.
/// - `Poisson ratio` (below 0.5) or `Bulk modulus`; one of the two is to be set.
///
/// Case file:
///
///     subsection Tissue
///       set Law           = st_venant_kirchhoff
///       set Young modulus = 100 kPa
///       set Poisson ratio = 0.3
///     end
///
/// Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, closed-form curves).
/// Source: Holzapfel, Nonlinear Solid Mechanics, Wiley 2000, section 6.5.
class StVenantKirchhoffLaw : public TissueLawOf<StVenantKirchhoff>
{
public:
  std::vector<TissueEntry> entries() const override;
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  double                   shear_modulus() const override { return function_.shear; }
  bool                     split() const override { return false; }
};

} // namespace vesalius
