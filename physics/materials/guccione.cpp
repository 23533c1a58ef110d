// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/guccione.h"

namespace vesalius
{

std::vector<TissueEntry> GuccioneLaw::entries() const
{
  return {{"Stiffness", "", dimension::pressure, "the energy's factor", 1e-6},
          {"Fibre exponent", "8", dimension::none, "b_f, along the fibre", 1e-6, 1e3},
          {"Transverse exponent", "2", dimension::none, "b_t, across the fibre", 1e-6, 1e3},
          {"Fibre shear exponent", "4", dimension::none, "b_fs, of shear along the fibre", 1e-6, 1e3}};
}

void GuccioneLaw::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  const auto e         = entries();
  function_.stiffness  = tissue_value(parameters, section, e[0]);
  function_.fibre      = tissue_value(parameters, section, e[1]);
  function_.transverse = tissue_value(parameters, section, e[2]);
  function_.shear      = tissue_value(parameters, section, e[3]);
}

double GuccioneLaw::shear_modulus() const
{
  // A tenth of the trace of the deviatoric stiffness, which is 10 mu for isotropic tissue.
  return function_.stiffness * (2. / 3 * function_.fibre + 7. / 3 * function_.transverse + 2 * function_.shear) / 10;
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Heart muscle, stiffer along its fibres than across them (transversely isotropic).

Energy: Psi = C/2 (exp(Q) - 1), Q = b_f E_ff^2 + b_t (E_ss^2 + E_nn^2 + 2 E_sn^2) + 2 b_fs (E_fs^2 + E_fn^2), on the full Green
strain E as in the benchmark of Land et al.; f is the fibre, s and n lie across it.
mu_0 = C (2 b_f/3 + 7 b_t/3 + 2 b_fs)/10, the isotropic part of the stiffness at rest. The volume adds K/2 (J - 1)^2, beside which
the full E resists a change of volume a little itself.

Parameters (section "Tissue"):
- `Stiffness`: C; to be set.
- `Fibre exponent`: b_f; 8 by default (all three: problem 1 of Land et al.).
- `Transverse exponent`: b_t; 2 by default.
- `Fibre shear exponent`: b_fs; 4 by default.
- `Poisson ratio` or `Bulk modulus`: the volume; incompressible (0.5) by default.

Where the three exponents are equal the law is isotropic and needs no fibres.

Case file:

    subsection Tissue
      set Law                  = guccione
      set Stiffness            = 2 kPa
      set Fibre exponent       = 8
      set Transverse exponent  = 2
      set Fibre shear exponent = 4
    end

Test: tests/unit/material_tissue_laws.cpp (automatic differentiation, component by component).
Source: Guccione, McCulloch, Waldman, J. Biomech. Eng. 113 (1991) 42-55; Land et al., Proc. R. Soc. A 471 (2015) 20150641.
)";

const bool registered = Registry<TissueLaw>::add(
  {"tissue law", "guccione", "Heart muscle, stiffer along its fibres than across them (transversely isotropic).",
   documentation, "physics/materials/guccione.cpp"},
  [] { return std::make_unique<GuccioneLaw>(); });
} // namespace

} // namespace vesalius
