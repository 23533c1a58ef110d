// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_solver.h"
#include "solver/core/parameter_tree.h"
#include "solver/kernels/cuda/bundle_file.h"

namespace vesalius
{

/// Throws InputError with every entry of the case that the stages of a step on a device do not know: they do production-mode
/// flow of a fluid that is Newtonian or thins by a law of solver/kernels/viscosity_laws.h.
void check_device_flow(const ParameterTree &parameters);
/// The same for the mesh: an outlet.
void check_device_mesh(const ParameterTree &parameters, const Mesh &mesh);
/// The same for the loop that `vesalius-gpu` makes by itself from a bundle: with implicit convection and a fixed step, with outlets that are memoryless or
/// Windkessels; it writes the fields of its last step.
void check_bundle_case(const ParameterTree &parameters);

/// All that such a loop needs from the solver's present state on, for `n_steps` steps of `dt` seconds
/// (docs/reference/bundle.md). The boundaries are finished and the state is set. Throws InputError on several ranks.
device::BundleFile make_flow_bundle(FlowSolver &solver, double dt, int n_steps);

/// All but state, clock and outlet models, for the stages of a step: DeviceFlowSolver has the rest. `ids` are solver indices: places in the arrays of one
/// rank's nodes after the other's. Whole on rank 0; collective.
device::BundleFile make_service_bundle(const FlowSolver &solver);

} // namespace vesalius
