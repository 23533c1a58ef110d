// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/scalar_operator.h"

#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

kernels::CellArrays cell_arrays(const SimplexSpace &space)
{
  return {space.dimension(), space.n_cells(), space.cells_p2().data(), space.cells_p1().data(),
          space.coordinates().data()};
}

ScalarP2Operator::ScalarP2Operator(const SimplexSpace &space)
  : n_rows_(space.p2().n_owned)
{
  const int   n     = space.nodes_per_cell();
  const auto &cells = space.cells_p2();
  // Cells around each owned node, then the sorted union of their nodes.
  std::vector<std::int64_t> start(n_rows_ + 1, 0);
  for (const auto node : cells)
    if (node < n_rows_)
      ++start[node + 1];
  for (int row = 0; row < n_rows_; ++row)
    start[row + 1] += start[row];
  std::vector<std::int32_t> around(start.back());
  auto                      at = start;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] < n_rows_)
      around[at[cells[i]]++] = static_cast<std::int32_t>(i / n);
  row_start_.assign(1, 0);
  std::vector<std::int32_t> row;
  for (int r = 0; r < n_rows_; ++r)
    {
      row.clear();
      for (auto k = start[r]; k < start[r + 1]; ++k)
        row.insert(row.end(), &cells[std::size_t(around[k]) * n], &cells[std::size_t(around[k]) * n] + n);
      std::sort(row.begin(), row.end());
      row.erase(std::unique(row.begin(), row.end()), row.end());
      columns_.insert(columns_.end(), row.begin(), row.end());
      row_start_.push_back(columns_.size());
    }
  VESALIUS_ASSERT(columns_.size() < (1ull << 31), "too many matrix entries on one rank for 32-bit positions");
  for (int r = 0; r < n_rows_; ++r)
    diagonal_.push_back(position(r, r));
  cell_positions_.resize(space.n_cells() * n * n);
  for (std::size_t c = 0; c < space.n_cells(); ++c)
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        {
          const int r                           = cells[c * n + i];
          cell_positions_[(c * n + i) * n + j] = r < n_rows_ ? static_cast<std::int32_t>(position(r, cells[c * n + j])) : -1;
        }
  mass_.assign(columns_.size(), 0.);
  stiffness_.assign(columns_.size(), 0.);
  values_.assign(columns_.size(), 0.);
  kernels::add_mass_and_stiffness(cell_arrays(space), cell_positions_, mass_.data(), stiffness_.data());
}

std::int64_t ScalarP2Operator::position(int row, int column) const
{
  const auto begin = columns_.begin() + row_start_[row], end = columns_.begin() + row_start_[row + 1];
  return std::lower_bound(begin, end, column) - columns_.begin();
}

void ScalarP2Operator::combine(double alpha, double mu)
{
  for (std::size_t k = 0; k < values_.size(); ++k)
    values_[k] = alpha * mass_[k] + mu * stiffness_[k];
}

void ScalarP2Operator::fix_rows(const std::vector<char> &is_fixed)
{
  for (int row = 0; row < n_rows_; ++row)
    if (is_fixed[row])
      for (auto k = row_start_[row]; k < row_start_[row + 1]; ++k)
        if (k != diagonal_[row])
          values_[k] = 0;
}

void ScalarP2Operator::multiply(const std::vector<double> &matrix_values, int n_components, const double *x,
                                double *y) const
{
  kernels::multiply(n_rows_, row_start_.data(), columns_.data(), matrix_values.data(), n_components, x, y);
}

} // namespace vesalius
