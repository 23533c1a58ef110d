// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/face_quadrature.h"

#include <utility>

namespace vesalius
{

namespace
{
FaceRule triangle_rule()
{
  FaceRule   rule;
  const auto orbit3 = [&](double a, double w) {
    for (int i = 0; i < 3; ++i)
      {
        std::array<double, 3> x{a, a, a};
        x[i] = 1 - 2 * a;
        rule.points.push_back(x);
        rule.weights.push_back(w);
      }
  };
  orbit3(0.24928674517091042, 0.11678627572637937);
  orbit3(0.063089014491502227, 0.050844906370206817);
  const double a = 0.053145049844816947, b = 0.31035245103378440, c = 1 - a - b;
  for (const auto &x : {std::array<double, 3>{a, b, c}, {a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}})
    {
      rule.points.push_back(x);
      rule.weights.push_back(0.082851075618373575);
    }
  return rule;
}

FaceRule line_rule()
{
  FaceRule rule;
  for (const auto &[s, w] :
       {std::pair{0.33998104358485626, 0.65214515486254614}, {0.86113631159405258, 0.34785484513745386}})
    for (const double sign : {-1., 1.})
      {
        const double x = 0.5 * (1 + sign * s);
        rule.points.push_back({1 - x, x, 0});
        rule.weights.push_back(w / 2);
      }
  return rule;
}
} // namespace

const FaceRule &face_rule(int dimension)
{
  static const FaceRule triangle = triangle_rule(), line = line_rule();
  return dimension == 3 ? triangle : line;
}

std::array<double, 6> face_trace(int dimension, const std::array<double, 3> &x)
{
  if (dimension == 3)
    return {x[0] * (2 * x[0] - 1), x[1] * (2 * x[1] - 1), x[2] * (2 * x[2] - 1),
            4 * x[0] * x[1],       4 * x[1] * x[2],       4 * x[2] * x[0]};
  return {x[0] * (2 * x[0] - 1), x[1] * (2 * x[1] - 1), 4 * x[0] * x[1], 0, 0, 0};
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
