// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/nested_spaces.h"

#include <algorithm>

namespace vesalius
{

void make_linear(const SimplexSpace &space, int n_components, std::vector<double> &p2)
{
  const auto &node = space.node_of_vertex();
  for (std::size_t i = 0; i < space.parents().size(); ++i)
    if (const auto [a, b] = space.parents()[i]; a != b)
      for (int c = 0; c < n_components; ++c)
        p2[i * n_components + c] =
          0.5 * (p2[std::size_t(node[a]) * n_components + c] + p2[std::size_t(node[b]) * n_components + c]);
}

void expand(const SimplexSpace &space, int n_components, const std::vector<double> &p1, std::vector<double> &p2)
{
  const auto &node = space.node_of_vertex();
  for (std::size_t v = 0; v < node.size(); ++v)
    std::copy_n(&p1[v * n_components], n_components, &p2[std::size_t(node[v]) * n_components]);
  make_linear(space, n_components, p2);
}

void take_vertices(const SimplexSpace &space, int n_components, const std::vector<double> &p2, std::vector<double> &p1)
{
  const auto &node = space.node_of_vertex();
  for (std::size_t v = 0; v < node.size(); ++v)
    std::copy_n(&p2[std::size_t(node[v]) * n_components], n_components, &p1[v * n_components]);
}

std::vector<double> at_nodes_of(int degree, const SimplexSpace &space, int n_components, const std::vector<double> &p2)
{
  if (degree == 2)
    return p2;
  std::vector<double> p1(space.node_of_vertex().size() * std::size_t(n_components));
  take_vertices(space, n_components, p2, p1);
  return p1;
}

void add_restricted(const SimplexSpace &space, int n_components, const std::vector<double> &p2, std::vector<double> &p1)
{
  for (std::size_t i = 0; i < space.parents().size(); ++i)
    for (const int parent : space.parents()[i])
      for (int c = 0; c < n_components; ++c)
        p1[std::size_t(parent) * n_components + c] += 0.5 * p2[i * n_components + c];
}

} // namespace vesalius
