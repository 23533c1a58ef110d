// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_fields.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/kernels/quantity_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace vesalius
{

namespace
{
/// Velocity and its gradient at a node, in 3D.
struct NodeState
{
  double                u[3] = {0, 0, 0}, g[3][3] = {};
  std::array<double, 3> vorticity() const { return {g[2][1] - g[1][2], g[0][2] - g[2][0], g[1][0] - g[0][1]}; }
  double                strain_square() const
  {
    double total = 0;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        total += 0.25 * (g[i][j] + g[j][i]) * (g[i][j] + g[j][i]);
    return total;
  }
};

struct DerivedField
{
  std::string                                      name, unit;
  int                                              n_components;
  std::function<void(const NodeState &, double *)> evaluate;
};

const std::vector<DerivedField> &catalogue()
{
  static const std::vector<DerivedField> fields{
    {"vorticity", "1/s", 3,
     [](const NodeState &s, double *out) {
       const auto w = s.vorticity();
       std::copy(w.begin(), w.end(), out);
     }},
    {"q_criterion", "1/s^2", 1,
     [](const NodeState &s, double *out) {
       const auto w = s.vorticity();
       *out         = 0.5 * (0.5 * (w[0] * w[0] + w[1] * w[1] + w[2] * w[2]) - s.strain_square());
     }},
    {"helicity", "", 1,
     [](const NodeState &s, double *out) {
       const auto   w     = s.vorticity();
       const double scale = std::hypot(s.u[0], s.u[1], s.u[2]) * std::hypot(w[0], w[1], w[2]);
       *out               = scale > 0 ? (s.u[0] * w[0] + s.u[1] * w[1] + s.u[2] * w[2]) / scale : 0.;
     }},
    {"shear_rate", "1/s", 1, [](const NodeState &s, double *out) { *out = std::sqrt(2 * s.strain_square()); }},
  };
  return fields;
}
} // namespace

const std::vector<std::string> &derived_field_names()
{
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto &field : catalogue())
      list.push_back(field.name);
    return list;
  }();
  return names;
}

std::vector<VolumeField> derive_fields(SimplexSpace &space, const std::vector<double> &u, const std::vector<std::string> &names)
{
  std::vector<VolumeField> result;
  if (names.empty())
    return result;
  const int           dim = space.dimension(), n = space.p2().n_local();
  std::vector<double> gradients(std::size_t(n) * dim * dim, 0.), weight(n, 0.);
  kernels::add_nodal_gradients(cell_arrays(space), u.data(), gradients.data(), weight.data());
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < dim * dim; ++k)
      gradients[std::size_t(i) * dim * dim + k] /= weight[i];
  // Only owned nodes see all cells around them.
  space.p2_halo().update(gradients.data(), dim * dim);
  for (const auto &name : names)
    {
      const auto &field = *std::find_if(catalogue().begin(), catalogue().end(), [&](const auto &f) { return f.name == name; });
      VolumeField added{field.name, field.unit, field.n_components, std::vector<double>(std::size_t(n) * field.n_components)};
      for (int i = 0; i < n; ++i)
        {
          NodeState state;
          for (int a = 0; a < dim; ++a)
            {
              state.u[a] = u[std::size_t(i) * dim + a];
              for (int b = 0; b < dim; ++b)
                state.g[a][b] = gradients[(std::size_t(i) * dim + a) * dim + b];
            }
          field.evaluate(state, &added.values[std::size_t(i) * field.n_components]);
        }
      result.push_back(std::move(added));
    }
  return result;
}

std::vector<double> at_p2_nodes(const SimplexSpace &space, const std::vector<double> &p1_values)
{
  std::vector<double> values(space.p2().n_local());
  for (int i = 0; i < space.p2().n_local(); ++i)
    values[i] = 0.5 * (p1_values[space.parents()[i][0]] + p1_values[space.parents()[i][1]]);
  return values;
}

} // namespace vesalius
