// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/quantity_kernels.h"

#include "solver/kernels/cell_batch.h"

#include <algorithm>
#include <cmath>

namespace vesalius::kernels
{

namespace
{

/// slope[i][j] = d u_i / d x_j from the derivatives of the P2 functions with respect to the barycentric coordinates.
template <int dim, class Slopes>
void velocity_gradient(const Batch (&nodal)[SimplexReference<dim>::n_nodes][dim], const Geometry<dim, Batch> &g,
                       const Slopes &d_phi, Batch (&slope)[dim][dim])
{
  for (int i = 0; i < dim; ++i)
    {
      Batch along[dim + 1] = {};
      for (int n = 0; n < SimplexReference<dim>::n_nodes; ++n)
        for (int a = 0; a <= dim; ++a)
          if (d_phi[n][a] != 0)
            along[a] += d_phi[n][a] * nodal[n][i];
      for (int j = 0; j < dim; ++j)
        {
          slope[i][j] = Batch{};
          for (int a = 0; a <= dim; ++a)
            slope[i][j] += along[a] * g.gradient[a][j];
        }
    }
}

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
void velocity_integrals(const CellArrays &cells, const double *u, double mu, const ViscosityFunction *law, VelocityIntegrals &result)
{
  using R       = SimplexReference<dim>;
  const auto &t = tables<dim>();
  for_each_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[R::n_nodes][dim], square = {}, dissipation = {}, helicity = {};
    batch.gather_p2(u, nodal);
    for (int q = 0; q < t.rule.n; ++q)
      {
        Batch value[dim] = {}, slope[dim][dim];
        for (int n = 0; n < R::n_nodes; ++n)
          for (int i = 0; i < dim; ++i)
            value[i] += t.phi[q][n] * nodal[n][i];
        velocity_gradient<dim>(nodal, g, t.d_phi[q], slope);
        const double w = t.rule.weights[q];
        Batch        rate_square = {};
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
        result.square += g.volume[lane] * square[lane];
        result.dissipation += g.volume[lane] * dissipation[lane];
        result.helicity += g.volume[lane] * helicity[lane];
      }
  });
}

template <int dim>
void nodal_gradients(const CellArrays &cells, const double *u, double *gradients, double *weight)
{
  using R = SimplexReference<dim>;
  for_each_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[R::n_nodes][dim], slope[dim][dim];
    batch.gather_p2(u, nodal);
    for (int n = 0; n < R::n_nodes; ++n)
      {
        std::array<double, dim + 1> point{};
        if (n <= dim)
          point[n] = 1;
        else
          point[R::edges[n - dim - 1][0]] = point[R::edges[n - dim - 1][1]] = 0.5;
        velocity_gradient<dim>(nodal, g, p2_derivatives<dim>(point), slope);
        for (int lane = 0; lane < batch.n_lanes; ++lane)
          {
            const std::size_t node = cells.p2[batch.cell(lane) * R::n_nodes + n];
            weight[node] += g.volume[lane];
            for (int i = 0; i < dim; ++i)
              for (int j = 0; j < dim; ++j)
                gradients[node * dim * dim + i * dim + j] += g.volume[lane] * slope[i][j][lane];
          }
      }
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
