// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/viscous_kernels.h"

#include "solver/kernels/vertex_slopes.h"

#include <cmath>

namespace vesalius::kernels
{

namespace
{

template <int dim, class Point>
Batch p1_value(const Batch (&nodal)[dim + 1], const Point &point)
{
  Batch value = {};
  for (int v = 0; v <= dim; ++v)
    value += point[v] * nodal[v];
  return value;
}

template <int dim>
void viscosity_moments(const CellArrays &cells, const double *u, const ViscosityFunction &law, double reference, double *w)
{
  using R = SimplexReference<dim>;
  for_each_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch nodal[R::n_nodes][dim], result[dim + 1] = {};
    batch.gather_p2(u, nodal);
    const PointSlopes<dim, std::decay_t<decltype(points)>> slopes(nodal, points);
    constexpr int n_q = std::decay_t<decltype(t)>::n;
    double        rate[n_q][batch_width], mu[n_q][batch_width];
    for (int q = 0; q < n_q; ++q)
      {
        Batch slope[dim][dim], square = {};
        slopes.at(t, q, points(q), slope);
        for (int i = 0; i < dim; ++i)
          for (int d = 0; d < dim; ++d)
            square += 0.5 * (slope[i][d] + slope[d][i]) * (slope[i][d] + slope[d][i]);
        for (int lane = 0; lane < batch_width; ++lane)
          rate[q][lane] = std::sqrt(square[lane]);
      }
    law.evaluate(n_q * batch_width, &rate[0][0], &mu[0][0], nullptr);
    for (int q = 0; q < n_q; ++q)
      {
        Batch excess;
        for (int lane = 0; lane < batch_width; ++lane)
          excess[lane] = mu[q][lane] - reference;
        excess *= t.rule.weights[q] * points(q).volume;
        for (int v = 0; v <= dim; ++v)
          result[v] += t.rule.points[q][v] * excess;
      }
    batch.scatter_p1(result, w);
  });
}

template <int dim, int degree>
void variable_stiffness(const CellArrays &cells, const CellPositions &positions, const double *mu, double *values)
{
  constexpr int n = Lagrange<dim, degree>::n_nodes;
  for_each_point_batch<dim, degree>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch viscosity[dim + 1], matrix[n][n] = {};
    batch.gather_p1(mu, viscosity);
    for (int q = 0; q < t.rule.n; ++q)
      {
        const auto &g     = points(q);
        const Batch scale = p1_value<dim>(viscosity, t.rule.points[q]) * (t.rule.weights[q] * g.volume);
        Batch       slope[n][dim];
        for (int i = 0; i < n; ++i)
          for (int d = 0; d < dim; ++d)
            {
              slope[i][d] = Batch{};
              for (int a = 0; a <= dim; ++a)
                slope[i][d] += t.d_phi[q][i][a] * g.gradient[a][d];
            }
        for (int i = 0; i < n; ++i)
          for (int j = 0; j <= i; ++j)
            {
              Batch product = {};
              for (int d = 0; d < dim; ++d)
                product += slope[i][d] * slope[j][d];
              matrix[i][j] += scale * product;
            }
      }
    for (int i = 0; i < n; ++i)
      for (int j = i + 1; j < n; ++j)
        matrix[i][j] = matrix[j][i];
    batch.scatter_matrix(matrix, positions, values);
  });
}

template <int dim>
void variable_diffusion(const CellArrays &cells, const double *u, const double *mu, double scale, double *r)
{
  using R = SimplexReference<dim>;
  for_each_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch nodal[R::n_nodes][dim], viscosity[dim + 1], result[R::n_nodes][dim] = {};
    batch.gather_p2(u, nodal);
    batch.gather_p1(mu, viscosity);
    const PointSlopes<dim, std::decay_t<decltype(points)>> slopes(nodal, points);
    for (int q = 0; q < t.rule.n; ++q)
      {
        const auto &g      = points(q);
        const Batch weight = p1_value<dim>(viscosity, t.rule.points[q]) * (scale * t.rule.weights[q] * g.volume);
        Batch       slope[dim][dim];
        slopes.at(t, q, points(q), slope);
        for (int c = 0; c < dim; ++c)
          for (int a = 0; a <= dim; ++a)
            {
              Batch along = {};
              for (int d = 0; d < dim; ++d)
                along += slope[c][d] * g.gradient[a][d];
              along *= weight;
              for (int i = 0; i < R::n_nodes; ++i)
                if (t.d_phi[q][i][a] != 0)
                  result[i][c] += t.d_phi[q][i][a] * along;
            }
      }
    batch.scatter_p2(result, r);
  });
}

template <int dim>
void viscosity_gradient(const CellArrays &cells, const double *u, const double *mu, double *r)
{
  using R = SimplexReference<dim>;
  for_each_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch nodal[R::n_nodes][dim], viscosity[dim + 1], result[R::n_nodes][dim] = {};
    batch.gather_p2(u, nodal);
    batch.gather_p1(mu, viscosity);
    const PointSlopes<dim, std::decay_t<decltype(points)>> slopes(nodal, points);
    for (int q = 0; q < t.rule.n; ++q)
      {
        const auto &g = points(q);
        Batch       slope[dim][dim], thinning[dim] = {};
        slopes.at(t, q, g, slope);
        for (int d = 0; d < dim; ++d)
          for (int a = 0; a <= dim; ++a)
            thinning[d] += viscosity[a] * g.gradient[a][d];
        for (int i = 0; i < dim; ++i)
          {
            Batch force = {};
            for (int j = 0; j < dim; ++j)
              force += slope[j][i] * thinning[j];
            force *= t.rule.weights[q] * g.volume;
            for (int n = 0; n < R::n_nodes; ++n)
              result[n][i] += t.phi[q][n] * force;
          }
      }
    batch.scatter_p2(result, r);
  });
}

} // namespace

void add_viscosity_moments(const CellArrays &cells, const double *u, const ViscosityFunction &law, double reference, double *w)
{
  VESALIUS_DISPATCH(cells, viscosity_moments, u, law, reference, w);
}

void add_variable_stiffness(const CellArrays &cells, const CellPositions &positions, const double *mu, double *values, int degree)
{
  VESALIUS_DISPATCH_DEGREE(cells, degree, variable_stiffness, positions, mu, values);
}

void add_variable_diffusion(const CellArrays &cells, const double *u, const double *mu, double scale, double *r)
{
  VESALIUS_DISPATCH(cells, variable_diffusion, u, mu, scale, r);
}

void add_viscosity_gradient(const CellArrays &cells, const double *u, const double *mu, double *r)
{
  VESALIUS_DISPATCH(cells, viscosity_gradient, u, mu, r);
}

} // namespace vesalius::kernels
