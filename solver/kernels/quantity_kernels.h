// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/viscosity.h"
#include "solver/kernels/flow_kernels.h"

namespace vesalius::kernels
{

/// Volume integrals of a P2 velocity field, exact on affine cells (without a law).
struct VelocityIntegrals
{
  double square      = 0; ///< int |u|^2
  double dissipation = 0; ///< int 2 mu D : D, D the symmetric gradient
  double helicity    = 0; ///< int u . curl u (0 in 2D)
};
/// `law` gives the viscosity at the local shear rate; null: `mu` everywhere.
VelocityIntegrals integrate_velocity(const CellArrays &cells, const double *u, double mu, const ViscosityFunction *law);

/// Adds volume * (grad u)(node) of every cell to its P2 nodes, `dimension`^2 numbers each, d u_i / d x_j at
/// [i * dimension + j], and the volume to `weight`: divided, the mean of the cells around a node.
void add_nodal_gradients(const CellArrays &cells, const double *u, double *gradients, double *weight);

} // namespace vesalius::kernels
