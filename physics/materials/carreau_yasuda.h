// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/viscosity_law.h"
#include "solver/kernels/viscosity_laws.h"

namespace vesalius
{

/// Shear-thinning blood between two plateaus.
///
/// Equation: mu = mu_inf + (mu_0 - mu_inf) [1 + (lambda gamma)^a]^((n - 1)/a), gamma = sqrt(2 D : D).
///
/// Parameters (section "Fluid"); the defaults are blood's:
/// - `Zero-shear viscosity`: mu_0; 56 mPa s by default.
/// - `Infinite-shear viscosity`: mu_inf; 3.45 mPa s by default.
/// - `Relaxation time`: lambda; 3.313 s by default.
/// - `Power index`: n; 0.3568 by default, 1 is Newtonian.
/// - `Transition exponent`: a; 2 by default (Carreau).
///
/// Case file:
///
///     subsection Fluid
///       set Density                  = 1060 kg/m^3
///       set Viscosity law            = carreau_yasuda
///       set Zero-shear viscosity     = 56 mPa s
///       set Infinite-shear viscosity = 3.45 mPa s
///       set Relaxation time          = 3.313 s
///       set Power index              = 0.3568
///       set Transition exponent      = 2
///     end
///
/// Test: tests/verification/flow_rheology.cpp (plane channel, pipe, circular Couette flow).
/// Source: Yasuda, Armstrong, Cohen, Rheol. Acta 20 (1981) 163-178; blood: Cho, Kensey, Biorheology 28 (1991) 241-262.
class CarreauYasudaLaw : public ViscosityLawOf<CarreauYasuda>
{
public:
  std::vector<FluidEntry> entries() const override;
  void                    parse_parameters(const ParameterTree &parameters) override;
  double                  lowest() const override { return function_.infinite; }
  double                  highest() const override { return function_.zero; }
  double                  reference() const override { return function_.infinite; }
};

} // namespace vesalius
