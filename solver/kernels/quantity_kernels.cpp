// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/quantity_kernels.h"

#include "solver/kernels/cell_batch.h"

#include <algorithm>
#include <cmath>

namespace vesalius::kernels
{

namespace
{

Batch viscosity(const Batch &rate_square, double mu, const ViscosityFunction *law)
{
  if (!law)
    return broadcast(mu);
  double rate[batch_width], values[batch_width];
  for (int lane = 0; lane < batch_width; ++lane)
    rate[lane] = std::sqrt(std::max(0., rate_square[lane]));
  law->evaluate(batch_width, rate, values, nullptr);
  Batch result;
  for (int lane = 0; lane < batch_width; ++lane)
    result[lane] = values[lane];
  return result;
}

template <int dim>
void velocity_integrals(const CellArrays &cells, const double *u, double mu, const ViscosityFunction *law,
                        VelocityIntegrals &result)
{
  using R = SimplexReference<dim>;
  for_each_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch nodal[R::n_nodes][dim], square = {}, dissipation = {}, helicity = {};
    batch.gather_p2(u, nodal);
    for (int q = 0; q < t.rule.n; ++q)
      {
        const auto &g          = points(q);
        Batch       value[dim] = {}, slope[dim][dim];
        for (int n = 0; n < R::n_nodes; ++n)
          for (int i = 0; i < dim; ++i)
            value[i] += t.phi[q][n] * nodal[n][i];
        set_velocity_gradient<dim>(nodal, g, t.d_phi[q], slope);
        const Batch w           = t.rule.weights[q] * g.volume;
        Batch       rate_square = {};
        for (int i = 0; i < dim; ++i)
          {
            square += w * value[i] * value[i];
            for (int j = 0; j < dim; ++j)
              rate_square += slope[i][j] * (slope[i][j] + slope[j][i]); // 2 D : D
          }
        dissipation += w * viscosity(rate_square, mu, law) * rate_square;
        if constexpr (dim == 3)
          for (int i = 0; i < 3; ++i)
            {
              const int j = (i + 1) % 3, k = (i + 2) % 3;
              helicity += w * value[i] * (slope[k][j] - slope[j][k]);
            }
      }
    for (int lane = 0; lane < batch.n_lanes; ++lane)
      {
        result.square += square[lane];
        result.dissipation += dissipation[lane];
        result.helicity += helicity[lane];
      }
  });
}

/// `geometry_at(d_phi)`: at the node with these derivatives of the P2 functions.
template <int dim, class GeometryAt>
void gather_nodal_gradients(const CellBatch<dim> &batch, const double *u, const GeometryAt &geometry_at,
                            double *gradients, double *weight)
{
  using R = SimplexReference<dim>;
  Batch nodal[R::n_nodes][dim], slope[dim][dim];
  batch.gather_p2(u, nodal);
  for (int n = 0; n < R::n_nodes; ++n)
    {
      const auto                 d_phi = p2_derivatives<dim>(p2_node<dim>(n));
      const Geometry<dim, Batch> g     = geometry_at(d_phi);
      set_velocity_gradient<dim>(nodal, g, d_phi, slope);
      for (int lane = 0; lane < batch.n_lanes; ++lane)
        {
          const std::size_t node = batch.cells.p2[batch.cell(lane) * R::n_nodes + n];
          weight[node] += g.volume[lane];
          for (int i = 0; i < dim; ++i)
            for (int j = 0; j < dim; ++j)
              gradients[node * dim * dim + i * dim + j] += g.volume[lane] * slope[i][j][lane];
        }
    }
}

template <int dim>
void nodal_gradients(const CellArrays &cells, const double *u, double *gradients, double *weight)
{
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const auto g = batch.geometry();
    gather_nodal_gradients(
      batch, u, [&](const auto &) { return g; }, gradients, weight);
  });
  for_each_curved_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    Batch x[SimplexReference<dim>::n_nodes][dim];
    batch.gather_p2(cells.x, x);
    const auto geometry_at = [&](const auto &d_phi) {
      Geometry<dim, Batch> g;
      set_point_geometry<dim>(x, d_phi, g);
      return g;
    };
    gather_nodal_gradients(batch, u, geometry_at, gradients, weight);
  });
}

} // namespace

VelocityIntegrals integrate_velocity(const CellArrays &cells, const double *u, double mu, const ViscosityFunction *law)
{
  VelocityIntegrals result;
  VESALIUS_DISPATCH(cells, velocity_integrals, u, mu, law, result);
  return result;
}

void add_nodal_gradients(const CellArrays &cells, const double *u, double *gradients, double *weight)
{
  VESALIUS_DISPATCH(cells, nodal_gradients, u, gradients, weight);
}

} // namespace vesalius::kernels
