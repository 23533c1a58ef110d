// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/row_matrix.h"

#include "solver/algebra/petsc_session.h"

namespace vesalius
{

Mat make_row_matrix(MPI_Comm communicator, const NodeDistribution &nodes, const CellPattern &pattern)
{
  const PetscInt        n = pattern.n_rows;
  std::vector<PetscInt> own(n, 0), other(n, 0);
  for (int row = 0; row < n; ++row)
    for (auto k = pattern.row_start[row]; k < pattern.row_start[row + 1]; ++k)
      ++(pattern.columns[k] < nodes.n_owned ? own : other)[row];
  Mat matrix;
  VESALIUS_PETSC(MatCreateAIJ(communicator, n, n, PETSC_DETERMINE, PETSC_DETERMINE, 0, own.data(), 0, other.data(), &matrix));
  VESALIUS_PETSC(MatSetOption(matrix, MAT_NO_OFF_PROC_ENTRIES, PETSC_TRUE));
  return matrix;
}

void set_rows(Mat matrix, const NodeDistribution &nodes, const CellPattern &pattern, const double *values, double factor)
{
  std::vector<PetscInt>    columns;
  std::vector<PetscScalar> scaled;
  for (int row = 0; row < pattern.n_rows; ++row)
    {
      columns.clear();
      scaled.clear();
      for (auto k = pattern.row_start[row]; k < pattern.row_start[row + 1]; ++k)
        {
          columns.push_back(nodes.index[pattern.columns[k]]);
          scaled.push_back(factor * values[k]);
        }
      const PetscInt index = nodes.index[row];
      VESALIUS_PETSC(MatSetValues(matrix, 1, &index, PetscInt(columns.size()), columns.data(), scaled.data(), INSERT_VALUES));
    }
  VESALIUS_PETSC(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
}

} // namespace vesalius
