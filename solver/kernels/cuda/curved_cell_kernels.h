// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/cell_kernels.h"
#include "solver/kernels/simplex_reference.h"

// The element kernels for curved (isoparametric P2) cells, one cell an item; the twins of curved_kernels.h. At every point the geometry is that of the
// straight cell whose corners are the derivatives of the position by the barycentric coordinates: docs/theory/flow.md, "Curved cells".
namespace vesalius::device
{

template <class Element>
using CurvedRule = kernels::CurvedQuadratureRule<Element::dim>;

/// Quadrature for curved cells, in the backend's memory: the coordinates and the weight of each point.
template <class Element>
constexpr int curved_point_values = Element::n_vertices + 1;

template <class Element>
std::vector<double> make_curved_rule()
{
  const CurvedRule<Element> rule;
  std::vector<double>       values;
  for (int q = 0; q < rule.n; ++q)
    {
      values.insert(values.end(), rule.points[q].begin(), rule.points[q].end());
      values.push_back(rule.weights[q]);
    }
  return values;
}

/// Functions and their gradients at a point of a curved cell.
template <class Element>
struct CurvedPoint
{
  static constexpr int dim = Element::dim;
  double               weight; ///< m^3
  double               lambda[Element::n_vertices], lambda_gradient[Element::n_vertices][dim], phi[Element::n_nodes], gradient[Element::n_nodes][dim];

  /// slope[c][d] = d u_c / d x_d.
  VESALIUS_HOST_DEVICE void velocity_gradient(const double (&nodal)[Element::n_nodes][dim], double (&slope)[dim][dim]) const
  {
    for (int c = 0; c < dim; ++c)
      for (int d = 0; d < dim; ++d)
        {
          slope[c][d] = 0;
          for (int i = 0; i < Element::n_nodes; ++i)
            slope[c][d] += nodal[i][c] * gradient[i][d];
        }
  }
};

template <class Element>
struct CurvedCells
{
  static constexpr int dim = Element::dim, n_of_cell = Element::n_nodes, n_corners = Element::n_vertices, n_points = CurvedRule<Element>::n;
  Index                n = 0, n_nodes = 0, n_vertices = 0;
  const std::int32_t  *p2 = nullptr, *p1 = nullptr; ///< by place, as in Cells
  const double        *nodes = nullptr;             ///< coordinates of all P2 nodes
  const double        *rule  = nullptr;

  /// The derivatives of the P2 functions by the barycentric coordinates.
  VESALIUS_HOST_DEVICE static void derivatives(const double (&lambda)[n_corners], double (&slope)[n_of_cell][n_corners])
  {
    for (int i = 0; i < n_of_cell; ++i)
      for (int a = 0; a < n_corners; ++a)
        slope[i][a] = 0;
    for (int v = 0; v < n_corners; ++v)
      slope[v][v] = 4 * lambda[v] - 1;
    for (int e = 0; e < Element::n_edges; ++e)
      {
        slope[n_corners + e][edge_vertex(e, 0)] = 4 * lambda[edge_vertex(e, 1)];
        slope[n_corners + e][edge_vertex(e, 1)] = 4 * lambda[edge_vertex(e, 0)];
      }
  }
  VESALIUS_HOST_DEVICE CellGeometry<Element> geometry(Index cell, const double (&slope)[n_of_cell][n_corners]) const
  {
    double corners[n_corners][dim] = {};
    for (int i = 0; i < n_of_cell; ++i)
      for (int a = 0; a < n_corners; ++a)
        for (int d = 0; d < dim; ++d)
          corners[a][d] += nodes[dim * Index(p2[i * n + cell]) + d] * slope[i][a];
    CellGeometry<Element> g;
    kernels::set_geometry(corners, g);
    return g;
  }
  VESALIUS_HOST_DEVICE void point(Index cell, int q, CurvedPoint<Element> &at) const
  {
    for (int a = 0; a < n_corners; ++a)
      at.lambda[a] = rule[q * curved_point_values<Element> + a];
    evaluate(cell, at);
    at.weight *= rule[q * curved_point_values<Element> + n_corners];
  }
  /// At a node of the cell; the weight is of no use.
  VESALIUS_HOST_DEVICE void at_node(Index cell, int node, CurvedPoint<Element> &at) const
  {
    for (int a = 0; a < n_corners; ++a)
      at.lambda[a] = node < n_corners ? (a == node ? 1. : 0.) : (a == edge_vertex(node - n_corners, 0) || a == edge_vertex(node - n_corners, 1) ? 0.5 : 0.);
    evaluate(cell, at);
  }
  VESALIUS_HOST_DEVICE void evaluate(Index cell, CurvedPoint<Element> &at) const
  {
    double slope[n_of_cell][n_corners];
    derivatives(at.lambda, slope);
    const auto g = geometry(cell, slope);
    at.weight    = g.volume;
    for (int a = 0; a < n_corners; ++a)
      for (int d = 0; d < dim; ++d)
        at.lambda_gradient[a][d] = g.gradient[a][d];
    for (int v = 0; v < n_corners; ++v)
      at.phi[v] = at.lambda[v] * (2 * at.lambda[v] - 1);
    for (int e = 0; e < Element::n_edges; ++e)
      at.phi[n_corners + e] = 4 * at.lambda[edge_vertex(e, 0)] * at.lambda[edge_vertex(e, 1)];
    for (int i = 0; i < n_of_cell; ++i)
      for (int d = 0; d < dim; ++d)
        {
          at.gradient[i][d] = 0;
          for (int a = 0; a < n_corners; ++a)
            at.gradient[i][d] += slope[i][a] * g.gradient[a][d];
        }
  }
  VESALIUS_HOST_DEVICE void gather(Index cell, const double *u, double (&x)[n_of_cell][dim]) const
  {
    for (int i = 0; i < n_of_cell; ++i)
      for (int d = 0; d < dim; ++d)
        x[i][d] = u[dim * Index(p2[i * n + cell]) + d];
  }
  /// Of a P1 function.
  VESALIUS_HOST_DEVICE double value(Index cell, const double *p, const CurvedPoint<Element> &at) const
  {
    double sum = 0;
    for (int a = 0; a < n_corners; ++a)
      sum += at.lambda[a] * p[p1[a * n + cell]];
    return sum;
  }
  VESALIUS_HOST_DEVICE void add(Index cell, const double (&x)[n_of_cell][dim], double *r) const
  {
    for (int i = 0; i < n_of_cell; ++i)
      for (int d = 0; d < dim; ++d)
        add_to(r[dim * Index(p2[i * n + cell]) + d], x[i][d]);
  }
  double bytes() const { return double(n) * (4 * (n_of_cell + n_corners) + 8 * dim * n_of_cell); }
  double velocity_bytes() const { return double(n) * 8 * dim * n_of_cell; }
};

/// The twin of MomentumOperator.
template <class Element, bool convects>
struct CurvedMomentumOperator
{
  static constexpr const char *name = convects ? "momentum operator, curved" : "Helmholtz operator, curved";
  CurvedCells<Element> cells;
  double               mass, rho, mu;
  const double        *w, *x;
  double              *y;

  double bytes(Index) const { return cells.bytes() + (convects ? 4 : 3) * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               speed[Element::n_nodes][Element::dim], nodal[Element::n_nodes][Element::dim], result[Element::n_nodes][Element::dim] = {};
    CurvedPoint<Element> at;
    if constexpr (convects)
      cells.gather(cell, w, speed);
    cells.gather(cell, x, nodal);
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        double along[Element::dim] = {}, factor = mass;
        if constexpr (convects)
          for (int i = 0; i < Element::n_nodes; ++i)
            for (int d = 0; d < Element::dim; ++d)
              {
                along[d] += rho * at.phi[i] * speed[i][d];
                factor += 0.5 * rho * speed[i][d] * at.gradient[i][d];
              }
        for (int component = 0; component < Element::dim; ++component)
          {
            double value = 0, slope[Element::dim] = {};
            for (int i = 0; i < Element::n_nodes; ++i)
              {
                value += at.phi[i] * nodal[i][component];
                for (int d = 0; d < Element::dim; ++d)
                  slope[d] += at.gradient[i][d] * nodal[i][component];
              }
            const double f = at.weight * (factor * value + dot(along, slope)), stress = at.weight * mu;
            for (int i = 0; i < Element::n_nodes; ++i)
              result[i][component] += f * at.phi[i] + stress * dot(slope, at.gradient[i]);
          }
      }
    cells.add(cell, result, y);
  }
};

/// The twin of MomentumDiagonal.
template <class Element>
struct CurvedMomentumDiagonal
{
  static constexpr const char *name = "momentum diagonal, curved";
  CurvedCells<Element> cells;
  double               mass, mu;
  double              *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / Element::dim; }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               result[Element::n_nodes] = {};
    CurvedPoint<Element> at;
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        for (int i = 0; i < Element::n_nodes; ++i)
          result[i] += at.weight * (mass * at.phi[i] * at.phi[i] + mu * dot(at.gradient[i], at.gradient[i]));
      }
    for (int i = 0; i < Element::n_nodes; ++i)
      add_to(diagonal[cells.p2[i * cells.n + cell]], result[i]);
  }
};

/// The twin of MomentumRightSide.
template <class Element>
struct CurvedMomentumRightSide
{
  static constexpr const char *name = "momentum right-hand side, curved";
  CurvedCells<Element> cells;
  double               new_scale, old_scale;
  const double        *u, *u_old, *p;
  double              *r;

  double bytes(Index) const { return cells.bytes() + 4 * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               nodal[Element::n_nodes][Element::dim], old[Element::n_nodes][Element::dim], result[Element::n_nodes][Element::dim] = {};
    CurvedPoint<Element> at;
    cells.gather(cell, u, nodal);
    cells.gather(cell, u_old, old);
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        for (int d = 0; d < Element::dim; ++d)
          {
            double value = 0;
            for (int i = 0; i < Element::n_nodes; ++i)
              value += at.phi[i] * (new_scale * nodal[i][d] + old_scale * old[i][d]);
            for (int a = 0; a < Element::n_vertices; ++a)
              value -= p[cells.p1[a * cells.n + cell]] * at.lambda_gradient[a][d];
            for (int i = 0; i < Element::n_nodes; ++i)
              result[i][d] += at.weight * value * at.phi[i];
          }
      }
    cells.add(cell, result, r);
  }
};

/// The twin of NegativeDivergence.
template <class Element>
struct CurvedNegativeDivergence
{
  static constexpr const char *name = "divergence, curved";
  CurvedCells<Element> cells;
  const double        *u;
  double              *r;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               nodal[Element::n_nodes][Element::dim], result[Element::n_vertices] = {};
    CurvedPoint<Element> at;
    cells.gather(cell, u, nodal);
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        double divergence = 0;
        for (int i = 0; i < Element::n_nodes; ++i)
          for (int d = 0; d < Element::dim; ++d)
            divergence += nodal[i][d] * at.gradient[i][d];
        for (int a = 0; a < Element::n_vertices; ++a)
          result[a] -= at.weight * divergence * at.lambda[a];
      }
    for (int a = 0; a < Element::n_vertices; ++a)
      add_to(r[cells.p1[a * cells.n + cell]], result[a]);
  }
};

/// The twin of LargestGradient, at the nodes of the cell.
template <class Element>
struct CurvedLargestGradient
{
  static constexpr const char *name = "largest gradient, curved";
  CurvedCells<Element> cells;
  const double        *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    double               nodal[Element::n_nodes][Element::dim], slope[Element::dim][Element::dim], largest = 0;
    CurvedPoint<Element> at;
    cells.gather(cell, u, nodal);
    for (int node = 0; node < Element::n_nodes; ++node)
      {
        cells.at_node(cell, node, at);
        at.velocity_gradient(nodal, slope);
        double square = 0;
        for (const auto &row : slope)
          square += dot(row, row);
        largest = larger(largest, square);
      }
    return largest;
  }
};

/// The twin of LargestRate.
template <class Element>
struct CurvedLargestRate
{
  static constexpr const char *name = "largest rate, curved";
  CurvedCells<Element> cells;
  const double        *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    double      largest = 0;
    CurvedPoint<Element> at;
    for (int node = 0; node < Element::n_nodes; ++node)
      {
        cells.at_node(cell, node, at);
        const double *speed = u + Element::dim * Index(cells.p2[node * cells.n + cell]);
        double        rate  = 0;
        for (int a = 0; a < Element::n_vertices; ++a)
          {
            const double along = dot(*reinterpret_cast<const double(*)[Element::dim]>(speed), at.lambda_gradient[a]);
            rate += along < 0 ? -along : along;
          }
        largest = larger(largest, rate);
      }
    return largest;
  }
};

} // namespace vesalius::device
