// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/scalar_operator.h"

#include <cstdint>
#include <vector>

namespace vesalius
{

/// Incomplete LU factors without fill, ILU(0), of the block of a scalar operator that couples this rank's own
/// nodes (block Jacobi over the ranks), applied to all components at once. Factored in double
/// precision, kept and applied in single: it only preconditions, and the bytes are what costs. The nodes are eliminated
/// in Cuthill-McKee order, front by front along the vessel: the factors then carry what is convected along it. (The reverse
/// order meets unstable factors at Courant numbers far above 10.)
/// Sources: Y. Saad, Iterative Methods for Sparse Linear Systems (2003), algorithm 10.4; I. S. Duff and G. A. Meurant, BIT 29
/// (1989) 635-657, for the order.
class IncompleteFactors
{
public:
  explicit IncompleteFactors(const ScalarOperator &matrix);
  /// Factors the operator's values in force, the diagonal enlarged by the share `shift`. No allocation.
  void factor(const ScalarOperator &matrix, double shift = 0);
  /// y = (LU)^-1 x, four components a node (solver/kernels/single_kernels.h).
  void apply(const float *x, float *y) const;

  /// What one apply() moves and computes.
  CountedWork apply_work() const;

private:
  int                       n_rows_ = 0;
  std::vector<std::int32_t> order_; ///< the operator's row of each row here
  std::vector<std::int64_t> start_, diagonal_, source_; ///< source: position in the operator's values
  std::vector<std::int32_t> columns_, position_;
  std::vector<double>       work_;
  std::vector<float>        factors_; ///< strict L, inverse diagonal, strict U
  mutable std::vector<float> values_; ///< four a row, of which the last is (in 2D the last two are) zero
};

} // namespace vesalius
