// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vtk_files.h"

namespace vesalius
{

/// Replaces hexahedra, wedges, pyramids and quadrilaterals by simplices, as cell_splitting.h cuts them (rank: the point's number in
/// the file, so that neighbours and boundary faces agree); cell data are copied. Quadratic quadrilaterals (8 or 9 nodes) and hexahedra
/// (20 or 27) become quadratic simplices; nodes that the file leaves out lie where the serendipity functions say. Other cells stay.
void split_into_simplices(VtkGrid &grid);

} // namespace vesalius
