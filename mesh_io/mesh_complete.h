// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"

#include <string>

namespace vesalius
{

/// Reads a SimVascular `mesh-complete` folder: mesh-complete.mesh.vtu with GlobalNodeID, and
/// mesh-surfaces/*.vtp, each a boundary named as its file, with GlobalNodeID of their points.
/// walls_combined.vtp (or else files that begin with "wall") becomes "wall".
Mesh read_mesh_complete(const std::string &folder, const std::string &unit, const std::string &frame);

/// Writes such a folder, in metres (FieldData LengthUnit, Frame, which SimVascular ignores): mesh-complete.mesh.vtu,
/// mesh-complete.exterior.vtp, walls_combined.vtp and mesh-surfaces/NAME.vtp, with GlobalNodeID and GlobalElementID from 1,
/// ModelRegionID, ModelFaceID. Of a mesh of order 2 the vertices are written: the format knows linear tetrahedra only.
/// Throws InputError for a mesh in 2D, ResourceError.
void write_mesh_complete(const Mesh &mesh, const std::string &folder);

} // namespace vesalius
