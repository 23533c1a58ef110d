// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

namespace vesalius
{

/// A closed manifold surface around triangles in any state (alpha wrapping, Portaneri et al. 2022, by CGAL): it enters what is
/// wider than `alpha` (m) and lies `offset` (m) outside, by which its points are then moved back along their normals, so
/// that the volume is that of the triangles. All ids are 1. The input must have no opening wider than `alpha`.
Surface wrap_surface(const Surface &surface, double alpha, double offset);

} // namespace vesalius
