// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/ogden.h"

#include <fmt/format.h>

namespace vesalius
{

std::vector<TissueEntry> OgdenLaw::entries() const
{
  return {{"Moduli", "", dimension::pressure, "mu_p of each term", -1e12, 1e12, TissueEntry::Kind::list},
          {"Exponents", "", dimension::none, "alpha_p of each term", -100, 100, TissueEntry::Kind::list}};
}

void OgdenLaw::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  const auto e      = entries();
  const auto moduli = tissue_values(parameters, section, e[0]), exponents = tissue_values(parameters, section, e[1]);
  if (moduli.size() != exponents.size() || moduli.size() > Ogden::max_terms)
    throw parameters.error_at(section + "/Exponents",
                              fmt::format("{} moduli and {} exponents", moduli.size(), exponents.size()),
                              fmt::format("give as many of one as of the other, at most {}", Ogden::max_terms));
  function_.n_terms = static_cast<int>(moduli.size());
  for (int t = 0; t < function_.n_terms; ++t)
    {
      if (exponents[t] == 0)
        throw parameters.error_at(section + "/Exponents", "an exponent is 0", "leave the term out: it has no energy");
      function_.modulus[t]  = moduli[t];
      function_.exponent[t] = exponents[t];
    }
  if (!(shear_modulus() > 0))
    throw parameters.error_at(section + "/Moduli",
                              fmt::format("the shear modulus at rest, sum of mu alpha/2, is {} Pa", shear_modulus()),
                              "give moduli the signs of their exponents");
}

double OgdenLaw::shear_modulus() const
{
  double sum = 0;
  for (int t = 0; t < function_.n_terms; ++t)
    sum += 0.5 * function_.modulus[t] * function_.exponent[t];
  return sum;
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Isotropic tissue by powers of the principal stretches, up to six terms.

Energy: Psi = sum_p mu_p/alpha_p (l1^alpha_p + l2^alpha_p + l3^alpha_p - 3), l = J^(-1/3) lambda; mu_0 = sum mu_p alpha_p/2; the
volume adds K/2 (J - 1)^2. Other codes write mu_p for twice our mu_p/alpha_p: compare mu_0.

Parameters (section "Tissue"):
- `Moduli`: mu_p, separated by commas; to be set.
- `Exponents`: alpha_p, as many, none of them 0; to be set.
- `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.

Case file:

    subsection Tissue
      set Law       = ogden
      set Moduli    = 0.6 kPa, -0.1 kPa
      set Exponents = 4, -2
    end

The tangent is exact where principal stretches coincide: its divided differences are written with sinh(alpha d/2)/sinh(d), d the
difference of the logarithms, not with a perturbation.

Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, equal stretches, Mooney-Rivlin as a special case).
Source: Ogden, Proc. R. Soc. A 326 (1972) 565-584; Simo, Taylor, Comput. Methods Appl. Mech. Eng. 85 (1991) 273-310.
)";

const bool registered = Registry<TissueLaw>::add(
  {"tissue law", "ogden", "Isotropic tissue by powers of the principal stretches, up to six terms.", documentation,
   "physics/materials/ogden.cpp"},
  [] { return std::make_unique<OgdenLaw>(); });
} // namespace

} // namespace vesalius
