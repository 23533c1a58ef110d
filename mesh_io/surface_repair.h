// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

#include <string>
#include <vector>

namespace vesalius
{

struct RepairedSurface
{
  Surface                  surface;
  std::vector<std::string> actions; ///< what was done, a sentence each; empty for a sound surface, which stays as it was
};

/// One piece of surface, oriented outwards, manifold, that does not cross itself and is open at the ends of vessels only, from
/// triangles in any state. In this order: points welded, triangles without area and duplicates dropped, T-junctions split, fins
/// dropped, neighbours oriented alike, the largest piece kept, turned outwards, spikes moved back, holes in the wall closed,
/// triangles that cross each other replaced. Where they still cross, the whole is wrapped (wrap_surface) and, as the wrap rounds
/// the ends off, cut again just inside of them. Boundary ids and names are kept. Throws InputError where there is nothing to repair
/// (no area, numbers that are none) or the repair does not succeed.
RepairedSurface repair_surface(const Surface &surface);

} // namespace vesalius
