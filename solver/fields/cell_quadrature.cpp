// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/cell_quadrature.h"

#include "solver/kernels/simplex_reference.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace vesalius
{

namespace
{

/// Points and weights on (0, 1): Newton's method on the Legendre polynomial.
std::vector<std::pair<double, double>> gauss_rule(int n)
{
  std::vector<std::pair<double, double>> rule;
  for (int i = 0; i < n; ++i)
    {
      double x = std::cos(std::numbers::pi * (i + 0.75) / (n + 0.5)), slope = 1;
      for (int iteration = 0; iteration < 20; ++iteration)
        {
          double p = 1, previous = 0;
          for (int k = 1; k <= n; ++k)
            previous = std::exchange(p, ((2 * k - 1) * x * p - (k - 1) * previous) / k);
          slope = n * (x * p - previous) / (x * x - 1);
          x -= p / slope;
        }
      rule.emplace_back(0.5 * (1 + x), 1 / ((1 - x * x) * slope * slope));
    }
  return rule;
}

template <int dim>
double determinant(const double (&j)[dim][dim])
{
  if constexpr (dim == 2)
    return j[0][0] * j[1][1] - j[0][1] * j[1][0];
  else
    return j[0][0] * (j[1][1] * j[2][2] - j[1][2] * j[2][1]) - j[0][1] * (j[1][0] * j[2][2] - j[1][2] * j[2][0]) +
           j[0][2] * (j[1][0] * j[2][1] - j[1][1] * j[2][0]);
}

template <int dim>
void visit_points(const SimplexSpace &space, const CellRule &rule, std::size_t n_cells,
                  const std::function<void(const CellPoint &)> &visit)
{
  using R = kernels::SimplexReference<dim>;
  for (std::size_t q = 0; q < rule.points.size(); ++q)
    {
      std::array<double, dim + 1> lambda{};
      std::copy_n(rule.points[q].begin(), dim + 1, lambda.begin());
      const auto phi    = kernels::p2_values<dim>(lambda);
      const auto slopes = kernels::p2_derivatives<dim>(lambda);
      for (std::size_t c = 0; c < n_cells; ++c)
        {
          CellPoint point{c, 0, lambda.data(), phi.data(), {}};
          double    jacobian[dim][dim] = {};
          for (int i = 0; i < R::n_nodes; ++i)
            for (int d = 0; d < dim; ++d)
              {
                const double x = space.coordinates()[std::size_t(space.cells_p2()[c * R::n_nodes + i]) * dim + d];
                point.x[d] += phi[i] * x;
                for (int k = 0; k < dim; ++k)
                  jacobian[d][k] += (slopes[i][k + 1] - slopes[i][0]) * x;
              }
          point.weight = rule.weights[q] * determinant<dim>(jacobian) / (dim == 3 ? 6 : 2);
          visit(point);
        }
    }
}
} // namespace

CellRule collapsed_rule(int dimension, int n)
{
  const auto gauss = gauss_rule(n);
  CellRule   rule;
  for (const auto &[s, ws] : gauss)
    for (const auto &[t, wt] : gauss)
      {
        if (dimension == 2)
          {
            rule.points.push_back({(1 - s) * (1 - t), s, (1 - s) * t, 0});
            rule.weights.push_back(2 * ws * wt * (1 - s));
            continue;
          }
        for (const auto &[r, wr] : gauss)
          {
            const double rest = (1 - s) * (1 - t);
            rule.points.push_back({rest * (1 - r), s, (1 - s) * t, rest * r});
            rule.weights.push_back(6 * ws * wt * wr * (1 - s) * rest);
          }
      }
  return rule;
}

void visit_cell_points(const SimplexSpace &space, const CellRule &rule, std::size_t n_cells,
                       const std::function<void(const CellPoint &)> &visit)
{
  if (space.dimension() == 3)
    visit_points<3>(space, rule, n_cells, visit);
  else
    visit_points<2>(space, rule, n_cells, visit);
}

} // namespace vesalius
