// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"

#include <array>
#include <string>

namespace vesalius
{

/// Calls `visit(x)` at points spread evenly over the straight faces of a boundary, the 32nd part of an edge apart.
template <class Visit>
void visit_boundary_points(const Mesh &mesh, const std::string &boundary, const Visit &visit)
{
  constexpr int n_parts = 32;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (mesh.boundary_names.at(mesh.boundary_id[f]) == boundary)
      for (int i = 0; i <= n_parts; ++i)
        for (int j = mesh.dimension == 3 ? 0 : n_parts - i; i + j <= n_parts; ++j)
          {
            const int             parts[3] = {i, j, n_parts - i - j};
            std::array<double, 3> x{};
            for (int v = 0; v < mesh.dimension; ++v)
              for (int d = 0; d < 3; ++d)
                x[d] += double(parts[v]) / n_parts * mesh.points[mesh.boundary_faces[f * mesh.dimension + v]][d];
            visit(x);
          }
}

} // namespace vesalius
