// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/bundle_file.h"
#include "solver/kernels/cuda/curved_cell_kernels.h"
#include "solver/kernels/viscosity_laws.h"

// The viscous terms of a generalised Newtonian fluid beyond mu_ref Laplace u, one cell an item; the twins of viscous_kernels.h. Viscosities are P1, less the
// reference.
namespace vesalius::device
{

/// A law by its name and numbers.
struct ViscosityLaw
{
  enum class Kind
  {
    newtonian, ///< the reference everywhere
    carreau_yasuda,
    casson
  };
  Kind          kind = Kind::newtonian;
  CarreauYasuda carreau_yasuda;
  Casson        casson;
  double        lowest = 0, highest = 0; ///< Pa s

  ViscosityLaw() = default;
  /// From the sections `viscosity_law` and `viscosity_numbers`, if there. Throws InvalidBundle.
  explicit ViscosityLaw(const BundleFile &bundle)
  {
    if (!bundle.has("viscosity_law"))
      return;
    const auto name = bundle.text("viscosity_law");
    const auto v    = bundle.get<double>("viscosity_numbers", name == "casson" ? 3 : 5);
    if (name == "casson")
      {
        kind    = Kind::casson;
        casson  = {v[0], v[1], v[2]};
        lowest  = v[0];
        highest = casson.viscosity(0);
      }
    else if (name == "carreau_yasuda")
      {
        kind           = Kind::carreau_yasuda;
        carreau_yasuda = {v[0], v[1], v[2], v[3], v[4]};
        lowest         = v[1];
        highest        = v[0];
      }
    else
      throw InvalidBundle("the bundle's viscosity law '" + name + "' is not known");
  }
  bool                        varies() const { return kind != Kind::newtonian; }
  VESALIUS_HOST_DEVICE double viscosity(double rate) const { return kind == Kind::casson ? casson.viscosity(rate) : carreau_yasuda.viscosity(rate); }
};

/// The integral of the product of three barycentric coordinates, none of them twice, over a cell of unit volume.
template <class Element>
constexpr double p1_triple = kernels::SimplexReference<Element::dim>::p1_mass / (Element::dim + 3);

/// w += (mu(gamma(u)) - reference, q), gamma = sqrt(2 D(u) : D(u)).
template <class Element>
struct ViscosityMoments
{
  static constexpr const char *name = "viscosity";
  Cells<Element> cells;
  ViscosityLaw   law;
  double         reference;
  const double  *u;
  double        *w;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes() + 2 * cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     slope[Element::dim][Element::dim][Element::n_vertices], nodal[Element::n_nodes], square[n_points<Element>] = {}, at[n_points<Element>];
    double     result[Element::n_vertices] = {};
    for (int c = 0; c < Element::dim; ++c)
      {
        cells.gather_p2(cell, u, c, nodal);
        vertex_slopes<Element>(g, nodal, slope[c]);
      }
    for (int c = 0; c < Element::dim; ++c)
      for (int d = c; d < Element::dim; ++d)
        {
          double strain[Element::n_vertices];
          for (int v = 0; v < Element::n_vertices; ++v)
            strain[v] = slope[c][d][v] + slope[d][c][v];
          p1_at_points<Element>(strain, at);
          for (int q = 0; q < n_points<Element>; ++q)
            square[q] += (c == d ? 0.5 : 1.) * at[q] * at[q];
        }
    for (int q = 0; q < n_points<Element>; ++q)
      at[q] = point_weight<Element>(q) * g.volume * (law.viscosity(std::sqrt(square[q])) - reference);
    add_p1_moments<Element>(at, result);
    cells.add_p1(cell, result, w);
  }
};

template <class Element>
struct CurvedViscosityMoments
{
  static constexpr const char *name = "viscosity, curved";
  CurvedCells<Element> cells;
  ViscosityLaw         law;
  double               reference;
  const double        *u;
  double              *w;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               nodal[Element::n_nodes][Element::dim], slope[Element::dim][Element::dim], result[Element::n_vertices] = {};
    CurvedPoint<Element> at;
    cells.gather(cell, u, nodal);
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        at.velocity_gradient(nodal, slope);
        double square = 0;
        for (int c = 0; c < Element::dim; ++c)
          for (int d = 0; d < Element::dim; ++d)
            square += 0.5 * (slope[c][d] + slope[d][c]) * (slope[c][d] + slope[d][c]);
        const double excess = at.weight * (law.viscosity(std::sqrt(square)) - reference);
        for (int a = 0; a < Element::n_vertices; ++a)
          result[a] += excess * at.lambda[a];
      }
    for (int a = 0; a < Element::n_vertices; ++a)
      add_to(w[cells.p1[a * cells.n + cell]], result[a]);
  }
};

/// y += scale (mu grad x, grad v).
template <class Element>
struct VariableDiffusion
{
  static constexpr const char *name = "variable diffusion";
  Cells<Element> cells;
  double         scale;
  const double  *mu, *x;
  double        *y;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes() + cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     m[Element::n_vertices], total_m = 0;
    cells.gather_p1(cell, mu, m);
    VESALIUS_UNROLL
    for (int v = 0; v < Element::n_vertices; ++v)
      {
        m[v] *= scale * g.volume * p1_triple<Element>;
        total_m += m[v];
      }
    for (int component = 0; component < Element::dim; ++component)
      {
        double slope[Element::dim][Element::n_vertices], nodal[Element::n_nodes], result[Element::n_nodes] = {};
        cells.gather_p2(cell, x, component, nodal);
        vertex_slopes<Element>(g, nodal, slope);
        VESALIUS_UNROLL
        for (int d = 0; d < Element::dim; ++d)
          {
            // The integrals of the product of two linear functions with each barycentric coordinate.
            const auto  &s       = slope[d];
            const double total_s = internal::sum_of<0, Element::n_vertices>(s), both = total_m * total_s + dot(m, s);
            double       moment[Element::n_vertices];
            VESALIUS_UNROLL
            for (int v = 0; v < Element::n_vertices; ++v)
              moment[v] = both + m[v] * total_s + total_m * s[v] + 2 * m[v] * s[v];
            add_weak_slope<Element>(g, moment, d, result);
          }
        cells.add_p2(cell, result, component, y);
      }
  }
};

template <class Element>
struct CurvedVariableDiffusion
{
  static constexpr const char *name = "variable diffusion, curved";
  CurvedCells<Element> cells;
  double               scale;
  const double        *mu, *x;
  double              *y;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               nodal[Element::n_nodes][Element::dim], slope[Element::dim][Element::dim], result[Element::n_nodes][Element::dim] = {};
    CurvedPoint<Element> at;
    cells.gather(cell, x, nodal);
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        at.velocity_gradient(nodal, slope);
        const double stress = scale * at.weight * cells.value(cell, mu, at);
        for (int component = 0; component < Element::dim; ++component)
          for (int i = 0; i < Element::n_nodes; ++i)
            result[i][component] += stress * dot(slope[component], at.gradient[i]);
      }
    cells.add(cell, result, y);
  }
};

/// Diagonal of (mu grad x, grad v), the same for all components.
template <class Element>
struct VariableDiagonal
{
  static constexpr const char *name = "variable diagonal";
  Cells<Element> cells;
  const double  *mu;
  double        *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / Element::dim + cells.pressure_bytes(); }

  // The integral of lambda_w (d phi_v / d lambda_v)^2 over a cell of unit volume, by the unit of p1_triple: for w = v and for another vertex.
  static constexpr int    n     = Element::n_vertices;
  static constexpr double first = (Element::dim + 2) * (Element::dim + 3), second = Element::dim + 3;
  static constexpr double own = Element::degree == 2 ? 16 * 6 - 8 * 2 * second + first : first, other = Element::degree == 2 ? 16 * 2 - 8 * second + first : first;

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     m[Element::n_vertices];
    cells.gather_p1(cell, mu, m);
    const double total = internal::sum_of<0, n>(m), unit = g.volume * p1_triple<Element>;
    VESALIUS_UNROLL
    for (int v = 0; v < n; ++v)
      add_to(diagonal[cells.p2[v * cells.n + cell]], unit * (other * total + (own - other) * m[v]) * dot(g.gradient[v], g.gradient[v]));
    VESALIUS_UNROLL
    for (int e = 0; e < Element::n_nodes - n; ++e)
      {
        const int    v = edge_vertex(e, 0), w = edge_vertex(e, 1);
        const auto  &a = g.gradient[v], &b = g.gradient[w];
        const double squares = (total + 2 * m[v]) * dot(b, b) + (total + 2 * m[w]) * dot(a, a) + (total + m[v] + m[w]) * dot(a, b);
        add_to(diagonal[cells.p2[(n + e) * cells.n + cell]], 32 * unit * squares);
      }
  }
};

template <class Element>
struct CurvedVariableDiagonal
{
  static constexpr const char *name = "variable diagonal, curved";
  CurvedCells<Element> cells;
  const double        *mu;
  double              *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / Element::dim; }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               result[Element::n_nodes] = {};
    CurvedPoint<Element> at;
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        const double weight = at.weight * cells.value(cell, mu, at);
        for (int i = 0; i < Element::n_nodes; ++i)
          result[i] += weight * dot(at.gradient[i], at.gradient[i]);
      }
    for (int i = 0; i < Element::n_nodes; ++i)
      add_to(diagonal[cells.p2[i * cells.n + cell]], result[i]);
  }
};

/// r += ((grad u)^T grad mu, v).
template <class Element>
struct ViscosityGradient
{
  static constexpr const char *name = "viscosity gradient";
  Cells<Element> cells;
  const double  *mu, *u;
  double        *r;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes() + cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     m[Element::n_vertices], thinning[Element::dim] = {}, force[Element::dim][Element::n_vertices] = {}, slope[Element::dim][Element::n_vertices], nodal[Element::n_nodes], f[n_points<Element>];
    cells.gather_p1(cell, mu, m);
    for (int v = 0; v < Element::n_vertices; ++v)
      for (int d = 0; d < Element::dim; ++d)
        thinning[d] += m[v] * g.gradient[v][d];
    for (int c = 0; c < Element::dim; ++c)
      {
        cells.gather_p2(cell, u, c, nodal);
        vertex_slopes<Element>(g, nodal, slope);
        for (int d = 0; d < Element::dim; ++d)
          for (int v = 0; v < Element::n_vertices; ++v)
            force[d][v] += slope[d][v] * thinning[c];
      }
    for (int d = 0; d < Element::dim; ++d)
      {
        double result[Element::n_nodes] = {};
        p1_at_points<Element>(force[d], f);
        for (int q = 0; q < n_points<Element>; ++q)
          f[q] *= point_weight<Element>(q) * g.volume;
        add_velocity_moments<Element>(f, result);
        cells.add_p2(cell, result, d, r);
      }
  }
};

template <class Element>
struct CurvedViscosityGradient
{
  static constexpr const char *name = "viscosity gradient, curved";
  CurvedCells<Element> cells;
  const double        *mu, *u;
  double              *r;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double               nodal[Element::n_nodes][Element::dim], slope[Element::dim][Element::dim], result[Element::n_nodes][Element::dim] = {};
    CurvedPoint<Element> at;
    cells.gather(cell, u, nodal);
    for (int q = 0; q < cells.n_points; ++q)
      {
        cells.point(cell, q, at);
        at.velocity_gradient(nodal, slope);
        double thinning[Element::dim] = {};
        for (int a = 0; a < Element::n_vertices; ++a)
          for (int d = 0; d < Element::dim; ++d)
            thinning[d] += mu[cells.p1[a * cells.n + cell]] * at.lambda_gradient[a][d];
        for (int d = 0; d < Element::dim; ++d)
          {
            double force = 0;
            for (int c = 0; c < Element::dim; ++c)
              force += at.weight * slope[c][d] * thinning[c];
            for (int i = 0; i < Element::n_nodes; ++i)
              result[i][d] += force * at.phi[i];
          }
      }
    cells.add(cell, result, r);
  }
};

// --- at vertices -----------------------------------------------------------------------------------

namespace flow
{
/// Keeps mu - reference within the bounds of the law, which its projection oversteps.
struct BoundViscosity
{
  static constexpr const char *name = "bounds of the viscosity";
  double  lowest, highest;
  double *mu;

  double bytes(Index n) const { return 16. * double(n); }

  VESALIUS_HOST_DEVICE void operator()(Index i) const { mu[i] = mu[i] < lowest ? lowest : mu[i] > highest ? highest : mu[i]; }
};

/// 1 where what is implicit of the viscosity is too far from it to leave the rest explicit: the twin of VariableViscosity::is_operator_current().
struct ViscosityIsFar
{
  static constexpr const char *name = "change of the viscosity";
  double        reference;
  const double *mu, *implicit;

  double bytes(Index n) const { return 16. * double(n); }

  VESALIUS_HOST_DEVICE double operator()(Index i) const
  {
    const double now = reference + mu[i], then = reference + implicit[i];
    return now <= 1.25 * then && now >= 0.5 * then ? 0. : 1.;
  }
};
} // namespace flow

} // namespace vesalius::device
