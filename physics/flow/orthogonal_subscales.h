// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/scalar_operator.h"
#include "solver/fields/simplex_space.h"
#include "solver/kernels/subscale_kernels.h"

#include <vector>

namespace vesalius
{

/// What makes P1/P1 stable: orthogonal subscales, term by term, for the pressure and for the convection. The equations are in
/// docs/theory/flow.md, "P1/P1"; Codina, Comput. Methods Appl. Mech. Engrg. 197 (2008) 4305-4322.
/// The transport velocity is a P1 field in P2 form (nested_spaces.h). All members are collective.
class OrthogonalSubscales
{
public:
  /// Cells are affine.
  OrthogonalSubscales(SimplexSpace &space, double rho, double mu);

  /// Takes what a step begins with and projects its convection and its pressure gradient on P1. `u` (local P2) and `p` (local P1)
  /// are kept as pointers. `rate`: gamma0/dt, 1/s.
  void evaluate(double rate, const double *u, const double *p);
  /// To a P1 operator.
  void add_matrix(ScalarOperator &matrix) const;
  /// To the right-hand side of the momentum equations, local P1, interleaved.
  void add_force(double *r) const;
  /// To -(div u, q), local P1.
  void add_to_continuity(double *w) const;
  /// Projection on P1 with lumped mass of what has been tested with the P1 functions; owned values.
  void project(const std::vector<double> &moments, std::vector<double> &values) const;

private:
  SimplexSpace          &space_;
  int                    dim_;
  kernels::SubscaleTerms terms_;
  std::vector<double>    projection_, vertex_volume_;
};

} // namespace vesalius
