// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace vesalius
{

/// The smallest coefficient of a cell's Jacobian determinant in Bernstein's basis, and the barycentric coordinates of its domain point.
struct BernsteinBound
{
  double                value = 0;
  std::array<double, 4> place{};
};

/// Below this no value of det(t_1, ..., t_dimension) lies in a simplex in which the tangents t are linear (a quadratic map): the determinant is within the
/// hull of its Bernstein coefficients (Johnen, Remacle, Geuzaine, JCP 233 (2013) 359). `tangents[v][a]`: t_(a+1) at vertex v.
BernsteinBound bernstein_bound(int dimension, const std::array<std::array<std::array<double, 3>, 3>, 4> &tangents);

/// The same for a quadratic simplex from its nodes (vertices, then edges 01 12 20 03 13 23).
BernsteinBound bernstein_bound(int dimension, const std::array<double, 3> *nodes);

} // namespace vesalius
