// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// Coefficients of variable-step BDF1/BDF2: (gamma0 x_new - a1 x_n - a2 x_(n-1)) / dt.
struct BdfCoefficients
{
  double gamma0 = 1, a1 = 1, a2 = 0, dt = 0;
};
/// r = dt / dt_old; order 1 or 2.
BdfCoefficients bdf_coefficients(int order, double dt, double dt_old);

/// A lumped model at a named outlet. The outlet pressure at the new time is affine in the flow out
/// of the domain at the new time: P = A + R Q.
class OutletModel
{
public:
  virtual ~OutletModel() = default;
  /// Declares its entries below `prefix` ("Boundaries/outlet_left").
  virtual void declare_parameters(ParameterTree &parameters, const std::string &prefix) const = 0;
  virtual void parse_parameters(const ParameterTree &parameters, const std::string &prefix)   = 0;
  /// Starts the state from the mean and the initial flow out of the domain, m^3/s; returns the initial pressure, Pa.
  virtual double initialise(double mean_flow, double initial_flow) = 0;
  struct Affine
  {
    double A = 0; ///< Pa
    double R = 0; ///< Pa s/m^3
  };
  /// A and R for a step that ends at `time`.
  virtual Affine affine(double time, const BdfCoefficients &bdf) const = 0;
  /// Accepts the step: new flow out of the domain.
  virtual void accept(double time, const BdfCoefficients &bdf, double flow) = 0;
  /// All state (for rejection of steps and the checkpoint).
  virtual std::vector<double> state() const                    = 0;
  virtual void set_state(const std::vector<double> &state)     = 0;
  /// Steady resistance seen from the domain, Pa s/m^3 (0 for a pressure outlet): splits the initial flow.
  virtual double steady_resistance() const = 0;
};

} // namespace vesalius
