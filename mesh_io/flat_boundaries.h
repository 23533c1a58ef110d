// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/mesh.h"

#include <map>
#include <vector>

namespace vesalius
{

/// Vertex -> unit normals of the flat boundaries that it lies on.
using PlaneNormals = std::map<std::int32_t, std::vector<Vector3>>;

/// Of every named boundary of a tetrahedral mesh whose vertices lie within 1e-5 of its extent of one plane: caps, sides of a box.
PlaneNormals flat_boundary_normals(const Mesh &mesh);

/// `x` without what leads out of the planes with these normals.
Vector3 within_planes(Vector3 x, const std::vector<Vector3> &normals);

} // namespace vesalius
