// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/holzapfel_gasser_ogden.h"

#include <numbers>

namespace vesalius
{

std::vector<TissueEntry> HolzapfelGasserOgdenLaw::entries() const
{
  return {{"Shear modulus", "", dimension::pressure, "mu of the matrix between the fibres", 1e-3},
          {"Fibre modulus", "", dimension::pressure, "k1, of a family of fibres", 0},
          {"Fibre hardening", "", dimension::none, "k2, how fast the fibres stiffen", 1e-6, 1e6},
          {"Fibre dispersion", "0", dimension::none, "kappa, 0 for parallel fibres", 0, 1. / 3},
          {"Fibre angle", "0 deg", dimension::none, "beta of both families from f0", 0, std::numbers::pi / 2,
           TissueEntry::Kind::angle},
          {"Fibre families", "2", dimension::none, "families of fibres, 1 or 2", 1, 2}};
}

void HolzapfelGasserOgdenLaw::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  const auto e          = entries();
  function_.shear       = tissue_value(parameters, section, e[0]);
  function_.fibre       = tissue_value(parameters, section, e[1]);
  function_.hardening   = tissue_value(parameters, section, e[2]);
  function_.dispersion  = tissue_value(parameters, section, e[3]);
  function_.angle       = tissue_value(parameters, section, e[4]);
  const double families = tissue_value(parameters, section, e[5]);
  if (families != 1 && families != 2)
    throw parameters.error_at(section + "/Fibre families", "it is neither 1 nor 2", "write 1 or 2");
  function_.n_families = static_cast<int>(families);
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Artery wall or other tissue with one or two families of dispersed collagen fibres, which bear tension only.

Energy: Psi = mu/2 (I1bar - 3) + sum_i k1/(2 k2) (exp(k2 <E_i>^2) - 1), E_i = kappa (I1 - 3) + (1 - 3 kappa)(a_i . C a_i - 1),
a_i = cos(beta) f0 +- sin(beta) s0. Ibar is of J^(-2/3) C; the fibres are on the full C, since on Cbar they would swell the tissue.
<E> = max(E, 0), so that the stress is continuous where fibres begin to bear; the paper switches at a . C a = 1, where it jumps.
mu_0 = mu, the matrix's. The volume adds K/2 (J - 1)^2.

Parameters (section "Tissue"):
- `Shear modulus`: mu of the matrix; to be set.
- `Fibre modulus`: k1; to be set.
- `Fibre hardening`: k2; to be set.
- `Fibre dispersion`: kappa; 0 by default, all fibres parallel; 1/3: no direction preferred.
- `Fibre angle`: beta; 0 deg by default.
- `Fibre families`: 2 by default; 1 for a single one at beta.
- `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.

Case file (adventitia of an iliac artery, section 4 of the paper):

    subsection Tissue
      set Law              = holzapfel_gasser_ogden
      set Shear modulus    = 7.64 kPa
      set Fibre modulus    = 996.6 kPa
      set Fibre hardening  = 524.6
      set Fibre dispersion = 0.226
      set Fibre angle      = 49.98 deg
    end

Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, slack fibres, full dispersion).
Source: Gasser, Ogden, Holzapfel, J. R. Soc. Interface 3 (2006) 15-35; full C: Sansour, Eur. J. Mech. A 27 (2008) 28-39.
)";

const bool registered = Registry<TissueLaw>::add(
  {"tissue law", "holzapfel_gasser_ogden",
   "Artery wall or other tissue with one or two families of dispersed collagen fibres.", documentation,
   "physics/materials/holzapfel_gasser_ogden.cpp"},
  [] { return std::make_unique<HolzapfelGasserOgdenLaw>(); });
} // namespace

} // namespace vesalius
