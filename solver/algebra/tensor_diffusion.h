// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/field_solver.h"
#include "solver/fields/simplex_space.h"
#include "solver/interfaces/field_physics.h"

#include <functional>
#include <map>
#include <vector>

namespace vesalius
{

/// What the equation says at points: `tensor` [n][dimension][dimension], `reaction` and `source` [n]; all zero at first.
using DiffusionCoefficients = std::function<void(const FieldPoints &points, double *tensor, double *reaction, double *source)>;

/// A scalar u with -div(D grad u) + r u = s, D any tensor with a positive symmetric part, on P1 or P2: the common part of heat, perfusion, electric
/// potentials and harmonic coordinates of a tissue. Without a flux on the boundary where nothing is said.
/// Test: tests/verification/field_diffusion.cpp (manufactured solution: orders 2 and 3).
class TensorDiffusion : public FieldPhysics
{
public:
  TensorDiffusion(int degree, DiffusionCoefficients coefficients) : degree_(degree), coefficients_(std::move(coefficients)) {}

  std::vector<FieldShape> fields() const override { return {{"value", "", degree_, 1, true, true}}; }
  void evaluate(const FieldPoints &points, const double *slots, double *dual, double *tangent) const override;

private:
  int                   degree_;
  DiffusionCoefficients coefficients_;
};

/// u of a diffusion problem: values at the local nodes of its degree, ghosts up to date. `fixed`: u on boundaries, by id, at a place. Throws
/// SolverFailure. Collective.
std::vector<double> solve_diffusion(SimplexSpace &space, const TensorDiffusion &physics,
                                    const std::map<int, std::function<double(const double *x)>> &fixed, const FieldSolverSettings &settings = {});

} // namespace vesalius
