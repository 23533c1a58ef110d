// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_tree.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

namespace vesalius
{

struct IsoSurface
{
  Surface surface;
  double  smoothing    = 0; ///< as done, at most as wanted
  double  volume_shift = 0; ///< m, outwards, along the normals
};

/// The zero of a level set (negative inside) around a voxel tree as one closed surface, metres,
/// LPS, closed at the image border, all of it wall. `smoothing` 0 none, 1 removes the steps of the voxels
/// (windowed sinc, Taubin et al. 1996). Then the wall is shifted along its normals to the volume of the unsmoothed surface, by at
/// most half of the smallest voxel width: where that is not enough the smoothing is halved until it is.
IsoSurface iso_surface(const Image &level_set, const VoxelTree &tree, double smoothing);

} // namespace vesalius
