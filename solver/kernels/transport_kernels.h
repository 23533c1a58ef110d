// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/flow_kernels.h"

namespace vesalius::kernels
{

/// The transporting velocity w = u - scale grad potential: a P2 field, and a piecewise constant one.
struct TransportVelocity
{
  const double *u         = nullptr; ///< P2, interleaved, m/s
  const double *potential = nullptr; ///< P1, may be null
  double        scale     = 0;
};

/// One step of c_t + w . grad c = div(D grad c) + s in P1: alpha c - history for c_t.
struct TransportStep
{
  double        alpha       = 0; ///< gamma0 / dt, 1/s
  double        diffusivity = 0; ///< m^2/s
  double        source      = 0; ///< 1/s times the unit of c
  double        rate        = 0; ///< 2 / dt of the stabilisation parameter, 1/s
  const double *history     = nullptr; ///< P1
};

/// Adds the matrix of the step (P1, positions as in flow_kernels.h), its right-hand side and the nodal fluxes (w, grad q_i);
/// docs/theory/transport.md, equations 2 to 4.
void add_transport(const CellArrays &cells, const CellPositions &positions, const TransportVelocity &velocity,
                   const TransportStep &step, double *matrix, double *rhs, double *nodal_flux);

} // namespace vesalius::kernels
