// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law_of.h"

namespace vesalius
{

struct Ogden
{
  static constexpr int max_terms          = 6;
  int                  n_terms            = 0;
  double               modulus[max_terms] = {}, exponent[max_terms] = {}; ///< Pa, 1

  template <class Scalar>
  VESALIUS_HOST_DEVICE void evaluate(const Scalar *strain, const double *, Scalar &energy, Scalar *stress,
                                     Scalar *tangent) const
  {
    Scalar x[3], half_log[3], basis[9]; // of C: eigenvalues, ln stretches and, in rows, eigenvectors
    strain_algebra::principal_strains(strain, x, basis);
    for (int a = 0; a < 3; ++a)
      {
        using std::log;
        x[a]        = 1. + 2. * x[a];
        half_log[a] = 0.5 * log(x[a]);
      }
    const Principal<Scalar> p(*this, half_log);
    energy = p.energy;
    strain_algebra::set_zero(stress, tangent);
    for (int a = 0; a < 3; ++a)
      {
        Scalar square[6];
        strain_algebra::symmetric_product(basis + 3 * a, basis + 3 * a, square);
        for (int k = 0; k < 6; ++k)
          stress[k] += p.deviator[a] / x[a] * square[k];
      }
    if (tangent)
      add_tangent(p, x, basis, tangent);
  }

private:
  /// Per principal direction: beta = d Psi/d ln(lambda_bar), gamma = d beta/d ln(lambda_bar), g = beta - mean(beta).
  template <class Scalar>
  struct Principal
  {
    Scalar energy, beta[3], gamma[3], deviator[3], log_stretch[3]; ///< the last of Cbar

    VESALIUS_HOST_DEVICE Principal(const Ogden &law, const Scalar *half_log)
    {
      using std::exp;
      const Scalar mean = (half_log[0] + half_log[1] + half_log[2]) / 3.;
      energy            = 0.;
      for (int a = 0; a < 3; ++a)
        {
          log_stretch[a] = half_log[a] - mean;
          beta[a] = gamma[a] = 0.;
          for (int t = 0; t < law.n_terms; ++t)
            {
              const Scalar power = exp(law.exponent[t] * log_stretch[a]);
              energy += law.modulus[t] / law.exponent[t] * (power - 1.);
              beta[a] += law.modulus[t] * power;
              gamma[a] += law.modulus[t] * law.exponent[t] * power;
            }
        }
      for (int a = 0; a < 3; ++a)
        deviator[a] = beta[a] - (beta[0] + beta[1] + beta[2]) / 3.;
    }
  };

  /// (exp(alpha d) - 1)/(exp(2 d) - 1), accurate for every d, alpha/2 at d = 0.
  template <class Scalar>
  VESALIUS_HOST_DEVICE static Scalar growth_ratio(double alpha, const Scalar &d)
  {
    using std::exp;
    using std::sinh;
    if (d == 0.)
      return 0.5 * alpha;
    return exp((0.5 * alpha - 1.) * d) * sinh(0.5 * alpha * d) / sinh(d);
  }

  /// The coefficients are divided differences written so that equal stretches are no special case but for 0/0 itself.
  template <class Scalar>
  VESALIUS_HOST_DEVICE void add_tangent(const Principal<Scalar> &p, const Scalar *x, const Scalar *basis,
                                        Scalar *tangent) const
  {
    using std::exp;
    const Scalar sum = p.gamma[0] + p.gamma[1] + p.gamma[2];
    for (int a = 0; a < 3; ++a)
      for (int b = a; b < 3; ++b)
        {
          Scalar square_a[6], square_b[6], mixed[6];
          strain_algebra::symmetric_product(basis + 3 * a, basis + 3 * a, square_a);
          strain_algebra::symmetric_product(basis + 3 * b, basis + 3 * b, square_b);
          Scalar slope = sum / 9. - (p.gamma[a] + p.gamma[b]) / 3.; // d g_a/d ln(lambda_b)
          if (a == b)
            slope += p.gamma[a] - 2. * p.deviator[a];
          strain_algebra::add_outer(Scalar((a == b ? 1. : 2.) * slope / (x[a] * x[b])), square_a, square_b, tangent);
          if (a == b)
            continue;
          const Scalar d          = p.log_stretch[b] - p.log_stretch[a];
          Scalar       difference = 0.; // (beta_b - beta_a)/(x_b - x_a) x_a
          for (int t = 0; t < n_terms; ++t)
            difference += modulus[t] * exp(exponent[t] * p.log_stretch[a]) * growth_ratio(exponent[t], d);
          strain_algebra::symmetric_product(basis + 3 * a, basis + 3 * b, mixed);
          strain_algebra::add_outer(Scalar(4. * (difference - p.deviator[a]) / (x[a] * x[b])), mixed, mixed, tangent);
        }
  }
};

/// Isotropic tissue by powers of the principal stretches, up to six terms.
///
/// Energy: Psi = sum_p mu_p/alpha_p (l1^alpha_p + l2^alpha_p + l3^alpha_p - 3), l = J^(-1/3) lambda; mu_0 = sum mu_p alpha_p/2; the
/// volume adds K/2 (J - 1)^2. Other codes write mu_p for twice our mu_p/alpha_p: compare mu_0.
///
/// Parameters (section "Tissue"):
/// - `Moduli`: mu_p, separated by commas; to be set.
/// - `Exponents`: alpha_p, as many, none of them 0; to be set.
/// - `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.
///
/// Case file:
///
///     subsection Tissue
///       set Law       = ogden
///       set Moduli    = 0.6 kPa, -0.1 kPa
///       set Exponents = 4, -2
///     end
///
/// The tangent is exact where principal stretches coincide: its divided differences are written with sinh(alpha d/2)/sinh(d), d the
/// difference of the logarithms, not with a perturbation.
///
/// Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, equal stretches, Mooney-Rivlin as a special case).
/// Source: Ogden, Proc. R. Soc. A 326 (1972) 565-584; Simo, Taylor, Comput. Methods Appl. Mech. Eng. 85 (1991) 273-310.
class OgdenLaw : public TissueLawOf<Ogden>
{
public:
  std::vector<TissueEntry> entries() const override;
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  double                   shear_modulus() const override;
};

} // namespace vesalius
