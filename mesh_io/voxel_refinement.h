// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_field.h"
#include "solver/interfaces/image.h"

/// Vessels of a few voxels: internal to mesh_io.
namespace vesalius::voxel
{

/// Into how many parts each way voxels are to be cut so that the vessels inside (negative values) get about eight across: 1 to
/// 3, and no more than 2e6 voxels in all, which take seconds. The tenth part of the vessels' length may be thinner.
int refinement_for(const Field &level_set);

/// The field on voxels `factor` times smaller that fill the same box: cubic B-splines through the values (Unser, Aldroubi,
/// Eden 1993), mirrored at the border.
Field     refine(const Field &field, int factor);
ImageGrid refine(const ImageGrid &grid, int factor);

} // namespace vesalius::voxel
