// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/viscosity.h"
#include "solver/kernels/flow_kernels.h"

#include <functional>

namespace vesalius::kernels
{

/// The momentum equations at one time, tested with the P2 functions v (docs/theory/flow.md, certifying mode):
///
///     mass (u, v) - (history, v) + rho [ (w . grad u, v) + 1/2 (div w u, v) ] + mu (grad u, grad v) - (p, div v)
///
/// Velocities are local P2 fields, interleaved. Cells may be curved: the geometry is that of all P2 nodes.
/// With a viscosity law, (2 mu D(u), grad v) in place of (mu grad u, grad v), mu = mu(gamma), gamma = sqrt(2 D : D) at the quadrature points.
struct MomentumTerms
{
  double        mass = 0;            ///< rho gamma0 / dt, kg/(m^3 s); 0: steady
  double        rho  = 0;            ///< of the convection, kg/m^3; 0: Stokes
  double        mu   = 1;            ///< Pa s
  const ViscosityFunction *law = nullptr; ///< none: Newtonian
  double        law_factor     = 1;       ///< of the law's viscosity
  const double *history   = nullptr; ///< rho / dt (a1 u_n + a2 u_(n-1)); none: 0
  const double *transport = nullptr; ///< w; none: u itself
  bool          is_newton = false;   ///< the matrix also holds the derivatives of w = u and of the viscosity
};

/// r_u += the momentum equations, r_p += -(div u, q).
void add_momentum_residual(const CellArrays &cells, const MomentumTerms &terms, const double *u, const double *p,
                           double *r_u, double *r_p);

/// Takes a cell and its matrix, row major: the velocities of its P2 nodes, interleaved, then the pressures of its vertices.
using CellMatrixSink = std::function<void(std::size_t cell, const double *matrix)>;

/// The derivative of add_momentum_residual (with w and the viscosity fixed unless `is_newton`), cell by cell.
void visit_momentum_matrices(const CellArrays &cells, const MomentumTerms &terms, const double *u,
                             const CellMatrixSink &sink);

} // namespace vesalius::kernels
