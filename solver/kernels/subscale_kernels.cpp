// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/subscale_kernels.h"

#include "solver/kernels/cell_batch.h"

#include <cmath>

namespace vesalius::kernels
{

namespace
{

/// What all terms need of a batch: gradients, the transport velocity along them, tau.
template <int dim>
struct Subscale
{
  Geometry<dim, Batch> g;
  Batch                along[dim + 1] = {}, tau; ///< u . grad lambda_a; s

  Subscale(const CellBatch<dim> &batch, const SubscaleTerms &terms) : g(batch.geometry())
  {
    Batch nodal[dim + 1][dim];
    batch.gather_p2(terms.u, nodal);
    Batch convection = {}, diffusion = {};
    for (int a = 0; a <= dim; ++a)
      {
        for (int d = 0; d < dim; ++d)
          {
            Batch mean = {};
            for (int v = 0; v <= dim; ++v)
              mean += nodal[v][d];
            along[a] += mean * g.gradient[a][d] / double(dim + 1);
            diffusion += g.gradient[a][d] * g.gradient[a][d];
          }
        convection += along[a] < 0. ? -along[a] : along[a];
      }
    diffusion *= 2 * terms.mu / terms.rho;
    const Batch square = terms.rate * terms.rate + convection * convection + diffusion * diffusion;
    for (int lane = 0; lane < batch_width; ++lane)
      tau[lane] = 1 / std::sqrt(square[lane]);
  }
  /// u . grad w, constant in the cell, for w in P1.
  void derivative(const Batch (&w)[dim + 1][dim], Batch (&result)[dim]) const
  {
    for (int d = 0; d < dim; ++d)
      {
        result[d] = Batch{};
        for (int a = 0; a <= dim; ++a)
          result[d] += along[a] * w[a][d];
      }
  }
  void gradient(const Batch (&p)[dim + 1], Batch (&result)[dim]) const
  {
    for (int d = 0; d < dim; ++d)
      {
        result[d] = Batch{};
        for (int a = 0; a <= dim; ++a)
          result[d] += p[a] * g.gradient[a][d];
      }
  }
};

/// Mean over the vertices of `dim` of the 2 dim values a node.
template <int dim>
void gather_mean(const CellBatch<dim> &batch, const double *projection, int first, Batch (&mean)[dim])
{
  for (int lane = 0; lane < batch_width; ++lane)
    for (int d = 0; d < dim; ++d)
      {
        double sum = 0;
        for (int v = 0; v <= dim; ++v)
          sum += projection[std::size_t(batch.cells.p1[batch.cell(lane) * (dim + 1) + v]) * 2 * dim + first + d];
        mean[d][lane] = sum / (dim + 1);
      }
}

template <int dim>
void moments(const CellArrays &cells, const SubscaleTerms &terms, double *result)
{
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const Subscale<dim> s(batch, terms);
    Batch               u[dim + 1][dim], p[dim + 1], part[2][dim];
    batch.gather_p2(terms.u, u);
    batch.gather_p1(terms.p, p);
    s.gradient(p, part[0]);
    s.derivative(u, part[1]);
    const Batch share = s.g.volume / double(dim + 1);
    for (int d = 0; d < dim; ++d)
      {
        part[0][d] *= share;
        part[1][d] *= share * terms.rho;
      }
    for (int lane = 0; lane < batch.n_lanes; ++lane)
      for (int v = 0; v <= dim; ++v)
        for (int k = 0; k < 2; ++k)
          for (int d = 0; d < dim; ++d)
            result[(std::size_t(cells.p1[batch.cell(lane) * (dim + 1) + v]) * 2 + k) * dim + d] += part[k][d][lane];
  });
}

template <int dim>
void streamline_matrix(const CellArrays &cells, const SubscaleTerms &terms, const CellPositions &positions, double *values)
{
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const Subscale<dim> s(batch, terms);
    const Batch         scale = terms.rho * s.tau * s.g.volume;
    Batch               matrix[dim + 1][dim + 1];
    for (int a = 0; a <= dim; ++a)
      for (int b = 0; b <= dim; ++b)
        matrix[a][b] = scale * s.along[a] * s.along[b];
    batch.scatter_matrix(matrix, positions, values);
  });
}

template <int dim>
void streamline_force(const CellArrays &cells, const SubscaleTerms &terms, const double *projection, double *r)
{
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const Subscale<dim> s(batch, terms);
    Batch               force[dim];
    gather_mean<dim>(batch, projection, dim, force);
    const Batch scale = s.tau * s.g.volume;
    for (int d = 0; d < dim; ++d)
      force[d] *= scale;
    for (int lane = 0; lane < batch.n_lanes; ++lane)
      for (int v = 0; v <= dim; ++v)
        for (int d = 0; d < dim; ++d)
          r[std::size_t(cells.p1[batch.cell(lane) * (dim + 1) + v]) * dim + d] += force[d][lane] * s.along[v][lane];
  });
}

template <int dim>
void pressure_subscale(const CellArrays &cells, const SubscaleTerms &terms, const double *projection, double *r)
{
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const Subscale<dim> s(batch, terms);
    Batch               p[dim + 1], slope[dim], mean[dim], result[dim + 1] = {};
    batch.gather_p1(terms.p, p);
    s.gradient(p, slope);
    gather_mean<dim>(batch, projection, 0, mean);
    const Batch scale = s.tau * s.g.volume / terms.rho;
    for (int a = 0; a <= dim; ++a)
      for (int d = 0; d < dim; ++d)
        result[a] -= scale * (slope[d] - mean[d]) * s.g.gradient[a][d];
    batch.scatter_p1(result, r);
  });
}

} // namespace

void add_subscale_moments(const CellArrays &cells, const SubscaleTerms &terms, double *result)
{
  VESALIUS_DISPATCH(cells, moments, terms, result);
}

void add_streamline_matrix(const CellArrays &cells, const SubscaleTerms &terms, const CellPositions &positions, double *values)
{
  VESALIUS_DISPATCH(cells, streamline_matrix, terms, positions, values);
}

void add_streamline_force(const CellArrays &cells, const SubscaleTerms &terms, const double *projection, double *r)
{
  VESALIUS_DISPATCH(cells, streamline_force, terms, projection, r);
}

void add_pressure_subscale(const CellArrays &cells, const SubscaleTerms &terms, const double *projection, double *r)
{
  VESALIUS_DISPATCH(cells, pressure_subscale, terms, projection, r);
}

} // namespace vesalius::kernels
