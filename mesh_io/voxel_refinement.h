// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_field.h"
#include "solver/interfaces/image.h"

/// Vessels of a few voxels: internal to mesh_io.
namespace vesalius::voxel
{

/// Into how many parts each way voxels are to be cut so that the vessels inside (negative values) get about eight across: 1 to
/// 3, and no more than 6e6 voxels in all, which take seconds. The tenth part of the vessels' length may be thinner.
int refinement_for(const Field &level_set);

/// The field on voxels `factor` times smaller that fill the same box: cubic B-splines through the values (Unser, Aldroubi,
/// Eden 1993), mirrored at the border.
Field     refine(const Field &field, int factor);
ImageGrid refine(const ImageGrid &grid, int factor);

/// Undoes what smoothing does to a bent wall: a Gaussian of variance s^2 moves the wall of a tube of radius R inwards by
/// s^2 / (2 R) to leading order. `shift_mm2` is that shift times the radius; The curvature is what
/// smoothing over `detail_mm` does to the level set, a distance in mm: half the Laplacian times detail_mm^2.
Field undo_shrinkage(const Field &level_set, double shift_mm2, double detail_mm);

} // namespace vesalius::voxel
