// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/host_device.h"

// Geometry of affine cells, for a processor and a device alike.
namespace vesalius::kernels
{

/// Barycentric gradients and volume of affine cells; `Number` is double or a batch.
template <int dim, class Number>
struct Geometry
{
  Number gradient[dim + 1][dim];
  Number volume;
};

template <class Number>
VESALIUS_HOST_DEVICE void set_geometry(const Number (&x)[4][3], Geometry<3, Number> &g)
{
  Number e[3][3];
  for (int i = 0; i < 3; ++i)
    for (int d = 0; d < 3; ++d)
      e[i][d] = x[i + 1][d] - x[0][d];
  // Rows of the inverse: cross products of the edges over the determinant.
  const auto cross = [](const Number(&a)[3], const Number(&b)[3], Number(&c)[3]) {
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
  };
  cross(e[1], e[2], g.gradient[1]);
  cross(e[2], e[0], g.gradient[2]);
  cross(e[0], e[1], g.gradient[3]);
  const Number determinant = e[0][0] * g.gradient[1][0] + e[0][1] * g.gradient[1][1] + e[0][2] * g.gradient[1][2];
  for (int d = 0; d < 3; ++d)
    {
      for (int i = 1; i < 4; ++i)
        g.gradient[i][d] = g.gradient[i][d] / determinant;
      g.gradient[0][d] = -(g.gradient[1][d] + g.gradient[2][d] + g.gradient[3][d]);
    }
  g.volume = determinant / 6.;
}

template <class Number>
VESALIUS_HOST_DEVICE void set_geometry(const Number (&x)[3][2], Geometry<2, Number> &g)
{
  const Number a[2] = {x[1][0] - x[0][0], x[1][1] - x[0][1]}, b[2] = {x[2][0] - x[0][0], x[2][1] - x[0][1]};
  const Number determinant = a[0] * b[1] - a[1] * b[0];
  g.gradient[1][0]         = b[1] / determinant;
  g.gradient[1][1]         = -b[0] / determinant;
  g.gradient[2][0]         = -a[1] / determinant;
  g.gradient[2][1]         = a[0] / determinant;
  for (int d = 0; d < 2; ++d)
    g.gradient[0][d] = -(g.gradient[1][d] + g.gradient[2][d]);
  g.volume = determinant / 2.;
}

} // namespace vesalius::kernels
