// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/flow_kernels.h"

#include <cstdint>
#include <vector>

namespace vesalius
{

/// The compressed rows of a matrix that couples all nodes of a cell, for the owned nodes of a rank (the first
/// `n_rows` local ones). Columns are local nodes, ascending.
struct CellPattern
{
  int                       n_rows = 0;
  std::vector<std::int64_t> row_start, diagonal;
  std::vector<std::int32_t> columns;
  kernels::CellPositions    cell_positions;

  CellPattern() = default;
  /// `cells`: flat, `n_nodes` local nodes each.
  CellPattern(int n_owned, const std::vector<std::int32_t> &cells, int n_nodes);
  /// Position of entry (row, column); the row is owned and the entry in the pattern.
  std::int64_t position(int row, int column) const;
};

} // namespace vesalius
