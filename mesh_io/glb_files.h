// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

#include <string>

namespace vesalius
{

/// Writes a binary glTF 2.0 file for viewers and headsets: a node for every boundary, named as it, with a colour of its
/// own and smooth normals. Positions are metres in LPS; the root node turns them so that the head is up (+y) and the
/// patient faces the viewer (+z), as glTF's axes are meant. Its `extras` say Frame and LengthUnit.
/// Throws InputError (no triangles), ResourceError (cannot write).
void write_glb(const Surface &surface, const std::string &path);

} // namespace vesalius
