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
  /// At least 3 samples within a cycle, or 1 for a constant. Throws InputError.
  Waveform(std::vector<double> times, std::vector<double> values, double period);
  static Waveform constant(double value, double period = 1.0);
  /// CSV with units in the header: "time [s], flow [mL/s]" ("into domain"). One whole cycle: the last row
  /// repeats the first value. Lines that begin with # are comments; columns of other names are not read.
  /// Throws InputError with all problems and their lines.
  static Waveform read_flow_csv(const std::string &path);

  double operator()(double time) const;
  double period() const { return period_; }
  double mean() const;    ///< of the spline, exact
  double maximum() const; ///< of the spline, also between the samples
  /// c_0 .. c_n with value(t) = Re sum c_k exp(i k w t), w = 2 pi / period (c_0 real, the mean).
  std::vector<std::complex<double>> fourier_modes(int n_modes) const;

private:
  std::size_t n_samples() const { return values_.size(); }
  double      interval(std::size_t i) const; ///< from sample i to the next one, around the period
  std::vector<double> times_, values_, second_derivatives_;
  double              period_ = 1;
};

} // namespace vesalius
