// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"

#include <algorithm>

namespace vesalius
{

/// Vertices of face i, the face opposite to vertex i, counter-clockwise seen from outside.
inline constexpr int tetrahedron_faces[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

/// The six dihedral angles in radians; those of an inverted tetrahedron are negative.
inline std::array<double, 6> dihedral_angles(const std::array<Vector3, 4> &x)
{
  Vector3 n[4];
  for (int f = 0; f < 4; ++f)
    n[f] = normalised(area_vector(x[tetrahedron_faces[f][0]], x[tetrahedron_faces[f][1]], x[tetrahedron_faces[f][2]]));
  const double          sign = orient(x[0], x[1], x[2], x[3]) > 0 ? 1 : -1;
  std::array<double, 6> angles;
  int                   k = 0;
  for (int f = 0; f < 4; ++f)
    for (int g = 0; g < f; ++g)
      angles[k++] = sign * std::acos(std::clamp(-dot(n[f], n[g]), -1.0, 1.0));
  return angles;
}

/// The smallest determinant of the unit edges at a corner, times sqrt 2: 1 for the regular tetrahedron, negative when inverted.
inline double scaled_jacobian(const std::array<Vector3, 4> &x)
{
  double longest = 0; // product of the three edges at a corner
  for (int i = 0; i < 4; ++i)
    {
      double product = 1;
      for (int j = 0; j < 4; ++j)
        if (j != i)
          product *= distance(x[i], x[j]);
      longest = std::max(longest, product);
    }
  return longest == 0 ? 0 : std::sqrt(2.0) * orient(x[0], x[1], x[2], x[3]) / longest;
}

/// 3 r_in / r_out, 1 for the regular tetrahedron, negative when inverted.
inline double radius_ratio(const std::array<Vector3, 4> &x)
{
  const Vector3 a = x[1] - x[0], b = x[2] - x[0], c = x[3] - x[0];
  const double  six_volume = dot(cross(a, b), c);
  double        twice_area = 0;
  for (const auto &f : tetrahedron_faces)
    twice_area += norm(area_vector(x[f[0]], x[f[1]], x[f[2]]));
  // r_in = 3 V / S, r_out = |aa (bxc) + bb (cxa) + cc (axb)| / (12 V).
  const double numerator = norm(dot(a, a) * cross(b, c) + dot(b, b) * cross(c, a) + dot(c, c) * cross(a, b));
  if (numerator == 0 || twice_area == 0)
    return 0;
  const double inner = six_volume / twice_area;
  const double outer = numerator / (2 * std::abs(six_volume));
  return six_volume == 0 ? 0 : 3 * inner / outer;
}

} // namespace vesalius
