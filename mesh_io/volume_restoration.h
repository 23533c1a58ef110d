// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_field.h"

/// What blur takes off a bent wall, given back: internal to mesh_io.
namespace vesalius::voxel
{

/// How much of each voxel of `grid` lies inside of a level set on voxels of the same size, or two or three times smaller.
Field shares_inside(const Field &level_set, const Grid &grid);

/// Moves the wall of a level set (mm, negative inside) until it holds locally, over about two voxels, the volume that the image
/// says. `shares`: how much of each of the image's voxels is vessel, as measured, so that noise may take it out of 0 to 1; the level
/// set may lie on voxels two or three times smaller. What is bright but apart from the vessel, or dark inside of it, does not count.
/// No blur moves a wall by more than in proportion to its curvature, so neither does this: a flat wall stays.
Field restore_local_volume(const Field &level_set, const Field &shares);

} // namespace vesalius::voxel
