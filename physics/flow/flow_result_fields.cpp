// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_result_fields.h"

#include "solver/core/errors.h"
#include "solver/fields/vertex_gathering.h"

#include <algorithm>
#include <numeric>

namespace vesalius
{

std::vector<ResultField> flow_result_fields()
{
  return {{"velocity", "m/s", 3}, {"pressure", "Pa", 1}, {"wall_pressure", "Pa", 1}, {"wall_shear", "Pa", 3}, {"TAWSS", "Pa", 1}, {"OSI", "", 1}};
}

std::vector<double> flow_result_field(const FlowScheme &solver, const WallShear &wall, const std::string &name)
{
  const auto &space = solver.space();
  if (name == "velocity")
    {
      const int           dim = space.dimension();
      std::vector<double> velocity(3 * std::size_t(space.p2().n_local()), 0.);
      for (int i = 0; i < space.p2().n_local(); ++i)
        std::copy_n(&solver.velocity()[std::size_t(i) * dim], dim, &velocity[3 * std::size_t(i)]);
      return gather_on_vertices(space, velocity, 3);
    }
  if (name == "pressure")
    {
      std::vector<int> owned(space.p1().n_owned);
      std::iota(owned.begin(), owned.end(), 0);
      return gather_on_vertices(space, owned, solver.pressure(), 1);
    }
  const auto averages = wall.averages();
  if (name == "wall_shear")
    return gather_on_vertices(space, wall.vertices(), averages.mean_shear, 3);
  VESALIUS_ASSERT(name == "wall_pressure" || name == "TAWSS" || name == "OSI", "a flow has no field " + name);
  return gather_on_vertices(space, wall.vertices(), name == "wall_pressure" ? averages.mean_pressure : name == "TAWSS" ? averages.tawss : averages.osi, 1);
}

} // namespace vesalius
