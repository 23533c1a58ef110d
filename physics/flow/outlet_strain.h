// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_boundaries.h"
#include "solver/kernels/momentum_kernels.h"

namespace vesalius
{

/// What the strain form (2 mu D(u), grad v) has too much at open boundaries: subtracting <mu (grad u)^T n, v> there leaves the
/// condition mu du/dn - p n = -P n, that of the Laplacian form, which developed flow satisfies. Of a viscosity law only; nothing without.
/// `u` is a local P2 velocity, `r` a residual like it: r -= <mu (grad u)^T n, v> on all outlets.
void add_outlet_strain(const SimplexSpace &space, const FlowBoundaries &boundaries, const kernels::MomentumTerms &terms,
                       const double *u, double *r);

/// Its derivative, one outlet face at a time: a cell and its matrix over the velocities of its P2 nodes, interleaved, row major.
/// With `is_newton` that of the viscosity too.
void visit_outlet_strain_matrices(const SimplexSpace &space, const FlowBoundaries &boundaries, const kernels::MomentumTerms &terms,
                                  const double *u, const kernels::CellMatrixSink &sink);

} // namespace vesalius
