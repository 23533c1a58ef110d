// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/host_device.h"

/// Unrolled, the arrays of a kernel are registers.
#ifdef __CUDACC__
#define VESALIUS_UNROLL _Pragma("unroll")
#else
#define VESALIUS_UNROLL _Pragma("GCC unroll 16")
#endif

// Values of P2 and P1 functions at the 14 points of QuadratureRule<3> (simplex_reference.h), and the transposed sums. The points are two
// orbits of four (one coordinate differs from the others: point v belongs to vertex v) and one of six (two coordinates: point e belongs to
// edge e), so that what the points of an orbit share is computed once: less than half of the work of a table of functions.
namespace vesalius::device
{

constexpr int n_points = 14; ///< vertices of the first orbit, of the second, then edges in VTK order

/// Vertices of an edge in VTK order: 01 12 20 03 13 23.
VESALIUS_HOST_DEVICE constexpr int edge_vertex(int edge, int end)
{
  return end == 0 ? edge % 3 : (edge < 3 ? (edge + 1) % 3 : 3);
}
VESALIUS_HOST_DEVICE constexpr int edge_between(int a, int b)
{
  return a == 3 ? 3 + b : b == 3 ? 3 + a : a + b == 1 ? 0 : a + b == 3 ? 1 : 2;
}
VESALIUS_HOST_DEVICE constexpr int opposite_edge(int edge)
{
  return edge == 0 ? 5 : edge == 5 ? 0 : edge == 1 ? 3 : edge == 3 ? 1 : edge == 2 ? 4 : 2;
}

/// The points at which vertex v has the coordinate `own` and the others `rest`.
template <int number>
struct VertexOrbit
{
  static constexpr double rest   = number == 0 ? 0.31088591926330060980 : 0.092735250310891226402;
  static constexpr double own    = 1 - 3 * rest;
  static constexpr double weight = number == 0 ? 0.11268792571801585080 : 0.073493043116361949544;
  // Values of the P2 functions of the own vertex, of another one, of an edge at it, of another one.
  static constexpr double own_vertex = own * (2 * own - 1), other_vertex = rest * (2 * rest - 1);
  static constexpr double own_edge = 4 * own * rest, other_edge = 4 * rest * rest;
};

/// The points at which the vertices of edge e have the coordinate `own` and the others `rest`.
struct EdgeOrbit
{
  static constexpr double own = 0.045503704125649649492, rest = 0.5 - own, weight = 0.042546020777081466438;
  static constexpr double own_vertex = own * (2 * own - 1), other_vertex = rest * (2 * rest - 1);
  static constexpr double own_edge = 4 * own * own, opposite = 4 * rest * rest, other_edge = 4 * own * rest;
};

VESALIUS_HOST_DEVICE constexpr double point_weight(int point)
{
  return point < 4 ? VertexOrbit<0>::weight : point < 8 ? VertexOrbit<1>::weight : EdgeOrbit::weight;
}

/// value[q] = sum_v x[v] lambda_v(q).
template <class Number>
VESALIUS_HOST_DEVICE inline void p1_at_points(const Number (&x)[4], Number (&value)[n_points])
{
  using First       = VertexOrbit<0>;
  using Second      = VertexOrbit<1>;
  const Number sum  = (x[0] + x[1]) + (x[2] + x[3]);
  VESALIUS_UNROLL
  for (int v = 0; v < 4; ++v)
    {
      value[v]     = First::rest * sum + (First::own - First::rest) * x[v];
      value[4 + v] = Second::rest * sum + (Second::own - Second::rest) * x[v];
    }
  VESALIUS_UNROLL
  for (int e = 0; e < 6; ++e)
    value[8 + e] = EdgeOrbit::rest * sum + (EdgeOrbit::own - EdgeOrbit::rest) * (x[edge_vertex(e, 0)] + x[edge_vertex(e, 1)]);
}

/// y[v] += sum_q f[q] lambda_v(q).
template <class Number>
VESALIUS_HOST_DEVICE inline void add_p1_moments(const Number (&f)[n_points], Number (&y)[4])
{
  using First             = VertexOrbit<0>;
  using Second            = VertexOrbit<1>;
  const Number first_sum  = (f[0] + f[1]) + (f[2] + f[3]);
  const Number second_sum = (f[4] + f[5]) + (f[6] + f[7]);
  const Number edge_sum   = ((f[8] + f[9]) + (f[10] + f[11])) + (f[12] + f[13]);
  const Number sum        = First::rest * first_sum + Second::rest * second_sum + EdgeOrbit::rest * edge_sum;
  VESALIUS_UNROLL
  for (int v = 0; v < 4; ++v)
    {
      const Number around = f[8 + edge_between(v, (v + 1) % 4)] + f[8 + edge_between(v, (v + 2) % 4)] + f[8 + edge_between(v, (v + 3) % 4)];
      y[v] += sum + (First::own - First::rest) * f[v] + (Second::own - Second::rest) * f[4 + v] + (EdgeOrbit::own - EdgeOrbit::rest) * around;
    }
}

/// value[q] = sum_i x[i] phi_i(q), P2.
template <class Number>
VESALIUS_HOST_DEVICE inline void p2_at_points(const Number (&x)[10], Number (&value)[n_points])
{
  const Number vertices = (x[0] + x[1]) + (x[2] + x[3]);
  const Number edges    = ((x[4] + x[5]) + (x[6] + x[7])) + (x[8] + x[9]);
  const auto   fill     = [&](auto orbit, int begin) {
    using O           = decltype(orbit);
    const Number base = O::other_vertex * vertices + O::other_edge * edges;
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      {
        const Number around = x[4 + edge_between(v, (v + 1) % 4)] + x[4 + edge_between(v, (v + 2) % 4)] + x[4 + edge_between(v, (v + 3) % 4)];
        value[begin + v]    = base + (O::own_vertex - O::other_vertex) * x[v] + (O::own_edge - O::other_edge) * around;
      }
  };
  fill(VertexOrbit<0>{}, 0);
  fill(VertexOrbit<1>{}, 4);
  using E           = EdgeOrbit;
  const Number base = E::other_vertex * vertices + E::other_edge * edges;
  VESALIUS_UNROLL
  for (int e = 0; e < 6; ++e)
    value[8 + e] = base + (E::own_vertex - E::other_vertex) * (x[edge_vertex(e, 0)] + x[edge_vertex(e, 1)]) +
                   (E::own_edge - E::other_edge) * x[4 + e] + (E::opposite - E::other_edge) * x[4 + opposite_edge(e)];
}

/// y[i] += sum_q f[q] phi_i(q), P2.
template <class Number>
VESALIUS_HOST_DEVICE inline void add_p2_moments(const Number (&f)[n_points], Number (&y)[10])
{
  const auto add = [&](auto orbit, int begin) {
    using O          = decltype(orbit);
    const Number sum = (f[begin] + f[begin + 1]) + (f[begin + 2] + f[begin + 3]);
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      y[v] += O::other_vertex * sum + (O::own_vertex - O::other_vertex) * f[begin + v];
    VESALIUS_UNROLL
    for (int e = 0; e < 6; ++e)
      y[4 + e] += O::other_edge * sum + (O::own_edge - O::other_edge) * (f[begin + edge_vertex(e, 0)] + f[begin + edge_vertex(e, 1)]);
  };
  add(VertexOrbit<0>{}, 0);
  add(VertexOrbit<1>{}, 4);
  using E          = EdgeOrbit;
  const Number sum = ((f[8] + f[9]) + (f[10] + f[11])) + (f[12] + f[13]);
  VESALIUS_UNROLL
  for (int v = 0; v < 4; ++v)
    {
      const Number around = f[8 + edge_between(v, (v + 1) % 4)] + f[8 + edge_between(v, (v + 2) % 4)] + f[8 + edge_between(v, (v + 3) % 4)];
      y[v] += E::other_vertex * sum + (E::own_vertex - E::other_vertex) * around;
    }
  VESALIUS_UNROLL
  for (int e = 0; e < 6; ++e)
    y[4 + e] += E::other_edge * sum + (E::own_edge - E::other_edge) * f[8 + e] + (E::opposite - E::other_edge) * f[8 + opposite_edge(e)];
}

} // namespace vesalius::device
