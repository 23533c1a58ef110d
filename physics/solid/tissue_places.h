// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/fibre_field.h"
#include "physics/materials/stiffness_field.h"
#include "solver/fields/simplex_space.h"

#include <memory>
#include <vector>

namespace vesalius
{

// What a tissue has from place to place, at the quadrature points of the local cells, for SolidPhysics: values that are finer than a cell are seen
// as finely as the energy is integrated.

/// `fibres`: of each material, null without; the depth in a wall is solved for on the whole mesh. Collective. [n_cells][n_points][6]: fibre and sheet; empty where no material has fibres.
std::vector<double> point_directions(SimplexSpace &space, const std::vector<std::shared_ptr<const FibreField>> &fibres,
                                     const std::vector<int> &material_of_cell);

/// `maps`: of each material on rank 0, where they are evaluated; null without (1 there). [n_cells][n_points]: factors. Collective.
std::vector<double> point_stiffness(const SimplexSpace &space, const std::vector<std::unique_ptr<StiffnessField>> &maps,
                                    const std::vector<int> &material_of_cell);

} // namespace vesalius
