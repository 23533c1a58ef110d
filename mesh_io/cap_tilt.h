// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

namespace vesalius
{

/// Angle (rad, 0 to pi/2) between the normal of a cap and the centre line where it comes nearest to the cap's centre. The line's
/// direction is that of a quartic through two radii to either side, or as far as it goes. Throws InputError for a line without points.
double cap_tilt(const Cap &cap, const Centerline &centerline);

} // namespace vesalius
