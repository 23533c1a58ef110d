// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/flow_solvers.h"
#include "solver/algebra/saddle_point_solver.h"

#include <petscksp.h>

#include <memory>
#include <vector>

namespace vesalius
{

/// Approximates the inverse of the Schur complement S = -C A^-1 C^T of a coupled matrix with velocity block A (mass M, viscosity K,
/// convection N) and divergence block C, scaled as SaddlePointMatrix says. With L = C Q^-1 C^T, Q = diag M, which knows walls and outlets:
///
///     least-squares commutator (Elman, Howle, Shadid, Shuttleworth, Tuminaro 2006):  -L^-1 (C Q^-1 A Q^-1 C^T) L^-1
///     Cahouet and Chabard (1988), for Stokes flow and small steps in time:           -( mu M_p^-1 + mass L^-1 )
///
/// M_p: pressure mass matrix. L: CG with BoomerAMG, a digit or two, inside a flexible Krylov method.
class SchurComplement
{
public:
  explicit SchurComplement(SimplexSpace &space);
  ~SchurComplement();
  SchurComplement(const SchurComplement &)            = delete;
  SchurComplement &operator=(const SchurComplement &) = delete;

  /// `is_viscous`: friction outweighs inertia in a cell; Cahouet and Chabard's form then, else the commutator.
  void set_scales(const SaddlePointScales &scales, bool is_viscous);
  /// The blocks of a new matrix and its pressure scale; they stay the caller's.
  void set_blocks(Mat velocity, Mat gradient, Mat divergence, double pressure_scale);
  void apply(Vec r, Vec z);

private:
  void measure_mass();
  void make_laplacian();

  SimplexSpace                 &space_;
  std::unique_ptr<P1MassSolver> mass_solver_;
  SaddlePointScales             scales_;
  double                        pressure_scale_ = 0;
  bool                          is_viscous_     = false;
  Mat                           velocity_ = nullptr, gradient_ = nullptr, divergence_ = nullptr, laplacian_ = nullptr;
  Vec                           inverse_mass_ = nullptr, u_ = nullptr, v_ = nullptr, p_ = nullptr;
  KSP                           ksp_ = nullptr;
};

} // namespace vesalius
