// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/interfaces/field_physics.h"

#include <algorithm>

namespace vesalius
{

void FieldPhysics::validity(const FieldPoints &points, const double *, double *measure) const
{
  std::fill_n(measure, points.n, 1.);
}

void FieldPhysics::schur_weight(const FieldPoints &points, double *weight) const { std::fill_n(weight, points.n, 1.); }

} // namespace vesalius
