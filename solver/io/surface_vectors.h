// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

/// Vectors at points, from the nearest places on a surface.
struct SurfaceVectors
{
  std::vector<std::array<double, 3>> values;
  double                             farthest = 0; ///< largest distance of a point from the surface, in the file's length unit
};

/// Reads a VTP (or VTU) with polygons or strips and its point array of three components (the only one, or the one named "velocity" in any case) and
/// interpolates it at `points`: linear within the triangle that holds the nearest place. Throws InputError.
SurfaceVectors read_surface_vectors(const std::string &path, const std::vector<std::array<double, 3>> &points);

} // namespace vesalius
