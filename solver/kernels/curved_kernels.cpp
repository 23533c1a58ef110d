// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/curved_kernels.h"

#include "solver/kernels/cell_batch.h"

#include <cmath>

namespace vesalius::kernels::curved
{

namespace
{

/// `begin(batch)` makes the state of a batch, `at(state, point)` adds a quadrature point to it, `end(batch, state)` scatters it.
template <int dim, class Begin, class At, class End>
void for_each_curved_point(const CellArrays &cells, const Begin &begin, const At &at, const End &end)
{
  for_each_curved_point_batch<dim>(cells, [&](const CellBatch<dim> &batch, const auto &t, const auto &points) {
    auto state = begin(batch);
    for (int q = 0; q < t.n; ++q)
      at(state, PointBasis<dim>(t, q, points(q)));
    end(batch, state);
  });
}

template <int dim>
struct CellMatrices
{
  using R                            = SimplexReference<dim>;
  Batch mass[R::n_nodes][R::n_nodes] = {}, stiffness[R::n_nodes][R::n_nodes] = {};
};

template <int dim>
void mass_and_stiffness(const CellArrays &cells, const CellPositions &positions, double *mass, double *stiffness)
{
  using R = SimplexReference<dim>;
  for_each_curved_point<dim>(
    cells, [](const CellBatch<dim> &) { return CellMatrices<dim>{}; },
    [](CellMatrices<dim> &sum, const PointBasis<dim> &at) {
      for (int i = 0; i < R::n_nodes; ++i)
        for (int j = 0; j < R::n_nodes; ++j)
          {
            Batch product = {};
            for (int d = 0; d < dim; ++d)
              product += at.gradient[i][d] * at.gradient[j][d];
            sum.mass[i][j] += (at.phi[i] * at.phi[j]) * at.weight;
            sum.stiffness[i][j] += product * at.weight;
          }
    },
    [&](const CellBatch<dim> &batch, const CellMatrices<dim> &sum) {
      batch.scatter_matrix(sum.mass, positions, mass);
      batch.scatter_matrix(sum.stiffness, positions, stiffness);
    });
}

/// A P2 vector field on a batch and what is gathered of it or a matrix.
template <int dim, int n_rows, int n_columns>
struct WithVelocity
{
  Batch nodal[SimplexReference<dim>::n_nodes][dim];
  Batch sum[n_rows][n_columns] = {};
};

template <int dim>
void convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho, double *values)
{
  using R     = SimplexReference<dim>;
  using State = WithVelocity<dim, R::n_nodes, R::n_nodes>;
  for_each_curved_point<dim>(
    cells,
    [&](const CellBatch<dim> &batch) {
      State state;
      batch.gather_p2(u, state.nodal);
      return state;
    },
    [&](State &state, const PointBasis<dim> &at) {
      Batch velocity[dim] = {}, half_divergence = {};
      for (int i = 0; i < R::n_nodes; ++i)
        for (int d = 0; d < dim; ++d)
          {
            velocity[d] += at.phi[i] * state.nodal[i][d];
            half_divergence += (0.5 * state.nodal[i][d]) * at.gradient[i][d];
          }
      for (int j = 0; j < R::n_nodes; ++j)
        {
          Batch term = half_divergence * at.phi[j];
          for (int d = 0; d < dim; ++d)
            term += velocity[d] * at.gradient[j][d];
          term *= rho * at.weight;
          for (int i = 0; i < R::n_nodes; ++i)
            state.sum[i][j] += at.phi[i] * term;
        }
    },
    [&](const CellBatch<dim> &batch, const State &state) { batch.scatter_matrix(state.sum, positions, values); });
}

/// What is integrated against P2 vectors for a given P1 function.
template <int dim>
struct WithPressure
{
  Batch nodal[dim + 1];
  Batch sum[SimplexReference<dim>::n_nodes][dim] = {};
};

/// Both add to r: add(state, point) works on sums of the P2 vectors.
template <int dim, class Add>
void from_pressure(const CellArrays &cells, const double *p, double *r, const Add &add)
{
  for_each_curved_point<dim>(
    cells,
    [&](const CellBatch<dim> &batch) {
      WithPressure<dim> state;
      batch.gather_p1(p, state.nodal);
      return state;
    },
    add, [&](const CellBatch<dim> &batch, const WithPressure<dim> &state) { batch.scatter_p2(state.sum, r); });
}

template <int dim>
void gradient(const CellArrays &cells, const double *p, double scale, double *r)
{
  from_pressure<dim>(cells, p, r, [&](WithPressure<dim> &state, const PointBasis<dim> &at) {
    for (int d = 0; d < dim; ++d)
      {
        Batch slope = {};
        for (int a = 0; a <= dim; ++a)
          slope += state.nodal[a] * at.lambda_gradient[a][d];
        slope *= scale * at.weight;
        for (int i = 0; i < SimplexReference<dim>::n_nodes; ++i)
          state.sum[i][d] += at.phi[i] * slope;
      }
  });
}

template <int dim>
void negative_divergence_transpose(const CellArrays &cells, const double *p, double *r)
{
  from_pressure<dim>(cells, p, r, [](WithPressure<dim> &state, const PointBasis<dim> &at) {
    Batch value = {};
    for (int a = 0; a <= dim; ++a)
      value += at.lambda[a] * state.nodal[a];
    value *= at.weight;
    for (int i = 0; i < SimplexReference<dim>::n_nodes; ++i)
      for (int d = 0; d < dim; ++d)
        state.sum[i][d] -= value * at.gradient[i][d];
  });
}

template <int dim>
void negative_divergence(const CellArrays &cells, const double *u, double *w)
{
  using State = WithVelocity<dim, 1, dim + 1>;
  for_each_curved_point<dim>(
    cells,
    [&](const CellBatch<dim> &batch) {
      State state;
      batch.gather_p2(u, state.nodal);
      return state;
    },
    [](State &state, const PointBasis<dim> &at) {
      Batch divergence = {};
      for (int i = 0; i < SimplexReference<dim>::n_nodes; ++i)
        for (int d = 0; d < dim; ++d)
          divergence += state.nodal[i][d] * at.gradient[i][d];
      for (int a = 0; a <= dim; ++a)
        state.sum[0][a] -= at.lambda[a] * (divergence * at.weight);
    },
    [&](const CellBatch<dim> &batch, const State &state) { batch.scatter_p1(state.sum[0], w); });
}

/// Calls visit(batch, nodal velocities, node, point) with the geometry at the nodes of the curved cells.
template <int dim, class Visit>
void for_each_curved_node(const CellArrays &cells, const double *u, const Visit &visit)
{
  using R = SimplexReference<dim>;
  for_each_curved_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    Batch x[R::n_nodes][dim], nodal[R::n_nodes][dim];
    batch.gather_p2(cells.x, x);
    batch.gather_p2(u, nodal);
    for (int node = 0; node < R::n_nodes; ++node)
      {
        const auto           d_phi = p2_derivatives<dim>(p2_node<dim>(node));
        Geometry<dim, Batch> g;
        set_point_geometry<dim>(x, d_phi, g);
        visit(batch, nodal, node, d_phi, g);
      }
  });
}

template <int dim>
void rate(const CellArrays &cells, const double *u, double &maximum)
{
  for_each_curved_node<dim>(cells, u, [&](const auto &batch, const auto &nodal, int node, const auto &, const auto &g) {
    Batch sum = {};
    for (int a = 0; a <= dim; ++a)
      {
        Batch along = {};
        for (int d = 0; d < dim; ++d)
          along += nodal[node][d] * g.gradient[a][d];
        sum += along < 0. ? -along : along;
      }
    for (int lane = 0; lane < batch.n_lanes; ++lane)
      maximum = sum[lane] > maximum || std::isnan(sum[lane]) ? sum[lane] : maximum;
  });
}

template <int dim>
void largest_gradient(const CellArrays &cells, const double *u, double &maximum)
{
  for_each_curved_node<dim>(cells, u, [&](const auto &batch, const auto &nodal, int, const auto &d_phi, const auto &g) {
    Batch square = {};
    for (int i = 0; i < dim; ++i)
      for (int d = 0; d < dim; ++d)
        {
          Batch slope = {};
          for (int n = 0; n < SimplexReference<dim>::n_nodes; ++n)
            for (int a = 0; a <= dim; ++a)
              if (d_phi[n][a] != 0)
                slope += (d_phi[n][a] * nodal[n][i]) * g.gradient[a][d];
          square += slope * slope;
        }
    for (int lane = 0; lane < batch.n_lanes; ++lane)
      maximum = std::max(maximum, std::sqrt(square[lane]));
  });
}

} // namespace

void add_mass_and_stiffness(const CellArrays &cells, const CellPositions &positions, double *mass, double *stiffness)
{
  VESALIUS_DISPATCH(cells, mass_and_stiffness, positions, mass, stiffness);
}

void add_convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho,
                    double *values)
{
  VESALIUS_DISPATCH(cells, convection, positions, u, rho, values);
}

void add_gradient(const CellArrays &cells, const double *p, double scale, double *r)
{
  VESALIUS_DISPATCH(cells, gradient, p, scale, r);
}

void add_negative_divergence(const CellArrays &cells, const double *u, double *w)
{
  VESALIUS_DISPATCH(cells, negative_divergence, u, w);
}

void add_negative_divergence_transpose(const CellArrays &cells, const double *p, double *r)
{
  VESALIUS_DISPATCH(cells, negative_divergence_transpose, p, r);
}

double maximum_rate(const CellArrays &cells, const double *u, double maximum)
{
  VESALIUS_DISPATCH(cells, rate, u, maximum);
  return maximum;
}

double maximum_gradient(const CellArrays &cells, const double *u, double maximum)
{
  VESALIUS_DISPATCH(cells, largest_gradient, u, maximum);
  return maximum;
}

} // namespace vesalius::kernels::curved
