// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/volume_mesh.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/algebra/tensor_diffusion.h"
#include "solver/kernels/field_kernels.h"
#include "tests/verification/model_run.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vesalius
{
namespace
{
using model_test::rank_of;

/// u = sin(a . x) for D = (1 + b . x) D_0, D_0 unsymmetric, and a reaction.
struct Manufactured
{
  static constexpr double a[3] = {2.1, -1.3, 0.9}, b[3] = {0.4, 0.3, 0.2}, reaction = 0.7;
  static constexpr double D[3][3] = {{3, 0.8, 0.2}, {0.5, 1, -0.3}, {0.1, 0.2, 0.5}};

  static double phase(const double *x, int dim)
  {
    double sum = 0;
    for (int d = 0; d < dim; ++d)
      sum += a[d] * x[d];
    return sum;
  }
  static void coefficients(const FieldPoints &points, double *tensor, double *r, double *source)
  {
    const int dim = points.dimension;
    for (int q = 0; q < points.n; ++q)
      {
        const double *x = points.x + q * dim;
        double        factor = 1, second = 0, first = 0;
        for (int i = 0; i < dim; ++i)
          factor += b[i] * x[i];
        for (int i = 0; i < dim; ++i)
          for (int j = 0; j < dim; ++j)
            {
              tensor[(q * dim + i) * dim + j] = factor * D[i][j];
              second += factor * a[i] * D[i][j] * a[j];
              first += b[i] * D[i][j] * a[j];
            }
        r[q]      = reaction;
        source[q] = (second + reaction) * std::sin(phase(x, dim)) - first * std::cos(phase(x, dim));
      }
  }
};

/// Error in L2 on a box of n^dim cubes with u given on its whole boundary.
double error(int dim, int degree, int n)
{
  SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ? make_box_mesh(dim, {0, 0, 0}, {1, 1, dim == 3 ? 1. : 0.}, {n, n, n}) : Mesh{}, MPI_COMM_WORLD);
  std::map<int, std::function<double(const double *)>> fixed;
  for (const auto &[id, name] : space.boundary_names())
    fixed[id] = [dim](const double *x) { return std::sin(Manufactured::phase(x, dim)); };
  const TensorDiffusion     physics(degree, Manufactured::coefficients);
  const auto                u     = solve_diffusion(space, physics, fixed);
  const auto                cells = cell_arrays(space);
  const kernels::FieldCells fields(cells, physics.fields());
  const double *const       values[] = {u.data()};
  double                    square   = 0;
  kernels::visit_field_points(fields, 0, space.n_owned_cells(), values, [&](const FieldPoints &points, const double *weight, const double *slots) {
    for (int q = 0; q < points.n; ++q)
      square += weight[q] * std::pow(slots[q * (dim + 1) + dim] - std::sin(Manufactured::phase(points.x + q * dim, dim)), 2);
  });
  MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return std::sqrt(square);
}

TEST(TensorDiffusion, ManufacturedSolutionConvergesWithOrders2And3)
{
  for (const int dim : {2, 3})
    for (const int degree : {1, 2})
      {
        const int    n     = dim == 2 ? 16 : 4;
        const double order = std::log2(error(dim, degree, n) / error(dim, degree, 2 * n));
        EXPECT_GT(order, degree == 1 ? 1.9 : 2.9) << dim << "D P" << degree;
        EXPECT_LT(order, degree == 1 ? 2.2 : 3.3) << dim << "D P" << degree;
      }
}

TEST(TensorDiffusion, AFluxIsLeftOutWhereNothingIsFixed)
{
  // Between 0 and 1 through a layered box, D of 1 and 3 along x: u at the interface is 3/4 of the way for equal layers.
  using Method = FieldSolverSettings::Method;
  for (const auto &[degree, method] : {std::pair{1, Method::direct}, std::pair{1, Method::iterative}, std::pair{2, Method::direct}, std::pair{2, Method::iterative}})
    {
      FieldSolverSettings settings;
      settings.method = method;
      SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ? make_box_mesh(3, {0, 0, 0}, {2, 1, 1}, {4, 2, 2}) : Mesh{}, MPI_COMM_WORLD);
      const TensorDiffusion physics(degree, [](const FieldPoints &points, double *tensor, double *, double *) {
        for (int q = 0; q < points.n; ++q)
          for (int d = 0; d < 3; ++d)
            tensor[(q * 3 + d) * 3 + d] = points.x[3 * q] < 1 ? 1 : 3;
      });
      const auto u = solve_diffusion(space, physics,
                                     {{space.boundary_id("x_min"), [](const double *) { return 0.; }}, {space.boundary_id("x_max"), [](const double *) { return 1.; }}}, settings);
      for (int i = 0; i < space.nodes(degree).n_local(); ++i)
        {
          const double x = space.coordinates()[3 * std::size_t(degree == 2 ? i : space.node_of_vertex()[i])];
          EXPECT_NEAR(u[i], x < 1 ? 0.75 * x : 0.75 + 0.25 * (x - 1), 1e-8);
        }
    }
}

} // namespace
} // namespace vesalius
