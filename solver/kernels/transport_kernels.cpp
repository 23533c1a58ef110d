// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/transport_kernels.h"

#include "solver/kernels/cell_batch.h"

#include <cmath>

namespace vesalius::kernels
{

namespace
{

/// Integrals of a P2 function times a P1 function over a cell of unit volume.
template <int dim>
struct MixedMass
{
  double value[SimplexReference<dim>::n_nodes][dim + 1] = {};
  MixedMass()
  {
    const auto &t = tables<dim>();
    for (int q = 0; q < t.rule.n; ++q)
      for (int n = 0; n < SimplexReference<dim>::n_nodes; ++n)
        for (int a = 0; a <= dim; ++a)
          value[n][a] += t.rule.weights[q] * t.phi[q][n] * t.rule.points[q][a];
  }
};

inline Batch square_root(const Batch &x)
{
  Batch result;
  for (int lane = 0; lane < batch_width; ++lane)
    result[lane] = std::sqrt(x[lane]);
  return result;
}

/// moment[a][d] = mean over the cell of w_d lambda_a.
template <int dim>
void velocity_moments(const CellBatch<dim> &batch, const Geometry<dim, Batch> &g, const TransportVelocity &velocity,
                      Batch (&moment)[dim + 1][dim])
{
  using R = SimplexReference<dim>;
  static const MixedMass<dim> mass;
  Batch                       nodal[R::n_nodes][dim], slope[dim] = {};
  batch.gather_p2(velocity.u, nodal);
  if (velocity.potential)
    {
      Batch potential[dim + 1];
      batch.gather_p1(velocity.potential, potential);
      for (int a = 0; a <= dim; ++a)
        for (int d = 0; d < dim; ++d)
          slope[d] += (velocity.scale / (dim + 1)) * potential[a] * g.gradient[a][d];
    }
  for (int a = 0; a <= dim; ++a)
    for (int d = 0; d < dim; ++d)
      {
        moment[a][d] = -slope[d];
        for (int n = 0; n < R::n_nodes; ++n)
          moment[a][d] += mass.value[n][a] * nodal[n][d];
      }
}

/// What the transport needs of a cell, divided by its volume: mass int l_a l_b, stiffness int grad l_a . grad l_b, and
/// along[a][b] = int (w l_a) . grad l_b, whose sum over a is the mean velocity along each gradient.
template <int dim>
struct TransportIntegrals
{
  static constexpr int n = dim + 1;
  Batch                volume, mass[n][n], stiffness[n][n], along[n][n];
};

template <int dim>
TransportIntegrals<dim> affine_integrals(const CellBatch<dim> &batch, const TransportVelocity &velocity)
{
  constexpr int           n = dim + 1;
  const auto              g = batch.geometry();
  TransportIntegrals<dim> result;
  Batch                   moment[n][dim];
  velocity_moments<dim>(batch, g, velocity, moment);
  result.volume = g.volume;
  for (int a = 0; a < n; ++a)
    for (int b = 0; b < n; ++b)
      {
        result.mass[a][b]      = broadcast(SimplexReference<dim>::p1_mass * (a == b ? 2. : 1.));
        result.stiffness[a][b] = result.along[a][b] = Batch{};
        for (int d = 0; d < dim; ++d)
          {
            result.stiffness[a][b] += g.gradient[a][d] * g.gradient[b][d];
            result.along[a][b] += moment[a][d] * g.gradient[b][d];
          }
      }
  return result;
}

template <int dim, class Tables, class Points>
TransportIntegrals<dim> curved_integrals(const CellBatch<dim> &batch, const TransportVelocity &velocity,
                                         const Tables &t, const Points &points)
{
  using R                        = SimplexReference<dim>;
  constexpr int           n      = dim + 1;
  TransportIntegrals<dim> result = {};
  Batch                   nodal[R::n_nodes][dim], potential[n] = {};
  batch.gather_p2(velocity.u, nodal);
  if (velocity.potential)
    batch.gather_p1(velocity.potential, potential);
  for (int q = 0; q < t.n; ++q)
    {
      const PointBasis<dim> at(t, q, points(q));
      Batch                 w[dim] = {};
      for (int d = 0; d < dim; ++d)
        {
          for (int i = 0; i < R::n_nodes; ++i)
            w[d] += at.phi[i] * nodal[i][d];
          for (int a = 0; a < n; ++a)
            w[d] -= velocity.scale * potential[a] * at.lambda_gradient[a][d];
        }
      result.volume += at.weight;
      for (int a = 0; a < n; ++a)
        for (int b = 0; b < n; ++b)
          {
            Batch product = {}, along = {};
            for (int d = 0; d < dim; ++d)
              {
                product += at.lambda_gradient[a][d] * at.lambda_gradient[b][d];
                along += w[d] * at.lambda_gradient[b][d];
              }
            result.mass[a][b] += (at.lambda[a] * at.lambda[b]) * at.weight;
            result.stiffness[a][b] += product * at.weight;
            result.along[a][b] += at.lambda[a] * along * at.weight;
          }
    }
  for (auto *matrix : {&result.mass, &result.stiffness, &result.along})
    for (auto &row : *matrix)
      for (auto &value : row)
        value /= result.volume;
  return result;
}

template <int dim>
void transport_of(const CellBatch<dim> &batch, const TransportIntegrals<dim> &k, const CellPositions &positions,
                  const TransportStep &step, double *matrix, double *rhs, double *nodal_flux)
{
  constexpr int n = dim + 1;
  Batch         history[n], mean_history = {}, mean[n] = {}, share[n] = {}, speed = {}, square = {};
  batch.gather_p1(step.history, history);
  for (int b = 0; b < n; ++b)
    {
      for (int a = 0; a < n; ++a)
        {
          mean[b] += k.along[a][b];
          share[b] += k.mass[a][b];
        }
      mean_history += share[b] * history[b];
      speed += mean[b] < 0. ? -mean[b] : mean[b];
      square += k.stiffness[b][b];
    }
  // Shakib, Hughes, Johan 1991: 2/dt, 2 |w| / h, 3 * 4 D / h^2.
  const Batch diffusive = (6. * step.diffusivity) * square;
  const Batch tau       = 1. / square_root(broadcast(step.rate * step.rate) + speed * speed + diffusive * diffusive);
  Batch       local[n][n], local_rhs[n], flux[n];
  for (int i = 0; i < n; ++i)
    {
      flux[i]              = k.volume * mean[i];
      const Batch streamed = tau * mean[i];
      local_rhs[i]         = streamed * (mean_history + step.source) + step.source * share[i];
      for (int j = 0; j < n; ++j)
        {
          local_rhs[i] += k.mass[i][j] * history[j];
          local[i][j] = k.volume *
                        (step.alpha * k.mass[i][j] + step.diffusivity * k.stiffness[i][j] +
                         0.5 * (k.along[i][j] - k.along[j][i]) + streamed * (step.alpha * share[j] + mean[j]));
        }
      local[i][i] += 0.5 * flux[i];
      local_rhs[i] *= k.volume;
    }
  batch.scatter_p1(local_rhs, rhs);
  batch.scatter_p1(flux, nodal_flux);
  for (int lane = 0; lane < batch.n_lanes; ++lane)
    {
      const std::int32_t *at = positions.data() + batch.cell(lane) * n * n;
      for (int i = 0; i < n; ++i, at += n)
        if (at[0] >= 0)
          for (int j = 0; j < n; ++j)
            matrix[at[j]] += local[i][j][lane];
    }
}

template <int dim>
void transport(const CellArrays &cells, const CellPositions &positions, const TransportVelocity &velocity,
               const TransportStep &step, double *matrix, double *rhs, double *nodal_flux)
{
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    transport_of<dim>(batch, affine_integrals<dim>(batch, velocity), positions, step, matrix, rhs, nodal_flux);
  });
  for_each_curved_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    transport_of<dim>(batch, curved_integrals<dim>(batch, velocity, t, points), positions, step, matrix, rhs,
                      nodal_flux);
  });
}

} // namespace

void add_transport(const CellArrays &cells, const CellPositions &positions, const TransportVelocity &velocity,
                   const TransportStep &step, double *matrix, double *rhs, double *nodal_flux)
{
  VESALIUS_DISPATCH(cells, transport, positions, velocity, step, matrix, rhs, nodal_flux);
}

} // namespace vesalius::kernels
