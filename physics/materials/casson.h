// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/viscosity_law.h"

#include <cmath>

namespace vesalius
{

struct Casson
{
  double plastic = 3.45e-3; ///< Pa s
  double yield   = 5e-3;    ///< Pa
  double time    = 100;     ///< s

  double viscosity(double rate) const
  {
    const double root = std::sqrt(plastic) + std::sqrt(yield * time) * share(std::sqrt(time * rate));
    return root * root;
  }
  double slope(double rate) const
  {
    // Infinite at rest; a nanohertz stands for that.
    const double x    = std::sqrt(time * std::fmax(rate, 1e-9));
    const double root = std::sqrt(plastic) + std::sqrt(yield * time) * share(x);
    // (1 + x) exp(-x) - 1 without cancellation.
    const double share_slope = x < 1e-3 ? -0.5 + x / 3 : (x * std::exp(-x) + std::expm1(-x)) / (x * x);
    return root * std::sqrt(yield * time) * share_slope * time / x;
  }

private:
  /// (1 - exp(-x)) / x.
  static double share(double x) { return x < 1e-8 ? 1 - 0.5 * x : -std::expm1(-x) / x; }
};

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
