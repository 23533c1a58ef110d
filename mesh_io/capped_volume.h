// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

#include <vector>

namespace vesalius
{

/// Volume (m^3) of a vessel's voxels on the near side of its caps. `shares`: how much of each voxel is vessel, 0 to 1. The
/// largest piece of the voxels above 0 counts; voxels that a cap's plane crosses count in part. Only what hangs together
/// with a cap beyond it is taken off.
double volume_between_caps(const ImageGrid &grid, const std::vector<float> &shares, const std::vector<Cap> &caps);

} // namespace vesalius
