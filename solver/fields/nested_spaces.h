// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <vector>

namespace vesalius
{

// A P1 field is the P2 field whose value in the middle of an edge is the mean of its ends. Flow with P1 velocities keeps them in
// that form, so that all that reads P2 velocities reads these. Local arrays of n_components values a node, interleaved.

/// Makes a P2 field the P1 one with the same values at the vertices.
void make_linear(const SimplexSpace &space, int n_components, std::vector<double> &p2);

/// The P2 form of a P1 field; ghosts of `p1` are up to date.
void expand(const SimplexSpace &space, int n_components, const std::vector<double> &p1, std::vector<double> &p2);

/// The values of a P2 field at the vertices.
void take_vertices(const SimplexSpace &space, int n_components, const std::vector<double> &p2, std::vector<double> &p1);

/// The values of a P2 field at the nodes of degree 2 or 1: all, or those at the vertices.
std::vector<double> at_nodes_of(int degree, const SimplexSpace &space, int n_components, const std::vector<double> &p2);

/// p1 += what was tested with the P2 functions, tested with the P1 ones. Owned rows of `p1` are complete where all rows of
/// cells that touch them have been added to `p2`, ghosts' rows too: the kernels do.
void add_restricted(const SimplexSpace &space, int n_components, const std::vector<double> &p2, std::vector<double> &p1);

} // namespace vesalius
