// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law_of.h"

namespace vesalius
{

struct Guccione
{
  double stiffness = 0;                        ///< C, Pa
  double fibre = 8, transverse = 2, shear = 4; ///< b_f, b_t, b_fs

  VESALIUS_HOST_DEVICE bool is_isotropic() const { return fibre == transverse && fibre == shear; }

  template <class Scalar>
  VESALIUS_HOST_DEVICE void evaluate(const Scalar *strain, const double *directions, Scalar &energy, Scalar *stress,
                                     Scalar *tangent) const
  {
    using std::exp;
    double f[3] = {1, 0, 0}, s[3], n[3];
    for (int k = 0; directions && k < 3; ++k)
      f[k] = directions[k];
    strain_algebra::complete_basis(f, s, n); // any: Q is the same for all s and n across f
    const double *const axis[6][2] = {{f, f}, {s, s}, {n, n}, {s, n}, {f, s}, {f, n}};
    const double        weight[6]  = {fibre, transverse, transverse, 2 * transverse, 2 * shear, 2 * shear};
    Scalar              Q = 0., slope[6] = {0., 0., 0., 0., 0., 0.};
    strain_algebra::set_zero(stress, tangent);
    for (int m = 0; m < 6; ++m)
      {
        double pair[6];
        strain_algebra::symmetric_product(axis[m][0], axis[m][1], pair);
        Scalar component = 0.;
        for (int k = 0; k < 6; ++k)
          component += pair[k] * strain[k];
        Q += weight[m] * component * component;
        for (int k = 0; k < 6; ++k)
          slope[k] += 2. * weight[m] * component * pair[k];
        for (int k = 0; tangent && k < 36; ++k)
          tangent[k] += 2. * weight[m] * pair[k / 6] * pair[k % 6];
      }
    const Scalar growth = 0.5 * stiffness * exp(Q);
    energy              = growth - 0.5 * stiffness;
    for (int k = 0; k < 6; ++k)
      stress[k] = growth * slope[k];
    for (int k = 0; tangent && k < 36; ++k)
      tangent[k] = growth * (tangent[k] + slope[k / 6] * slope[k % 6]);
  }
};

/// Heart muscle, stiffer along its fibres than across them (transversely isotropic).
///
/// Energy: Psi = C/2 (exp(Q) - 1), Q = b_f E_ff^2 + b_t (E_ss^2 + E_nn^2 + 2 E_sn^2) + 2 b_fs (E_fs^2 + E_fn^2), on the full Green
/// strain E as in the benchmark of Land et al.; f is the fibre, s and n lie across it.
/// mu_0 = C (2 b_f/3 + 7 b_t/3 + 2 b_fs)/10, the isotropic part of the stiffness at rest. The volume adds K/2 (J - 1)^2, beside which
/// the full E resists a change of volume a little itself.
///
/// Parameters (section "Tissue"):
/// - `Stiffness`: C; to be set.
/// - `Fibre exponent`: b_f; 8 by default (all three: problem 1 of Land et al.).
/// - `Transverse exponent`: b_t; 2 by default.
/// - `Fibre shear exponent`: b_fs; 4 by default.
/// - `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.
///
/// Where the three exponents are equal the law is isotropic and needs no fibres.
///
/// Case file:
///
///     subsection Tissue
///       set Law                  = guccione
///       set Stiffness            = 2 kPa
///       set Fibre exponent       = 8
///       set Transverse exponent  = 2
///       set Fibre shear exponent = 4
///     end
///
/// Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, component by component).
/// Source: Guccione, McCulloch, Waldman, J. Biomech. Eng. 113 (1991) 42-55; Land et al., Proc. R. Soc. A 471 (2015) 20150641.
class GuccioneLaw : public TissueLawOf<Guccione>
{
public:
  std::vector<TissueEntry> entries() const override;
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  int                      n_directions() const override { return function_.is_isotropic() ? 0 : 1; }
  double                   shear_modulus() const override;
};

} // namespace vesalius
