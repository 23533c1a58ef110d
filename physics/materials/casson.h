// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/viscosity_law.h"
#include "solver/kernels/viscosity_laws.h"

namespace vesalius
{

/// Blood with a yield stress, regularised.
///
/// Equation: sqrt(mu) = sqrt(mu_c) + sqrt(tau_y / gamma) (1 - exp(-sqrt(m gamma))), gamma = sqrt(2 D : D).
/// m -> infinity is Casson's law sqrt(tau) = sqrt(tau_y) + sqrt(mu_c gamma); with m finite the fluid creeps below the
/// yield stress with the viscosity (sqrt(mu_c) + sqrt(m tau_y))^2.
///
/// Parameters (section "Fluid"):
/// - `Casson viscosity`: mu_c; 3.45 mPa s by default.
/// - `Yield stress`: tau_y; 0.005 Pa by default.
/// - `Regularisation time`: m; 100 s by default.
///
/// Case file:
///
///     subsection Fluid
///       set Density             = 1060 kg/m^3
///       set Viscosity law       = casson
///       set Casson viscosity    = 3.45 mPa s
///       set Yield stress        = 0.005 Pa
///       set Regularisation time = 100 s
///     end
///
/// Test: tests/verification/flow_rheology.cpp (plane channel, pipe, circular Couette flow).
/// Source: Casson, in: Rheology of Disperse Systems, Pergamon 1959, 84-104; blood: Fung, Biomechanics: Circulation,
/// Springer 1997, section 3.2; regularisation: Papanastasiou, J. Rheol. 31 (1987) 385-404.
class CassonLaw : public ViscosityLawOf<Casson>
{
public:
  std::vector<FluidEntry> entries() const override;
  void                    parse_parameters(const ParameterTree &parameters) override;
  double                  lowest() const override { return function_.plastic; }
  double                  highest() const override { return function_.viscosity(0); }
  double                  reference() const override { return function_.plastic; }
};

} // namespace vesalius
