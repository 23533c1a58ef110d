// SPDX-License-Identifier: GPL-3.0-or-later
// Generalised Newtonian fluids in the certifying mode: exact flows, Newton's convergence, the production mode.
#include "mesh_io/verification_meshes.h"
#include "physics/flow/certifying_solver.h"
#include "tests/verification/generalised_newtonian.h"
#include "tests/verification/rheology_fluids.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vesalius
{
namespace
{
using namespace flow_test;

CertifyingSettings tight()
{
  CertifyingSettings settings;
  settings.tolerance = 1e-12;
  return settings;
}

void print(const std::string &what, const std::vector<double> &residuals)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  std::printf("%s: residuals", what.c_str());
  for (const double r : residuals)
    std::printf(" %.1e", r);
  std::printf("\n");
}

/// The last step that starts below 1e-3 and does not end in rounding squares the error, up to a factor.
void expect_quadratic(const std::vector<double> &e, const std::string &what)
{
  int n = 0;
  for (std::size_t k = 0; k + 1 < e.size(); ++k)
    if (e[k] < 1e-3 && e[k] > 1e-8)
      {
        EXPECT_LT(e[k + 1], std::max(1e4 * e[k] * e[k], 1e-12)) << what;
        ++n;
      }
  EXPECT_GT(n, 0) << what;
}

/// Developed flow between plates that enters by its exact profile and leaves at an outlet.
template <class Solver>
struct PlaneFlow
{
  static constexpr double half = 0.005, length = 0.01, gradient = 60;
  exact::DevelopedFlow    flow;
  SimplexSpace            space;
  Solver                  solver;
  ExactVelocity           velocity = [this](double, const double *x, double *u) { u[0] = flow.velocity(x[1]), u[1] = 0; };

  template <class... Settings>
  PlaneFlow(const std::shared_ptr<const ViscosityFunction> &fluid, int n, const Settings &...more)
    : flow(*fluid, half, gradient, false),
      space(rank_of(MPI_COMM_WORLD) == 0 ? make_box_mesh(2, {0, -half, 0}, {length, half, 0}, {n, n, 0}) : Mesh{}, MPI_COMM_WORLD),
      solver(space, settings_of(fluid, 1), more...)
  {
    solver.add_wall(space.boundary_id("y_min"));
    solver.add_wall(space.boundary_id("y_max"));
    solver.add_exact(space.boundary_id("x_min"), velocity);
    solver.add_outlet(space.boundary_id("x_max"), make_pressure_outlet(0.));
    solver.finish_boundaries();
  }
  double drop() const { return solver.mean_pressure(space.boundary_id("x_min")); }
};

double difference(const SimplexSpace &space, const std::vector<double> &a, const std::vector<double> &b)
{
  double sums[2] = {0, 0};
  for (int i = 0; i < space.p2().n_owned * space.dimension(); ++i)
    {
      sums[0] += std::pow(a[i] - b[i], 2);
      sums[1] += b[i] * b[i];
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return std::sqrt(sums[0] / sums[1]);
}

TEST(CertifyingRheology, PlaneFlowOfEachLaw)
{
  for (const auto &[name, lines] : shear_thinning_fluids)
    {
      const auto fluid = viscosity_law(lines);
      double     error[2];
      for (int level = 0; level < 2; ++level)
        {
          PlaneFlow<CertifyingSolver> plane(fluid, 8 << level, tight());
          const double                scale = plane.solver.velocity_error_l2(plane.velocity); // at rest
          plane.solver.start_from_stokes();
          ASSERT_TRUE(plane.solver.solve_steady().accepted);
          error[level] = plane.solver.velocity_error_l2(plane.velocity) / scale;
          EXPECT_NEAR(plane.drop(), 60 * 0.01, 2e-3 * 60 * 0.01) << name;
          print(name, plane.solver.residuals());
          expect_quadratic(plane.solver.residuals(), name);
        }
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::printf("plane flow, %s: velocity error %.2e, order %.2f\n", name.c_str(), error[1], std::log2(error[0] / error[1]));
      EXPECT_LT(error[1], 1e-3) << name;
      EXPECT_GT(std::log2(error[0] / error[1]), 2.5) << name;
    }
}

TEST(CertifyingRheology, ProductionModeAgrees)
{
  const auto                  fluid = viscosity_law(shear_thinning_fluids.at("carreau_yasuda"));
  PlaneFlow<FlowSolver>       production(fluid, 8);
  PlaneFlow<CertifyingSolver> certifying(fluid, 8, tight());
  certifying.solver.start_from_stokes();
  ASSERT_TRUE(certifying.solver.solve_steady().accepted);
  production.solver.start_from_stokes();
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(production.solver.step(0.01).accepted);
  const double apart = difference(certifying.space, production.solver.velocity(), certifying.solver.velocity());
  const double drops[2] = {production.drop(), certifying.drop()};
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("production against certifying: velocity %.2g, drop %.2g\n", apart, drops[0] / drops[1] - 1);
  EXPECT_LT(apart, 3e-3);
  EXPECT_NEAR(drops[0], drops[1], 3e-3 * drops[1]);
}

TEST(CertifyingRheology, PipeFlow)
{
  const auto                 fluid = viscosity_law(shear_thinning_fluids.at("carreau_yasuda"));
  const exact::DevelopedFlow flow(*fluid, 0.005, 120, true);
  PipeMesh                   pipe;
  pipe.radius          = 0.005;
  pipe.length          = 0.005;
  pipe.n_along         = 2;
  pipe.section.n_rings = 3;
  SimplexSpace       space(rank_of(MPI_COMM_WORLD) == 0 ? make_pipe_mesh(pipe) : Mesh{}, MPI_COMM_WORLD);
  CertifyingSolver   solver(space, settings_of(fluid, 10), tight());
  const auto         velocity = [&](double, const double *x, double *u) { u[0] = u[1] = 0, u[2] = flow.velocity(std::hypot(x[0], x[1])); };
  solver.add_wall(space.boundary_id("wall"));
  solver.add_exact(space.boundary_id("inlet"), velocity);
  solver.add_outlet(space.boundary_id("outlet"), make_pressure_outlet(0.));
  solver.finish_boundaries();
  const double scale = solver.velocity_error_l2(velocity);
  solver.start_from_stokes();
  ASSERT_TRUE(solver.solve_steady().accepted);
  print("pipe", solver.residuals());
  expect_quadratic(solver.residuals(), "pipe");
  EXPECT_LT(solver.velocity_error_l2(velocity), 0.01 * scale);
  EXPECT_NEAR(solver.mean_pressure(space.boundary_id("inlet")), 120 * pipe.length, 0.02 * 120 * pipe.length);
  // In time, from the steady flow: it stays.
  const auto before = solver.velocity();
  ASSERT_TRUE(solver.step(0.01).accepted);
  EXPECT_LT(difference(space, solver.velocity(), before), 1e-6);
}

} // namespace
} // namespace vesalius
