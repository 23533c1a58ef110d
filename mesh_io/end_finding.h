// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"
#include "solver/interfaces/surface.h"

namespace vesalius
{

/// Groups of triangles that form flat ends: planar patches of at least a few triangles, bounded by
/// a sharp rim (more than 40 degrees) along a single closed loop. Returns per triangle 0 (wall)
/// or the number of its flat end, from 1.
std::vector<int> find_flat_ends(const Surface &surface);

/// Sets the ids and names of a closed surface from its flat ends (0 wall, 1.. ends): the cap with
/// the largest radius is `inlet`; the others `outlet_left`, `outlet_right` by LPS when there are
/// two, else `outlet`, or `outlet_1`... from head to foot. Fills `caps`.
void name_ends(Surface &surface, const std::vector<int> &end_of_triangle);

/// find_flat_ends and name_ends for the boundary of a volume mesh that carries no ids. Throws
/// InputError when fewer than two ends are found.
void name_flat_ends(Mesh &mesh);

} // namespace vesalius
