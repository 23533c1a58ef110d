// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"
#include "solver/interfaces/viscosity.h"

#include <array>

namespace vesalius
{

/// The gradient of a local P2 velocity on a boundary face, g_ij = du_i/dx_j in 1/s: linear on an affine cell, so between those
/// at the face's vertices.
class FaceGradient
{
public:
  FaceGradient(const SimplexSpace &space, const BoundaryFace &face, const double *u);

  double at(const std::array<double, 3> &point, int i, int j) const
  {
    double value = 0;
    for (int v = 0; v < dimension_; ++v)
      value += point[v] * at_vertex_[v][i][j];
    return value;
  }
  /// The fluid's viscosity there, Pa s: the law's at the local shear rate, `mu` without a law.
  double viscosity(const std::array<double, 3> &point, const ViscosityFunction *law, double mu) const;

private:
  int    dimension_;
  double at_vertex_[3][3][3] = {};
};

} // namespace vesalius
