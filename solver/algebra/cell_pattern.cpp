// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/cell_pattern.h"

#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

CellPattern::CellPattern(int n_owned, const std::vector<std::int32_t> &cells, int n_nodes) : n_rows(n_owned)
{
  const int n = n_nodes;
  // Cells around each owned node, then the sorted union of their nodes.
  std::vector<std::int64_t> start(n_rows + 1, 0);
  for (const auto node : cells)
    if (node < n_rows)
      ++start[node + 1];
  for (int row = 0; row < n_rows; ++row)
    start[row + 1] += start[row];
  std::vector<std::int32_t> around(start.back());
  auto                      at = start;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] < n_rows)
      around[at[cells[i]]++] = static_cast<std::int32_t>(i / n);
  row_start.assign(1, 0);
  std::vector<std::int32_t> row;
  for (int r = 0; r < n_rows; ++r)
    {
      row.clear();
      for (auto k = start[r]; k < start[r + 1]; ++k)
        row.insert(row.end(), &cells[std::size_t(around[k]) * n], &cells[std::size_t(around[k]) * n] + n);
      std::sort(row.begin(), row.end());
      row.erase(std::unique(row.begin(), row.end()), row.end());
      columns.insert(columns.end(), row.begin(), row.end());
      row_start.push_back(columns.size());
    }
  VESALIUS_ASSERT(columns.size() < (1ull << 31), "too many matrix entries on one rank for 32-bit positions");
  for (int r = 0; r < n_rows; ++r)
    diagonal.push_back(position(r, r));
  cell_positions.resize(cells.size() * n);
  for (std::size_t c = 0; c < cells.size() / n; ++c)
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        {
          const int r                           = cells[c * n + i];
          cell_positions[(c * n + i) * n + j] = r < n_rows ? static_cast<std::int32_t>(position(r, cells[c * n + j])) : -1;
        }
}

std::int64_t CellPattern::position(int row, int column) const
{
  const auto begin = columns.begin() + row_start[row], end = columns.begin() + row_start[row + 1];
  return std::lower_bound(begin, end, column) - columns.begin();
}

} // namespace vesalius
