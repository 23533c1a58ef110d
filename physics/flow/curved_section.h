// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <array>
#include <vector>

namespace vesalius
{

struct SectionPoint
{
  std::array<double, 4> lambda{}; ///< barycentric, in the cell
  double                weight = 0; ///< m^2 (m in 2D)
};

/// A rule over the part of a plane inside a curved cell. `corners`: barycentric, in order around the cut of the straight cell with
/// the same vertices (two of them in 2D). They move along their edges on to the plane; between them the section is made of P2
/// triangles (lines in 2D) in barycentric coordinates whose edge nodes lie in the plane too, within the cell's
/// face where the edge lies in one, so that neighbours leave no gap. Third order in the size of the cells.
std::vector<SectionPoint> curved_section(const SimplexSpace &space, int cell, const std::vector<std::array<double, 4>> &corners,
                                         const std::array<double, 3> &point, const std::array<double, 3> &normal);

} // namespace vesalius
