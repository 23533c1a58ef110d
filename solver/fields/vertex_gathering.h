// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <vector>

namespace vesalius
{

/// Brings values at vertices together: `vertices` are owned local P1 nodes, each on one rank, with `n_components` of `values` each. Returns
/// [vertex of the mesh][component] on rank 0, NaN at vertices that no rank gave, and nothing on the others. Collective.
std::vector<double> gather_on_vertices(const SimplexSpace &space, const std::vector<int> &vertices, const std::vector<double> &values, int n_components);

/// The same of a field on all local P2 nodes.
std::vector<double> gather_on_vertices(const SimplexSpace &space, const std::vector<double> &p2_values, int n_components);

} // namespace vesalius
