// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/convection_kernels.h"

#include "solver/kernels/vertex_slopes.h"

namespace vesalius::kernels
{

namespace
{

template <int dim>
void convection_term(const CellArrays &cells, const double *u, double scale, double *r)
{
  using R = SimplexReference<dim>;
  for_each_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch nodal[R::n_nodes][dim], result[R::n_nodes][dim] = {};
    batch.gather_p2(u, nodal);
    const PointSlopes<dim, std::decay_t<decltype(points)>> slopes(nodal, points);
    for (int q = 0; q < t.rule.n; ++q)
      {
        const auto &g = points(q);
        Batch       slope[dim][dim], speed[dim] = {}, half_divergence = {};
        slopes.at(t, q, g, slope);
        for (int d = 0; d < dim; ++d)
          {
            for (int i = 0; i < R::n_nodes; ++i)
              speed[d] += t.phi[q][i] * nodal[i][d];
            half_divergence += 0.5 * slope[d][d];
          }
        const Batch weight = (scale * t.rule.weights[q]) * g.volume;
        for (int c = 0; c < dim; ++c)
          {
            Batch term = half_divergence * speed[c];
            for (int d = 0; d < dim; ++d)
              term += speed[d] * slope[c][d];
            term *= weight;
            for (int i = 0; i < R::n_nodes; ++i)
              result[i][c] += t.phi[q][i] * term;
          }
      }
    batch.scatter_p2(result, r);
  });
}

} // namespace

void add_convection_term(const CellArrays &cells, const double *u, double scale, double *r)
{
  VESALIUS_DISPATCH(cells, convection_term, u, scale, r);
}

} // namespace vesalius::kernels
