// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <string>
#include <vector>

namespace vesalius
{

/// A periodic quantity over one cycle: periodic cubic spline through samples (SI).
class Waveform
{
public:
  Waveform() = default;
  /// times (s) strictly increasing within [t0, t0 + period]; a last sample at t0 + period must repeat the first.
  Waveform(std::vector<double> times, std::vector<double> values, double period);
  static Waveform constant(double value, double period = 1.0);
  /// CSV with units in the header: "time [s], flow [mL/s]" ("into domain"). Throws InputError with line.
  static Waveform read_flow_csv(const std::string &path);

  double operator()(double time) const;
  double period() const { return period_; }
  double mean() const;
  double maximum() const;
  /// c_0 .. c_n with value(t) = Re sum c_k exp(i k w t), w = 2 pi / period (c_0 real, the mean).
  std::vector<std::complex<double>> fourier_modes(int n_modes) const;

private:
  std::vector<double> times_, values_, second_derivatives_;
  double              period_ = 1;
};

} // namespace vesalius
