// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_scheme.h"
#include "physics/flow/wall_shear.h"
#include "solver/interfaces/physics_model.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Of the last state: velocity, pressure. On the wall, means over the last cycle (of a steady flow its values): wall_pressure, wall_shear, TAWSS, OSI.
std::vector<ResultField> flow_result_fields();

/// As PhysicsModel::result_field(). Collective.
std::vector<double> flow_result_field(const FlowScheme &solver, const WallShear &wall, const std::string &name);

} // namespace vesalius
