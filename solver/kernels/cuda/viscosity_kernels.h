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

/// w += (mu(gamma(u)) - reference, q), gamma = sqrt(2 D(u) : D(u)).
struct ViscosityMoments
{
  static constexpr const char *name = "viscosity";
  Cells         cells;
  ViscosityLaw  law;
  double        reference;
  const double *u;
  double       *w;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes() + 2 * cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     slope[3][3][4], nodal[10], square[n_points] = {}, at[n_points], result[4] = {};
    for (int c = 0; c < 3; ++c)
      {
        cells.gather_p2(cell, u, c, nodal);
        vertex_slopes(g, nodal, slope[c]);
      }
    for (int c = 0; c < 3; ++c)
      for (int d = c; d < 3; ++d)
        {
          double strain[4];
          for (int v = 0; v < 4; ++v)
            strain[v] = slope[c][d][v] + slope[d][c][v];
          p1_at_points(strain, at);
          for (int q = 0; q < n_points; ++q)
            square[q] += (c == d ? 0.5 : 1.) * at[q] * at[q];
        }
    for (int q = 0; q < n_points; ++q)
      at[q] = point_weight(q) * g.volume * (law.viscosity(std::sqrt(square[q])) - reference);
    add_p1_moments(at, result);
    for (int v = 0; v < 4; ++v)
      add_to(w[cells.p1[v * cells.n + cell]], result[v]);
  }
};

struct CurvedViscosityMoments
{
  static constexpr const char *name = "viscosity, curved";
  CurvedCells   cells;
  ViscosityLaw  law;
  double        reference;
  const double *u;
  double       *w;

  double bytes(Index) const { return cells.bytes() + cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      nodal[10][3], slope[3][3], result[4] = {};
    CurvedPoint at;
    cells.gather(cell, u, nodal);
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        at.velocity_gradient(nodal, slope);
        double square = 0;
        for (int c = 0; c < 3; ++c)
          for (int d = 0; d < 3; ++d)
            square += 0.5 * (slope[c][d] + slope[d][c]) * (slope[c][d] + slope[d][c]);
        const double excess = at.weight * (law.viscosity(std::sqrt(square)) - reference);
        for (int a = 0; a < 4; ++a)
          result[a] += excess * at.lambda[a];
      }
    for (int a = 0; a < 4; ++a)
      add_to(w[cells.p1[a * cells.n + cell]], result[a]);
  }
};

/// y += scale (mu grad x, grad v).
struct VariableDiffusion
{
  static constexpr const char *name = "variable diffusion";
  Cells         cells;
  double        scale;
  const double *mu, *x;
  double       *y;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes() + cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     m[4], total_m = 0;
    cells.gather_p1(cell, mu, m);
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      {
        m[v] *= scale * g.volume / 120;
        total_m += m[v];
      }
    for (int component = 0; component < 3; ++component)
      {
        double slope[3][4], nodal[10], result[10] = {};
        cells.gather_p2(cell, x, component, nodal);
        vertex_slopes(g, nodal, slope);
        VESALIUS_UNROLL
        for (int d = 0; d < 3; ++d)
          {
            // The integrals of the product of two linear functions with each barycentric coordinate.
            const auto  &s       = slope[d];
            const double total_s = (s[0] + s[1]) + (s[2] + s[3]), both = total_m * total_s + m[0] * s[0] + m[1] * s[1] + m[2] * s[2] + m[3] * s[3];
            double       moment[4];
            VESALIUS_UNROLL
            for (int v = 0; v < 4; ++v)
              moment[v] = both + m[v] * total_s + total_m * s[v] + 2 * m[v] * s[v];
            add_weak_slope(g, moment, d, result);
          }
        cells.add_p2(cell, result, component, y);
      }
  }
};

struct CurvedVariableDiffusion
{
  static constexpr const char *name = "variable diffusion, curved";
  CurvedCells   cells;
  double        scale;
  const double *mu, *x;
  double       *y;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      nodal[10][3], slope[3][3], result[10][3] = {};
    CurvedPoint at;
    cells.gather(cell, x, nodal);
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        at.velocity_gradient(nodal, slope);
        const double stress = scale * at.weight * cells.value(cell, mu, at);
        for (int component = 0; component < 3; ++component)
          for (int i = 0; i < 10; ++i)
            result[i][component] += stress * MomentumDiagonal::dot(slope[component], at.gradient[i]);
      }
    cells.add(cell, result, y);
  }
};

/// Diagonal of (mu grad x, grad v), the same for all components.
struct VariableDiagonal
{
  static constexpr const char *name = "variable diagonal";
  Cells         cells;
  const double *mu;
  double       *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / 3 + cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     m[4];
    cells.gather_p1(cell, mu, m);
    const double total = (m[0] + m[1]) + (m[2] + m[3]), unit = g.volume / 60;
    VESALIUS_UNROLL
    for (int v = 0; v < 4; ++v)
      add_to(diagonal[cells.p2[v * cells.n + cell]], unit * (7 * total + 8 * m[v]) * MomentumDiagonal::dot(g.gradient[v], g.gradient[v]));
    VESALIUS_UNROLL
    for (int e = 0; e < 6; ++e)
      {
        const int    v = edge_vertex(e, 0), w = edge_vertex(e, 1);
        const auto  &a = g.gradient[v], &b = g.gradient[w];
        const double squares = (total + 2 * m[v]) * MomentumDiagonal::dot(b, b) + (total + 2 * m[w]) * MomentumDiagonal::dot(a, a) +
                               (total + m[v] + m[w]) * MomentumDiagonal::dot(a, b);
        add_to(diagonal[cells.p2[(4 + e) * cells.n + cell]], 16 * unit * squares);
      }
  }
};

struct CurvedVariableDiagonal
{
  static constexpr const char *name = "variable diagonal, curved";
  CurvedCells   cells;
  const double *mu;
  double       *diagonal;

  double bytes(Index) const { return cells.bytes() + 2 * cells.velocity_bytes() / 3; }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      result[10] = {};
    CurvedPoint at;
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        const double weight = at.weight * cells.value(cell, mu, at);
        for (int i = 0; i < 10; ++i)
          result[i] += weight * MomentumDiagonal::dot(at.gradient[i], at.gradient[i]);
      }
    for (int i = 0; i < 10; ++i)
      add_to(diagonal[cells.p2[i * cells.n + cell]], result[i]);
  }
};

/// r += ((grad u)^T grad mu, v).
struct ViscosityGradient
{
  static constexpr const char *name = "viscosity gradient";
  Cells         cells;
  const double *mu, *u;
  double       *r;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes() + cells.pressure_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    const auto g = cells.geometry(cell);
    double     m[4], thinning[3] = {}, force[3][4] = {}, slope[3][4], nodal[10], f[n_points];
    cells.gather_p1(cell, mu, m);
    for (int v = 0; v < 4; ++v)
      for (int d = 0; d < 3; ++d)
        thinning[d] += m[v] * g.gradient[v][d];
    for (int c = 0; c < 3; ++c)
      {
        cells.gather_p2(cell, u, c, nodal);
        vertex_slopes(g, nodal, slope);
        for (int d = 0; d < 3; ++d)
          for (int v = 0; v < 4; ++v)
            force[d][v] += slope[d][v] * thinning[c];
      }
    for (int d = 0; d < 3; ++d)
      {
        double result[10] = {};
        p1_at_points(force[d], f);
        for (int q = 0; q < n_points; ++q)
          f[q] *= point_weight(q) * g.volume;
        add_p2_moments(f, result);
        cells.add_p2(cell, result, d, r);
      }
  }
};

struct CurvedViscosityGradient
{
  static constexpr const char *name = "viscosity gradient, curved";
  CurvedCells   cells;
  const double *mu, *u;
  double       *r;

  double bytes(Index) const { return cells.bytes() + 3 * cells.velocity_bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index cell) const
  {
    double      nodal[10][3], slope[3][3], result[10][3] = {};
    CurvedPoint at;
    cells.gather(cell, u, nodal);
    for (int q = 0; q < n_curved_points; ++q)
      {
        cells.point(cell, q, at);
        at.velocity_gradient(nodal, slope);
        double thinning[3] = {};
        for (int a = 0; a < 4; ++a)
          for (int d = 0; d < 3; ++d)
            thinning[d] += mu[cells.p1[a * cells.n + cell]] * at.lambda_gradient[a][d];
        for (int d = 0; d < 3; ++d)
          {
            const double force = at.weight * (slope[0][d] * thinning[0] + slope[1][d] * thinning[1] + slope[2][d] * thinning[2]);
            for (int i = 0; i < 10; ++i)
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
