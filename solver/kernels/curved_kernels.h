// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/flow_kernels.h"

/// The twins of the kernels in flow_kernels.h for curved (isoparametric) cells: geometry at every point of a rule that is exact for
/// the polynomials among the integrands, (u . grad u, v), (grad p, v), (div u, q) and the mass; see docs/theory/flow.md. The functions
/// of flow_kernels.h call them; affine cells never come here.
namespace vesalius::kernels::curved
{

void add_mass_and_stiffness(const CellArrays &cells, const CellPositions &positions, double *mass, double *stiffness);
void add_convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho,
                    double *values);
void add_gradient(const CellArrays &cells, const double *p, double scale, double *r);
void add_negative_divergence(const CellArrays &cells, const double *u, double *w);
void add_negative_divergence_transpose(const CellArrays &cells, const double *p, double *r);
/// max over curved cells and nodes of sum_a |u . grad lambda_a|, and of |grad u|; not below `maximum`.
double maximum_rate(const CellArrays &cells, const double *u, double maximum);
double maximum_gradient(const CellArrays &cells, const double *u, double maximum);

} // namespace vesalius::kernels::curved
