// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <memory>

namespace vesalius
{

/// Nearest points on the wall (boundary id 1) of a surface: on its triangles, not only at its vertices.
class WallProjection
{
public:
  /// Copies what it needs of the surface.
  explicit WallProjection(const Surface &surface);

  /// `x` itself where the surface has no wall.
  Vector3 nearest(const Vector3 &x) const;

private:
  struct Tree;
  std::shared_ptr<const Tree> tree_;
};

} // namespace vesalius
