// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"
#include "solver/kernels/batch.h"
#include "solver/kernels/cell_geometry.h"
#include "solver/kernels/flow_kernels.h"
#include "solver/kernels/simplex_reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

// What the element kernels share: geometry of affine cells, batches of cells, tables of the reference cell. For
// the .cpp files of the kernels only: they alone are compiled for the machine.
namespace vesalius::kernels
{

/// The geometry of a curved cell at a point is that of the affine cell whose corners are the derivatives of the position
/// with respect to the barycentric coordinates; `volume` then is the local stretch times the reference volume.
template <int dim, class Number, class Slopes>
void set_point_geometry(const Number (&x)[SimplexReference<dim>::n_nodes][dim], const Slopes &d_phi,
                        Geometry<dim, Number> &g)
{
  Number corner[dim + 1][dim] = {};
  for (int i = 0; i < SimplexReference<dim>::n_nodes; ++i)
    for (int a = 0; a <= dim; ++a)
      if (d_phi[i][a] != 0)
        for (int d = 0; d < dim; ++d)
          corner[a][d] += d_phi[i][a] * x[i][d];
  set_geometry(corner, g);
}

/// Of one affine cell.
template <int dim>
Geometry<dim, double> one_geometry(const CellArrays &cells, std::size_t cell)
{
  VESALIUS_ASSERT(!cells.is_curved(cell), "constant gradients were asked of a curved cell");
  double              x[dim + 1][dim];
  const std::int32_t *nodes = cells.p2 + cell * SimplexReference<dim>::n_nodes;
  for (int v = 0; v <= dim; ++v)
    for (int d = 0; d < dim; ++d)
      x[v][d] = cells.x[std::size_t(nodes[v]) * dim + d];
  Geometry<dim, double> g;
  set_geometry(x, g);
  return g;
}

/// A batch of consecutive cells; lanes beyond the end repeat the last cell and are not scattered.
template <int dim>
struct CellBatch
{
  using R = SimplexReference<dim>;
  static constexpr int n_cells = batch_width;
  const CellArrays &cells;
  std::size_t       begin;
  int               n_lanes;

  CellBatch(const CellArrays &arrays, std::size_t first, std::size_t end)
    : cells(arrays), begin(first), n_lanes(static_cast<int>(std::min<std::size_t>(batch_width, end - first)))
  {}
  std::size_t cell(int lane) const { return begin + std::min(lane, n_lanes - 1); }
  /// Of affine cells.
  Geometry<dim, Batch> geometry() const
  {
    for (const auto &[curved_begin, curved_end] : cells.curved)
      VESALIUS_ASSERT(begin + n_lanes <= curved_begin || begin >= curved_end || curved_begin == curved_end,
                      "a kernel for affine cells has met a curved one");
    Batch x[dim + 1][dim];
    gather_p2(cells.x, x);
    Geometry<dim, Batch> g;
    set_geometry(x, g);
    return g;
  }
  /// The first n of each cell's P2 nodes: all, or the vertices.
  template <int n>
  void gather_p2(const double *u, Batch (&values)[n][dim]) const
  {
    const std::int32_t *nodes[batch_width];
    for (int lane = 0; lane < batch_width; ++lane)
      nodes[lane] = cells.p2 + cell(lane) * R::n_nodes;
    for (int i = 0; i < n; ++i)
      for (int d = 0; d < dim; ++d)
        values[i][d] = of_lanes([&](int lane) { return u[std::size_t(nodes[lane][i]) * dim + d]; });
  }
  void gather_p1(const double *p, Batch (&values)[dim + 1]) const
  {
    for (int v = 0; v <= dim; ++v)
      values[v] = of_lanes([&](int lane) { return p[cells.p1[cell(lane) * (dim + 1) + v]]; });
  }
  void scatter_p2(const Batch (&values)[R::n_nodes][dim], double *r) const
  {
    for (int lane = 0; lane < n_lanes; ++lane)
      {
        const std::int32_t *nodes = cells.p2 + cell(lane) * R::n_nodes;
        for (int i = 0; i < R::n_nodes; ++i)
          for (int d = 0; d < dim; ++d)
            r[std::size_t(nodes[i]) * dim + d] += values[i][d][lane];
      }
  }
  void scatter_p1(const Batch (&values)[dim + 1], double *r) const
  {
    for (int lane = 0; lane < n_lanes; ++lane)
      for (int v = 0; v <= dim; ++v)
        r[cells.p1[cell(lane) * (dim + 1) + v]] += values[v][lane];
  }
  template <int n>
  void scatter_matrix(const Batch (&matrix)[n][n], const CellPositions &positions, double *values) const
  {
    for (int lane = 0; lane < n_lanes; ++lane)
      {
        const std::int32_t *at = positions.data() + cell(lane) * n * n;
        for (int i = 0; i < n; ++i, at += n)
          if (at[0] >= 0)
            for (int j = 0; j < n; ++j)
              values[at[j]] += matrix[i][j][lane];
      }
  }
  /// The largest over the cells, NaN wins, into one number.
  void raise(const Batch &values, double *largest) const
  {
    for (int lane = 0; lane < n_lanes; ++lane)
      *largest = values[lane] > *largest || std::isnan(values[lane]) ? values[lane] : *largest;
  }
};

/// One cell for eight samples, one a lane: fields and matrices hold eight numbers where those of CellBatch hold one, on addresses
/// that are multiples of 64 bytes, so that nothing is gathered or scattered number by number. Affine cells, all rows on this rank.
template <int dim>
struct SampleBatch
{
  using R = SimplexReference<dim>;
  static constexpr int n_cells = 1;
  const CellArrays &cells;
  std::size_t       cell;

  SampleBatch(const CellArrays &arrays, std::size_t first, std::size_t) : cells(arrays), cell(first) {}
  Geometry<dim, double> geometry() const { return one_geometry<dim>(cells, cell); }
  template <int n>
  void gather_p2(const double *u, Batch (&values)[n][dim]) const
  {
    const std::int32_t *nodes = cells.p2 + cell * R::n_nodes;
    for (int i = 0; i < n; ++i)
      for (int d = 0; d < dim; ++d)
        values[i][d] = at(u, std::size_t(nodes[i]) * dim + d);
  }
  void gather_p1(const double *p, Batch (&values)[dim + 1]) const
  {
    for (int v = 0; v <= dim; ++v)
      values[v] = at(p, cells.p1[cell * (dim + 1) + v]);
  }
  void scatter_p2(const Batch (&values)[R::n_nodes][dim], double *r) const
  {
    const std::int32_t *nodes = cells.p2 + cell * R::n_nodes;
    for (int i = 0; i < R::n_nodes; ++i)
      for (int d = 0; d < dim; ++d)
        at(r, std::size_t(nodes[i]) * dim + d) += values[i][d];
  }
  void scatter_p1(const Batch (&values)[dim + 1], double *r) const
  {
    for (int v = 0; v <= dim; ++v)
      at(r, cells.p1[cell * (dim + 1) + v]) += values[v];
  }
  template <int n>
  void scatter_matrix(const Batch (&matrix)[n][n], const CellPositions &positions, double *values) const
  {
    const std::int32_t *to = positions.data() + cell * n * n;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        at(values, to[i * n + j]) += matrix[i][j];
  }
  /// The largest so far of each sample, NaN wins, into eight numbers.
  void raise(const Batch &values, double *largest) const
  {
    for (int lane = 0; lane < batch_width; ++lane)
      largest[lane] = values[lane] > largest[lane] || std::isnan(values[lane]) ? values[lane] : largest[lane];
  }

private:
  static Batch       &at(double *values, std::size_t i) { return reinterpret_cast<Batch *>(values)[i]; }
  static const Batch &at(const double *values, std::size_t i) { return reinterpret_cast<const Batch *>(values)[i]; }
};

/// Calls `work(batch)` for the cells from `first` to `end`.
template <int dim, template <int> class BatchOf = CellBatch, class Work>
void for_each_batch(const CellArrays &cells, std::size_t first, std::size_t end, const Work &work)
{
  for (std::size_t begin = first; begin < end; begin += BatchOf<dim>::n_cells)
    work(BatchOf<dim>(cells, begin, end));
}

/// Calls `work(batch)` for all cells; a batch may hold both affine and curved ones.
template <int dim, class Work>
void for_each_batch(const CellArrays &cells, const Work &work)
{
  for_each_batch<dim>(cells, 0, cells.n_cells, work);
}

/// The affine cells only, whose gradients are constants.
template <int dim, template <int> class BatchOf = CellBatch, class Work>
void for_each_affine_batch(const CellArrays &cells, const Work &work)
{
  std::size_t first = 0;
  for (const auto &[curved_begin, curved_end] : cells.curved)
    if (curved_end > curved_begin)
      {
        for_each_batch<dim, BatchOf>(cells, first, curved_begin, work);
        first = curved_end;
      }
  for_each_batch<dim, BatchOf>(cells, first, cells.n_cells, work);
}

/// The curved cells only.
template <int dim, class Work>
void for_each_curved_batch(const CellArrays &cells, const Work &work)
{
  for (const auto &[begin, end] : cells.curved)
    for_each_batch<dim>(cells, begin, end, work);
}

/// Runs the 2D or 3D instance of a kernel functor.
#define VESALIUS_DISPATCH(cells, kernel, ...)                                                                          \
  do                                                                                                                   \
    {                                                                                                                  \
      if ((cells).dimension == 3)                                                                                      \
        kernel<3>(cells, __VA_ARGS__);                                                                                 \
      else                                                                                                             \
        kernel<2>(cells, __VA_ARGS__);                                                                                 \
    }                                                                                                                  \
  while (false)

/// The same for the degree of the velocity.
#define VESALIUS_DISPATCH_DEGREE(cells, degree, kernel, ...)                                                           \
  do                                                                                                                   \
    {                                                                                                                  \
      if ((degree) == 2)                                                                                               \
        (cells).dimension == 3 ? kernel<3, 2>(cells, __VA_ARGS__) : kernel<2, 2>(cells, __VA_ARGS__);                  \
      else                                                                                                             \
        (cells).dimension == 3 ? kernel<3, 1>(cells, __VA_ARGS__) : kernel<2, 1>(cells, __VA_ARGS__);                  \
    }                                                                                                                  \
  while (false)

template <int dim, class Rule = QuadratureRule<dim>, int degree = 2>
struct Tables
{
  using Basis                  = Lagrange<dim, degree>;
  static constexpr int n       = Rule::n;
  static constexpr int n_nodes = Basis::n_nodes;
  Rule                 rule;
  double               phi[Rule::n][n_nodes];
  double               d_phi[Rule::n][n_nodes][dim + 1];
  Tables()
  {
    for (int q = 0; q < rule.n; ++q)
      {
        const auto values = Basis::values(rule.points[q]);
        const auto slopes = Basis::derivatives(rule.points[q]);
        for (int i = 0; i < n_nodes; ++i)
          {
            phi[q][i] = values[i];
            for (int a = 0; a <= dim; ++a)
              d_phi[q][i][a] = slopes[i][a];
          }
      }
  }
};

template <int dim, class Rule = QuadratureRule<dim>, int degree = 2>
const Tables<dim, Rule, degree> &tables()
{
  static const Tables<dim, Rule, degree> instance;
  return instance;
}

/// Those of affine cells with functions of that degree.
template <int dim, int degree>
const auto &affine_tables()
{
  return tables<dim, typename Lagrange<dim, degree>::Rule, degree>();
}

/// The geometry at the quadrature points of a batch of affine cells: the same at all of them.
template <int dim>
struct AffinePoints
{
  static constexpr bool is_curved = false;
  Geometry<dim, Batch>  geometry;

  const Geometry<dim, Batch> &operator()(int) const { return geometry; }
};

/// The same of curved cells.
template <int dim, class Rule>
struct CurvedPoints
{
  static constexpr bool    is_curved = true;
  const Tables<dim, Rule> &t;
  Batch                    x[SimplexReference<dim>::n_nodes][dim];

  Geometry<dim, Batch> operator()(int q) const
  {
    Geometry<dim, Batch> g;
    set_point_geometry<dim>(x, t.d_phi[q], g);
    return g;
  }
};

/// Calls work(batch, tables, points) for the curved cells with the rule for them; points(q) is the geometry at point q.
template <int dim, class Work>
void for_each_curved_point_batch(const CellArrays &cells, const Work &work)
{
  using Rule = CurvedQuadratureRule<dim>;
  for_each_curved_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    CurvedPoints<dim, Rule> points{tables<dim, Rule>(), {}};
    batch.gather_p2(cells.x, points.x);
    work(batch, points.t, points);
  });
}

/// The same for all cells, affine ones first, with their own rule: a kernel that integrates numerically is written once.
/// Curved cells are P2.
template <int dim, int degree = 2, class Work>
void for_each_point_batch(const CellArrays &cells, const Work &work)
{
  for_each_affine_batch<dim>(
    cells, [&](const CellBatch<dim> &batch) { work(batch, affine_tables<dim, degree>(), AffinePoints<dim>{batch.geometry()}); });
  if constexpr (degree == 2)
    for_each_curved_point_batch<dim>(cells, work);
}

/// P2 values and gradients, and P1 ones, at a quadrature point of a batch of cells.
template <int dim>
struct PointBasis
{
  using R = SimplexReference<dim>;
  const double *phi, *lambda;
  Batch         gradient[R::n_nodes][dim], lambda_gradient[dim + 1][dim], weight;

  template <class Rule>
  PointBasis(const Tables<dim, Rule> &t, int q, const Geometry<dim, Batch> &g)
    : phi(t.phi[q]), lambda(t.rule.points[q].data())
  {
    weight = t.rule.weights[q] * g.volume;
    for (int d = 0; d < dim; ++d)
      {
        for (int a = 0; a <= dim; ++a)
          lambda_gradient[a][d] = g.gradient[a][d];
        for (int i = 0; i < R::n_nodes; ++i)
          {
            gradient[i][d] = Batch{};
            for (int a = 0; a <= dim; ++a)
              if (t.d_phi[q][i][a] != 0)
                gradient[i][d] += t.d_phi[q][i][a] * g.gradient[a][d];
          }
      }
  }
};

/// slope[i][j] = d u_i / d x_j from nodal values and the derivatives of the P2 functions by barycentric coordinate.
template <int dim, class Slopes>
void set_velocity_gradient(const Batch (&nodal)[SimplexReference<dim>::n_nodes][dim], const Geometry<dim, Batch> &g,
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

/// The same at a point, given by the derivatives of the P2 functions there; of any cell.
template <int dim, class Slopes>
Geometry<dim, double> one_point_geometry(const CellArrays &cells, std::size_t cell, const Slopes &d_phi)
{
  using R = SimplexReference<dim>;
  double              x[R::n_nodes][dim];
  const std::int32_t *nodes = cells.p2 + cell * R::n_nodes;
  for (int i = 0; i < R::n_nodes; ++i)
    for (int d = 0; d < dim; ++d)
      x[i][d] = cells.x[std::size_t(nodes[i]) * dim + d];
  Geometry<dim, double> g;
  set_point_geometry<dim>(x, d_phi, g);
  return g;
}

} // namespace vesalius::kernels
