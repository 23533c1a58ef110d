// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <memory>
#include <vector>

namespace vesalius
{

/// Distances to a set of triangles of a surface.
class WallClearance
{
public:
  WallClearance(const Surface &surface, const std::vector<int> &triangles);
  ~WallClearance();

  /// From vertex v along the unit vector `direction` to the first triangle that does not touch v, m; infinite if there is none.
  double ahead(int v, const Vector3 &direction) const;
  /// Smallest distance of a point, m.
  double nearest(const Vector3 &x) const;

private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

} // namespace vesalius
