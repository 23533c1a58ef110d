// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"
#include "solver/kernels/simplex_reference.h"

#include <array>
#include <cmath>

namespace vesalius
{

/// The map from barycentric coordinates to space at one point of one cell, from the positions of the cell's P2 nodes: affine
/// or curved. For evaluation at single points; the hot loops are in solver/kernels.
template <int dim>
struct CellMap
{
  std::array<double, dim>                      x{};        ///< position, m
  std::array<std::array<double, dim>, dim + 1> gradient{}; ///< of each barycentric coordinate, 1/m
  double                                       volume = 0; ///< m^3 (m^2 in 2D) a unit of a rule whose weights sum to 1

  CellMap(const SimplexSpace &space, std::size_t cell, const std::array<double, dim + 1> &lambda)
  {
    using R = kernels::SimplexReference<dim>;
    const auto phi  = kernels::p2_values<dim>(lambda);
    const auto dphi = kernels::p2_derivatives<dim>(lambda);
    double     dx[dim + 1][dim] = {};
    for (int i = 0; i < R::n_nodes; ++i)
      {
        const double *node = &space.coordinates()[std::size_t(space.cells_p2()[cell * R::n_nodes + i]) * dim];
        for (int d = 0; d < dim; ++d)
          {
            x[d] += phi[i] * node[d];
            for (int a = 0; a <= dim; ++a)
              dx[a][d] += dphi[i][a] * node[d];
          }
      }
    double edge[3][3] = {}; // derivatives by lambda_1 .. lambda_dim with lambda_0 = 1 - the rest
    for (int a = 0; a < dim; ++a)
      for (int d = 0; d < dim; ++d)
        edge[a][d] = dx[a + 1][d] - dx[0][d];
    if constexpr (dim == 2)
      edge[2][2] = 1;
    const auto cross = [&](int a, int d) {
      const int b = (a + 1) % 3, c = (a + 2) % 3, e = (d + 1) % 3, f = (d + 2) % 3;
      return edge[b][e] * edge[c][f] - edge[b][f] * edge[c][e];
    };
    const double determinant = edge[0][0] * cross(0, 0) + edge[0][1] * cross(0, 1) + edge[0][2] * cross(0, 2);
    volume                   = determinant / (dim == 3 ? 6 : 2);
    for (int a = 0; a < dim; ++a)
      for (int d = 0; d < dim; ++d)
        {
          gradient[a + 1][d] = cross(a, d) / determinant;
          gradient[0][d] -= gradient[a + 1][d];
        }
  }
};

} // namespace vesalius
