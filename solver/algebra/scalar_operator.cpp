// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/scalar_operator.h"

#include "solver/core/errors.h"

namespace vesalius
{

kernels::CellArrays cell_arrays(const SimplexSpace &space)
{
  return {space.dimension(), space.n_cells(), space.cells_p2().data(), space.cells_p1().data(),
          space.coordinates().data(), space.curved_cells()};
}

kernels::CellArrays owned_cell_arrays(const SimplexSpace &space)
{
  auto cells      = cell_arrays(space);
  cells.n_cells   = space.n_owned_cells();
  cells.curved[1] = {cells.n_cells, cells.n_cells}; // that range lies among the others' cells
  return cells;
}

ScalarOperator::ScalarOperator(const SimplexSpace &space, int degree)
  : degree_(degree), pattern_(space.nodes(degree).n_owned, degree == 2 ? space.cells_p2() : space.cells_p1(),
                              degree == 2 ? space.nodes_per_cell() : space.dimension() + 1)
{
  VESALIUS_ASSERT(degree == 2 || !space.has_curved_cells(), "P1 velocities need affine cells");
  mass_.assign(pattern_.columns.size(), 0.);
  stiffness_.assign(pattern_.columns.size(), 0.);
  values_.assign(pattern_.columns.size(), 0.);
  kernels::add_mass_and_stiffness(cell_arrays(space), pattern_.cell_positions, mass_.data(), stiffness_.data(), degree);
}

void ScalarOperator::combine(double alpha, double mu)
{
  for (std::size_t k = 0; k < values_.size(); ++k)
    values_[k] = alpha * mass_[k] + mu * stiffness_[k];
}

void ScalarOperator::fix_rows(const std::vector<char> &is_fixed)
{
  for (int row = 0; row < pattern_.n_rows; ++row)
    if (is_fixed[row])
      for (auto k = pattern_.row_start[row]; k < pattern_.row_start[row + 1]; ++k)
        if (k != pattern_.diagonal[row])
          values_[k] = 0;
}

CountedWork ScalarOperator::multiply_work(int n_components, std::size_t bytes_a_number) const
{
  const double entries = pattern_.columns.size(), rows = pattern_.n_rows;
  return {entries * (bytes_a_number + sizeof(std::int32_t)) + rows * (sizeof(std::int64_t) + 2. * n_components * bytes_a_number), 2 * entries * n_components};
}

void ScalarOperator::multiply(const std::vector<double> &matrix_values, int n_components, const double *x,
                                double *y) const
{
  kernels::multiply(pattern_.n_rows, pattern_.row_start.data(), pattern_.columns.data(), matrix_values.data(), n_components, x, y);
}

} // namespace vesalius
