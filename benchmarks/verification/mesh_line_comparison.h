// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

namespace vesalius::verification
{

/// Two sets of lines inside their common extent: where the nearest point of the other set is no end of a line.
struct LineAgreement
{
  double distance       = 0; ///< m, mean over both ways of the mean distance along a set from the other
  double farthest       = 0; ///< m, of either way
  double radius_error   = 0; ///< mean of |r/r_reference - 1| along the reference
  double compared_share = 0; ///< of the reference's length
};
LineAgreement compare_lines(const Centerline &ours, const Centerline &reference);

} // namespace vesalius::verification
