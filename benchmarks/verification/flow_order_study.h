// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/verification/flow_case_tools.h"

namespace vesalius::verification
{

/// A flow with a known solution: how fast the solver converges to it.
struct OrderStudy
{
  ExactVelocity                    velocity;
  ExactPressure                    pressure;
  FlowSettings                     settings;
  std::function<Mesh(int)>         mesh; ///< by the number of cells along an edge
  std::function<void(FlowBench &)> set_boundaries;
  std::string                      source; ///< of the solution
  std::string                      name;   ///< appended to the quantities' names: ", name"

  /// Production mode: errors on meshes of n cells at time `end` in steps of dt; appends records of the observed order between the last two
  /// meshes, the errors on the last, and a figure.
  void in_space(const RunContext &context, const std::vector<int> &n, double dt, double end, double velocity_order,
                double pressure_order, VerificationResult &result) const;
  /// Differences of runs with dt, dt/2, dt/4, ... on one mesh at time `end`, so that the error in space cancels.
  void in_time(const RunContext &context, FlowMode mode, int n, double dt, int n_halvings, double end, double velocity_order,
               double pressure_order, VerificationResult &result) const;
  /// One run, from exact values.
  FlowBench run(const RunContext &context, FlowMode mode, int n, double dt, double end) const;
};

/// The Beltrami flow of Ethier and Steinman (1994) on [-1, 1]^3, a = pi/4, d = pi/2, nu = 1, with P2/P1 on Kuhn tetrahedra.
OrderStudy beltrami_study(double tolerance);

/// A line with the slope of an order, beside measured errors.
VerificationCurve slope_line(const std::string &label, const std::vector<double> &x, double at_first, double order);

} // namespace vesalius::verification
