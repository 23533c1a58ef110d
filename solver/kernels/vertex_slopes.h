// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cell_batch.h"

#include <type_traits>

namespace vesalius::kernels
{

/// grad u at the vertices of the cells of a batch; it is linear between them. slope[v][i][d] = d u_i / d x_d.
template <int dim>
struct VertexSlopes
{
  using R = SimplexReference<dim>;
  Batch slope[dim + 1][dim][dim] = {};

  VertexSlopes(const Batch (&nodal)[R::n_nodes][dim], const Geometry<dim, Batch> &g)
  {
    const auto add = [&](int v, int node, double factor, int a) {
      for (int i = 0; i < dim; ++i)
        for (int d = 0; d < dim; ++d)
          slope[v][i][d] += factor * nodal[node][i] * g.gradient[a][d];
    };
    for (int v = 0; v <= dim; ++v)
      for (int a = 0; a <= dim; ++a)
        add(v, a, a == v ? 3. : -1., a);
    for (int e = 0; e < R::n_edges; ++e)
      for (int end = 0; end < 2; ++end)
        add(R::edges[e][end], dim + 1 + e, 4., R::edges[e][1 - end]);
  }
  template <class Point>
  void at(const Point &point, Batch (&result)[dim][dim]) const
  {
    for (int i = 0; i < dim; ++i)
      for (int d = 0; d < dim; ++d)
        {
          result[i][d] = Batch{};
          for (int v = 0; v <= dim; ++v)
            result[i][d] += point[v] * slope[v][i][d];
        }
  }
};

/// grad u at the quadrature points of a batch: linear between the vertices of affine cells, from the P2 functions in curved ones.
template <int dim, class Points>
struct PointSlopes
{
  using Nodal  = Batch[SimplexReference<dim>::n_nodes][dim];
  using Source = std::conditional_t<Points::is_curved, const Nodal &, VertexSlopes<dim>>;
  Source source;

  PointSlopes(const Nodal &nodal, const Points &points) : source(make(nodal, points)) {}
  static Source make(const Nodal &nodal, const Points &points)
  {
    if constexpr (Points::is_curved)
      return nodal;
    else
      return VertexSlopes<dim>(nodal, points(0));
  }
  template <class Tables>
  void at(const Tables &t, int q, const Geometry<dim, Batch> &g, Batch (&result)[dim][dim]) const
  {
    if constexpr (Points::is_curved)
      set_velocity_gradient<dim>(source, g, t.d_phi[q], result);
    else
      source.at(t.rule.points[q], result);
  }
};

} // namespace vesalius::kernels
