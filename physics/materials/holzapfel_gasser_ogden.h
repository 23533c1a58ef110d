// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law_of.h"

namespace vesalius
{

struct HolzapfelGasserOgden
{
  double shear = 0, fibre = 0;          ///< mu, k1, Pa
  double hardening = 1, dispersion = 0; ///< k2, kappa
  double angle      = 0;                ///< of the two families from f0 towards s0 and back, rad
  int    n_families = 2;

  template <class Scalar>
  VESALIUS_HOST_DEVICE void evaluate(const Scalar *strain, const double *directions, Scalar &energy, Scalar *stress,
                                     Scalar *tangent) const
  {
    using std::exp;
    const strain_algebra::IsochoricInvariants<Scalar> c(strain);
    set_isochoric(c, {0.5 * shear * (c.I1 - 3.), 0.5 * shear, 0., 0., 0., 0.}, energy, stress, tangent);
    for (int family = 0; family < n_families; ++family)
      {
        double       a[3], structure[6]; // of E_i = structure : E, engineering shear in E
        const double turn = (family == 0 ? 1 : -1) * angle;
        for (int k = 0; k < 3; ++k)
          a[k] = std::cos(turn) * directions[k] + (turn == 0 ? 0 : std::sin(turn) * directions[3 + k]);
        strain_algebra::symmetric_product(a, a, structure);
        Scalar stretch = 0.;
        for (int k = 0; k < 6; ++k)
          {
            structure[k] = 2 * (1 - 3 * dispersion) * structure[k] + (k < 3 ? 2 * dispersion : 0);
            stretch += structure[k] * strain[k];
          }
        if (!(stretch > 0.))
          continue;
        const Scalar growth = exp(hardening * stretch * stretch);
        energy += 0.5 * fibre / hardening * (growth - 1.);
        for (int k = 0; k < 6; ++k)
          stress[k] += fibre * stretch * growth * structure[k];
        for (int k = 0; tangent && k < 36; ++k)
          tangent[k] += fibre * (1. + 2. * hardening * stretch * stretch) * growth * structure[k / 6] *
                        structure[k % 6];
      }
  }
};

/// Artery wall or other tissue with one or two families of dispersed collagen fibres, which bear tension only.
///
/// Energy: Psi = mu/2 (I1bar - 3) + sum_i k1/(2 k2) (exp(k2 <E_i>^2) - 1), E_i = kappa (I1 - 3) + (1 - 3 kappa)(a_i . C a_i - 1),
/// a_i = cos(beta) f0 +- sin(beta) s0. Ibar is of J^(-2/3) C; the fibres are on the full C, since on Cbar they would swell the tissue.
/// <E> = max(E, 0), so that the stress is continuous where fibres begin to bear; the paper switches at a . C a = 1, where it jumps.
/// mu_0 = mu, the matrix's. The volume adds K/2 (J - 1)^2.
///
/// Parameters (section "Tissue"):
/// - `Shear modulus`: mu of the matrix; to be set.
/// - `Fibre modulus`: k1; to be set.
/// - `Fibre hardening`: k2; to be set.
/// - `Fibre dispersion`: kappa; 0 by default, all fibres parallel; 1/3: no direction preferred.
/// - `Fibre angle`: beta; 0 deg by default.
/// - `Fibre families`: 2 by default; 1 for a single one at beta.
/// - `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.
///
/// Case file (adventitia of an iliac artery, section 4 of the paper):
///
///     subsection Tissue
///       set Law              = holzapfel_gasser_ogden
///       set Shear modulus    = 7.64 kPa
///       set Fibre modulus    = 996.6 kPa
///       set Fibre hardening  = 524.6
///       set Fibre dispersion = 0.226
///       set Fibre angle      = 49.98 deg
///     end
///
/// Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, slack fibres, full dispersion).
/// Source: Gasser, Ogden, Holzapfel, J. R. Soc. Interface 3 (2006) 15-35; full C: Sansour, Eur. J. Mech. A 27 (2008) 28-39.
class HolzapfelGasserOgdenLaw : public TissueLawOf<HolzapfelGasserOgden>
{
public:
  std::vector<TissueEntry> entries() const override;
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  int                      n_directions() const override { return function_.angle == 0 ? 1 : 2; }
  double                   shear_modulus() const override { return function_.shear; }
};

} // namespace vesalius
