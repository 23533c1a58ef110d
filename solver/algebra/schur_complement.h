// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/flow_solvers.h"

#include <memory>
#include <vector>

namespace vesalius
{

struct SaddlePointScales;

/// Approximates the inverse of B A^-1 B^T, with A = mass M + mu K + rho N(w), on the P1 pressures:
///
///     mu M_p^-1 + (mass + rho M_p^-1 N_p(w)) L_p^-1
///
/// (Cahouet and Chabard 1988; with the convection N_p: Kay, Loghin, Wathen 2002). M_p mass, L_p -Laplace, zero on caps.
class SchurComplement
{
public:
  SchurComplement(SimplexSpace &space, const std::vector<char> &is_cap_vertex);
  void set_scales(const SaddlePointScales &scales);
  /// Owned values.
  void apply(const double *r, double *z);

private:
  SimplexSpace                   &space_;
  std::vector<char>               is_cap_vertex_;
  std::unique_ptr<PressureSolver> laplace_;
  std::unique_ptr<P1MassSolver>   mass_solver_;
  double                          mass_ = 0, mu_ = 1, rho_ = 0;
  std::vector<double>             transport_, right_, potential_, convected_, part_;
};

} // namespace vesalius
