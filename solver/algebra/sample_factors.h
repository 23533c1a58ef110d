// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/cell_pattern.h"
#include "solver/kernels/sample_kernels.h"

#include <cstdint>

namespace vesalius
{

/// ILU(0) of eight matrices of one pattern, as IncompleteFactors makes it of one, with the same guard against vanishing pivots. The rows stay in the
/// pattern's order: Cuthill-McKee's needs a fifth fewer iterations, but with eight samples the nodes that a row refers to then no longer lie in
/// the first-level cache (docs/performance). Factors are kept with eight bits of mantissa, since their bytes are what an application costs and
/// an incomplete factorisation is off by more. Rows are factored in double precision and applied in single.
class SampleFactors
{
public:
  /// `pattern` has to outlive this; all its columns are rows of this process.
  explicit SampleFactors(const CellPattern &pattern);
  /// `values`: eight numbers an entry of the pattern; the diagonal is enlarged by the share `shift`. No allocation.
  void factor(const double *values, double shift = 0);
  /// y = (LU)^-1 x for `n_components` vectors of each sample.
  void apply(int n_components, const float *x, float *y) const;

private:
  const CellPattern                     &pattern_;
  std::vector<std::int32_t>              position_;
  kernels::samples::Array<std::uint16_t> factors_; ///< upper halves of numbers in single precision: strict L, inverse diagonal, strict U
  kernels::samples::Field                row_;
};

} // namespace vesalius
