// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cell_geometry.h"
#include "solver/kernels/cuda/backend.h"
#include "solver/kernels/cuda/point_values.h"

// The element kernels of the flow on straight tetrahedra, one cell an item; the twins of flow_kernels.h and momentum_kernels.h. Velocities are P2, interleaved,
// pressures P1.
namespace vesalius::device
{

using CellGeometry = kernels::Geometry<3, double>;

/// The mesh in the backend's memory. Nodes are stored by place: p2[i n + c] is node i of cell c, so that neighbouring threads read neighbouring numbers.
struct Cells
{
  Index               n = 0, n_nodes = 0, n_vertices = 0;
  const std::int32_t *p2 = nullptr, *p1 = nullptr;
  const double       *vertices = nullptr; ///< coordinates of the P1 nodes

  VESALIUS_HOST_DEVICE CellGeometry geometry(Index cell) const
  {
    double x[4][3];
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      for (int d = 0; d < 3; ++d)
        x[v][d] = vertices[3 * Index(p1[v * n + cell]) + d];
    CellGeometry g;
    kernels::set_geometry(x, g);
    return g;
  }
  VESALIUS_HOST_DEVICE void gather_p2(Index cell, const double *u, int component, double (&x)[10]) const
  {
    VESALIUS_UNROLL
    for (int i = 0; i < 10; ++i)
      x[i] = u[3 * Index(p2[i * n + cell]) + component];
  }
  VESALIUS_HOST_DEVICE void gather_p1(Index cell, const double *p, double (&x)[4]) const
  {
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      x[v] = p[p1[v * n + cell]];
  }
  VESALIUS_HOST_DEVICE void add_p2(Index cell, const double (&x)[10], int component, double *r) const
  {
    VESALIUS_UNROLL
    for (int i = 0; i < 10; ++i)
      add_to(r[3 * Index(p2[i * n + cell]) + component], x[i]);
  }
  /// Node numbers and coordinates.
  double bytes() const { return double(n) * 56 + double(n_vertices) * 24; }
  double velocity_bytes() const { return double(n_nodes) * 24; }
  double pressure_bytes() const { return double(n_vertices) * 8; }
};

/// slope[d][v] = derivative of a P2 function along d at vertex v; it is linear between them.
VESALIUS_HOST_DEVICE inline void vertex_slopes(const CellGeometry &g, const double (&x)[10], double (&slope)[3][4])
{
  VESALIUS_UNROLL
  for (int v = 0; v < 4; ++v)
    {
      double by_coordinate[4];
      VESALIUS_UNROLL
      for (int a = 0; a < 4; ++a)
        by_coordinate[a] = a == v ? 3 * x[v] : 4 * x[4 + edge_between(v, a)] - x[a];
      VESALIUS_UNROLL
      for (int d = 0; d < 3; ++d) // the gradients' sum is zero
        slope[d][v] = (by_coordinate[1] - by_coordinate[0]) * g.gradient[1][d] + (by_coordinate[2] - by_coordinate[0]) * g.gradient[2][d] +
                      (by_coordinate[3] - by_coordinate[0]) * g.gradient[3][d];
    }
}

/// The same along one direction, added to `sum`.
VESALIUS_HOST_DEVICE inline void add_vertex_slopes(const CellGeometry &g, const double (&x)[10], int d, double (&sum)[4])
{
  VESALIUS_UNROLL
  for (int v = 0; v < 4; ++v)
    VESALIUS_UNROLL
    for (int a = 0; a < 4; ++a)
      sum[v] += (a == v ? 3 * x[v] : 4 * x[4 + edge_between(v, a)] - x[a]) * g.gradient[a][d];
}

/// y[i] += integral of f d phi_i / d x_d, from the integrals of f with the barycentric coordinates.
VESALIUS_HOST_DEVICE inline void add_weak_slope(const CellGeometry &g, const double (&moment)[4], int d, double (&y)[10])
{
  const double sum = (moment[0] + moment[1]) + (moment[2] + moment[3]);
  VESALIUS_UNROLL
  for (int v = 0; v < 4; ++v)
    y[v] += (4 * moment[v] - sum) * g.gradient[v][d];
  VESALIUS_UNROLL
  for (int e = 0; e < 6; ++e)
    y[4 + e] += 4 * (moment[edge_vertex(e, 0)] * g.gradient[edge_vertex(e, 1)][d] + moment[edge_vertex(e, 1)] * g.gradient[edge_vertex(e, 0)][d]);
}

/// The same for f = scale slope, which is linear in the cell.
VESALIUS_HOST_DEVICE inline void add_slope_moments(const CellGeometry &g, const double (&slope)[4], int d, double scale, double (&y)[10])
{
  const double unit = scale * g.volume / 20, sum = (slope[0] + slope[1]) + (slope[2] + slope[3]);
  double       moment[4];
  VESALIUS_UNROLL
  for (int v = 0; v < 4; ++v)
    moment[v] = unit * (slope[v] + sum);
  add_weak_slope(g, moment, d, y);
}

/// y += [mass (x, v) + rho ((w . grad x, v) + 1/2 (div w x, v)) + mu (grad x, grad v)]; w is not read where nothing convects.
template <bool convects>
struct MomentumOperator
{
  static constexpr const char *name = convects ? "momentum operator" : "Helmholtz operator";
  Cells         cells;
  double        mass, rho, mu;
  const double *w, *x;
  double       *y;

  double bytes(Index) const { return cells.bytes() + (convects ? 4 : 3) * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     speed[3][n_points], divergence[4] = {}, divergence_at[n_points], nodal[10];
    if constexpr (convects)
      {
        VESALIUS_UNROLL
        for (int d = 0; d < 3; ++d)
          {
            cells.gather_p2(cell, w, d, nodal);
            p2_at_points(nodal, speed[d]);
            add_vertex_slopes(g, nodal, d, divergence);
          }
        p1_at_points(divergence, divergence_at);
      }
    for (int component = 0; component < 3; ++component)
      {
        double slope[3][4], f[n_points], at[n_points], result[10] = {};
        cells.gather_p2(cell, x, component, nodal);
        vertex_slopes(g, nodal, slope);
        p2_at_points(nodal, f);
        VESALIUS_UNROLL
        for (int q = 0; q < n_points; ++q)
          f[q] *= convects ? mass + 0.5 * rho * divergence_at[q] : mass;
        if constexpr (convects)
          {
            VESALIUS_UNROLL
            for (int d = 0; d < 3; ++d)
              {
                p1_at_points(slope[d], at);
                VESALIUS_UNROLL
                for (int q = 0; q < n_points; ++q)
                  f[q] += rho * speed[d][q] * at[q];
              }
          }
        VESALIUS_UNROLL
        for (int q = 0; q < n_points; ++q)
          f[q] *= point_weight(q) * g.volume;
        add_p2_moments(f, result);
        VESALIUS_UNROLL
        for (int d = 0; d < 3; ++d)
          add_slope_moments(g, slope[d], d, mu, result);
        cells.add_p2(cell, result, component, y);
      }
  }
};

/// Diagonal of mass (x, v) + mu (grad x, grad v), the same for all components. The convective part's is zero but for the outlets.
struct MomentumDiagonal
{
  static constexpr const char *name = "momentum diagonal";
  Cells   cells;
  double  mass, mu;
  double *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / 3; }

  VESALIUS_HOST_DEVICE static double dot(const double (&a)[3], const double (&b)[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      add_to(diagonal[cells.p2[v * cells.n + cell]], g.volume * (mass / 70 + 0.6 * mu * dot(g.gradient[v], g.gradient[v])));
    VESALIUS_UNROLL
    for (int e = 0; e < 6; ++e)
      {
        const auto  &a       = g.gradient[edge_vertex(e, 0)], &b = g.gradient[edge_vertex(e, 1)];
        const double squares = dot(a, a) + dot(b, b) + dot(a, b);
        add_to(diagonal[cells.p2[(4 + e) * cells.n + cell]], g.volume * (mass * 8 / 105 + 1.6 * mu * squares));
      }
  }
};

/// r += (new_scale u + old_scale u_old, v) - (grad p, v).
struct MomentumRightSide
{
  static constexpr const char *name = "momentum right-hand side";
  Cells         cells;
  double        new_scale, old_scale;
  const double *u, *u_old, *p;
  double       *r;

  double bytes(Index) const { return cells.bytes() + 4 * cells.velocity_bytes() + cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     pressure[4], nodal[10], old[10], f[n_points];
    cells.gather_p1(cell, p, pressure);
    VESALIUS_UNROLL
    for (int d = 0; d < 3; ++d)
      {
        double result[10] = {}, slope = 0;
        cells.gather_p2(cell, u, d, nodal);
        cells.gather_p2(cell, u_old, d, old);
        VESALIUS_UNROLL
        for (int i = 0; i < 10; ++i)
          nodal[i] = new_scale * nodal[i] + old_scale * old[i];
        p2_at_points(nodal, f);
        VESALIUS_UNROLL
        for (int q = 0; q < n_points; ++q)
          f[q] *= point_weight(q) * g.volume;
        add_p2_moments(f, result);
        VESALIUS_UNROLL
        for (int a = 0; a < 4; ++a)
          slope += pressure[a] * g.gradient[a][d];
        slope *= g.volume;
        VESALIUS_UNROLL
        for (int i = 0; i < 10; ++i)
          result[i] -= slope * (i < 4 ? -1. / 20 : 1. / 5);
        cells.add_p2(cell, result, d, r);
      }
  }
};

/// r -= (div u, q).
struct NegativeDivergence
{
  static constexpr const char *name = "divergence";
  Cells         cells;
  const double *u;
  double       *r;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes() + 2 * cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     divergence[4] = {}, nodal[10];
    VESALIUS_UNROLL
    for (int d = 0; d < 3; ++d)
      {
        cells.gather_p2(cell, u, d, nodal);
        add_vertex_slopes(g, nodal, d, divergence);
      }
    const double sum = (divergence[0] + divergence[1]) + (divergence[2] + divergence[3]);
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      add_to(r[cells.p1[v * cells.n + cell]], -g.volume / 20 * (divergence[v] + sum));
  }
};

/// |grad u|^2 (Frobenius), the largest at the vertices of the cell.
struct LargestGradient
{
  static constexpr const char *name = "largest gradient";
  Cells         cells;
  const double *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     square[4] = {}, nodal[10], slope[3][4], largest = 0;
    for (int component = 0; component < 3; ++component)
      {
        cells.gather_p2(cell, u, component, nodal);
        vertex_slopes(g, nodal, slope);
        VESALIUS_UNROLL
        for (int v = 0; v < 4; ++v)
          square[v] += slope[0][v] * slope[0][v] + slope[1][v] * slope[1][v] + slope[2][v] * slope[2][v];
      }
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      largest = larger(largest, square[v]);
    return largest;
  }
};

/// sum_a |u . grad lambda_a|, the largest at the nodes of the cell: times dt / 2, the Courant number.
struct LargestRate
{
  static constexpr const char *name = "largest rate";
  Cells         cells;
  const double *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    const auto g       = cells.geometry(cell);
    double     largest = 0;
    for (int i = 0; i < 10; ++i)
      {
        const double *at   = u + 3 * Index(cells.p2[i * cells.n + cell]);
        double        rate = 0;
        VESALIUS_UNROLL
        for (int a = 0; a < 4; ++a)
          {
            const double along = at[0] * g.gradient[a][0] + at[1] * g.gradient[a][1] + at[2] * g.gradient[a][2];
            rate += along < 0 ? -along : along;
          }
        largest = larger(largest, rate);
      }
    return largest;
  }
};

} // namespace vesalius::device
