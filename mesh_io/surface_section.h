// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <utility>
#include <vector>

namespace vesalius
{

/// An edge that a plane crosses: the vertex on the near side (negative), the vertex on the far side.
using CrossedEdge = std::pair<int, int>;

/// The contour in which a plane cuts a surface, as one loop.
struct SurfaceSection
{
  std::vector<CrossedEdge> edges;     ///< in order around the loop
  std::vector<int>         triangles; ///< crossed, in the same order
  std::vector<Vector3>     points;    ///< on the edges
  double                   area = 0;  ///< m^2
  bool                     is_empty() const { return edges.empty(); }
};

/// The smallest closed section that goes around `centre`, empty if there is none. `d` is the signed distance of each
/// point of the surface from the plane through `centre` with the unit `normal`.
SurfaceSection find_section(const Surface &surface, const std::vector<double> &d, const Vector3 &centre,
                            const Vector3 &normal);

/// Extent of a plane contour between parallel lines (Feret), m: the smallest and the largest over all directions.
struct SectionWidth
{
  double smallest = 0, largest = 0;
};
SectionWidth section_width(const std::vector<Vector3> &contour, const Vector3 &normal);

} // namespace vesalius
