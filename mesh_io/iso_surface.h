// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_tree.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

namespace vesalius
{

/// The zero of a level set (negative inside) around a voxel tree as one closed surface, metres,
/// LPS, closed at the image border, all of it wall. `smoothing` 0 none, 1 removes the steps of the voxels
/// (windowed sinc, Taubin et al. 1996); the volume is that of the unsmoothed surface.
Surface iso_surface(const Image &level_set, const VoxelTree &tree, double smoothing);

} // namespace vesalius
