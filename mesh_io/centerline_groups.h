// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

#include <vector>

namespace vesalius
{

/// Where one line belongs to one group, by arc length.
struct LineStretch
{
  int    group          = 0;
  bool   is_bifurcation = false;
  double begin = 0, end = 0; ///< m from the line's first point
};

/// Splits lines that begin together into vessels and bifurcations, as Antiga and Steinman, "Robust and objective
/// decomposition and mapping of bifurcating vessels", IEEE TMI 23 (2004) 704: a line has left another where it leaves the
/// other's tube (the union of its inscribed spheres); the bifurcation begins one sphere before that, at the point whose
/// sphere touches the place of leaving. Bifurcations that overlap are one. Groups count from 0 in the order in which the
/// lines meet them; one group holds the stretches of all lines through it. Returns the stretches of each line, in order.
std::vector<std::vector<LineStretch>> split_into_groups(const Centerline &paths);

} // namespace vesalius
