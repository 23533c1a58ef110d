// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/element.h"

/// Unrolled, the arrays of a kernel are registers.
#ifdef __CUDACC__
#define VESALIUS_UNROLL _Pragma("unroll")
#else
#define VESALIUS_UNROLL _Pragma("GCC unroll 16")
#endif

// Values of velocity functions and P1 functions at the points of the rule that is exact for convection, Lagrange<dim, degree>::Rule (simplex_reference.h), and
// the transposed sums. The points are orbits of the vertices (one coordinate differs from the others: point v belongs to vertex v), in P2 also one of the edges
// (two coordinates: point e belongs to edge e) or in two dimensions the centre, so that what the points of an orbit share is computed once: for tetrahedra less
// than half of the work of a table of functions.
namespace vesalius::device
{

/// As many as make the rule exact to degree 2 or 5.
template <class Element>
constexpr int n_vertex_orbits = Element::degree;
/// Vertices of the first orbit, of the second, then edges in VTK order or the centre.
template <class Element>
constexpr int n_points = n_vertex_orbits<Element> * Element::n_vertices + (Element::degree == 1 ? 0 : Element::dim == 3 ? 6 : 1);

namespace internal
{
VESALIUS_HOST_DEVICE constexpr double orbit_rest(int dim, int degree, int number)
{
  if (degree == 1)
    return dim == 3 ? (1 - 0.58541019662496845446) / 3 : 1. / 6;
  if (dim == 3)
    return number == 0 ? 0.31088591926330060980 : 0.092735250310891226402;
  return number == 0 ? 0.47014206410511508977 : 0.10128650732345633880;
}
VESALIUS_HOST_DEVICE constexpr double orbit_weight(int dim, int degree, int number)
{
  if (degree == 1)
    return 1. / (dim + 1);
  if (dim == 3)
    return number == 0 ? 0.11268792571801585080 : 0.073493043116361949544;
  return number == 0 ? 0.13239415278850618074 : 0.12593918054482715260;
}
} // namespace internal

/// The points at which vertex v has the coordinate `own` and the others `rest`.
template <class Element, int number>
struct VertexOrbit
{
  static constexpr double rest   = internal::orbit_rest(Element::dim, Element::degree, number);
  static constexpr double own    = 1 - Element::dim * rest;
  static constexpr double weight = internal::orbit_weight(Element::dim, Element::degree, number);
  // Values of the P2 functions of the own vertex, of another one, of an edge at it, of another one.
  static constexpr double own_vertex = own * (2 * own - 1), other_vertex = rest * (2 * rest - 1);
  static constexpr double own_edge = 4 * own * rest, other_edge = 4 * rest * rest;
};

/// The points at which the vertices of edge e have the coordinate `own` and the others `rest`; P2 tetrahedra.
struct EdgeOrbit
{
  static constexpr double own = 0.045503704125649649492, rest = 0.5 - own, weight = 0.042546020777081466438;
  static constexpr double own_vertex = own * (2 * own - 1), other_vertex = rest * (2 * rest - 1);
  static constexpr double own_edge = 4 * own * own, opposite = 4 * rest * rest, other_edge = 4 * own * rest;
};

/// The centre of P2 triangles.
struct CentrePoint
{
  static constexpr double weight = 0.225, coordinate = 1. / 3, vertex = -1. / 9, edge = 4. / 9;
};

template <class Element>
VESALIUS_HOST_DEVICE constexpr double point_weight(int point)
{
  if (point < Element::n_vertices)
    return VertexOrbit<Element, 0>::weight;
  if (point < 2 * Element::n_vertices)
    return VertexOrbit<Element, 1>::weight;
  return Element::dim == 3 ? EdgeOrbit::weight : CentrePoint::weight;
}

namespace internal
{
/// visit(orbit, its first point).
template <class Element, class Visit>
VESALIUS_HOST_DEVICE inline void for_each_vertex_orbit(const Visit &visit)
{
  visit(VertexOrbit<Element, 0>{}, 0);
  if constexpr (n_vertex_orbits<Element> == 2)
    visit(VertexOrbit<Element, 1>{}, Element::n_vertices);
}
/// Of the n values from `first` on.
template <int first, int n, class Number, int size>
VESALIUS_HOST_DEVICE inline Number sum_of(const Number (&x)[size])
{
  static_assert(first + n <= size);
  Number sum = x[first];
  VESALIUS_UNROLL
  for (int i = 1; i < n; ++i)
    sum += x[first + i];
  return sum;
}
/// Of the values that belong to the edges at vertex v, the first edge's at `first`.
template <class Element, int first, class Number, int size>
VESALIUS_HOST_DEVICE inline Number sum_around(const Number (&x)[size], int v)
{
  Number sum = x[first + edge_between(v, (v + 1) % Element::n_vertices)];
  VESALIUS_UNROLL
  for (int i = 2; i < Element::n_vertices; ++i)
    sum += x[first + edge_between(v, (v + i) % Element::n_vertices)];
  return sum;
}
} // namespace internal

/// value[q] = sum_v x[v] lambda_v(q).
template <class Element, class Number>
VESALIUS_HOST_DEVICE inline void p1_at_points(const Number (&x)[Element::n_vertices], Number (&value)[n_points<Element>])
{
  constexpr int n   = Element::n_vertices;
  const Number  sum = internal::sum_of<0, n>(x);
  internal::for_each_vertex_orbit<Element>([&](auto orbit, int begin) {
    using O = decltype(orbit);
    VESALIUS_UNROLL
    for (int v = 0; v < n; ++v)
      value[begin + v] = O::rest * sum + (O::own - O::rest) * x[v];
  });
  if constexpr (Element::degree == 2 && Element::dim == 3)
    {
      VESALIUS_UNROLL
      for (int e = 0; e < 6; ++e)
        value[2 * n + e] = EdgeOrbit::rest * sum + (EdgeOrbit::own - EdgeOrbit::rest) * (x[edge_vertex(e, 0)] + x[edge_vertex(e, 1)]);
    }
  else if constexpr (Element::degree == 2)
    value[2 * n] = CentrePoint::coordinate * sum;
}

/// y[v] += sum_q f[q] lambda_v(q).
template <class Element, class Number>
VESALIUS_HOST_DEVICE inline void add_p1_moments(const Number (&f)[n_points<Element>], Number (&y)[Element::n_vertices])
{
  constexpr int n   = Element::n_vertices;
  Number        sum = 0;
  internal::for_each_vertex_orbit<Element>([&](auto orbit, int begin) {
    using O         = decltype(orbit);
    Number of_orbit = f[begin];
    VESALIUS_UNROLL
    for (int v = 1; v < n; ++v)
      of_orbit += f[begin + v];
    sum += O::rest * of_orbit;
    VESALIUS_UNROLL
    for (int v = 0; v < n; ++v)
      y[v] += (O::own - O::rest) * f[begin + v];
  });
  if constexpr (Element::degree == 2 && Element::dim == 3)
    {
      sum += EdgeOrbit::rest * internal::sum_of<2 * n, 6>(f);
      VESALIUS_UNROLL
      for (int v = 0; v < n; ++v)
        y[v] += (EdgeOrbit::own - EdgeOrbit::rest) * internal::sum_around<Element, 2 * n>(f, v);
    }
  else if constexpr (Element::degree == 2)
    sum += CentrePoint::coordinate * f[2 * n];
  VESALIUS_UNROLL
  for (int v = 0; v < n; ++v)
    y[v] += sum;
}

/// value[q] = sum_i x[i] phi_i(q), of the velocity's functions.
template <class Element, class Number>
VESALIUS_HOST_DEVICE inline void velocity_at_points(const Number (&x)[Element::n_nodes], Number (&value)[n_points<Element>])
{
  if constexpr (Element::degree == 1)
    p1_at_points<Element>(x, value);
  else
    {
      constexpr int n        = Element::n_vertices;
      const Number  vertices = internal::sum_of<0, n>(x), edges = internal::sum_of<n, Element::n_edges>(x);
      internal::for_each_vertex_orbit<Element>([&](auto orbit, int begin) {
        using O           = decltype(orbit);
        const Number base = O::other_vertex * vertices + O::other_edge * edges;
        VESALIUS_UNROLL
        for (int v = 0; v < n; ++v)
          value[begin + v] = base + (O::own_vertex - O::other_vertex) * x[v] + (O::own_edge - O::other_edge) * internal::sum_around<Element, n>(x, v);
      });
      if constexpr (Element::dim == 3)
        {
          using E           = EdgeOrbit;
          const Number base = E::other_vertex * vertices + E::other_edge * edges;
          VESALIUS_UNROLL
          for (int e = 0; e < 6; ++e)
            value[2 * n + e] = base + (E::own_vertex - E::other_vertex) * (x[edge_vertex(e, 0)] + x[edge_vertex(e, 1)]) +
                               (E::own_edge - E::other_edge) * x[n + e] + (E::opposite - E::other_edge) * x[n + opposite_edge(e)];
        }
      else
        value[2 * n] = CentrePoint::vertex * vertices + CentrePoint::edge * edges;
    }
}

/// y[i] += sum_q f[q] phi_i(q), of the velocity's functions.
template <class Element, class Number>
VESALIUS_HOST_DEVICE inline void add_velocity_moments(const Number (&f)[n_points<Element>], Number (&y)[Element::n_nodes])
{
  if constexpr (Element::degree == 1)
    add_p1_moments<Element>(f, y);
  else
    {
      constexpr int n = Element::n_vertices;
      internal::for_each_vertex_orbit<Element>([&](auto orbit, int begin) {
        using O    = decltype(orbit);
        Number sum = f[begin];
        VESALIUS_UNROLL
        for (int v = 1; v < n; ++v)
          sum += f[begin + v];
        VESALIUS_UNROLL
        for (int v = 0; v < n; ++v)
          y[v] += O::other_vertex * sum + (O::own_vertex - O::other_vertex) * f[begin + v];
        VESALIUS_UNROLL
        for (int e = 0; e < Element::n_edges; ++e)
          y[n + e] += O::other_edge * sum + (O::own_edge - O::other_edge) * (f[begin + edge_vertex(e, 0)] + f[begin + edge_vertex(e, 1)]);
      });
      if constexpr (Element::dim == 3)
        {
          using E          = EdgeOrbit;
          const Number sum = internal::sum_of<2 * n, 6>(f);
          VESALIUS_UNROLL
          for (int v = 0; v < n; ++v)
            y[v] += E::other_vertex * sum + (E::own_vertex - E::other_vertex) * internal::sum_around<Element, 2 * n>(f, v);
          VESALIUS_UNROLL
          for (int e = 0; e < 6; ++e)
            y[n + e] += E::other_edge * sum + (E::own_edge - E::other_edge) * f[2 * n + e] + (E::opposite - E::other_edge) * f[2 * n + opposite_edge(e)];
        }
      else
        {
          VESALIUS_UNROLL
          for (int i = 0; i < Element::n_nodes; ++i)
            y[i] += (i < n ? CentrePoint::vertex : CentrePoint::edge) * f[2 * n];
        }
    }
}

} // namespace vesalius::device
