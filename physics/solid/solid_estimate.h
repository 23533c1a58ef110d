// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/solid/solid_case.h"
#include "solver/interfaces/physics_model.h"

namespace vesalius
{

/// Load steps, seconds and bytes of a case, from measured runs (docs/theory/solid.md, "Cost"). Steps that are cut back cost more; of the ranks each is taken to
/// do its share.
RunEstimate estimate_solid(const SolidCase &simulation, const Mesh &mesh, int n_ranks);

} // namespace vesalius
