// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/multigrid_export.h"

#include "solver/algebra/boomeramg.h"
#include "solver/algebra/petsc_session.h"
#include "solver/core/errors.h"

#include <petscksp.h>

namespace vesalius
{

namespace
{

Mat petsc_matrix(const CompressedMatrix &matrix)
{
  Mat                   result;
  std::vector<PetscInt> lengths;
  for (std::int64_t row = 0; row < matrix.n_rows; ++row)
    lengths.push_back(PetscInt(matrix.row_start[row + 1] - matrix.row_start[row]));
  VESALIUS_PETSC(MatCreateAIJ(PETSC_COMM_SELF, PetscInt(matrix.n_rows), PetscInt(matrix.n_columns), PETSC_DETERMINE, PETSC_DETERMINE, 0,
                              lengths.data(), 0, nullptr, &result));
  for (PetscInt row = 0; row < matrix.n_rows; ++row)
    {
      const auto begin = matrix.row_start[row];
      VESALIUS_PETSC(MatSetValues(result, 1, &row, lengths[row], matrix.columns.data() + begin, matrix.values.data() + begin, INSERT_VALUES));
    }
  VESALIUS_PETSC(MatAssemblyBegin(result, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(result, MAT_FINAL_ASSEMBLY));
  return result;
}

CompressedMatrix plain_matrix(Mat matrix)
{
  PetscInt n_rows = 0, n_columns = 0;
  VESALIUS_PETSC(MatGetSize(matrix, &n_rows, &n_columns));
  CompressedMatrix result{n_rows, n_columns, {0}, {}, {}};
  for (PetscInt row = 0; row < n_rows; ++row)
    {
      PetscInt           n       = 0;
      const PetscInt    *columns = nullptr;
      const PetscScalar *values  = nullptr;
      VESALIUS_PETSC(MatGetRow(matrix, row, &n, &columns, &values));
      result.columns.insert(result.columns.end(), columns, columns + n);
      result.values.insert(result.values.end(), values, values + n);
      result.row_start.push_back(std::int64_t(result.columns.size()));
      VESALIUS_PETSC(MatRestoreRow(matrix, row, &n, &columns, &values));
    }
  return result;
}

/// PETSc lists the coarsest first; it has handed the matrices over to us.
std::vector<CompressedMatrix> take_reversed(Mat *matrices, PetscInt n)
{
  std::vector<CompressedMatrix> result;
  for (PetscInt i = n; i-- > 0;)
    {
      result.push_back(plain_matrix(matrices[i]));
      VESALIUS_PETSC(MatDestroy(&matrices[i]));
    }
  VESALIUS_PETSC(PetscFree(matrices));
  return result;
}

} // namespace

CompressedMatrix constrained_matrix(const CellPattern &pattern, const std::vector<double> &values, const std::vector<char> &is_fixed)
{
  CompressedMatrix result{pattern.n_rows, pattern.n_rows, {0}, {}, {}};
  for (int row = 0; row < pattern.n_rows; ++row)
    {
      for (auto k = pattern.row_start[row]; k < pattern.row_start[row + 1]; ++k)
        if (const int column = pattern.columns[k]; column == row || (!is_fixed[row] && !is_fixed[column]))
          {
            result.columns.push_back(column);
            result.values.push_back(is_fixed[row] ? 1. : values[k]);
          }
      result.row_start.push_back(std::int64_t(result.columns.size()));
    }
  return result;
}

MultigridLevels export_multigrid(const CompressedMatrix &finest)
{
  static_assert(sizeof(PetscInt) == sizeof(std::int32_t), "columns go to PETSc as they are");
  Mat         matrix = petsc_matrix(finest);
  PC          pc;
  VESALIUS_PETSC(PCCreate(PETSC_COMM_SELF, &pc));
  VESALIUS_PETSC(PCSetOperators(pc, matrix, matrix));
  set_boomeramg(pc, "vesalius_export_");
  VESALIUS_PETSC(PCSetUp(pc));
  PetscInt        n_levels = 0;
  Mat            *matrices = nullptr;
  MultigridLevels levels;
  VESALIUS_PETSC(PCGetInterpolations(pc, &n_levels, &matrices));
  levels.prolongations = take_reversed(matrices, n_levels - 1);
  VESALIUS_PETSC(PCGetCoarseOperators(pc, &n_levels, &matrices));
  levels.operators = take_reversed(matrices, n_levels - 1);
  levels.operators.insert(levels.operators.begin(), finest);
  VESALIUS_PETSC(PCDestroy(&pc));
  VESALIUS_PETSC(MatDestroy(&matrix));
  VESALIUS_ASSERT(levels.operators.size() == levels.prolongations.size() + 1, "a hierarchy has one interpolation between two levels");
  for (std::size_t l = 0; l < levels.prolongations.size(); ++l)
    VESALIUS_ASSERT(levels.prolongations[l].n_rows == levels.operators[l].n_rows && levels.prolongations[l].n_columns == levels.operators[l + 1].n_rows,
                    "an interpolation fits the operators of its levels");
  return levels;
}

} // namespace vesalius
