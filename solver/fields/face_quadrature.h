// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <array>
#include <vector>

namespace vesalius
{

/// Quadrature on a reference face: barycentric points and weights with sum 1; exact to degree 6 (triangles,
/// Dunavant 1985) or 7 (lines, Gauss): enough for two P2 functions times a P2 velocity.
struct FaceRule
{
  std::vector<std::array<double, 3>> points;
  std::vector<double>                weights;
};
const FaceRule &face_rule(int dimension);

/// P2 functions of a face at a barycentric point: vertices, then edges 01 12 20 (2D: vertices, midpoint).
std::array<double, 6> face_trace(int dimension, const std::array<double, 3> &point);

/// Their derivatives along the parameters xi_a = the barycentric coordinate of vertex a, a = 1 (2D), 1 and 2 (3D): result[node][a - 1].
std::array<std::array<double, 2>, 6> face_trace_slopes(int dimension, const std::array<double, 3> &point);

/// The outward unit normal at a barycentric point of a face and the surface measure there: that of the face times the local
/// stretch of its map, so that weights with sum 1 integrate over the face.
struct FacePoint
{
  std::array<double, 3> normal{};
  double                measure = 0;
};
FacePoint face_point(const SimplexSpace &space, const BoundaryFace &face, const std::array<double, 3> &point);

/// Calls visit(weight, normal, trace, point) at the quadrature points of a face: weight holds the surface measure (m^2, m
/// in 2D), `normal` is the outward unit normal there, `trace` the P2 functions, `point` the barycentric coordinates.
template <class Visit>
void visit_face(const SimplexSpace &space, const BoundaryFace &face, const Visit &visit)
{
  const auto &rule = face_rule(space.dimension());
  for (std::size_t q = 0; q < rule.points.size(); ++q)
    {
      const auto at = face_point(space, face, rule.points[q]);
      visit(rule.weights[q] * at.measure, at.normal, face_trace(space.dimension(), rule.points[q]), rule.points[q]);
    }
}

/// Integrals of each P2 trace function times the outward normal: their sum against a velocity is its flux.
using FaceMoments = std::array<std::array<double, 3>, 6>;
FaceMoments face_moments(const SimplexSpace &space, const BoundaryFace &face);

} // namespace vesalius
