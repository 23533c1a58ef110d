// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/viscosity.h"
#include "solver/kernels/flow_kernels.h"

namespace vesalius::kernels
{

/// Adds (mu(gamma(u)) - reference, q_i) to `w` (P1), gamma = sqrt(2 D(u) : D(u)); `u`: P2, interleaved.
void add_viscosity_moments(const CellArrays &cells, const double *u, const ViscosityFunction &law, double reference, double *w);

/// Adds the stiffness matrix (mu grad phi_j, grad phi_i) of the functions of that degree with `mu` in P1; degree 1: affine cells.
void add_variable_stiffness(const CellArrays &cells, const CellPositions &positions, const double *mu, double *values,
                            int degree = 2);

/// Adds scale (mu grad u, grad v_i) to `r` (P2, interleaved) with `mu` in P1.
void add_variable_diffusion(const CellArrays &cells, const double *u, const double *mu, double scale, double *r);

/// Adds ((grad u)^T grad mu, v_i) to `r` (P2, interleaved), component i: sum_j (du_j/dx_i) (dmu/dx_j); `mu` in P1.
void add_viscosity_gradient(const CellArrays &cells, const double *u, const double *mu, double *r);

} // namespace vesalius::kernels
