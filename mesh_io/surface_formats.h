// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vtk_files.h"

#include <string>

/// Surface formats other than VTK's own. VTK's readers of these take what they find of a damaged file, or crash over it; these say
/// what is wrong in which line. Triangles and polygons only; all throw InputError.
namespace vesalius
{

/// Stereolithography, text or binary; three points of its own for every triangle.
VtkGrid read_stl(const std::string &path);

/// Wavefront: lines `v` and `f`; normals, textures and materials are passed over.
VtkGrid read_obj(const std::string &path);

/// Stanford polygons, text or binary: elements `vertex` (x, y, z) and `face`; other elements and properties are passed over.
VtkGrid read_ply(const std::string &path);

} // namespace vesalius
