// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cell_geometry.h"
#include "solver/kernels/cuda/backend.h"
#include "solver/kernels/cuda/point_values.h"

// The element kernels of the flow on straight cells, one cell an item; the twins of flow_kernels.h, momentum_kernels.h and subscale_kernels.h. Velocities are
// interleaved, of the element's degree, pressures P1.
namespace vesalius::device
{

template <class Element>
using CellGeometry = kernels::Geometry<Element::dim, double>;

/// The mesh in the backend's memory. Nodes are stored by place: p2[i n + c] is node i of cell c, so that neighbouring threads read neighbouring numbers.
template <class Element>
struct Cells
{
  static constexpr int dim = Element::dim;
  Index                n = 0, n_nodes = 0, n_vertices = 0;
  const std::int32_t  *p2 = nullptr, *p1 = nullptr; ///< the velocity's nodes and the vertices
  const double        *vertices = nullptr;          ///< coordinates of the P1 nodes

  VESALIUS_HOST_DEVICE CellGeometry<Element> geometry(Index cell) const
  {
    double x[Element::n_vertices][dim];
    VESALIUS_UNROLL
    for (int v = 0; v < Element::n_vertices; ++v)
      for (int d = 0; d < dim; ++d)
        x[v][d] = vertices[dim * Index(p1[v * n + cell]) + d];
    CellGeometry<Element> g;
    kernels::set_geometry(x, g);
    return g;
  }
  VESALIUS_HOST_DEVICE void gather_p2(Index cell, const double *u, int component, double (&x)[Element::n_nodes]) const
  {
    VESALIUS_UNROLL
    for (int i = 0; i < Element::n_nodes; ++i)
      x[i] = u[dim * Index(p2[i * n + cell]) + component];
  }
  VESALIUS_HOST_DEVICE void gather_p1(Index cell, const double *p, double (&x)[Element::n_vertices]) const
  {
    VESALIUS_UNROLL
    for (int v = 0; v < Element::n_vertices; ++v)
      x[v] = p[p1[v * n + cell]];
  }
  VESALIUS_HOST_DEVICE void add_p2(Index cell, const double (&x)[Element::n_nodes], int component, double *r) const
  {
    VESALIUS_UNROLL
    for (int i = 0; i < Element::n_nodes; ++i)
      add_to(r[dim * Index(p2[i * n + cell]) + component], x[i]);
  }
  VESALIUS_HOST_DEVICE void add_p1(Index cell, const double (&x)[Element::n_vertices], double *r) const
  {
    VESALIUS_UNROLL
    for (int v = 0; v < Element::n_vertices; ++v)
      add_to(r[p1[v * n + cell]], x[v]);
  }
  /// Node numbers and coordinates.
  double bytes() const { return double(n) * 4 * (Element::n_vertices + (Element::degree == 2 ? Element::n_nodes : 0)) + double(n_vertices) * 8 * dim; }
  double velocity_bytes() const { return double(n_nodes) * 8 * dim; }
  double pressure_bytes() const { return double(n_vertices) * 8; }
};

/// The derivatives of a velocity by the barycentric coordinates at vertex v, where it is of degree 2; else everywhere.
template <class Element>
VESALIUS_HOST_DEVICE inline double derivative_at_vertex(const double (&x)[Element::n_nodes], int v, int coordinate)
{
  if constexpr (Element::degree == 1)
    return x[coordinate];
  else
    return coordinate == v ? 3 * x[v] : 4 * x[Element::n_vertices + edge_between(v, coordinate)] - x[coordinate];
}

/// slope[d][v] = derivative of a velocity along d at vertex v; it is linear between them, or constant.
template <class Element>
VESALIUS_HOST_DEVICE inline void vertex_slopes(const CellGeometry<Element> &g, const double (&x)[Element::n_nodes],
                                               double (&slope)[Element::dim][Element::n_vertices])
{
  VESALIUS_UNROLL
  for (int v = 0; v < Element::n_vertices; ++v)
    {
      double by_coordinate[Element::n_vertices];
      VESALIUS_UNROLL
      for (int a = 0; a < Element::n_vertices; ++a)
        by_coordinate[a] = derivative_at_vertex<Element>(x, v, a);
      VESALIUS_UNROLL
      for (int d = 0; d < Element::dim; ++d) // the gradients' sum is zero
        {
          slope[d][v] = 0;
          VESALIUS_UNROLL
          for (int a = 1; a < Element::n_vertices; ++a)
            slope[d][v] += (by_coordinate[a] - by_coordinate[0]) * g.gradient[a][d];
        }
    }
}

/// The same along one direction, added to `sum`.
template <class Element>
VESALIUS_HOST_DEVICE inline void add_vertex_slopes(const CellGeometry<Element> &g, const double (&x)[Element::n_nodes], int d, double (&sum)[Element::n_vertices])
{
  VESALIUS_UNROLL
  for (int v = 0; v < Element::n_vertices; ++v)
    VESALIUS_UNROLL
    for (int a = 0; a < Element::n_vertices; ++a)
      sum[v] += derivative_at_vertex<Element>(x, v, a) * g.gradient[a][d];
}

/// y[i] += integral of f d phi_i / d x_d, from the integrals of f with the barycentric coordinates.
template <class Element>
VESALIUS_HOST_DEVICE inline void add_weak_slope(const CellGeometry<Element> &g, const double (&moment)[Element::n_vertices], int d, double (&y)[Element::n_nodes])
{
  constexpr int n   = Element::n_vertices;
  const double  sum = internal::sum_of<0, n>(moment);
  VESALIUS_UNROLL
  for (int v = 0; v < n; ++v)
    y[v] += (Element::degree == 2 ? 4 * moment[v] - sum : sum) * g.gradient[v][d];
  if constexpr (Element::degree == 2)
    {
      VESALIUS_UNROLL
      for (int e = 0; e < Element::n_edges; ++e)
        y[n + e] += 4 * (moment[edge_vertex(e, 0)] * g.gradient[edge_vertex(e, 1)][d] + moment[edge_vertex(e, 1)] * g.gradient[edge_vertex(e, 0)][d]);
    }
}

/// The same for f = scale slope, which is linear in the cell.
template <class Element>
VESALIUS_HOST_DEVICE inline void add_slope_moments(const CellGeometry<Element> &g, const double (&slope)[Element::n_vertices], int d, double scale,
                                                   double (&y)[Element::n_nodes])
{
  constexpr int n    = Element::n_vertices;
  const double  unit = scale * g.volume * kernels::SimplexReference<Element::dim>::p1_mass, sum = internal::sum_of<0, n>(slope);
  double        moment[n];
  VESALIUS_UNROLL
  for (int v = 0; v < n; ++v)
    moment[v] = unit * (slope[v] + sum);
  add_weak_slope<Element>(g, moment, d, y);
}

template <int dim>
VESALIUS_HOST_DEVICE inline double dot(const double (&a)[dim], const double (&b)[dim])
{
  double sum = a[0] * b[0];
  VESALIUS_UNROLL
  for (int d = 1; d < dim; ++d)
    sum += a[d] * b[d];
  return sum;
}

/// What stabilises velocities of degree 1 in a cell (physics/flow/orthogonal_subscales.h): `along[a]` = u . grad lambda_a for the velocity u in its middle, tau.
template <class Element>
struct Subscale
{
  double along[Element::n_vertices], tau;

  Subscale() = default;
  /// `rate`: gamma0/dt; `nu`: mu/rho.
  VESALIUS_HOST_DEVICE Subscale(const CellGeometry<Element> &g, const double (&middle)[Element::dim], double rate, double nu)
  {
    double convection = 0, diffusion = 0;
    VESALIUS_UNROLL
    for (int a = 0; a < Element::n_vertices; ++a)
      {
        along[a] = dot(middle, g.gradient[a]);
        convection += along[a] < 0 ? -along[a] : along[a];
        diffusion += 2 * nu * dot(g.gradient[a], g.gradient[a]);
      }
    tau = 1 / sqrt(rate * rate + convection * convection + diffusion * diffusion);
  }
  VESALIUS_HOST_DEVICE static double mean(const double (&x)[Element::n_vertices])
  {
    return internal::sum_of<0, Element::n_vertices>(x) / Element::n_vertices;
  }
  /// u . grad x.
  VESALIUS_HOST_DEVICE double derivative(const double (&x)[Element::n_vertices]) const { return dot(along, x); }
};

/// y += [mass (x, v) + rho ((w . grad x, v) + 1/2 (div w x, v)) + mu (grad x, grad v)]; w is not read where nothing convects. With velocities of degree 1
/// + rho tau (w . grad x, w . grad v), where gamma0/dt = mass/rho.
template <class Element, bool convects>
struct MomentumOperator
{
  static constexpr const char *name          = convects ? "momentum operator" : "Helmholtz operator";
  static constexpr bool        is_stabilised = convects && Element::degree == 1;
  Cells<Element> cells;
  double         mass, rho, mu;
  const double  *w, *x;
  double        *y;

  double bytes(Index) const { return cells.bytes() + (convects ? 4 : 3) * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     speed[Element::dim][n_points<Element>], divergence[Element::n_vertices] = {}, divergence_at[n_points<Element>], nodal[Element::n_nodes];

    [[maybe_unused]] Subscale<Element> subscale;
    [[maybe_unused]] double            middle[Element::dim];
    if constexpr (convects)
      {
        VESALIUS_UNROLL
        for (int d = 0; d < Element::dim; ++d)
          {
            cells.gather_p2(cell, w, d, nodal);
            velocity_at_points<Element>(nodal, speed[d]);
            add_vertex_slopes<Element>(g, nodal, d, divergence);
            if constexpr (is_stabilised)
              middle[d] = Subscale<Element>::mean(nodal);
          }
        p1_at_points<Element>(divergence, divergence_at);
        if constexpr (is_stabilised)
          subscale = Subscale<Element>(g, middle, mass / rho, mu / rho);
      }
    for (int component = 0; component < Element::dim; ++component)
      {
        double slope[Element::dim][Element::n_vertices], f[n_points<Element>], at[n_points<Element>], result[Element::n_nodes] = {};
        cells.gather_p2(cell, x, component, nodal);
        vertex_slopes<Element>(g, nodal, slope);
        velocity_at_points<Element>(nodal, f);
        VESALIUS_UNROLL
        for (int q = 0; q < n_points<Element>; ++q)
          f[q] *= convects ? mass + 0.5 * rho * divergence_at[q] : mass;
        if constexpr (convects)
          {
            VESALIUS_UNROLL
            for (int d = 0; d < Element::dim; ++d)
              {
                p1_at_points<Element>(slope[d], at);
                VESALIUS_UNROLL
                for (int q = 0; q < n_points<Element>; ++q)
                  f[q] += rho * speed[d][q] * at[q];
              }
          }
        VESALIUS_UNROLL
        for (int q = 0; q < n_points<Element>; ++q)
          f[q] *= point_weight<Element>(q) * g.volume;
        add_velocity_moments<Element>(f, result);
        VESALIUS_UNROLL
        for (int d = 0; d < Element::dim; ++d)
          add_slope_moments<Element>(g, slope[d], d, mu, result);
        if constexpr (is_stabilised)
          {
            const double force = rho * subscale.tau * g.volume * subscale.derivative(nodal);
            VESALIUS_UNROLL
            for (int v = 0; v < Element::n_vertices; ++v)
              result[v] += force * subscale.along[v];
          }
        cells.add_p2(cell, result, component, y);
      }
  }
};

/// Diagonal of mass (x, v) + mu (grad x, grad v), the same for all components. The convective part's is zero but for the outlets.
template <class Element>
struct MomentumDiagonal
{
  static constexpr const char *name = "momentum diagonal";
  Cells<Element> cells;
  double         mass, mu;
  double        *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / Element::dim; }

  // Of a cell of unit volume: the integrals of phi^2 and, over the squares of the gradients, of (grad phi)^2.
  static constexpr int    n            = Element::n_vertices;
  static constexpr double vertex_mass  = Element::degree == 1 ? 2 * kernels::SimplexReference<Element::dim>::p1_mass : Element::dim == 3 ? 1. / 70 : 1. / 30;
  static constexpr double vertex_slope = Element::degree == 1 ? 1 : Element::dim == 3 ? 0.6 : 1;
  static constexpr double edge_mass = Element::dim == 3 ? 8. / 105 : 8. / 45, edge_slope = 32 * kernels::SimplexReference<Element::dim>::p1_mass;

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    VESALIUS_UNROLL
    for (int v = 0; v < n; ++v)
      add_to(diagonal[cells.p2[v * cells.n + cell]], g.volume * (mass * vertex_mass + mu * vertex_slope * dot(g.gradient[v], g.gradient[v])));
    VESALIUS_UNROLL
    for (int e = 0; e < Element::n_nodes - n; ++e)
      {
        const auto  &a       = g.gradient[edge_vertex(e, 0)], &b = g.gradient[edge_vertex(e, 1)];
        const double squares = dot(a, a) + dot(b, b) + dot(a, b);
        add_to(diagonal[cells.p2[(n + e) * cells.n + cell]], g.volume * (mass * edge_mass + mu * edge_slope * squares));
      }
  }
};

/// r += (new_scale u + old_scale u_old, v) - (grad p, v).
template <class Element>
struct MomentumRightSide
{
  static constexpr const char *name = "momentum right-hand side";
  Cells<Element> cells;
  double         new_scale, old_scale;
  const double  *u, *u_old, *p;
  double        *r;

  double bytes(Index) const { return cells.bytes() + 4 * cells.velocity_bytes() + cells.pressure_bytes(); }

  /// The integral of function i over a cell of unit volume.
  VESALIUS_HOST_DEVICE static constexpr double weight(int i)
  {
    using Reference = kernels::SimplexReference<Element::dim>;
    return Element::degree == 1 ? 1. / Element::n_vertices : i < Element::n_vertices ? Reference::vertex_weight : Reference::edge_weight;
  }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     pressure[Element::n_vertices], nodal[Element::n_nodes], old[Element::n_nodes], f[n_points<Element>];
    cells.gather_p1(cell, p, pressure);
    VESALIUS_UNROLL
    for (int d = 0; d < Element::dim; ++d)
      {
        double result[Element::n_nodes] = {}, slope = 0;
        cells.gather_p2(cell, u, d, nodal);
        cells.gather_p2(cell, u_old, d, old);
        VESALIUS_UNROLL
        for (int i = 0; i < Element::n_nodes; ++i)
          nodal[i] = new_scale * nodal[i] + old_scale * old[i];
        velocity_at_points<Element>(nodal, f);
        VESALIUS_UNROLL
        for (int q = 0; q < n_points<Element>; ++q)
          f[q] *= point_weight<Element>(q) * g.volume;
        add_velocity_moments<Element>(f, result);
        VESALIUS_UNROLL
        for (int a = 0; a < Element::n_vertices; ++a)
          slope += pressure[a] * g.gradient[a][d];
        slope *= g.volume;
        VESALIUS_UNROLL
        for (int i = 0; i < Element::n_nodes; ++i)
          result[i] -= slope * weight(i);
        cells.add_p2(cell, result, d, r);
      }
  }
};

/// r -= (div u, q).
template <class Element>
struct NegativeDivergence
{
  static constexpr const char *name = "divergence";
  Cells<Element> cells;
  const double  *u;
  double        *r;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes() + 2 * cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     divergence[Element::n_vertices] = {}, nodal[Element::n_nodes];
    VESALIUS_UNROLL
    for (int d = 0; d < Element::dim; ++d)
      {
        cells.gather_p2(cell, u, d, nodal);
        add_vertex_slopes<Element>(g, nodal, d, divergence);
      }
    const double sum = internal::sum_of<0, Element::n_vertices>(divergence);
    VESALIUS_UNROLL
    for (int v = 0; v < Element::n_vertices; ++v)
      divergence[v] = -g.volume * kernels::SimplexReference<Element::dim>::p1_mass * (divergence[v] + sum);
    cells.add_p1(cell, divergence, r);
  }
};

/// |grad u|^2 (Frobenius), the largest at the vertices of the cell.
template <class Element>
struct LargestGradient
{
  static constexpr const char *name = "largest gradient";
  Cells<Element> cells;
  const double  *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     square[Element::n_vertices] = {}, nodal[Element::n_nodes], slope[Element::dim][Element::n_vertices], largest = 0;
    for (int component = 0; component < Element::dim; ++component)
      {
        cells.gather_p2(cell, u, component, nodal);
        vertex_slopes<Element>(g, nodal, slope);
        VESALIUS_UNROLL
        for (int v = 0; v < Element::n_vertices; ++v)
          for (int d = 0; d < Element::dim; ++d)
            square[v] += slope[d][v] * slope[d][v];
      }
    VESALIUS_UNROLL
    for (int v = 0; v < Element::n_vertices; ++v)
      largest = larger(largest, square[v]);
    return largest;
  }
};

/// sum_a |u . grad lambda_a|, the largest at the nodes of the cell: times dt / 2, the Courant number.
template <class Element>
struct LargestRate
{
  static constexpr const char *name = "largest rate";
  Cells<Element> cells;
  const double  *u;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE double operator()(Index cell) const
  {
    const auto g       = cells.geometry(cell);
    double     largest = 0;
    for (int i = 0; i < Element::n_nodes; ++i)
      {
        const double *at   = u + Element::dim * Index(cells.p2[i * cells.n + cell]);
        double        rate = 0;
        VESALIUS_UNROLL
        for (int a = 0; a < Element::n_vertices; ++a)
          {
            double along = 0;
            for (int d = 0; d < Element::dim; ++d)
              along += at[d] * g.gradient[a][d];
            rate += along < 0 ? -along : along;
          }
        largest = larger(largest, rate);
      }
    return largest;
  }
};

// --- what stabilises velocities of degree 1 --------------------------------------------------------

/// Volume of the cells around each vertex over the number of their vertices.
template <class Element>
struct VertexVolume
{
  static constexpr const char *name = "vertex volume";
  Cells<Element> cells;
  double        *volume;

  double bytes(Index) const { return cells.bytes() + 2 * cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const double share = cells.geometry(cell).volume / Element::n_vertices;
    for (int v = 0; v < Element::n_vertices; ++v)
      add_to(volume[cells.p1[v * cells.n + cell]], share);
  }
};

/// What the terms of the subscales have in common.
template <class Element>
struct SubscaleTerms
{
  Cells<Element> cells;
  double         rho, mu, rate; ///< rate: gamma0/dt
  const double  *u;             ///< transport velocity

  VESALIUS_HOST_DEVICE Subscale<Element> at(Index cell, const CellGeometry<Element> &g) const
  {
    double middle[Element::dim], nodal[Element::n_nodes];
    VESALIUS_UNROLL
    for (int d = 0; d < Element::dim; ++d)
      {
        cells.gather_p2(cell, u, d, nodal);
        middle[d] = Subscale<Element>::mean(nodal);
      }
    return Subscale<Element>(g, middle, rate, mu / rho);
  }
  VESALIUS_HOST_DEVICE double pressure_slope(const CellGeometry<Element> &g, const double (&p)[Element::n_vertices], int d) const
  {
    double slope = 0;
    VESALIUS_UNROLL
    for (int a = 0; a < Element::n_vertices; ++a)
      slope += p[a] * g.gradient[a][d];
    return slope;
  }
};

/// pressure += (grad p, q), convection += (rho u . grad u, q).
template <class Element>
struct SubscaleMoments
{
  static constexpr const char *name = "subscale moments";
  SubscaleTerms<Element> terms;
  const double          *p;
  double                *pressure, *convection;

  double bytes(Index) const { return terms.cells.bytes() + 5 * terms.cells.velocity_bytes() + terms.cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto  &cells = terms.cells;
    const auto   g     = cells.geometry(cell);
    const auto   s     = terms.at(cell, g);
    const double share = g.volume / Element::n_vertices;
    double       values[Element::n_vertices], nodal[Element::n_nodes], result[Element::n_nodes];
    const auto   add = [&](double value, int d, double *r) {
      VESALIUS_UNROLL
      for (auto &entry : result)
        entry = share * value;
      cells.add_p2(cell, result, d, r);
    };
    cells.gather_p1(cell, p, values);
    VESALIUS_UNROLL
    for (int d = 0; d < Element::dim; ++d)
      {
        cells.gather_p2(cell, terms.u, d, nodal);
        add(terms.pressure_slope(g, values, d), d, pressure);
        add(terms.rho * s.derivative(nodal), d, convection);
      }
  }
};

/// r += tau (Pi(rho u . grad u), u . grad v); `convection`: the projection Pi.
template <class Element>
struct StreamlineForce
{
  static constexpr const char *name = "streamline force";
  SubscaleTerms<Element> terms;
  const double          *convection;
  double                *r;

  double bytes(Index) const { return terms.cells.bytes() + 4 * terms.cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto &cells = terms.cells;
    const auto  g     = cells.geometry(cell);
    const auto  s     = terms.at(cell, g);
    double      nodal[Element::n_nodes], result[Element::n_nodes];
    VESALIUS_UNROLL
    for (int d = 0; d < Element::dim; ++d)
      {
        cells.gather_p2(cell, convection, d, nodal);
        const double force = s.tau * g.volume * Subscale<Element>::mean(nodal);
        VESALIUS_UNROLL
        for (int v = 0; v < Element::n_vertices; ++v)
          result[v] = force * s.along[v];
        cells.add_p2(cell, result, d, r);
      }
  }
};

/// Diagonal of rho tau (u . grad x, u . grad v), the same for all components.
template <class Element>
struct StreamlineDiagonal
{
  static constexpr const char *name = "streamline diagonal";
  SubscaleTerms<Element> terms;
  double                *diagonal;

  double bytes(Index) const { return terms.cells.bytes() + terms.cells.velocity_bytes() + 2 * terms.cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = terms.cells.geometry(cell);
    const auto s = terms.at(cell, g);
    double     result[Element::n_vertices];
    VESALIUS_UNROLL
    for (int v = 0; v < Element::n_vertices; ++v)
      result[v] = terms.rho * s.tau * g.volume * s.along[v] * s.along[v];
    terms.cells.add_p1(cell, result, diagonal);
  }
};

/// r -= tau/rho (grad p - Pi grad p, grad q); `pressure`: the projection Pi.
template <class Element>
struct PressureSubscale
{
  static constexpr const char *name = "pressure subscale";
  SubscaleTerms<Element> terms;
  const double          *p, *pressure;
  double                *r;

  double bytes(Index) const { return terms.cells.bytes() + 2 * terms.cells.velocity_bytes() + 3 * terms.cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto  &cells = terms.cells;
    const auto   g     = cells.geometry(cell);
    const double scale = terms.at(cell, g).tau * g.volume / terms.rho;
    double       values[Element::n_vertices], nodal[Element::n_nodes], result[Element::n_vertices] = {};
    cells.gather_p1(cell, p, values);
    VESALIUS_UNROLL
    for (int d = 0; d < Element::dim; ++d)
      {
        cells.gather_p2(cell, pressure, d, nodal);
        const double deviation = terms.pressure_slope(g, values, d) - Subscale<Element>::mean(nodal);
        VESALIUS_UNROLL
        for (int v = 0; v < Element::n_vertices; ++v)
          result[v] -= scale * deviation * g.gradient[v][d];
      }
    cells.add_p1(cell, result, r);
  }
};

} // namespace vesalius::device
