// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/momentum_kernels.h"

#include "solver/kernels/cell_batch.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace vesalius::kernels
{

namespace
{

/// A velocity and its gradient, grad[a][b] = d u_a / d x_b, at a quadrature point.
template <int dim>
struct PointVelocity
{
  Batch value[dim] = {}, gradient[dim][dim] = {}, divergence = {};
  PointVelocity(const PointBasis<dim> &basis, const Batch (&nodal)[SimplexReference<dim>::n_nodes][dim])
  {
    for (int i = 0; i < SimplexReference<dim>::n_nodes; ++i)
      for (int a = 0; a < dim; ++a)
        {
          value[a] += basis.phi[i] * nodal[i][a];
          for (int b = 0; b < dim; ++b)
            gradient[a][b] += nodal[i][a] * basis.gradient[i][b];
        }
    for (int a = 0; a < dim; ++a)
      divergence += gradient[a][a];
  }
};

/// Viscous stress of a velocity gradient: mu grad u, or with a law 2 mu D and what its derivative needs.
template <int dim>
struct PointStress
{
  Batch mu, thinning = {};       ///< thinning = (d mu / d gamma) / gamma
  Batch twice_strain[dim][dim]; ///< 2 D; of a law only
  bool  is_symmetric = false;

  PointStress(const Batch (&gradient)[dim][dim], const MomentumTerms &terms) : is_symmetric(terms.law != nullptr)
  {
    mu = Batch{} + terms.mu;
    if (!is_symmetric)
      return;
    Batch square = {};
    for (int a = 0; a < dim; ++a)
      for (int b = 0; b < dim; ++b)
        {
          twice_strain[a][b] = gradient[a][b] + gradient[b][a];
          square += 0.5 * twice_strain[a][b] * twice_strain[a][b];
        }
    double rate[batch_width], value[batch_width], slope[batch_width];
    for (int lane = 0; lane < batch_width; ++lane)
      rate[lane] = std::sqrt(square[lane]);
    terms.law->evaluate(batch_width, rate, value, terms.is_newton ? slope : nullptr);
    for (int lane = 0; lane < batch_width; ++lane)
      {
        mu[lane] = terms.law_factor * value[lane];
        // At rest the product with two strains vanishes.
        if (terms.is_newton)
          thinning[lane] = terms.law_factor * slope[lane] / std::max(rate[lane], 1e-12);
      }
  }
  Batch operator()(const Batch (&gradient)[dim][dim], int a, int b) const
  {
    return mu * (is_symmetric ? twice_strain[a][b] : gradient[a][b]);
  }
};

template <int dim>
void residual(const CellArrays &cells, const MomentumTerms &terms, const double *u, const double *p, double *r_u,
              double *r_p)
{
  using R = SimplexReference<dim>;
  for_each_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch velocity[R::n_nodes][dim], transport[R::n_nodes][dim], history[R::n_nodes][dim] = {};
    Batch pressure[dim + 1], result_u[R::n_nodes][dim] = {}, result_p[dim + 1] = {};
    batch.gather_p2(u, velocity);
    batch.gather_p2(terms.transport ? terms.transport : u, transport);
    batch.gather_p1(p, pressure);
    if (terms.history)
      batch.gather_p2(terms.history, history);
    for (int q = 0; q < t.rule.n; ++q)
      {
        const PointBasis<dim>    basis(t, q, points(q));
        const PointVelocity<dim> at(basis, velocity), w(basis, transport), old(basis, history);
        const PointStress<dim>   stress(at.gradient, terms);
        Batch                    p_q = {};
        for (int v = 0; v <= dim; ++v)
          p_q += basis.lambda[v] * pressure[v];
        for (int a = 0; a < dim; ++a)
          {
            // The equation is (source, v) + (flux, grad v).
            Batch source = (terms.mass + 0.5 * terms.rho * w.divergence) * at.value[a] - old.value[a], flux[dim];
            for (int b = 0; b < dim; ++b)
              {
                source += terms.rho * w.value[b] * at.gradient[a][b];
                flux[b] = stress(at.gradient, a, b);
              }
            flux[a] -= p_q;
            for (int i = 0; i < R::n_nodes; ++i)
              {
                Batch sum = basis.phi[i] * source;
                for (int b = 0; b < dim; ++b)
                  sum += basis.gradient[i][b] * flux[b];
                result_u[i][a] += basis.weight * sum;
              }
          }
        for (int v = 0; v <= dim; ++v)
          result_p[v] -= (basis.lambda[v] * at.divergence) * basis.weight;
      }
    batch.scatter_p2(result_u, r_u);
    batch.scatter_p1(result_p, r_p);
  });
}

template <int dim>
struct CellMatrix
{
  using R                  = SimplexReference<dim>;
  static constexpr int n_u = R::n_nodes * dim, n = n_u + dim + 1;
  Batch                entry[n][n];
};

/// The derivative of 2 mu D less that of mu grad u, with that of mu (Newton): couples the components.
template <int dim>
void add_strain_coupling(const PointBasis<dim> &basis, const PointStress<dim> &stress, CellMatrix<dim> &matrix)
{
  using R = SimplexReference<dim>;
  Batch along[R::n_nodes][dim]; // 2 D grad phi
  for (int i = 0; i < R::n_nodes; ++i)
    for (int a = 0; a < dim; ++a)
      {
        along[i][a] = Batch{};
        for (int b = 0; b < dim; ++b)
          along[i][a] += stress.twice_strain[a][b] * basis.gradient[i][b];
      }
  const Batch mu = stress.mu * basis.weight, thinning = stress.thinning * basis.weight;
  for (int i = 0; i < R::n_nodes; ++i)
    for (int j = 0; j < R::n_nodes; ++j)
      for (int a = 0; a < dim; ++a)
        for (int b = 0; b < dim; ++b)
          matrix.entry[i * dim + a][j * dim + b] +=
            mu * basis.gradient[j][a] * basis.gradient[i][b] + thinning * along[i][a] * along[j][b];
}

/// The part of a quadrature point: the same for all components, then what couples them, then the pressure.
template <int dim>
void add_point(const PointBasis<dim> &basis, const PointVelocity<dim> &w, const PointVelocity<dim> &u,
               const MomentumTerms &terms, CellMatrix<dim> &matrix)
{
  using R      = SimplexReference<dim>;
  const int n_u = CellMatrix<dim>::n_u;
  const PointStress<dim> stress(u.gradient, terms);
  if (stress.is_symmetric)
    add_strain_coupling(basis, stress, matrix);
  for (int j = 0; j < R::n_nodes; ++j)
    {
      Batch scaled[dim], source = (terms.mass + 0.5 * terms.rho * w.divergence) * basis.phi[j], couple[dim][dim];
      for (int b = 0; b < dim; ++b)
        {
          source += terms.rho * w.value[b] * basis.gradient[j][b];
          scaled[b] = (stress.mu * basis.weight) * basis.gradient[j][b];
        }
      source *= basis.weight;
      for (int a = 0; a < dim && terms.is_newton; ++a)
        for (int b = 0; b < dim; ++b)
          couple[a][b] = (terms.rho * basis.weight) *
                         (basis.phi[j] * u.gradient[a][b] + (0.5 * u.value[a]) * basis.gradient[j][b]);
      for (int i = 0; i < R::n_nodes; ++i)
        {
          Batch sum = basis.phi[i] * source;
          for (int b = 0; b < dim; ++b)
            sum += basis.gradient[i][b] * scaled[b];
          for (int a = 0; a < dim; ++a)
            {
              matrix.entry[i * dim + a][j * dim + a] += sum;
              for (int b = 0; b < dim && terms.is_newton; ++b)
                matrix.entry[i * dim + a][j * dim + b] += basis.phi[i] * couple[a][b];
            }
        }
      for (int a = 0; a < dim; ++a)
        for (int v = 0; v <= dim; ++v)
          {
            const Batch product = (basis.lambda[v] * basis.weight) * basis.gradient[j][a];
            matrix.entry[j * dim + a][n_u + v] -= product;
            matrix.entry[n_u + v][j * dim + a] -= product;
          }
    }
}

template <int dim>
void matrices(const CellArrays &cells, const MomentumTerms &terms, const double *u, const CellMatrixSink &sink)
{
  using R       = SimplexReference<dim>;
  constexpr int n = CellMatrix<dim>::n;
  CellMatrix<dim>     matrix;
  std::vector<double> one(n * n);
  for_each_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    Batch velocity[R::n_nodes][dim], transport[R::n_nodes][dim];
    batch.gather_p2(u, velocity);
    batch.gather_p2(terms.transport ? terms.transport : u, transport);
    matrix = CellMatrix<dim>{};
    for (int q = 0; q < t.rule.n; ++q)
      {
        const PointBasis<dim> basis(t, q, points(q));
        add_point(basis, PointVelocity<dim>(basis, transport), PointVelocity<dim>(basis, velocity), terms, matrix);
      }
    for (int lane = 0; lane < batch.n_lanes; ++lane)
      {
        for (int i = 0; i < n; ++i)
          for (int j = 0; j < n; ++j)
            one[i * n + j] = matrix.entry[i][j][lane];
        sink(batch.cell(lane), one.data());
      }
  });
}

} // namespace

void add_momentum_residual(const CellArrays &cells, const MomentumTerms &terms, const double *u, const double *p,
                           double *r_u, double *r_p)
{
  VESALIUS_DISPATCH(cells, residual, terms, u, p, r_u, r_p);
}

void visit_momentum_matrices(const CellArrays &cells, const MomentumTerms &terms, const double *u,
                             const CellMatrixSink &sink)
{
  VESALIUS_DISPATCH(cells, matrices, terms, u, sink);
}

} // namespace vesalius::kernels
