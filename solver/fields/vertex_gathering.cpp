// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/vertex_gathering.h"

#include "solver/fields/gathered_values.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace vesalius
{

std::vector<double> gather_on_vertices(const SimplexSpace &space, const std::vector<int> &vertices, const std::vector<double> &values, int n_components)
{
  std::vector<std::int64_t> ids;
  for (const int vertex : vertices)
    ids.push_back(space.p1().ids[vertex]);
  const auto all_ids = gather_on_first(ids, space.communicator());
  const auto all     = gather_on_first(values, space.communicator());
  if (space.rank() != 0)
    return {};
  std::vector<double> by_id(std::size_t(space.p1().n_global) * n_components, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < all_ids.size(); ++i)
    std::copy_n(&all[i * n_components], n_components, &by_id[std::size_t(all_ids[i]) * n_components]);
  return by_id;
}

std::vector<double> gather_on_vertices(const SimplexSpace &space, const std::vector<double> &p2_values, int n_components)
{
  std::vector<int> vertices(space.p1().n_owned);
  std::iota(vertices.begin(), vertices.end(), 0);
  std::vector<double> values;
  for (const int vertex : vertices)
    {
      const auto *node = &p2_values[std::size_t(space.node_of_vertex()[vertex]) * n_components];
      values.insert(values.end(), node, node + n_components);
    }
  return gather_on_vertices(space, vertices, values, n_components);
}

} // namespace vesalius
