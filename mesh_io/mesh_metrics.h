// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"

#include <string>
#include <vector>

namespace vesalius
{

/// One measure of all cells of a mesh.
struct MeshMetric
{
  std::string         name, unit; ///< unit "" for ratios
  double              smallest = 0, mean = 0, largest = 0;
  double              first_bin = 0, bin_width = 0; ///< where the histogram begins
  std::vector<double> shares;                       ///< of cells per bin; the outermost bins hold what lies beyond them
};

/// Smallest and largest dihedral angle, radius ratio (3 r_in / r_out), scaled Jacobian (Knupp, SIAM J. Sci. Comput. 23 (2001) 193: the
/// smallest determinant of three unit edges at a corner, times sqrt 2), size (edge of the regular tetrahedron of the same volume, mm),
/// all of the straight cells; for order 2 also the lower bound of the Jacobian's ratio to the straight cell's. The ratios are 1 at best.
/// Empty for a mesh of triangles.
std::vector<MeshMetric> measure_metrics(const Mesh &mesh);

} // namespace vesalius
