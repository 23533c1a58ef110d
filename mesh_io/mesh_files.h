// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"
#include "solver/interfaces/surface.h"

#include <string>

namespace vesalius
{

/// Writes a mesh as VTU: volume cells and boundary faces as cells of one grid with cell arrays RegionId
/// (0 on faces), BoundaryId (0 on volume cells), FieldData RegionNames, BoundaryNames ("1=wall"...),
/// LengthUnit "m", Frame "LPS". Faces between two regions follow as cells with an InterfaceId (0 elsewhere), InterfaceNames "1=liver|kidney". A name that ends in .msh gives gmsh's MSH 4.1 (msh_files.h), one without ending a
/// SimVascular folder (mesh_complete.h). Throws InputError (other endings), ResourceError.
void write_mesh(const Mesh &mesh, const std::string &path);

/// Reads our VTU, any VTU, VTK or MSH of tetrahedra (triangles) or of cells that can be cut into them (grid_splitting.h),
/// or a SimVascular `mesh-complete` folder (VTU volume, VTP faces with GlobalNodeID and GlobalElementID). `unit` ("m", "cm", "mm", "") and
/// `frame` ("LPS", "RAS", "") are needed when the file does not say; throws InputError naming --unit.
/// A mesh 10 or 1000 times off human size is refused with a hint.
Mesh read_mesh(const std::string &path, const std::string &unit = "", const std::string &frame = "");

/// VTP with BoundaryId, BoundaryNames and caps; or STL, or GLB (glb_files.h), by extension. Reads VTP, STL, PLY, OBJ.
void    write_surface(const Surface &surface, const std::string &path);
Surface read_surface(const std::string &path, const std::string &unit = "", const std::string &frame = "");

void       write_centerline(const Centerline &centerline, const std::string &path);
Centerline read_centerline(const std::string &path, const std::string &unit = "", const std::string &frame = "");

} // namespace vesalius
