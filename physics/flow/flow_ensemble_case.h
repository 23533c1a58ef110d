// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <vector>

namespace vesalius
{

/// Throws InputError with all that the samples of a case may not have when they are to advance together (FlowEnsemble): anything but the
/// production mode with P2/P1 and implicit convection of a Newtonian fluid; and with every entry in which one differs from the first
/// and may not: they may in the values of boundaries, not in their types, and in the viscosity. Their cycles are equally long.
void check_ensemble_case(const std::vector<const ParameterTree *> &samples);

} // namespace vesalius
