// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <set>
#include <vector>

namespace vesalius
{

/// True for an open rim that is the end of a tube: the wall beside it runs along the rim's normal. At the rim of a hole in a wall
/// it runs across. `loop` as from open_loops().
bool is_end_of_tube(const Surface &surface, const std::vector<int> &loop);

/// Closes an open rim by triangles as large as those around it, on a surface that continues their curvature (Liepa 2003, by CGAL). They
/// get the boundary id that most of the rim's triangles have. Returns false, with the surface unchanged, where that fails.
bool patch_hole(Surface &surface, const std::vector<int> &loop);

/// Numbers of the triangles that cross others. The surface must be manifold, open or closed.
std::set<int> crossing_triangles(const Surface &surface);

/// Removes the given triangles and `n_rings` rings of neighbours.
void remove_with_neighbours(Surface &surface, const std::set<int> &triangles, int n_rings);

} // namespace vesalius
