// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"

#include <string>

namespace vesalius
{

/// Reads an INRIMAGE-4 volume (.inr, .inr.gz) of one value a voxel. The format knows no patient frame: its axes are taken for
/// LPS with the first voxel at the origin. Throws InputError for a damaged header, too few data, or another type of number.
Image read_inrimage(const std::string &path);

} // namespace vesalius
