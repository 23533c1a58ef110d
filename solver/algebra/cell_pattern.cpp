// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/cell_pattern.h"

#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

CellPattern::CellPattern(int n_owned, const std::vector<std::int32_t> &cells, int n_nodes) : n_rows(n_owned)
{
  const int n = n_nodes;
  VESALIUS_ASSERT(cells.size() < (1ull << 31), "too many cells on one rank for 32-bit positions");
  // Where each owned node stands in the cells.
  std::vector<std::int64_t> start(n_rows + 1, 0);
  for (const auto node : cells)
    if (node < n_rows)
      ++start[node + 1];
  for (int row = 0; row < n_rows; ++row)
    start[row + 1] += start[row];
  std::vector<std::int32_t> places(start.back());
  auto                      at = start;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] < n_rows)
      places[at[cells[i]]++] = static_cast<std::int32_t>(i);
  cell_positions.assign(cells.size() * n, -1);
  // A row's columns are the nodes of the cells around it, each once. `position_of` is read only where this row has written it.
  std::vector<std::int32_t> position_of(cells.empty() ? 0 : *std::max_element(cells.begin(), cells.end()) + 1, -1);
  row_start.assign(1, 0);
  for (int row = 0; row < n_rows; ++row)
    {
      const auto begin = static_cast<std::int32_t>(columns.size());
      for (auto k = start[row]; k < start[row + 1]; ++k)
        for (int j = 0; j < n; ++j)
          if (const auto node = cells[places[k] / n * n + j]; position_of[node] < begin)
            {
              position_of[node] = begin;
              columns.push_back(node);
            }
      VESALIUS_ASSERT(columns.size() < (1ull << 31), "too many matrix entries on one rank for 32-bit positions");
      std::sort(columns.begin() + begin, columns.end());
      for (auto k = begin; k < std::int32_t(columns.size()); ++k)
        position_of[columns[k]] = k;
      for (auto k = start[row]; k < start[row + 1]; ++k)
        for (int j = 0; j < n; ++j)
          cell_positions[std::size_t(places[k]) * n + j] = position_of[cells[places[k] / n * n + j]];
      diagonal.push_back(position_of[row]);
      row_start.push_back(columns.size());
      auto &ranges = columns.back() < n_rows ? inner_rows : outer_rows; // ascending, ghosts last
      if (ranges.empty() || ranges.back()[1] != row)
        ranges.push_back({row, row});
      ranges.back()[1] = row + 1;
    }
}

std::int64_t CellPattern::position(int row, int column) const
{
  const auto begin = columns.begin() + row_start[row], end = columns.begin() + row_start[row + 1];
  return std::lower_bound(begin, end, column) - columns.begin();
}

} // namespace vesalius
