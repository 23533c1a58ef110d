// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/curved_cells.h"

namespace vesalius
{

struct SecondOrderReport
{
  CurvingReport curving;
  double        volume_error    = 0; ///< largest relative change of a region's volume, curved against straight
  double        largest_move_mm = 0; ///< of a vertex, to keep the volumes
};

/// A tetrahedral mesh of order 2 whose boundary and interfaces are curved (curve_boundary) while each region keeps its volume: curved
/// faces bulge, so the vertices of bent boundaries move back along the normal by as much. Flat boundaries, such as caps, stay in
/// their plane. A mesh of order 2 already is returned as it is. Names and ids are kept.
Mesh make_curved_mesh(const Mesh &mesh, SecondOrderReport *report = nullptr);

} // namespace vesalius
