// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/cell_pattern.h"

#include <cstdint>
#include <vector>

namespace vesalius
{

/// A matrix in compressed rows, plain arrays.
struct CompressedMatrix
{
  std::int64_t              n_rows = 0, n_columns = 0;
  std::vector<std::int64_t> row_start;
  std::vector<std::int32_t> columns;
  std::vector<double>       values;
};

/// A square matrix of one process with the rows and columns of fixed nodes made those of the identity.
CompressedMatrix constrained_matrix(const CellPattern &pattern, const std::vector<double> &values, const std::vector<char> &is_fixed);

/// What a V-cycle needs besides its smoother.
struct MultigridLevels
{
  std::vector<CompressedMatrix> operators;     ///< the finest first
  std::vector<CompressedMatrix> prolongations; ///< from level l + 1 to level l
};

/// BoomerAMG's hierarchy (that of set_boomeramg) of a symmetric positive definite matrix, on one process. Its
/// Galerkin operators are those of the plain interpolations: A_(l+1) = P_l^T A_l P_l.
MultigridLevels export_multigrid(const CompressedMatrix &finest);

} // namespace vesalius
