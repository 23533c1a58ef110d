// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

namespace vesalius
{

/// Angle (rad, 0 to pi/2) between the normal of a cap and the centre line where it comes nearest to the cap's centre. The direction
/// of a line that passes through the cap is that of a quartic through two radii to either side. One that ends there bends to the
/// centre of the cap within half a radius, so its direction is extrapolated linearly from those of its pieces 0.5 to 1.5 and 1.5
/// to 2.5 radii inside, or is that of the whole line where it is shorter. Throws InputError for a line without points.
double cap_tilt(const Cap &cap, const Centerline &centerline);

} // namespace vesalius
