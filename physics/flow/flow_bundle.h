// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_solver.h"
#include "solver/core/parameter_tree.h"
#include "solver/kernels/cuda/bundle_file.h"

namespace vesalius
{

/// Throws InputError with every entry of the case that the time loop of `vesalius-gpu` does not know: it does
/// production-mode P2/P1 flow of a Newtonian fluid with a fixed step, whose outlets are memoryless or Windkessels, and
/// writes the fields of its last step.
void check_bundle_case(const ParameterTree &parameters);

/// All that the time loop needs from the solver's present state on, for `n_steps` steps of `dt` seconds
/// (docs/reference/bundle.md). The boundaries are finished and the state is set. Throws InputError on several ranks, in 2D, and
/// for curved cells.
device::BundleFile make_flow_bundle(FlowSolver &solver, double dt, int n_steps);

} // namespace vesalius
