// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"
#include "solver/kernels/flow_kernels.h"

#include <array>
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
  /// Ranges of rows (first, one past the last) without and with columns of ghosts.
  std::vector<std::array<int, 2>> inner_rows, outer_rows;

  CellPattern() = default;
  /// `cells`: flat, `n_nodes` local nodes each.
  CellPattern(int n_owned, const std::vector<std::int32_t> &cells, int n_nodes);
  /// Position of entry (row, column); the row is owned and the entry in the pattern.
  std::int64_t position(int row, int column) const;

  /// Brings the ghosts of x up to date and calls rows(first, last) for ranges of rows that cover all, those that refer to no ghost while the
  /// exchange is under way.
  template <class Number, class Rows>
  void visit_rows(Halo &halo, Number *x, int n_components, const Rows &rows) const
  {
    halo.begin_update(x, n_components);
    for (const auto &[first, last] : inner_rows)
      rows(first, last);
    halo.finish_update();
    for (const auto &[first, last] : outer_rows)
      rows(first, last);
  }
};

} // namespace vesalius
