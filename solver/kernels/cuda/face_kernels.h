// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/backend.h"
#include "solver/kernels/simplex_reference.h"

#include <cmath>

// The terms on the outlets' faces, flat or curved, one an item; the twins of FlowBoundaries and BackflowBalance.
namespace vesalius::device
{

/// Quadrature of a face with the velocity's functions at its points. A kernel carries it by value: on a device it is constant memory.
template <class Element>
struct FaceRule
{
  static constexpr int n = kernels::CurvedQuadratureRule<Element::dim - 1>::n;
  double point[n][Element::dim], trace[n][Element::n_face_nodes];
};

template <class Element>
FaceRule<Element> make_face_rule()
{
  const kernels::CurvedQuadratureRule<Element::dim - 1> points;
  FaceRule<Element>                                     rule{};
  for (int q = 0; q < rule.n; ++q)
    {
      const auto &x     = points.points[q];
      const auto  trace = kernels::Lagrange<Element::dim - 1, Element::degree>::values(x);
      std::copy(x.begin(), x.end(), rule.point[q]);
      std::copy(trace.begin(), trace.end(), rule.trace[q]);
    }
  return rule;
}

template <class Element>
struct Faces
{
  static constexpr int dim = Element::dim, n_of_face = Element::n_face_nodes, n_points = FaceRule<Element>::n;
  Index                n = 0, n_owned = 0; ///< owned: those that count in sums over an outlet
  const std::int32_t  *nodes = nullptr, *vertices = nullptr, *outlets = nullptr; ///< the velocity's nodes, vertices, one a face
  const double        *normals = nullptr, *backflow = nullptr; ///< outward, times the area that a point stands for, `dim` a point; 0.5 rho beta of each outlet
  FaceRule<Element>    rule{};

  double bytes() const { return double(n) * ((n_of_face + dim + 1) * 4 + dim * 8 * n_points); }
  VESALIUS_HOST_DEVICE Index node(Index face, int i) const { return nodes[n_of_face * face + i]; }
  VESALIUS_HOST_DEVICE Index vertex(Index face, int i) const { return vertices[dim * face + i]; }
  VESALIUS_HOST_DEVICE const double *normal(Index face, int q) const { return normals + dim * (n_points * face + q); }
  /// The area that a point stands for.
  VESALIUS_HOST_DEVICE double area(Index face, int q) const
  {
    double square = 0;
    for (int d = 0; d < dim; ++d)
      square += normal(face, q)[d] * normal(face, q)[d];
    return sqrt(square);
  }
  /// u . n at a point, times that area.
  VESALIUS_HOST_DEVICE double flux(Index face, int q, const double *u) const
  {
    const double *normal = this->normal(face, q);
    double        flux   = 0;
    for (int i = 0; i < n_of_face; ++i)
      for (int d = 0; d < dim; ++d)
        flux += rule.trace[q][i] * u[dim * node(face, i) + d] * normal[d];
    return flux;
  }
};

/// y -= sign 0.5 rho beta <min(w . n, 0) x, v>.
template <class Element>
struct BackflowOperator
{
  static constexpr const char *name = "backflow operator";
  Faces<Element> faces;
  double         sign;
  const double  *w, *x;
  double        *y;

  double bytes(Index) const { return faces.bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index face) const
  {
    const double scale = faces.backflow[faces.outlets[face]];
    for (int q = 0; q < faces.n_points && scale > 0; ++q)
      {
        const auto  &trace = faces.rule.trace[q];
        const double flux  = faces.flux(face, q, w);
        if (flux >= 0)
          continue;
        for (int d = 0; d < Element::dim; ++d)
          {
            double value = 0;
            for (int i = 0; i < faces.n_of_face; ++i)
              value += trace[i] * x[Element::dim * faces.node(face, i) + d];
            for (int i = 0; i < faces.n_of_face; ++i)
              add_to(y[Element::dim * faces.node(face, i) + d], -sign * scale * flux * value * trace[i]);
          }
      }
  }
};

/// r -= <0.5 rho beta min(s, 0)^2 n, v> for the entry speed s (P1) extrapolated by `ratio`.
template <class Element>
struct BackflowTraction
{
  static constexpr const char *name = "backflow traction";
  Faces<Element> faces;
  double         ratio;
  const double  *entry_speed, *old_entry_speed;
  double        *r;

  double bytes(Index) const { return faces.bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index face) const
  {
    const double scale = faces.backflow[faces.outlets[face]];
    double       speed[Element::dim], lowest = 0;
    for (int i = 0; i < Element::dim; ++i)
      {
        const auto   vertex = faces.vertex(face, i);
        const double value  = entry_speed[vertex] + ratio * (entry_speed[vertex] - old_entry_speed[vertex]);
        speed[i]            = value < 0 ? value : 0;
        lowest              = speed[i] < lowest ? speed[i] : lowest;
      }
    for (int q = 0; q < faces.n_points && lowest < 0; ++q)
      {
        const auto  &point = faces.rule.point[q];
        double       entry = 0;
        for (int i = 0; i < Element::dim; ++i)
          entry += point[i] * speed[i];
        for (int i = 0; i < faces.n_of_face; ++i)
          for (int d = 0; d < Element::dim; ++d)
            add_to(r[Element::dim * faces.node(face, i) + d], -scale * entry * entry * faces.rule.trace[q][i] * faces.normal(face, q)[d]);
      }
  }
};

/// Of each outlet: flux[c] += <u . n, 1>, backflow[c] += <0.5 rho beta min(u . n, 0)^2, 1>; and of each vertex:
/// vertex_flux += <u . n, lambda>, vertex_area += <1, lambda>.
template <class Element>
struct OutletMoments
{
  static constexpr const char *name = "outlet moments";
  Faces<Element> faces;
  const double  *u;
  double        *flux, *backflow, *vertex_flux, *vertex_area;

  double bytes(Index) const { return faces.bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index face) const
  {
    double total = 0, square = 0, at_vertex[Element::dim] = {}, area_at[Element::dim] = {};
    for (int q = 0; q < faces.n_points; ++q)
      {
        const double flux = faces.flux(face, q, u), area = faces.area(face, q);
        total += flux;
        square += flux < 0 ? flux * flux / area : 0;
        for (int i = 0; i < Element::dim; ++i)
          {
            at_vertex[i] += flux * faces.rule.point[q][i];
            area_at[i] += area * faces.rule.point[q][i];
          }
      }
    const auto outlet = faces.outlets[face];
    if (face < faces.n_owned)
      {
        add_to(flux[outlet], total);
        add_to(backflow[outlet], faces.backflow[outlet] * square);
      }
    for (int i = 0; i < Element::dim; ++i)
      {
        add_to(vertex_flux[faces.vertex(face, i)], at_vertex[i]);
        add_to(vertex_area[faces.vertex(face, i)], area_at[i]);
      }
  }
};

} // namespace vesalius::device
