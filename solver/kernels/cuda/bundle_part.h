// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/bundle_file.h"

namespace vesalius::device
{

/// The part of a flow's bundle that one of `n_parts` processes advances. Vertices are dealt out by recursive coordinate bisection, edge nodes and matrix rows
/// follow them; a part holds all cells around its nodes and copies of the nodes of these cells (docs/reference/bundle.md). The parts of one
/// bundle fit each other: every process cuts its own. Throws InvalidBundle.
BundleFile part_of(const BundleFile &whole, int n_parts, int part);

} // namespace vesalius::device
