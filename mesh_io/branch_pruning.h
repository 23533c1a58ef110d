// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_field.h"

/// Which branches of a segmented tree are kept: internal to mesh_io. See docs/theory/segmentation.md.
namespace vesalius::voxel
{

struct PruningRules
{
  double minimum_radius_mm = 2;   ///< a ball of this radius must be able to enter a branch
  double minimum_length_mm = 50;  ///< of a side branch that ends inside the image
  double minimum_ratio     = 0.4; ///< of a side branch's radius to its parent's
};

/// Removes from a lumen (mm, negative inside) the side branches that break a rule, and everything that is not
/// connected to its thickest part. The walls of what remains do not move.
Field prune_branches(const Field &level_set, const PruningRules &rules);

} // namespace vesalius::voxel
