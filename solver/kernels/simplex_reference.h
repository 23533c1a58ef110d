// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace vesalius::kernels
{

/// Local edges of the reference simplex in VTK order: P2 node `dim + 1 + e` is the midpoint of edge e.
template <int dim>
struct SimplexReference
{
  static constexpr int n_vertices = dim + 1, n_edges = dim * (dim + 1) / 2, n_nodes = n_vertices + n_edges;
  static constexpr int edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  /// Integral of a P2 vertex / edge function over a cell of unit volume.
  static constexpr double vertex_weight = (2. - dim) / ((dim + 1) * (dim + 2)), edge_weight = 4. / ((dim + 1) * (dim + 2));
  /// P1 mass matrix of a cell of unit volume: off-diagonal; the diagonal is twice that.
  static constexpr double p1_mass = 1. / ((dim + 1) * (dim + 2));
};

/// Quadrature on the reference simplex: barycentric coordinates and weights with sum 1.
template <int dim>
struct QuadratureRule;

/// 14 points, exact to degree 5 (Walkington 2000; also Grundmann-Moeller type orbits).
template <>
struct QuadratureRule<3>
{
  static constexpr int                 n = 14;
  std::array<std::array<double, 4>, n> points;
  std::array<double, n>                weights;

  QuadratureRule()
  {
    int        at  = 0;
    const auto one = [&](double a, double w) {
      for (int i = 0; i < 4; ++i)
        {
          points[at].fill(a);
          points[at][i] = 1 - 3 * a;
          weights[at++] = w;
        }
    };
    one(0.31088591926330060980, 0.11268792571801585080);
    one(0.092735250310891226402, 0.073493043116361949544);
    const double b = 0.045503704125649649492, w = 0.042546020777081466438;
    for (int i = 0; i < 4; ++i)
      for (int j = i + 1; j < 4; ++j)
        {
          points[at].fill(0.5 - b);
          points[at][i] = points[at][j] = b;
          weights[at++]                 = w;
        }
  }
};

/// 7 points, exact to degree 5 (Radon 1948).
template <>
struct QuadratureRule<2>
{
  static constexpr int                 n = 7;
  std::array<std::array<double, 3>, n> points;
  std::array<double, n>                weights;

  QuadratureRule()
  {
    points[0].fill(1. / 3.);
    weights[0]     = 0.225;
    int        at  = 1;
    const auto one = [&](double a, double w) {
      for (int i = 0; i < 3; ++i)
        {
          points[at].fill(a);
          points[at][i] = 1 - 2 * a;
          weights[at++] = w;
        }
    };
    one(0.47014206410511508977, 0.13239415278850618074);
    one(0.10128650732345633880, 0.12593918054482715260);
  }
};

/// Quadrature for P1 velocities on affine cells, exact to degree 2: (u . grad u, v) has no more.
template <int dim>
struct LinearQuadratureRule
{
  static constexpr int                       n = dim + 1;
  std::array<std::array<double, dim + 1>, n> points;
  std::array<double, n>                      weights;

  LinearQuadratureRule()
  {
    const double near = dim == 3 ? 0.58541019662496845446 : 2. / 3., far = (1 - near) / dim;
    weights.fill(1. / n);
    for (int i = 0; i < n; ++i)
      {
        points[i].fill(far);
        points[i][i] = near;
      }
  }
};

/// Quadrature for curved cells, where the Jacobian adds 3 (2D: 2) to the degree of (u . grad u, v): exact, so that
/// skew symmetry and Gauss' theorem hold there as on affine cells.
template <int dim>
struct CurvedQuadratureRule;

/// 35 points, exact to degree 7 (Witherden and Vincent, Comput. Math. Appl. 69 (2015) 1232-1241).
template <>
struct CurvedQuadratureRule<3>
{
  static constexpr int                 n = 35;
  std::array<std::array<double, 4>, n> points;
  std::array<double, n>                weights;

  CurvedQuadratureRule()
  {
    int at = 0;
    points[at].fill(0.25);
    weights[at++] = 0.095485289464130832;
    for (int i = 0; i < 4; ++i)
      {
        points[at].fill(0.31570114977820279);
        points[at][i] = 1 - 3 * 0.31570114977820279;
        weights[at++] = 0.042329581209967028;
      }
    const double b = 0.05048982259839635;
    for (int i = 0; i < 4; ++i)
      for (int j = i + 1; j < 4; ++j)
        {
          points[at].fill(0.5 - b);
          points[at][i] = points[at][j] = b;
          weights[at++]                 = 0.03189692783285758;
        }
    const auto twelve = [&](double a, double c, double w) {
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          if (i != j)
            {
              points[at].fill(a);
              points[at][i] = c;
              points[at][j] = 1 - 2 * a - c;
              weights[at++] = w;
            }
    };
    twelve(0.18883383102600099, 0.57517163758699996, 0.03720713072833462);
    twelve(0.02126547254148314, 0.81083024109854862, 0.008110770829903342);
  }
};

/// 12 points, exact to degree 6 (Dunavant 1985).
template <>
struct CurvedQuadratureRule<2>
{
  static constexpr int                 n = 12;
  std::array<std::array<double, 3>, n> points;
  std::array<double, n>                weights;

  CurvedQuadratureRule()
  {
    int        at  = 0;
    const auto add = [&](const std::array<double, 3> &x, double w) {
      points[at]    = x;
      weights[at++] = w;
    };
    const auto three = [&](double a, double w) {
      add({1 - 2 * a, a, a}, w);
      add({a, 1 - 2 * a, a}, w);
      add({a, a, 1 - 2 * a}, w);
    };
    three(0.24928674517091042, 0.11678627572637937);
    three(0.063089014491502227, 0.050844906370206817);
    const double a = 0.053145049844816947, b = 0.31035245103378440, c = 1 - a - b;
    for (const auto &x : {std::array<double, 3>{a, b, c}, {a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}})
      add(x, 0.082851075618373575);
  }
};

/// 4 points, exact to degree 7 (Gauss).
template <>
struct CurvedQuadratureRule<1>
{
  static constexpr int                 n = 4;
  std::array<std::array<double, 2>, n> points;
  std::array<double, n>                weights;

  CurvedQuadratureRule()
  {
    int        at  = 0;
    const auto two = [&](double s, double w) {
      for (const double sign : {-1., 1.})
        {
          const double x = 0.5 * (1 + sign * s);
          points[at]     = {1 - x, x};
          weights[at++]  = w / 2;
        }
    };
    two(0.33998104358485626, 0.65214515486254614);
    two(0.86113631159405258, 0.34785484513745386);
  }
};

/// Values of the P2 functions at a barycentric point.
template <int dim>
std::array<double, SimplexReference<dim>::n_nodes> p2_values(const std::array<double, dim + 1> &x)
{
  using R = SimplexReference<dim>;
  std::array<double, R::n_nodes> phi{};
  for (int v = 0; v < R::n_vertices; ++v)
    phi[v] = x[v] * (2 * x[v] - 1);
  for (int e = 0; e < R::n_edges; ++e)
    phi[R::n_vertices + e] = 4 * x[R::edges[e][0]] * x[R::edges[e][1]];
  return phi;
}

/// Barycentric coordinates of a P2 node.
template <int dim>
std::array<double, dim + 1> p2_node(int node)
{
  using R = SimplexReference<dim>;
  std::array<double, dim + 1> x{};
  if (node < R::n_vertices)
    x[node] = 1;
  else
    x[R::edges[node - R::n_vertices][0]] = x[R::edges[node - R::n_vertices][1]] = 0.5;
  return x;
}

/// Derivatives of the P2 functions with respect to each barycentric coordinate.
template <int dim>
std::array<std::array<double, dim + 1>, SimplexReference<dim>::n_nodes> p2_derivatives(
  const std::array<double, dim + 1> &x)
{
  using R = SimplexReference<dim>;
  std::array<std::array<double, dim + 1>, R::n_nodes> d{};
  for (int v = 0; v < R::n_vertices; ++v)
    d[v][v] = 4 * x[v] - 1;
  for (int e = 0; e < R::n_edges; ++e)
    {
      d[R::n_vertices + e][R::edges[e][0]] = 4 * x[R::edges[e][1]];
      d[R::n_vertices + e][R::edges[e][1]] = 4 * x[R::edges[e][0]];
    }
  return d;
}

/// The Lagrange functions of degree 1 or 2, and what integrates their products on affine cells. The P1 nodes are the first of the P2 ones.
template <int dim, int degree>
struct Lagrange;

template <int dim>
struct Lagrange<dim, 2>
{
  static constexpr int n_nodes = SimplexReference<dim>::n_nodes;
  using Rule                   = QuadratureRule<dim>;
  static auto values(const std::array<double, dim + 1> &x) { return p2_values<dim>(x); }
  static auto derivatives(const std::array<double, dim + 1> &x) { return p2_derivatives<dim>(x); }
};

template <int dim>
struct Lagrange<dim, 1>
{
  static constexpr int n_nodes = dim + 1;
  using Rule                   = LinearQuadratureRule<dim>;
  static auto values(const std::array<double, dim + 1> &x) { return x; }
  static auto derivatives(const std::array<double, dim + 1> &)
  {
    std::array<std::array<double, dim + 1>, n_nodes> d{};
    for (int i = 0; i < n_nodes; ++i)
      d[i][i] = 1;
    return d;
  }
};

} // namespace vesalius::kernels
