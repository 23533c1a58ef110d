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

template <int dim>
void transport(const CellArrays &cells, const CellPositions &positions, const TransportVelocity &velocity,
               const TransportStep &step, double *matrix, double *rhs, double *nodal_flux)
{
  using R               = SimplexReference<dim>;
  constexpr int    n    = dim + 1;
  constexpr double mass = R::p1_mass;
  for_each_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const auto g = batch.geometry();
    Batch      moment[n][dim], history[n], mean_history = {};
    velocity_moments<dim>(batch, g, velocity, moment);
    batch.gather_p1(step.history, history);
    // along[a][b] = (w lambda_a) . grad lambda_b; their sum over a is the mean velocity along each gradient.
    Batch along[n][n], mean[n] = {}, speed = {}, square = {};
    for (int a = 0; a < n; ++a)
      {
        mean_history += history[a] / double(n);
        for (int b = 0; b < n; ++b)
          {
            along[a][b] = Batch{};
            for (int d = 0; d < dim; ++d)
              along[a][b] += moment[a][d] * g.gradient[b][d];
            mean[b] += along[a][b];
          }
      }
    for (int a = 0; a < n; ++a)
      {
        speed += mean[a] < 0. ? -mean[a] : mean[a];
        for (int d = 0; d < dim; ++d)
          square += g.gradient[a][d] * g.gradient[a][d];
      }
    // Shakib, Hughes, Johan 1991: 2/dt, 2 |w| / h, 3 * 4 D / h^2.
    const Batch diffusive = (6. * step.diffusivity) * square;
    const Batch tau = 1. / square_root(broadcast(step.rate * step.rate) + speed * speed + diffusive * diffusive);
    Batch       local[n][n], local_rhs[n], flux[n];
    for (int i = 0; i < n; ++i)
      {
        flux[i]              = g.volume * mean[i];
        const Batch streamed = tau * mean[i];
        local_rhs[i]         = mass * history[i] + streamed * (mean_history + step.source) + step.source / n;
        for (int j = 0; j < n; ++j)
          {
            Batch stiffness = {};
            for (int d = 0; d < dim; ++d)
              stiffness += g.gradient[i][d] * g.gradient[j][d];
            local_rhs[i] += mass * history[j];
            local[i][j] = g.volume * (step.alpha * mass * (i == j ? 2. : 1.) + step.diffusivity * stiffness +
                                      0.5 * (along[i][j] - along[j][i]) + streamed * (step.alpha / n + mean[j]));
          }
        local[i][i] += 0.5 * flux[i];
        local_rhs[i] *= g.volume;
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
  });
}

} // namespace

void add_transport(const CellArrays &cells, const CellPositions &positions, const TransportVelocity &velocity,
                   const TransportStep &step, double *matrix, double *rhs, double *nodal_flux)
{
  VESALIUS_DISPATCH(cells, transport, positions, velocity, step, matrix, rhs, nodal_flux);
}

} // namespace vesalius::kernels
