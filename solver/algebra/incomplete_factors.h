// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/scalar_operator.h"

#include <cstdint>
#include <vector>

namespace vesalius
{

/// Incomplete LU factors without fill, ILU(0), of the block of a scalar operator that couples this rank's own
/// nodes (block Jacobi over the ranks), applied to all components at once. Factored in double
/// precision, kept and applied in single: it only preconditions, and the bytes are what costs.
/// Source: Y. Saad, Iterative Methods for Sparse Linear Systems (2003), algorithm 10.4.
class IncompleteFactors
{
public:
  explicit IncompleteFactors(const ScalarOperator &matrix);
  /// Factors the operator's values in force. No allocation.
  void factor(const ScalarOperator &matrix);
  /// y = (LU)^-1 x for interleaved components.
  void apply(int n_components, const double *x, double *y) const;

private:
  int                       n_rows_ = 0;
  std::vector<std::int64_t> start_, diagonal_, source_; ///< source: position in the operator's values
  std::vector<std::int32_t> columns_, position_;
  std::vector<double>       work_;
  std::vector<float>        factors_; ///< strict L, inverse diagonal, strict U
};

} // namespace vesalius
