// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/face_quadrature.h"

#include "solver/kernels/simplex_reference.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
template <int dim>
FaceRule reference_rule()
{
  const kernels::CurvedQuadratureRule<dim> rule;
  FaceRule                                 result{{}, {rule.weights.begin(), rule.weights.end()}};
  for (const auto &point : rule.points)
    std::copy(point.begin(), point.end(), result.points.emplace_back().begin());
  return result;
}
} // namespace

const FaceRule &face_rule(int dimension)
{
  static const FaceRule triangle = reference_rule<2>(), line = reference_rule<1>();
  return dimension == 3 ? triangle : line;
}

std::array<double, 6> face_trace(int dimension, const std::array<double, 3> &x)
{
  if (dimension == 3)
    return {x[0] * (2 * x[0] - 1), x[1] * (2 * x[1] - 1), x[2] * (2 * x[2] - 1),
            4 * x[0] * x[1],       4 * x[1] * x[2],       4 * x[2] * x[0]};
  return {x[0] * (2 * x[0] - 1), x[1] * (2 * x[1] - 1), 4 * x[0] * x[1], 0, 0, 0};
}

std::array<std::array<double, 2>, 6> face_trace_slopes(int dimension, const std::array<double, 3> &x)
{
  if (dimension == 2)
    return {{{-(4 * x[0] - 1), 0}, {4 * x[1] - 1, 0}, {4 * (x[0] - x[1]), 0}}};
  const double zero = -(4 * x[0] - 1);
  return {{{zero, zero},
           {4 * x[1] - 1, 0},
           {0, 4 * x[2] - 1},
           {4 * (x[0] - x[1]), -4 * x[1]},
           {4 * x[2], 4 * x[1]},
           {-4 * x[2], 4 * (x[0] - x[2])}}};
}

FacePoint face_point(const SimplexSpace &space, const BoundaryFace &face, const std::array<double, 3> &x)
{
  FacePoint result{face.normal, face.measure};
  if (!face.is_curved)
    return result;
  // Derivatives of the position with respect to the barycentric coordinates.
  const int  dim     = space.dimension();
  const auto node    = [&](int i, int d) { return space.coordinates()[std::size_t(face.nodes[i]) * dim + d]; };
  double     t[3][3] = {};
  for (int a = 0; a < dim; ++a)
    for (int d = 0; d < dim; ++d)
      t[a][d] = dim == 2 ? (4 * x[a] - 1) * node(a, d) + 4 * x[1 - a] * node(2, d)
                         : (4 * x[a] - 1) * node(a, d) + 4 * x[(a + 1) % 3] * node(3 + a, d) +
                             4 * x[(a + 2) % 3] * node(3 + (a + 2) % 3, d);
  double e[3], h[3];
  for (int d = 0; d < 3; ++d)
    {
      e[d] = t[1][d] - t[0][d];
      h[d] = t[2][d] - t[0][d];
    }
  auto &n = result.normal;
  if (dim == 3)
    n = {e[1] * h[2] - e[2] * h[1], e[2] * h[0] - e[0] * h[2], e[0] * h[1] - e[1] * h[0]};
  else
    n = {e[1], -e[0], 0};
  const double length = std::hypot(n[0], n[1], n[2]);
  const double along  = n[0] * face.normal[0] + n[1] * face.normal[1] + n[2] * face.normal[2];
  result.measure      = dim == 3 ? length / 2 : length;
  for (auto &component : n)
    component /= along > 0 ? length : -length;
  return result;
}

FaceMoments face_moments(const SimplexSpace &space, const BoundaryFace &face)
{
  FaceMoments moments{};
  visit_face(space, face, [&](double weight, const auto &normal, const auto &trace, const auto &) {
    for (int i = 0; i < space.nodes_per_face(); ++i)
      for (int d = 0; d < space.dimension(); ++d)
        moments[i][d] += weight * trace[i] * normal[d];
  });
  return moments;
}

} // namespace vesalius
