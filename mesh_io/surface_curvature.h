// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

#include <vector>

namespace vesalius
{

/// The larger principal curvature, by size, at each point of the wall (1/m; boundary id 1, beside its rims one-sided); 0 at points
/// of caps alone. From the quadric in Monge form (Cazals and Pouget 2005, by CGAL) that fits the wall's points within `reach`
/// (m, per point) along its edges, and at least two rings of neighbours: what is narrower than that counts as noise.
std::vector<double> largest_curvature(const Surface &surface, const std::vector<double> &reach);

} // namespace vesalius
