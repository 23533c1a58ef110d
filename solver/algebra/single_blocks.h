// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/field_matrix.h"

#include <vector>

namespace vesalius
{

/// A copy of the first block of a field matrix (P2, one to three components a node) in single precision, a node's components together: for
/// smoothing, where it moves two fifths of the bytes of PETSc's rows in double precision and nothing of the solution's accuracy depends on it.
class SingleBlocks
{
public:
  SingleBlocks(SimplexSpace &space, const FieldMatrix &matrix);
  /// Takes over the numbers of the matrix, which is finished.
  void update();
  /// y = A x, owned unknowns with interleaved components. Collective.
  void multiply(const double *x, double *y);

private:
  SimplexSpace      &space_;
  const FieldMatrix &matrix_;
  int                n_components_;
  std::vector<float> blocks_, in_, out_; ///< blocks column by column; kernels::single::width numbers a node
};

} // namespace vesalius
