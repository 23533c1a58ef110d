// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cmath>

namespace vesalius
{

/// A position or direction; the plain array that the interface structs hold.
using Vector3 = std::array<double, 3>;

inline Vector3 operator+(const Vector3 &a, const Vector3 &b)
{
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
inline Vector3 operator-(const Vector3 &a, const Vector3 &b)
{
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
inline Vector3 operator*(double s, const Vector3 &a)
{
  return {s * a[0], s * a[1], s * a[2]};
}
inline double dot(const Vector3 &a, const Vector3 &b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
inline Vector3 cross(const Vector3 &a, const Vector3 &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline double norm(const Vector3 &a)
{
  return std::sqrt(dot(a, a));
}
inline double distance(const Vector3 &a, const Vector3 &b)
{
  return norm(a - b);
}
/// The unit vector along `a`, or zero for a vector too short to have a direction.
inline Vector3 normalised(const Vector3 &a)
{
  const double length = norm(a);
  return length > 0 ? (1 / length) * a : Vector3{0, 0, 0};
}
/// Six times the signed volume of the tetrahedron; positive in VTK order.
inline double orient(const Vector3 &a, const Vector3 &b, const Vector3 &c, const Vector3 &d)
{
  return dot(cross(b - a, c - a), d - a);
}
/// Twice the area vector of a triangle.
inline Vector3 area_vector(const Vector3 &a, const Vector3 &b, const Vector3 &c)
{
  return cross(b - a, c - a);
}
/// Two unit vectors that complete the unit vector `n` to a right-handed frame (u, v, n).
inline std::array<Vector3, 2> plane_axes(const Vector3 &n)
{
  const Vector3 helper = std::abs(n[0]) < 0.7 ? Vector3{1, 0, 0} : Vector3{0, 1, 0};
  const Vector3 u      = normalised(cross(helper, n));
  return {u, cross(n, u)};
}

} // namespace vesalius
