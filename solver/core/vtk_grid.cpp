// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/vtk_grid.h"

#include <cmath>

namespace vesalius
{

void VtkGrid::add_cell(int type, const std::int32_t *first, int n)
{
  nodes.insert(nodes.end(), first, first + n);
  offsets.push_back(static_cast<std::int64_t>(nodes.size()));
  types.push_back(type);
}

std::vector<int> VtkGrid::integer_cell_data(const std::string &name) const
{
  std::vector<int> result;
  const auto       found = cell_data.find(name);
  if (found != cell_data.end() && found->second.n_components == 1)
    for (const double v : found->second.values)
      result.push_back(static_cast<int>(std::lround(v)));
  return result;
}

} // namespace vesalius
