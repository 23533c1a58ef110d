// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/cell_pattern.h"
#include "solver/core/profile.h"
#include "solver/fields/simplex_space.h"
#include "solver/kernels/flow_kernels.h"

#include <cstdint>
#include <vector>

namespace vesalius
{

/// The cells of a space as the kernels take them.
kernels::CellArrays cell_arrays(const SimplexSpace &space);
/// Those of this rank's part only: over all ranks, each cell once.
kernels::CellArrays owned_cell_arrays(const SimplexSpace &space);

/// A scalar operator on the owned P2 nodes, or on the P1 nodes, in compressed rows, shared by all velocity components.
/// Columns are local nodes (ghosts included). Mass and stiffness are kept; `values` is the operator in force.
class ScalarOperator
{
public:
  /// Degree 1 needs affine cells.
  explicit ScalarOperator(const SimplexSpace &space, int degree = 2);

  int                              degree() const { return degree_; }
  int                              n_rows() const { return pattern_.n_rows; }
  const CellPattern               &pattern() const { return pattern_; }
  const std::vector<std::int64_t> &row_start() const { return pattern_.row_start; }
  const std::vector<std::int32_t> &columns() const { return pattern_.columns; }
  const kernels::CellPositions    &cell_positions() const { return pattern_.cell_positions; }
  const std::vector<double>       &mass() const { return mass_; }
  const std::vector<double>       &stiffness() const { return stiffness_; }
  std::vector<double>             &values() { return values_; }
  const std::vector<double>       &values() const { return values_; }
  double                           diagonal(int row) const { return values_[pattern_.diagonal[row]]; }

  /// values = alpha mass + mu stiffness.
  void combine(double alpha, double mu);
  /// Position of entry (row, column); the row is owned and the entry in the pattern.
  std::int64_t position(int row, int column) const { return pattern_.position(row, column); }
  /// Rows of fixed nodes become their diagonal entry alone.
  void fix_rows(const std::vector<char> &is_fixed);
  /// y = values x (or another value array of this pattern) for interleaved components; ghosts of x are up to date.
  void multiply(const std::vector<double> &matrix_values, int n_components, const double *x, double *y) const;

  /// What one multiplication moves and computes.
  CountedWork multiply_work(int n_components, std::size_t bytes_a_number) const;

private:
  int                 degree_;
  CellPattern         pattern_;
  std::vector<double> mass_, stiffness_, values_;
};

} // namespace vesalius
