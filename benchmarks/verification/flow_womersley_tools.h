// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/verification/flow_pipe_tools.h"
#include "tests/verification/exact_solutions.h"

#include <array>
#include <complex>

namespace vesalius::verification
{

/// First harmonic of samples over one period, c with value = mean + Re(c exp(i w t)).
class FirstHarmonic
{
public:
  void add(double phase, double value, double exact)
  {
    const auto turn = std::polar(2., -phase);
    ours_ += value * turn;
    exact_ += exact * turn;
  }
  double amplitude_ratio() const { return std::abs(ours_) / std::abs(exact_); }
  double phase_difference() const { return std::arg(ours_ / exact_); } ///< rad

private:
  std::complex<double> ours_, exact_;
};

/// 50 (1 - cos 2 pi t) mL/s in a pipe of radius 2 cm along +z; alpha = 25.8, sqrt(2 nu / omega) = 0.055 R.
exact::Womersley womersley_flow();

struct WomersleyMeasures
{
  FirstHarmonic     axis, gradient, shear;
  VerificationCost  cost;
  VerificationCurve curves[4]; ///< velocity on the axis and wall shear (in 0.1 Pa), each computed and exact
};

/// The flow in a pipe mesh of length `length` with `n_steps` steps a period: the exact profile given on the inlet, pressure 0
/// at the outlet, from the exact state half a period before a period is measured. Collective; the mesh counts on rank 0.
WomersleyMeasures measure_womersley(RunContext &context, const Mesh &mesh, double length, int n_steps);

/// Amplitude over the exact one and phase error of a harmonic, within `limit` and `limit` rad.
void add_harmonic(const std::string &name, const FirstHarmonic &harmonic, double limit, const VerificationCost &cost,
                  VerificationResult &result);

} // namespace vesalius::verification
