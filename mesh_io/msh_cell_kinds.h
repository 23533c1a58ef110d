// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace vesalius
{

/// gmsh's and VTK's numbers of one kind of cell, and where VTK's node i stands in gmsh's list.
struct MshCellKind
{
  int              gmsh_type, vtk_type, dimension;
  std::vector<int> gmsh_position;
};

const std::vector<MshCellKind> &msh_cell_kinds();

} // namespace vesalius
