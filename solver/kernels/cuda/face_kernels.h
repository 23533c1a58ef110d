// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/backend.h"
#include "solver/kernels/simplex_reference.h"

#include <cmath>

// The terms on the outlets' faces, flat or curved triangles, one an item; the twins of FlowBoundaries and BackflowBalance.
namespace vesalius::device
{

/// Quadrature of a face with the P2 functions at its points. A kernel carries it by value: on a device it is constant memory.
struct FaceRule
{
  static constexpr int n = 12;
  double point[n][3], trace[n][6];
};

inline FaceRule make_face_rule()
{
  const kernels::CurvedQuadratureRule<2> points;
  static_assert(decltype(points)::n == FaceRule::n);
  FaceRule rule{};
  for (int q = 0; q < FaceRule::n; ++q)
    {
      const auto &x     = points.points[q];
      const auto  trace = kernels::p2_values<2>(x);
      std::copy(x.begin(), x.end(), rule.point[q]);
      std::copy(trace.begin(), trace.end(), rule.trace[q]);
    }
  return rule;
}

struct Faces
{
  Index               n = 0, n_owned = 0; ///< owned: those that count in sums over an outlet
  const std::int32_t *nodes = nullptr, *vertices = nullptr, *outlets = nullptr; ///< 6, 3, 1 a face
  const double       *normals = nullptr, *backflow = nullptr; ///< outward, times the area that a point stands for, 3 a point; 0.5 rho beta of each outlet
  FaceRule            rule{};

  double bytes() const { return double(n) * (10 * 4 + 3 * 8 * FaceRule::n); }
  VESALIUS_HOST_DEVICE const double *normal(Index face, int q) const { return normals + 3 * (FaceRule::n * face + q); }
  /// The area that a point stands for.
  VESALIUS_HOST_DEVICE double area(Index face, int q) const
  {
    const double *normal = this->normal(face, q);
    return sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
  }
  /// u . n at a point, times that area.
  VESALIUS_HOST_DEVICE double flux(Index face, int q, const double *u) const
  {
    const double *normal = this->normal(face, q);
    double        flux   = 0;
    for (int i = 0; i < 6; ++i)
      for (int d = 0; d < 3; ++d)
        flux += rule.trace[q][i] * u[3 * Index(nodes[6 * face + i]) + d] * normal[d];
    return flux;
  }
};

/// y -= sign 0.5 rho beta <min(w . n, 0) x, v>.
struct BackflowOperator
{
  static constexpr const char *name = "backflow operator";
  Faces         faces;
  double        sign;
  const double *w, *x;
  double       *y;

  double bytes(Index) const { return faces.bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index face) const
  {
    const double scale = faces.backflow[faces.outlets[face]];
    for (int q = 0; q < FaceRule::n && scale > 0; ++q)
      {
        const auto  &trace = faces.rule.trace[q];
        const double flux  = faces.flux(face, q, w);
        if (flux >= 0)
          continue;
        for (int d = 0; d < 3; ++d)
          {
            double value = 0;
            for (int i = 0; i < 6; ++i)
              value += trace[i] * x[3 * Index(faces.nodes[6 * face + i]) + d];
            for (int i = 0; i < 6; ++i)
              add_to(y[3 * Index(faces.nodes[6 * face + i]) + d], -sign * scale * flux * value * trace[i]);
          }
      }
  }
};

/// r -= <0.5 rho beta min(s, 0)^2 n, v> for the entry speed s (P1) extrapolated by `ratio`.
struct BackflowTraction
{
  static constexpr const char *name = "backflow traction";
  Faces         faces;
  double        ratio;
  const double *entry_speed, *old_entry_speed;
  double       *r;

  double bytes(Index) const { return faces.bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index face) const
  {
    const double scale = faces.backflow[faces.outlets[face]];
    double       speed[3], lowest = 0;
    for (int i = 0; i < 3; ++i)
      {
        const auto   vertex = faces.vertices[3 * face + i];
        const double value  = entry_speed[vertex] + ratio * (entry_speed[vertex] - old_entry_speed[vertex]);
        speed[i]            = value < 0 ? value : 0;
        lowest              = speed[i] < lowest ? speed[i] : lowest;
      }
    for (int q = 0; q < FaceRule::n && lowest < 0; ++q)
      {
        const auto  &point = faces.rule.point[q];
        const double entry = point[0] * speed[0] + point[1] * speed[1] + point[2] * speed[2];
        for (int i = 0; i < 6; ++i)
          for (int d = 0; d < 3; ++d)
            add_to(r[3 * Index(faces.nodes[6 * face + i]) + d], -scale * entry * entry * faces.rule.trace[q][i] * faces.normal(face, q)[d]);
      }
  }
};

/// Of each outlet: flux[c] += <u . n, 1>, backflow[c] += <0.5 rho beta min(u . n, 0)^2, 1>; and of each vertex:
/// vertex_flux += <u . n, lambda>, vertex_area += <1, lambda>.
struct OutletMoments
{
  static constexpr const char *name = "outlet moments";
  Faces         faces;
  const double *u;
  double       *flux, *backflow, *vertex_flux, *vertex_area;

  double bytes(Index) const { return faces.bytes(); }

  VESALIUS_HOST_DEVICE void operator()(Index face) const
  {
    double total = 0, square = 0, at_vertex[3] = {}, area_at[3] = {};
    for (int q = 0; q < FaceRule::n; ++q)
      {
        const double flux = faces.flux(face, q, u), area = faces.area(face, q);
        total += flux;
        square += flux < 0 ? flux * flux / area : 0;
        for (int i = 0; i < 3; ++i)
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
    for (int i = 0; i < 3; ++i)
      {
        add_to(vertex_flux[faces.vertices[3 * face + i]], at_vertex[i]);
        add_to(vertex_area[faces.vertices[3 * face + i]], area_at[i]);
      }
  }
};

} // namespace vesalius::device
