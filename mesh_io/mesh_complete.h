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

} // namespace vesalius
