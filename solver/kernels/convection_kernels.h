// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/flow_kernels.h"

namespace vesalius::kernels
{

/// Adds scale [ (u . grad u, v_i) + 1/2 (div u u, v_i) ] to `r` (P2, interleaved), the skew-symmetric convection of
/// add_convection() for a velocity that is known; the same quadrature.
void add_convection_term(const CellArrays &cells, const double *u, double scale, double *r);

} // namespace vesalius::kernels
