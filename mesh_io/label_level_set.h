// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"

namespace vesalius
{

/// Signed distance (mm, negative inside) from the boundary of one label's voxels, which lies halfway between the centres of
/// the voxels inside and outside; limited to three of the largest voxel widths. `label` 0: the only label that there is;
/// throws InputError, with what there is, where that is none or several, or where `label` is not there.
Image label_level_set(const LabelImage &labels, int label = 0);

/// The voxels of one label as a label image of its own (value 1); `label` as above.
LabelImage only_label(const LabelImage &labels, int label = 0);

} // namespace vesalius
