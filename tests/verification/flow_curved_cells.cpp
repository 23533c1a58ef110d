// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/curved_cells.h"
#include "mesh_io/verification_meshes.h"
#include "physics/flow/flow_solver.h"
#include "physics/flow/wall_shear.h"
#include "solver/fields/cell_quadrature.h"
#include "solver/fields/face_quadrature.h"
#include "tests/verification/exact_solutions.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;
constexpr double pi = std::numbers::pi;

Mesh coarse_pipe(int order = 2)
{
  return make_pipe_mesh({.radius = 1, .length = 1, .n_along = 2, .section = {.n_rings = 2}, .order = order});
}

Mesh curved_mesh(int dimension)
{
  return dimension == 2 ? make_disc_mesh({.radius = 1, .section = {.n_rings = 2}}) : coarse_pipe();
}

double sum(double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return value;
}

double maximum(double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return value;
}

double dot_owned(const std::vector<double> &a, const std::vector<double> &b, int n_owned)
{
  double total = 0;
  for (int i = 0; i < n_owned; ++i)
    total += a[i] * b[i];
  return sum(total);
}

/// A field without any symmetry, the same on any number of ranks.
std::vector<double> rough_field(const NodeDistribution &nodes, int n_components, double seed)
{
  std::vector<double> values;
  for (int i = 0; i < nodes.n_local(); ++i)
    for (int c = 0; c < n_components; ++c)
      values.push_back(std::sin(seed + 1.7 * double(nodes.ids[i]) + 0.9 * c));
  return values;
}

class CurvedCells : public testing::TestWithParam<int>
{
protected:
  Mesh                mesh = curved_mesh(GetParam());
  SimplexSpace        space{mesh, MPI_COMM_WORLD};
  int                 dim   = GetParam();
  kernels::CellArrays cells = cell_arrays(space);
  int                 n_u = space.p2().n_owned * dim, n_p = space.p1().n_owned;
  std::vector<double> u = rough_field(space.p2(), dim, 0.3), p = rough_field(space.p1(), 1, 1.1);
};

TEST_P(CurvedCells, TheWallIsCurvedTheCoreIsNot)
{
  double n_curved = 0, n_affine = 0, volume = 0, area = 0;
  for (std::size_t c = 0; c < space.n_owned_cells(); ++c)
    {
      (cells.is_curved(c) ? n_curved : n_affine) += 1;
      volume += kernels::cell_volume(cells, c);
    }
  for (const auto &face : space.boundary_faces())
    if (face.is_owned && face.boundary_id == space.boundary_id("wall"))
      area += face.measure;
  EXPECT_GT(sum(n_curved), 0);
  EXPECT_GT(sum(n_affine), 0);
  EXPECT_NEAR(sum(volume), curved_volume(mesh), 1e-13);
  EXPECT_NEAR(sum(area), curved_boundary_measure(mesh, "wall"), 1e-5);
}

TEST_P(CurvedCells, GradientAndDivergenceFulfilGaussTheorem)
{
  // (grad p, v) + (p, div v) = <p, v . n>, node by node.
  std::vector<double> r(u.size(), 0.);
  kernels::add_gradient(cells, p.data(), 1, r.data());
  for (auto &value : r)
    value = -value;
  kernels::add_negative_divergence_transpose(cells, p.data(), r.data());
  for (const auto &face : space.boundary_faces())
    visit_face(space, face, [&](double weight, const auto &normal, const auto &trace, const auto &point) {
      double value = 0;
      for (int a = 0; a < dim; ++a)
        value += point[a] * p[face.vertices[a]];
      for (int i = 0; i < space.nodes_per_face(); ++i)
        for (int d = 0; d < dim; ++d)
          r[face.nodes[i] * dim + d] += weight * value * trace[i] * normal[d];
    });
  double largest = 0;
  for (int i = 0; i < n_u; ++i)
    largest = std::max(largest, std::abs(r[i]));
  EXPECT_LT(maximum(largest), 1e-15);
}

TEST_P(CurvedCells, DivergenceAndItsTransposeAgree)
{
  std::vector<double> r(u.size(), 0.), w(p.size(), 0.);
  kernels::add_negative_divergence_transpose(cells, p.data(), r.data());
  kernels::add_negative_divergence(cells, u.data(), w.data());
  const double one = dot_owned(r, u, n_u), other = dot_owned(w, p, n_p);
  EXPECT_GT(std::abs(one), 1e-3);
  EXPECT_NEAR(one, other, 1e-13);
}

TEST_P(CurvedCells, ConvectionProducesNoEnergy)
{
  // (u . grad v, v) + 1/2 (div u v, v) = 0 for v = 0 on the boundary, whatever the divergence of u.
  ScalarOperator    matrix(space);
  std::vector<double> values(matrix.columns().size(), 0.), product(space.p2().n_local(), 0.);
  kernels::add_convection(cells, matrix.cell_positions(), u.data(), 2., values.data());
  auto v = rough_field(space.p2(), 1, 2.2);
  for (const auto &face : space.boundary_faces())
    for (int i = 0; i < space.nodes_per_face(); ++i)
      v[face.nodes[i]] = 0;
  space.p2_halo().update(v.data(), 1);
  matrix.multiply(values, 1, v.data(), product.data());
  double size = 0;
  for (int i = 0; i < space.p2().n_owned; ++i)
    size += std::abs(product[i] * v[i]);
  EXPECT_GT(sum(size), 1e-2);
  EXPECT_NEAR(dot_owned(product, v, space.p2().n_owned), 0, 1e-14);
}

TEST_P(CurvedCells, LinearFunctionsHaveTheirExactEnergies)
{
  // The coordinates are functions of the space: (1, 1) = volume, (grad x_i, grad x_j) = volume delta_ij.
  ScalarOperator    matrix(space);
  const double        volume = curved_volume(mesh);
  std::vector<double> x[3], product(space.p2().n_local());
  for (int d = 0; d < dim; ++d)
    for (int i = 0; i < space.p2().n_local(); ++i)
      x[d].push_back(space.coordinates()[i * dim + d]);
  for (int d = 0; d < dim; ++d)
    {
      matrix.multiply(matrix.stiffness(), 1, x[d].data(), product.data());
      for (int e = 0; e < dim; ++e)
        EXPECT_NEAR(dot_owned(product, x[e], space.p2().n_owned), d == e ? volume : 0., 1e-12);
    }
  const std::vector<double> one(space.p2().n_local(), 1.);
  matrix.multiply(matrix.mass(), 1, one.data(), product.data());
  EXPECT_NEAR(dot_owned(product, one, space.p2().n_owned), volume, 1e-13);
  // And their gradient is a constant, at vertices of curved cells too.
  for (std::size_t c = cells.curved[0][0]; c < cells.curved[0][1]; ++c)
    for (int v = 0; v <= dim; ++v)
      {
        double g[3][3];
        kernels::vertex_gradient(cells, c, v, space.coordinates().data(), g);
        for (int d = 0; d < dim; ++d)
          for (int e = 0; e < dim; ++e)
            EXPECT_NEAR(g[d][e], d == e ? 1. : 0., 1e-12);
      }
  EXPECT_NEAR(maximum(kernels::maximum_gradient(cells, space.coordinates().data())), std::sqrt(double(dim)), 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Dimensions, CurvedCells, testing::Values(2, 3));

// --- Stokes ----------------------------------------------------------------------------------

/// -mu Laplace u + grad p = f in the plane, from the stream function sin(a x + 0.2) sin(b y + 0.5); in space the third component is
/// zero and nothing depends on z.
struct Manufactured
{
  static constexpr double a = 1.3, b = 1.7, mu = 0.7;
  static void             velocity(double, const double *x, double *u)
  {
    u[0] = b * std::sin(a * x[0] + 0.2) * std::cos(b * x[1] + 0.5);
    u[1] = -a * std::cos(a * x[0] + 0.2) * std::sin(b * x[1] + 0.5);
  }
  static void force(const double *x, double *f)
  {
    velocity(0, x, f);
    for (int d = 0; d < 2; ++d)
      f[d] *= mu * (a * a + b * b); // each component is an eigenfunction of the Laplacian
    f[0] += 2 * std::cos(2 * x[0]) * std::sin(3 * x[1]);
    f[1] += 3 * std::sin(2 * x[0]) * std::cos(3 * x[1]);
  }
};

struct StokesErrors
{
  double velocity = 0, pressure = 0;
};

/// `exact` on the boundary but for an end named "outlet", `force` inside; errors in L2, of the pressure about its mean against sin 2x sin 3y or 0.
template <class Exact, class Force, class Pressure>
StokesErrors solve_stokes(const Mesh &mesh, const Exact &exact, const Force &force, const Pressure &pressure)
{
  SimplexSpace        space(mesh, MPI_COMM_WORLD);
  ScalarOperator    matrix(space);
  const int           dim = space.dimension(), n = space.nodes_per_cell();
  std::vector<double> u(space.p2().n_local() * dim, 0.), p(space.p1().n_local(), 0.), rhs(u.size(), 0.),
    fixed(space.p2().n_local(), 0.);
  // The end of a pipe carries the traction -p n; nothing there depends on z.
  for (const auto &face : space.boundary_faces())
    for (int i = 0; i < space.nodes_per_face(); ++i)
      if (face.boundary_id != space.boundary_id("outlet"))
        fixed[face.nodes[i]] = 1;
  space.p2_halo().update(fixed.data(), 1);
  for (const auto &face : space.boundary_faces())
    if (face.boundary_id == space.boundary_id("outlet"))
      visit_face(space, face, [&](double weight, const auto &normal, const auto &trace, const auto &) {
        double x[3] = {0, 0, 0};
        for (int i = 0; i < space.nodes_per_face(); ++i)
          for (int d = 0; d < dim; ++d)
            x[d] += trace[i] * space.coordinates()[face.nodes[i] * dim + d];
        for (int i = 0; i < space.nodes_per_face(); ++i)
          for (int d = 0; d < dim; ++d)
            rhs[face.nodes[i] * dim + d] -= weight * pressure(x) * trace[i] * normal[d];
      });
  for (int i = 0; i < space.p2().n_local(); ++i)
    if (fixed[i] > 0)
      exact(0, &space.coordinates()[i * dim], &u[i * dim]);
  const auto rule = collapsed_rule(dim, 5);
  visit_cell_points(space, rule, space.n_cells(), [&](const CellPoint &point) {
    double f[3] = {0, 0, 0};
    force(point.x.data(), f);
    for (int i = 0; i < n; ++i)
      for (int d = 0; d < dim; ++d)
        rhs[space.cells_p2()[point.cell * n + i] * dim + d] += point.weight * point.phi[i] * f[d];
  });
  StokesSolver solver(space, matrix, std::vector<char>(fixed.begin(), fixed.end()), Manufactured::mu);
  solver.solve(rhs.data(), u.data(), p.data(), 1e-11);
  double moments[4] = {0, 0, 0, 0};
  visit_cell_points(space, rule, space.n_owned_cells(), [&](const CellPoint &point) {
    double wanted[3] = {0, 0, 0}, q = -pressure(point.x.data());
    exact(0, point.x.data(), wanted);
    for (int d = 0; d < dim; ++d)
      {
        double value = -wanted[d];
        for (int i = 0; i < n; ++i)
          value += point.phi[i] * u[space.cells_p2()[point.cell * n + i] * dim + d];
        moments[0] += point.weight * value * value;
      }
    for (int v = 0; v <= dim; ++v)
      q += point.lambda[v] * p[space.cells_p1()[point.cell * (dim + 1) + v]];
    moments[1] += point.weight;
    moments[2] += point.weight * q;
    moments[3] += point.weight * q * q;
  });
  MPI_Allreduce(MPI_IN_PLACE, moments, 4, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return {std::sqrt(moments[0]), std::sqrt(std::max(0., moments[3] - moments[2] * moments[2] / moments[1]))};
}

TEST(CurvedStokes, PatchTestWithLinearVelocityAndConstantPressure)
{
  for (const int dimension : {2, 3})
    {
      const auto linear = [](double, const double *x, double *u) {
        u[0] = 0.3 + x[0] - 2 * x[1];
        u[1] = 0.1 + 3 * x[0] - x[1];
      };
      const auto errors = solve_stokes(
        curved_mesh(dimension), linear, [](const double *, double *) {}, [](const double *) { return 0.; });
      EXPECT_LT(errors.velocity, 1e-9);
      EXPECT_LT(errors.pressure, 1e-8);
    }
}

TEST(CurvedStokes, VelocityIsOfThirdOrderPressureOfSecond)
{
  for (const int dimension : {2, 3})
    {
      StokesErrors errors[2];
      for (const int level : {0, 1})
        {
          const int  n    = (dimension == 2 ? 4 : 2) << level;
          const Mesh mesh = dimension == 2
                              ? make_disc_mesh({.radius = 1, .section = {.n_rings = n}})
                              : make_pipe_mesh({.radius = 1, .length = 1, .n_along = n, .section = {.n_rings = n}});
          errors[level]   = solve_stokes(mesh, Manufactured::velocity, Manufactured::force,
                                         [](const double *x) { return std::sin(2 * x[0]) * std::sin(3 * x[1]); });
        }
      const double velocity = std::log2(errors[0].velocity / errors[1].velocity),
                   pressure = std::log2(errors[0].pressure / errors[1].pressure);
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::printf("Stokes on curved cells, %dD: velocity %.3e, order %.2f; pressure %.3e, order %.2f\n", dimension,
                    errors[1].velocity, velocity, errors[1].pressure, pressure);
      EXPECT_GT(velocity, 2.8);
      EXPECT_GT(pressure, 1.8);
    }
}

// --- the flow solver -----------------------------------------------------------------------------

TEST(CurvedPipe, PoiseuilleFlowComesMuchCloserThanOnThePolygon)
{
  exact::Poiseuille flow{0.01, 0.03, 0, 0.035};
  flow.flow = 100 * flow.mu / 1060 * pi * flow.radius / 2; // Reynolds number 100
  FlowSettings settings;
  settings.mu                = flow.mu;
  settings.initial_tolerance = 1e-11;
  double drop_error[2] = {0, 0}, shear_error[2] = {0, 0};
  for (const int order : {1, 2})
    {
      const Mesh mesh = make_pipe_mesh(
        {.radius = flow.radius, .length = flow.length, .n_along = 4, .section = {.n_rings = 3}, .order = order});
      auto  channel = make_channel(mesh, MPI_COMM_WORLD, settings, Waveform::constant(flow.flow),
                                   InflowProfile::Shape::parabolic, make_pressure_outlet(0.0), "inlet", "outlet");
      auto &solver  = *channel.solver;
      solver.start_from_stokes();
      const double area = solver.caps()[0].area;
      EXPECT_NEAR(area, pi * flow.radius * flow.radius, (order == 1 ? 3e-2 : 2e-4) * area);
      for (int step = 0; step < 3; ++step)
        ASSERT_TRUE(solver.step(0.02).accepted);
      double into = 0, out = 0;
      for (const auto &cap : solver.caps())
        (cap.is_inflow ? into : out) += cap.flow;
      EXPECT_NEAR(into, flow.flow, 1e-13 * flow.flow);
      EXPECT_NEAR(out, flow.flow, 1e-13 * flow.flow);
      const double        drop = solver.mean_pressure(channel.space->boundary_id("inlet"));
      const WallShear     wall(*channel.space, {channel.space->boundary_id("wall")}, settings.mu);
      std::vector<double> tau;
      wall.evaluate(solver.velocity(), tau);
      const double shear     = wall.mean_magnitude(tau);
      drop_error[order - 1]  = std::abs(drop / flow.pressure_drop() - 1);
      shear_error[order - 1] = std::abs(shear / flow.wall_shear() - 1);
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::printf("Poiseuille, geometry of order %d, %zu tetrahedra: pressure drop %+.4f %%, wall shear %+.4f %%\n",
                    order, mesh.n_cells(), 100 * (drop / flow.pressure_drop() - 1),
                    100 * (shear / flow.wall_shear() - 1));
    }
  EXPECT_LT(drop_error[1], 2e-3);
  EXPECT_LT(10 * drop_error[1], drop_error[0]);
  EXPECT_LT(3 * shear_error[1], shear_error[0]);
}

} // namespace
} // namespace vesalius
