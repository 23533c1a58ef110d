// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/cell_pattern.h"
#include "solver/fields/simplex_space.h"

#include <petscmat.h>

namespace vesalius
{

/// PETSc's matrix of a pattern whose columns are these nodes (`index`: its numbers); room for exactly the pattern's
/// entries: a row that needs more costs PETSc a copy of the whole matrix. The caller destroys it.
Mat make_row_matrix(MPI_Comm communicator, const NodeDistribution &nodes, const CellPattern &pattern);
/// All owned rows, times `factor`.
void set_rows(Mat matrix, const NodeDistribution &nodes, const CellPattern &pattern, const double *values, double factor = 1);

} // namespace vesalius
