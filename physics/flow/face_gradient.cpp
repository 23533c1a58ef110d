// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/face_gradient.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/kernels/quantity_kernels.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

FaceGradient::FaceGradient(const SimplexSpace &space, const BoundaryFace &face, const double *u) : dimension_(space.dimension())
{
  const int   n     = dimension_ + 1;
  const auto  cells = cell_arrays(space);
  const auto *cell  = cells.p1 + std::size_t(face.cell) * n;
  for (int i = 0; i < dimension_; ++i)
    kernels::vertex_gradient(cells, face.cell, int(std::find(cell, cell + n, face.vertices[i]) - cell), u, at_vertex_[i]);
}

double FaceGradient::viscosity(const std::array<double, 3> &point, const ViscosityFunction *law, double mu) const
{
  if (law == nullptr)
    return mu;
  double square = 0;
  for (int i = 0; i < dimension_; ++i)
    for (int j = 0; j < dimension_; ++j)
      square += at(point, i, j) * (at(point, i, j) + at(point, j, i));
  const double rate = std::sqrt(std::max(0., square));
  law->evaluate(1, &rate, &mu, nullptr);
  return mu;
}

} // namespace vesalius
