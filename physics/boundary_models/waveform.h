// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <string>
#include <vector>

namespace vesalius
{

/// A periodic quantity over one cycle (SI): the periodic cubic spline through samples, or a Fourier sum.
class Waveform
{
public:
  Waveform() = default;
  /// times (s) strictly increasing within [t0, t0 + period]; a last sample at t0 + period must repeat the first.
  /// At least 3 samples within a cycle, or 1 for a constant. Throws InputError.
  Waveform(std::vector<double> times, std::vector<double> values, double period);
  static Waveform constant(double value, double period = 1.0);
  /// value(t) = Re sum c_k exp(i k w t), w = 2 pi / period, c_0 real: c_k = cosine - i sine coefficient.
  static Waveform fourier(std::vector<std::complex<double>> modes, double period);

  double operator()(double time) const;
  double period() const { return period_; }
  bool   is_constant() const { return modes_.empty() && values_.size() < 2; }
  double mean() const;    ///< exact
  double maximum() const; ///< also between the samples
  /// c_0 .. c_n with value(t) = Re sum c_k exp(i k w t), w = 2 pi / period (c_0 real, the mean).
  std::vector<std::complex<double>> fourier_modes(int n_modes) const;

private:
  std::size_t n_samples() const { return values_.size(); }
  double      interval(std::size_t i) const; ///< from sample i to the next one, around the period
  double      fourier_sum(double time, int derivative) const;
  double      fourier_maximum() const;
  std::vector<double> times_, values_, second_derivatives_;
  std::vector<std::complex<double>> modes_; ///< of a Fourier sum, else empty
  double              period_ = 1;
};

} // namespace vesalius
