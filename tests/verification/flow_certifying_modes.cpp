// SPDX-License-Identifier: GPL-3.0-or-later
// The certifying mode against itself (solvers, ranks, restart) and the production mode against it.
#include "mesh_io/verification_meshes.h"
#include "physics/flow/certifying_solver.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

Mesh on_root(const Mesh &mesh, MPI_Comm communicator) { return rank_of(communicator) == 0 ? mesh : Mesh{}; }

Waveform pulse(double mean, double amplitude)
{
  std::vector<double> times, values;
  for (int i = 0; i < 32; ++i)
    {
      times.push_back(i / 32.);
      values.push_back(mean + amplitude * std::sin(2 * std::numbers::pi * times.back()));
    }
  return Waveform(times, values, 1.0);
}

/// A box channel with a Windkessel.
struct Coupled
{
  SimplexSpace     space;
  CertifyingSolver solver;
  Coupled(MPI_Comm communicator, const CertifyingSettings &certifying, const FlowSettings &settings = {}, int n = 3)
    : space(on_root(box_channel(n), communicator), communicator), solver(space, settings, certifying)
  {
    for (const auto &[id, name] : space.boundary_names())
      if (name[0] != 'x')
        solver.add_wall(id);
    solver.add_inflow(space.boundary_id("x_min"), pulse(10e-6, 8e-6), InflowProfile::Shape::parabolic);
    solver.add_outlet(space.boundary_id("x_max"), make_windkessel(1.2e7, 1.2e8, 1.5e-9));
    solver.finish_boundaries();
  }
};

CertifyingSettings method(SaddlePointSettings::Method chosen)
{
  CertifyingSettings settings;
  settings.linear.method = chosen;
  settings.tolerance     = 1e-11;
  return settings;
}

TEST(CertifyingSolvers, IterativeAgreesWithDirect)
{
  Coupled direct(MPI_COMM_WORLD, method(SaddlePointSettings::Method::direct)),
    iterative(MPI_COMM_WORLD, method(SaddlePointSettings::Method::iterative));
  const auto compare = [&](const char *what, const FlowStep &a, const FlowStep &b, int limit) {
    EXPECT_TRUE(a.accepted && b.accepted);
    if (rank_of(MPI_COMM_WORLD) == 0)
      std::printf("%s: Newton %d, %d; Krylov %d, %d\n", what, a.velocity_iterations, b.velocity_iterations, a.pressure_iterations,
                  b.pressure_iterations);
    EXPECT_LE(b.pressure_iterations, limit);
    // The same field by the same numbering: local arrays can be compared.
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < direct.solver.velocity().size(); ++i)
      {
        largest    = std::max(largest, std::abs(direct.solver.velocity()[i]));
        difference = std::max(difference, std::abs(direct.solver.velocity()[i] - iterative.solver.velocity()[i]));
      }
    EXPECT_LT(difference, 1e-7 * largest) << what;
    EXPECT_NEAR(direct.solver.caps()[1].pressure, iterative.solver.caps()[1].pressure, 1e-8 * direct.solver.caps()[1].pressure);
    EXPECT_NEAR(direct.solver.caps()[0].pressure, iterative.solver.caps()[0].pressure, 1e-8 * direct.solver.caps()[0].pressure);
  };
  direct.solver.start_from_stokes();
  iterative.solver.start_from_stokes();
  const auto a = direct.solver.step(0.01), b = iterative.solver.step(0.01);
  compare("a step", a, b, 80);
  const auto c = direct.solver.solve_steady(), d = iterative.solver.solve_steady();
  compare("steady", c, d, 900);
}

/// Incomplete factors alone, without multigrid, made ever more iterations of it; a patient's aorta did not get past its start.
TEST(CertifyingSolvers, ViscousFlowTakesAsManyIterationsOnAFinerMesh)
{
  FlowSettings slow;
  slow.rho = 1e-3;
  std::vector<int> iterations;
  for (const int n : {3, 6})
    {
      Coupled run(MPI_COMM_WORLD, method(SaddlePointSettings::Method::iterative), slow, n);
      run.solver.start_from_stokes();
      const auto steady = run.solver.solve_steady();
      EXPECT_TRUE(steady.accepted);
      iterations.push_back(steady.pressure_iterations);
    }
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("Krylov iterations %d, %d\n", iterations[0], iterations[1]);
  EXPECT_LE(iterations[1], 1.4 * iterations[0]);
}

TEST(CertifyingSolvers, RanksAgree)
{
  Coupled alone(MPI_COMM_SELF, method(SaddlePointSettings::Method::direct)), together(MPI_COMM_WORLD, method(SaddlePointSettings::Method::direct));
  for (auto *run : {&alone, &together})
    {
      run->solver.start_from_stokes();
      for (int step = 0; step < 2; ++step)
        EXPECT_TRUE(run->solver.step(0.01).accepted);
    }
  const auto velocity = by_id(alone.space.p2(), alone.solver.velocity(), 3), pressure = by_id(alone.space.p1(), alone.solver.pressure(), 1);
  EXPECT_LT(relative_difference(together.space.p2(), together.solver.velocity(), 3, velocity), 1e-8);
  EXPECT_LT(relative_difference(together.space.p1(), together.solver.pressure(), 1, pressure), 1e-8);
}

// --- the production mode against the certifying one ------------------------------------------------

/// A wye in 2D with different Windkessels of high resistance.
template <class Solver>
struct Wye
{
  SimplexSpace space;
  Solver       solver;
  static Mesh  mesh()
  {
    WyeMesh shape;
    shape.n_across = 6;
    return on_root(make_wye_mesh(shape), MPI_COMM_WORLD);
  }
  explicit Wye(const FlowSettings &settings)
    : space(mesh(), MPI_COMM_WORLD), solver(space, settings)
  {
    solver.add_wall(space.boundary_id("wall"));
    solver.add_inflow(space.boundary_id("inlet"), pulse(5e-4, 2e-4), InflowProfile::Shape::parabolic);
    solver.add_outlet(space.boundary_id("outlet_1"), make_windkessel(1e5, 1e6, 1e-7));
    solver.add_outlet(space.boundary_id("outlet_2"), make_windkessel(2e5, 2e6, 5e-8));
    solver.finish_boundaries();
    solver.start_from_stokes();
  }
};

TEST(ProductionAgainstCertifying, BifurcationWithWindkesselsOfHighResistance)
{
  FlowSettings settings;
  settings.mu                 = 1e-2;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-10;
  Wye<FlowSolver>       production(settings);
  Wye<CertifyingSolver> certifying(settings);
  for (int step = 0; step < 40; ++step)
    {
      ASSERT_TRUE(production.solver.step(0.005).accepted);
      ASSERT_TRUE(certifying.solver.step(0.005).accepted);
    }
  const auto &p = production.solver.caps(), &c = certifying.solver.caps();
  double      sums[2] = {0, 0};
  for (int i = 0; i < certifying.space.p2().n_owned * 2; ++i)
    {
      sums[0] += std::pow(production.solver.velocity()[i] - certifying.solver.velocity()[i], 2);
      sums[1] += std::pow(certifying.solver.velocity()[i], 2);
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("production against certifying: velocity %.2g, flows %.2g %.2g, outlet pressures %.2g %.2g, drop %.2g\n",
                std::sqrt(sums[0] / sums[1]), p[1].flow / c[1].flow - 1, p[2].flow / c[2].flow - 1, p[1].pressure / c[1].pressure - 1,
                p[2].pressure / c[2].pressure - 1, (p[0].pressure - p[1].pressure) / (c[0].pressure - c[1].pressure) - 1);
  EXPECT_LT(std::sqrt(sums[0] / sums[1]), 3e-3);
  for (int k = 1; k < 3; ++k)
    {
      EXPECT_NEAR(p[k].flow, c[k].flow, 1e-3 * c[k].flow);
      EXPECT_NEAR(p[k].pressure, c[k].pressure, 1e-3 * c[k].pressure);
    }
}

} // namespace
} // namespace vesalius
