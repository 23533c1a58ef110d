// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/verification.h"

#include <string>
#include <vector>

/// Quantities without an exact value: how far the mesh still moves them.
namespace vesalius::verification
{

/// What one mesh gave of one quantity.
struct StudiedQuantity
{
  std::string name, unit;
  double      value = 0;
  double      scale = 0; ///< what the interval is divided by before it meets the limit, in `unit`; 0: the value itself
  double      limit = 0; ///< of that ratio on the finest mesh; 0: shown only
};

/// One mesh and its quantities, the same ones in the same order on every mesh.
struct StudiedMesh
{
  VerificationCost             cost;
  std::vector<StudiedQuantity> quantities;
};

/// Adds to `result`, for every quantity, its grid-convergence interval (solver/core/grid_convergence.h; the cell size is taken as
/// dofs^(-1/dimension)) over its scale as a record that the limit gates, and a table of all meshes with "value ± interval" as
/// a remark. `meshes` from the coarsest to the finest, at least two; with two the order is assumed to be 2.
void add_mesh_study(VerificationResult &result, const std::vector<StudiedMesh> &meshes, int dimension = 3);

} // namespace vesalius::verification
