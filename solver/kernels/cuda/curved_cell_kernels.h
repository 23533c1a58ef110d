// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/cell_kernels.h"
#include "solver/kernels/simplex_reference.h"

// The element kernels for curved (isoparametric P2) tetrahedra, one cell an item; the twins of curved_kernels.h. At every point the geometry is that of the
// straight cell whose corners are the derivatives of the position by the barycentric coordinates: docs/theory/flow.md, "Curved cells".
namespace vesalius::device
{

/// Quadrature of degree 7, in the backend's memory: four coordinates and the weight of each point.
constexpr int n_curved_points = kernels::CurvedQuadratureRule<3>::n, curved_point_values = 5;

inline std::vector<double> make_curved_rule()
{
  const kernels::CurvedQuadratureRule<3> rule;
  std::vector<double>                    values;
  for (int q = 0; q < n_curved_points; ++q)
    {
      values.insert(values.end(), rule.points[q].begin(), rule.points[q].end());
      values.push_back(rule.weights[q]);
    }
  return values;
}

/// Functions and their gradients at a point of a curved cell.
struct CurvedPoint
{
  double weight; ///< m^3
  double lambda[4], lambda_gradient[4][3], phi[10], gradient[10][3];

  /// slope[c][d] = d u_c / d x_d.
  VESALIUS_HOST_DEVICE void velocity_gradient(const double (&nodal)[10][3], double (&slope)[3][3]) const
  {
    for (int c = 0; c < 3; ++c)
      for (int d = 0; d < 3; ++d)
        {
          slope[c][d] = 0;
          for (int i = 0; i < 10; ++i)
            slope[c][d] += nodal[i][c] * gradient[i][d];
        }
  }
};

struct CurvedCells
{
  Index               n = 0, n_nodes = 0, n_vertices = 0;
  const std::int32_t *p2 = nullptr, *p1 = nullptr; ///< by place, as in Cells
  const double       *nodes = nullptr;             ///< coordinates of all P2 nodes
  const double       *rule  = nullptr;

  /// The derivatives of the P2 functions by the barycentric coordinates.
  VESALIUS_HOST_DEVICE static void derivatives(const double (&lambda)[4], double (&slope)[10][4])
  {
    for (int i = 0; i < 10; ++i)
      for (int a = 0; a < 4; ++a)
        slope[i][a] = 0;
    for (int v = 0; v < 4; ++v)
      slope[v][v] = 4 * lambda[v] - 1;
    for (int e = 0; e < 6; ++e)
      {
        slope[4 + e][edge_vertex(e, 0)] = 4 * lambda[edge_vertex(e, 1)];
        slope[4 + e][edge_vertex(e, 1)] = 4 * lambda[edge_vertex(e, 0)];
      }
  }
  VESALIUS_HOST_DEVICE CellGeometry geometry(Index cell, const double (&slope)[10][4]) const
  {
    double corners[4][3] = {};
    for (int i = 0; i < 10; ++i)
      for (int a = 0; a < 4; ++a)
        for (int d = 0; d < 3; ++d)
          corners[a][d] += nodes[3 * Index(p2[i * n + cell]) + d] * slope[i][a];
    CellGeometry g;
    kernels::set_geometry(corners, g);
    return g;
  }
  VESALIUS_HOST_DEVICE void point(Index cell, int q, CurvedPoint &at) const
  {
    for (int a = 0; a < 4; ++a)
      at.lambda[a] = rule[q * curved_point_values + a];
    evaluate(cell, at);
    at.weight *= rule[q * curved_point_values + 4];
  }
  /// At a node of the cell; the weight is of no use.
  VESALIUS_HOST_DEVICE void at_node(Index cell, int node, CurvedPoint &at) const
  {
    for (int a = 0; a < 4; ++a)
      at.lambda[a] = node < 4 ? (a == node ? 1. : 0.) : (a == edge_vertex(node - 4, 0) || a == edge_vertex(node - 4, 1) ? 0.5 : 0.);
    evaluate(cell, at);
  }
  VESALIUS_HOST_DEVICE void evaluate(Index cell, CurvedPoint &at) const
  {
    double slope[10][4];
    derivatives(at.lambda, slope);
    const auto g = geometry(cell, slope);
    at.weight    = g.volume;
    for (int a = 0; a < 4; ++a)
      for (int d = 0; d < 3; ++d)
        at.lambda_gradient[a][d] = g.gradient[a][d];
    for (int v = 0; v < 4; ++v)
      at.phi[v] = at.lambda[v] * (2 * at.lambda[v] - 1);
    for (int e = 0; e < 6; ++e)
      at.phi[4 + e] = 4 * at.lambda[edge_vertex(e, 0)] * at.lambda[edge_vertex(e, 1)];
    for (int i = 0; i < 10; ++i)
      for (int d = 0; d < 3; ++d)
        {
          at.gradient[i][d] = 0;
          for (int a = 0; a < 4; ++a)
            at.gradient[i][d] += slope[i][a] * g.gradient[a][d];
        }
  }
  VESALIUS_HOST_DEVICE void gather(Index cell, const double *u, double (&x)[10][3]) const
  {
    for (int i = 0; i < 10; ++i)
      for (int d = 0; d < 3; ++d)
        x[i][d] = u[3 * Index(p2[i * n + cell]) + d];
  }
  /// Of a P1 function.
  VESALIUS_HOST_DEVICE double value(Index cell, const double *p, const CurvedPoint &at) const
  {
    double sum = 0;
    for (int a = 0; a < 4; ++a)
      sum += at.lambda[a] * p[p1[a * n + cell]];
    return sum;
  }
  VESALIUS_HOST_DEVICE void add(Index cell, const double (&x)[10][3], double *r) const
  {
    for (int i = 0; i < 10; ++i)
      for (int d = 0; d < 3; ++d)
        add_to(r[3 * Index(p2[i * n + cell]) + d], x[i][d]);
  }
  double bytes() const { return double(n) * (56 + 240); }
  double velocity_bytes() const { return double(n) * 240; }
};

/// The twin of MomentumOperator.
template <bool convects>
struct CurvedMomentumOperator
{
  static constexpr const char *name = convects ? "momentum operator, curved" : "Helmholtz operator, curved";
  CurvedCells   cells;
  double        mass, rho, mu;
  const double *w, *x;
  double       *y;

  double bytes(Index) const { return cells.bytes() + (convects ? 4 : 3) * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      speed[10][3], nodal[10][3], result[10][3] = {};
    CurvedPoint at;
    if constexpr (convects)
      cells.gather(cell, w, speed);
    cells.gather(cell, x, nodal);
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        double along[3] = {}, factor = mass;
        if constexpr (convects)
          for (int i = 0; i < 10; ++i)
            for (int d = 0; d < 3; ++d)
              {
                along[d] += rho * at.phi[i] * speed[i][d];
                factor += 0.5 * rho * speed[i][d] * at.gradient[i][d];
              }
        for (int component = 0; component < 3; ++component)
          {
            double value = 0, slope[3] = {};
            for (int i = 0; i < 10; ++i)
              {
                value += at.phi[i] * nodal[i][component];
                for (int d = 0; d < 3; ++d)
                  slope[d] += at.gradient[i][d] * nodal[i][component];
              }
            const double f = at.weight * (factor * value + along[0] * slope[0] + along[1] * slope[1] + along[2] * slope[2]), stress = at.weight * mu;
            for (int i = 0; i < 10; ++i)
              result[i][component] +=
                f * at.phi[i] + stress * (slope[0] * at.gradient[i][0] + slope[1] * at.gradient[i][1] + slope[2] * at.gradient[i][2]);
          }
      }
    cells.add(cell, result, y);
  }
};

/// The twin of MomentumDiagonal.
struct CurvedMomentumDiagonal
{
  static constexpr const char *name = "momentum diagonal, curved";
  CurvedCells cells;
  double      mass, mu;
  double     *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / 3; }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      result[10] = {};
    CurvedPoint at;
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        for (int i = 0; i < 10; ++i)
          result[i] += at.weight * (mass * at.phi[i] * at.phi[i] + mu * MomentumDiagonal::dot(at.gradient[i], at.gradient[i]));
      }
    for (int i = 0; i < 10; ++i)
      add_to(diagonal[cells.p2[i * cells.n + cell]], result[i]);
  }
};

/// The twin of MomentumRightSide.
struct CurvedMomentumRightSide
{
  static constexpr const char *name = "momentum right-hand side, curved";
  CurvedCells   cells;
  double        new_scale, old_scale;
  const double *u, *u_old, *p;
  double       *r;

  double bytes(Index) const { return cells.bytes() + 4 * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      nodal[10][3], old[10][3], result[10][3] = {};
    CurvedPoint at;
    cells.gather(cell, u, nodal);
    cells.gather(cell, u_old, old);
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        for (int d = 0; d < 3; ++d)
          {
            double value = 0;
            for (int i = 0; i < 10; ++i)
              value += at.phi[i] * (new_scale * nodal[i][d] + old_scale * old[i][d]);
            for (int a = 0; a < 4; ++a)
              value -= p[cells.p1[a * cells.n + cell]] * at.lambda_gradient[a][d];
            for (int i = 0; i < 10; ++i)
              result[i][d] += at.weight * value * at.phi[i];
          }
      }
    cells.add(cell, result, r);
  }
};

/// The twin of NegativeDivergence.
struct CurvedNegativeDivergence
{
  static constexpr const char *name = "divergence, curved";
  CurvedCells   cells;
  const double *u;
  double       *r;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      nodal[10][3], result[4] = {};
    CurvedPoint at;
    cells.gather(cell, u, nodal);
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        double divergence = 0;
        for (int i = 0; i < 10; ++i)
          for (int d = 0; d < 3; ++d)
            divergence += nodal[i][d] * at.gradient[i][d];
        for (int a = 0; a < 4; ++a)
          result[a] -= at.weight * divergence * at.lambda[a];
      }
    for (int a = 0; a < 4; ++a)
      add_to(r[cells.p1[a * cells.n + cell]], result[a]);
  }
};

/// The twin of LargestGradient, at the nodes of the cell.
struct CurvedLargestGradient
{
  static constexpr const char *name = "largest gradient, curved";
  CurvedCells   cells;
  const double *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    double      nodal[10][3], slope[3][3], largest = 0;
    CurvedPoint at;
    cells.gather(cell, u, nodal);
    for (int node = 0; node < 10; ++node)
      {
        cells.at_node(cell, node, at);
        at.velocity_gradient(nodal, slope);
        double square = 0;
        for (const auto &row : slope)
          square += MomentumDiagonal::dot(row, row);
        largest = larger(largest, square);
      }
    return largest;
  }
};

/// The twin of LargestRate.
struct CurvedLargestRate
{
  static constexpr const char *name = "largest rate, curved";
  CurvedCells   cells;
  const double *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    double      largest = 0;
    CurvedPoint at;
    for (int node = 0; node < 10; ++node)
      {
        cells.at_node(cell, node, at);
        const double *speed = u + 3 * Index(cells.p2[node * cells.n + cell]);
        double        rate  = 0;
        for (int a = 0; a < 4; ++a)
          {
            const double along = MomentumDiagonal::dot(*reinterpret_cast<const double(*)[3]>(speed), at.lambda_gradient[a]);
            rate += along < 0 ? -along : along;
          }
        largest = larger(largest, rate);
      }
    return largest;
  }
};

} // namespace vesalius::device
