// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_tree.h"

#include <vector>

namespace vesalius
{

/// Where an end of a vessel tree is to be cut; metres, LPS.
struct TreeEnd
{
  Vector3 centre{0, 0, 0};
  Vector3 axis{0, 0, 0}; ///< unit, outwards
  double  radius = 0;    ///< of the circle of the section's area
};

/// Finds the ends of a tree: the tips farthest from each other along the vessel (as TEASAR, Sato et
/// al. 2000, finds the branches of a tree), then walks outwards through sections normal to the
/// vessel until they are no longer whole, and steps back by `cap_offset_diameters`.
/// Ends thinner than `minimum_radius` (m) are moved inwards until they are wide enough; branches
/// shorter than three of their diameters stay closed: an outlet needs a vessel before it.
std::vector<TreeEnd> find_tree_ends(const Image &level_set, const VoxelTree &tree, double minimum_radius,
                                    double cap_offset_diameters);

} // namespace vesalius
