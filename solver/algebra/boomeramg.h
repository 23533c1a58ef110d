// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <petscksp.h>

#include <string>

namespace vesalius
{

/// Makes `pc` BoomerAMG, tuned for three dimensions: the bare default costs ten times the set-up. One forward sweep of Gauss and Seidel on the way
/// down and one backward on the way up, in the order of the rows, are symmetric together and cost a quarter of hypre's symmetric sweeps by coarse and
/// fine points (docs/performance). `prefix` becomes that of its options.
void set_boomeramg(PC pc, const std::string &prefix);

} // namespace vesalius
