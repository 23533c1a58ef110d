// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius::surrogates
{

/// How an input of a surrogate is distributed, in SI. Calibration, test and reference inputs are independent draws from it.
/// Written as text in data sets: "uniform LOW HIGH", "log-uniform LOW HIGH", "normal MEAN DEVIATION LOW HIGH" (cut off at its ends).
struct Distribution
{
  enum class Kind
  {
    uniform,
    log_uniform,
    normal
  };
  Kind   kind = Kind::uniform;
  double low = 0, high = 1;
  double mean = 0, deviation = 1; ///< of the normal distribution before it is cut off

  /// The value below which the share u, 0 <= u <= 1, of the draws lies.
  double quantile(double u) const;
  /// The share of the draws below x: the inverse of quantile().
  double share_below(double x) const;
  /// The derivative of share_below() between the ends.
  double density(double x) const;
  bool   contains(double x) const { return x >= low && x <= high; }
  bool   operator==(const Distribution &) const = default;
};

/// The text that parse_distribution() reads, every number exact.
std::string distribution_text(const Distribution &distribution);

/// Throws InputError with what is possible.
Distribution parse_distribution(const std::string &text);

} // namespace vesalius::surrogates
