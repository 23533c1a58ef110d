// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vtk_files.h"
#include "solver/interfaces/mesh.h"

#include <string>

namespace vesalius
{

/// Reads a gmsh mesh (MSH 2 or 4.1, text or binary), nodes by ascending tag, cells in VTK order.
/// Physical groups become RegionId, BoundaryId and their names; without groups on the boundary the tags of
/// its surfaces stand in, if there are several. MSH carries neither unit nor frame.
/// Throws ResourceError (no such file), InputError (not MSH, damaged, cells that VTK has no type for).
VtkGrid read_msh_grid(const std::string &path);

/// Writes MSH 4.1 (binary), lengths in metres: a physical group for every region and boundary; faces of a mesh of order 2
/// with their edge nodes. Temporary name and rename. Throws ResourceError.
void write_msh(const Mesh &mesh, const std::string &path);

} // namespace vesalius
