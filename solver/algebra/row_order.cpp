// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/row_order.h"

#include "solver/algebra/petsc_session.h"

#include <petscmat.h>

#include <iterator>

namespace vesalius
{

std::vector<std::int32_t> cuthill_mckee_order(const CellPattern &pattern)
{
  std::vector<PetscInt> start(1, 0), columns;
  for (int row = 0; row < pattern.n_rows; ++row)
    {
      for (auto k = pattern.row_start[row]; k < pattern.row_start[row + 1]; ++k)
        if (pattern.columns[k] < pattern.n_rows)
          columns.push_back(pattern.columns[k]);
      start.push_back(PetscInt(columns.size()));
    }
  std::vector<PetscScalar> values(columns.size(), 1.);
  Mat                      graph;
  IS                       rows, other;
  const PetscInt          *indices;
  VESALIUS_PETSC(MatCreateSeqAIJWithArrays(PETSC_COMM_SELF, pattern.n_rows, pattern.n_rows, start.data(), columns.data(), values.data(), &graph));
  VESALIUS_PETSC(MatGetOrdering(graph, MATORDERINGRCM, &rows, &other));
  VESALIUS_PETSC(ISGetIndices(rows, &indices));
  std::vector<std::int32_t> order(std::make_reverse_iterator(indices + pattern.n_rows), std::make_reverse_iterator(indices));
  VESALIUS_PETSC(ISRestoreIndices(rows, &indices));
  VESALIUS_PETSC(ISDestroy(&rows));
  VESALIUS_PETSC(ISDestroy(&other));
  VESALIUS_PETSC(MatDestroy(&graph));
  return order;
}

} // namespace vesalius
