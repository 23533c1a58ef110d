// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/flow_kernels.h"

namespace vesalius::kernels
{

/// Orthogonal subscales of P1/P1 flow on affine cells, term by term (Codina 2008; docs/theory/flow.md, "P1/P1"). With Pi the
/// projection on P1 with lumped mass and u the velocity in the middle of the cell, they add
///
///     rho tau (u . grad v_j, u . grad v_i) - tau (Pi(rho u . grad u), u . grad v_i)    to the momentum equations,
///     tau/rho (grad p - Pi grad p, grad q)                                             to (div u, q) = 0,
///
///     tau = [ rate^2 + (sum_a |u . grad lambda_a|)^2 + (2 mu/rho sum_a |grad lambda_a|^2)^2 ]^(-1/2)  in each cell.
struct SubscaleTerms
{
  double        rho  = 0;       ///< kg/m^3
  double        mu   = 0;       ///< Pa s
  double        rate = 0;       ///< gamma0/dt, 1/s
  const double *u    = nullptr; ///< transport velocity: vertices of a P2 field, interleaved
  const double *p    = nullptr; ///< P1
};

/// Adds (grad p, q_i) and (rho u . grad u, q_i) to `moments`: 2 dim values a P1 node, interleaved.
void add_subscale_moments(const CellArrays &cells, const SubscaleTerms &terms, double *moments);

/// Adds the streamline term's matrix to `values`, with the positions of P1 rows.
void add_streamline_matrix(const CellArrays &cells, const SubscaleTerms &terms, const CellPositions &positions, double *values);

/// Adds tau (Pi(rho u . grad u), u . grad v_i) to `r` (P1, interleaved); `projection`: the moments over the lumped mass.
void add_streamline_force(const CellArrays &cells, const SubscaleTerms &terms, const double *projection, double *r);

/// Adds -tau/rho (grad p - Pi grad p, grad q_i) to `r` (P1).
void add_pressure_subscale(const CellArrays &cells, const SubscaleTerms &terms, const double *projection, double *r);

} // namespace vesalius::kernels
