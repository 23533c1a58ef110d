// SPDX-License-Identifier: GPL-3.0-or-later
// Steady flows of the certifying mode: what is exact, published benchmarks, outlets.
#include "mesh_io/verification_meshes.h"
#include "physics/flow/certifying_solver.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

void print(const std::string &what, double value, double wanted)
{
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("%s: %.8g (reference %.8g, %+.3g %%)\n", what.c_str(), value, wanted, 100 * (value / wanted - 1));
}

Mesh on_root(const Mesh &mesh) { return rank_of(MPI_COMM_WORLD) == 0 ? mesh : Mesh{}; }

FlowSettings fluid(double rho, double mu)
{
  FlowSettings settings;
  settings.rho = rho;
  settings.mu  = mu;
  return settings;
}

/// Newton's errors from the first below 1e-2 on: e_(k+1) <= factor e_k^2 until rounding; true if that was seen at least once.
bool is_quadratic(const std::vector<double> &e, double factor, double rounding)
{
  int n = 0;
  for (std::size_t k = 0; k + 1 < e.size(); ++k)
    if (e[k] < 1e-2 && e[k + 1] > rounding)
      {
        if (e[k + 1] > factor * e[k] * e[k])
          return false;
        ++n;
      }
  return n > 0;
}

// --- what is exact -------------------------------------------------------------------------------

TEST(CertifyingChannel, PoiseuilleFlowIsExact)
{
  const double     height = 0.01, length = 0.04, mu = 3.5e-3, rho = 1060, flow = 1e-3, resistance = 1e5;
  SimplexSpace     space(on_root(make_box_mesh(2, {0, 0, 0}, {length, height, 0}, {8, 4, 1})), MPI_COMM_WORLD);
  CertifyingSolver solver(space, fluid(rho, mu));
  const int        inlet = space.boundary_id("x_min"), outlet = space.boundary_id("x_max");
  solver.add_wall(space.boundary_id("y_min"));
  solver.add_wall(space.boundary_id("y_max"));
  solver.add_inflow(inlet, Waveform::constant(flow), InflowProfile::Shape::parabolic);
  solver.add_outlet(outlet, make_resistance(resistance));
  solver.finish_boundaries();
  solver.start_from_stokes();
  const auto step = solver.solve_steady();
  EXPECT_TRUE(step.accepted);
  const double mean = flow / height, drop = 12 * mu * mean * length / (height * height);
  const auto   exact = [&](double, const double *x, double *u) {
    u[0] = 6 * mean * x[1] / height * (1 - x[1] / height);
    u[1] = 0;
  };
  EXPECT_LT(solver.velocity_error_l2(exact), 1e-9 * mean * std::sqrt(length * height));
  const auto &caps = solver.caps();
  EXPECT_NEAR(caps[0].flow, flow, 1e-12 * flow);
  EXPECT_NEAR(caps[1].flow, flow, 1e-10 * flow);
  EXPECT_NEAR(caps[1].pressure, resistance * flow, 1e-9 * resistance * flow);
  EXPECT_NEAR(caps[0].pressure - caps[1].pressure, drop, 1e-7 * drop);
}

/// Plane Poiseuille flow in a box, velocities given on all sides but the outlet: exact on P2/P1, so the force on each side is too,
/// although its rim nodes belong to others.
TEST(CertifyingChannel, ForceIsThatOnItsBoundaryAlone)
{
  const double length = 0.04, height = 0.01, depth = 0.02, mu = 3.5e-3, mean = 0.1;
  SimplexSpace space(on_root(make_box_mesh(3, {0, 0, 0}, {length, height, depth}, {3, 2, 2})), MPI_COMM_WORLD);
  const double slope = 12 * mu * mean / (height * height), shear = 6 * mu * mean / height, p_mean = slope * length / 2;
  const ExactVelocity velocity = [=](double, const double *x, double *u) {
    u[0] = 6 * mean * x[1] / height * (1 - x[1] / height);
    u[1] = u[2] = 0;
  };
  const auto expect_forces = [&](FlowScheme &solver, double tolerance) {
    const double scale   = p_mean * length * depth;
    const auto   bottom  = solver.force(space.boundary_id("y_min")), side = solver.force(space.boundary_id("z_max"));
    const double want[6] = {shear * length * depth, -scale, 0, 0, 0, p_mean * length * height};
    for (int d = 0; d < 3; ++d)
      {
        EXPECT_NEAR(bottom[d], want[d], tolerance * scale) << d;
        EXPECT_NEAR(side[d], want[3 + d], tolerance * scale) << d;
      }
  };
  const auto set_boundaries = [&](FlowScheme &solver) {
    for (const char *name : {"x_min", "z_min", "z_max"})
      solver.add_exact(space.boundary_id(name), velocity);
    for (const char *name : {"y_min", "y_max"})
      solver.add_wall(space.boundary_id(name));
    solver.add_outlet(space.boundary_id("x_max"), make_pressure_outlet(0));
    solver.finish_boundaries();
  };
  CertifyingSolver certifying(space, fluid(1060, mu));
  set_boundaries(certifying);
  certifying.start_from_stokes();
  certifying.solve_steady();
  expect_forces(certifying, 1e-8);

  auto settings               = fluid(1060, mu);
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-10;
  FlowSolver production(space, settings);
  set_boundaries(production);
  production.start_from_exact(0, 0.01, velocity, [=](double, const double *x) { return slope * (length - x[0]); });
  EXPECT_TRUE(production.step(0.01).accepted);
  expect_forces(production, 1e-7);
}

TEST(CertifyingChannel, NewtonIsQuadraticWithBackflowAndOutlets)
{
  // Blood enters through the second outlet, whose pressure is high, and leaves through a resistance.
  WyeMesh shape;
  shape.n_across = 4;
  SimplexSpace       space(on_root(make_wye_mesh(shape)), MPI_COMM_WORLD);
  CertifyingSettings certifying;
  certifying.tolerance = 1e-12;
  CertifyingSolver solver(space, fluid(1060, 3.5e-2), certifying);
  solver.add_wall(space.boundary_id("wall"));
  solver.add_inflow(space.boundary_id("inlet"), Waveform::constant(5e-4), InflowProfile::Shape::parabolic);
  solver.add_outlet(space.boundary_id("outlet_1"), make_resistance(1e3));
  solver.add_outlet(space.boundary_id("outlet_2"), make_pressure_outlet(60));
  solver.finish_boundaries();
  solver.start_from_stokes();
  EXPECT_TRUE(solver.solve_steady().accepted);
  const auto &caps = solver.caps();
  EXPECT_LT(caps[2].flow, -1e-4);
  EXPECT_NEAR(caps[1].flow + caps[2].flow, 5e-4, 1e-12);
  EXPECT_NEAR(caps[1].pressure, 1e3 * caps[1].flow, 1e-8);
  EXPECT_TRUE(is_quadratic(solver.residuals(), 1000, 1e-12));
  for (const double v : solver.residuals())
    print("  residual", v, 1);
}

TEST(CertifyingChannel, OutletResistanceFromZeroToInfinity)
{
  const auto run = [&](std::unique_ptr<OutletModel> model) {
    WyeMesh shape;
    shape.n_across = 4;
    SimplexSpace     space(on_root(make_wye_mesh(shape)), MPI_COMM_WORLD);
    CertifyingSolver solver(space, fluid(1060, 3.5e-2));
    solver.add_wall(space.boundary_id("wall"));
    solver.add_inflow(space.boundary_id("inlet"), Waveform::constant(5e-4), InflowProfile::Shape::parabolic);
    solver.add_outlet(space.boundary_id("outlet_1"), make_pressure_outlet(0));
    solver.add_outlet(space.boundary_id("outlet_2"), std::move(model));
    solver.finish_boundaries();
    solver.start_from_stokes();
    EXPECT_TRUE(solver.solve_steady().accepted);
    return std::pair{solver.caps()[2].flow, solver.caps()[0].pressure};
  };
  const auto open = run(make_pressure_outlet(0)), nearly_open = run(make_resistance(1e-4)), closed = run(make_resistance(1e14));
  EXPECT_NEAR(open.first, 2.5e-4, 1e-6); // the wye is symmetric, its mesh nearly so
  EXPECT_NEAR(nearly_open.first, open.first, 1e-6 * open.first);
  EXPECT_NEAR(nearly_open.second, open.second, 1e-6 * open.second);
  EXPECT_LT(std::abs(closed.first), 1e-8 * 5e-4);
}

// --- published benchmarks ------------------------------------------------------------------------

TEST(CertifyingBenchmark, DfgCylinder2D1)
{
  CylinderChannelMesh shape;
  shape.n_around = 32;
  shape.order    = 2;
  SimplexSpace       space(on_root(make_cylinder_channel_mesh(shape)), MPI_COMM_WORLD);
  CertifyingSettings certifying;
  certifying.tolerance = 1e-10;
  CertifyingSolver solver(space, fluid(1, 1e-3), certifying);
  const double     height = 0.41;
  solver.add_exact(space.boundary_id("inlet"), [=](double, const double *x, double *u) {
    u[0] = 4 * 0.3 * x[1] * (height - x[1]) / (height * height);
    u[1] = 0;
  });
  solver.add_wall(space.boundary_id("wall"));
  solver.add_wall(space.boundary_id("cylinder"));
  solver.add_outlet(space.boundary_id("outlet"), make_pressure_outlet(0));
  solver.finish_boundaries();
  solver.start_from_stokes();
  EXPECT_TRUE(solver.solve_steady().accepted);
  const auto   force = solver.force(space.boundary_id("cylinder"));
  const double scale = 2 / (0.2 * 0.2 * 0.1);
  double       drop  = 0;
  for (int i = 0; i < space.p1().n_owned; ++i)
    {
      const double *x = &space.coordinates()[std::size_t(space.node_of_vertex()[i]) * 2];
      if (std::abs(x[1] - 0.2) < 1e-9 && std::abs(std::abs(x[0] - 0.2) - 0.05) < 1e-9)
        drop += x[0] < 0.2 ? solver.pressure()[i] : -solver.pressure()[i];
    }
  MPI_Allreduce(MPI_IN_PLACE, &drop, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  print("unknowns", double(space.p2().n_global * 2 + space.p1().n_global), 1);
  print("c_D", scale * force[0], 5.57953523384);
  print("c_L", scale * force[1], 0.010618948146);
  print("dp", drop, 0.11752016697);
  EXPECT_NEAR(scale * force[0], 5.57953523384, 1e-3 * 5.57953523384);
}

/// All (s, value) pairs of the ranks, sorted by s.
std::vector<std::array<double, 2>> gather_sorted(const std::vector<std::array<double, 2>> &mine)
{
  int n_ranks = 1, n = static_cast<int>(2 * mine.size());
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  std::vector<int> counts(n_ranks), starts(n_ranks, 0);
  MPI_Allgather(&n, 1, MPI_INT, counts.data(), 1, MPI_INT, MPI_COMM_WORLD);
  for (int r = 1; r < n_ranks; ++r)
    starts[r] = starts[r - 1] + counts[r - 1];
  std::vector<std::array<double, 2>> all((starts.back() + counts.back()) / 2);
  MPI_Allgatherv(mine.data(), n, MPI_DOUBLE, all.data(), counts.data(), starts.data(), MPI_DOUBLE, MPI_COMM_WORLD);
  std::sort(all.begin(), all.end());
  return all;
}

/// Largest value of a P2 function on a line of edges: vertices and midpoints in turn.
std::array<double, 2> largest_on_line(const std::vector<std::array<double, 2>> &line, double sign)
{
  std::array<double, 2> best{0, -1e300};
  for (std::size_t i = 0; i + 2 < line.size(); i += 2)
    {
      const double a = sign * line[i][1], m = sign * line[i + 1][1], b = sign * line[i + 2][1];
      const double slope = b - a, bend = 2 * (a + b - 2 * m); // f(t) = m + slope t + bend t^2 on [-1/2, 1/2]
      const double t     = bend < 0 ? std::clamp(-slope / (2 * bend), -0.5, 0.5) : (slope > 0 ? 0.5 : -0.5);
      const double value = m + slope * t + bend * t * t;
      if (value > best[1])
        best = {line[i + 1][0] + t * (line[i + 2][0] - line[i][0]), value};
    }
  best[1] *= sign;
  return best;
}

TEST(CertifyingBenchmark, LidDrivenCavityAtReynolds1000)
{
  const int    n       = 48;
  const double grading = 1.2;
  Mesh         mesh    = make_box_mesh(2, {0, 0, 0}, {1, 1, 0}, {n, n, 1}, BoxDiagonals::alternating);
  for (auto &point : mesh.points)
    for (int d = 0; d < 2; ++d)
      point[d] = 0.5 * (1 + std::tanh(grading * (2 * point[d] - 1)) / std::tanh(grading));
  SimplexSpace     space(on_root(mesh), MPI_COMM_WORLD);
  CertifyingSolver solver(space, fluid(1, 1e-3));
  for (const auto &[id, name] : space.boundary_names())
    if (name != "y_max")
      solver.add_wall(id);
  // The corners belong to the walls: a lid that moves there lets fluid through the walls' first P2 edges.
  solver.add_exact(space.boundary_id("y_max"), [](double, const double *x, double *u) {
    u[0] = x[0] > 1e-9 && x[0] < 1 - 1e-9 ? 1 : 0;
    u[1] = 0;
  });
  solver.finish_boundaries();
  solver.start_from_stokes();
  EXPECT_TRUE(solver.solve_steady().accepted);
  std::vector<std::array<double, 2>> vertical, horizontal;
  for (int i = 0; i < space.p2().n_owned; ++i)
    {
      const double *x = &space.coordinates()[2 * std::size_t(i)];
      if (std::abs(x[0] - 0.5) < 1e-9)
        vertical.push_back({x[1], solver.velocity()[2 * i]});
      if (std::abs(x[1] - 0.5) < 1e-9)
        horizontal.push_back({x[0], solver.velocity()[2 * i + 1]});
    }
  vertical   = gather_sorted(vertical);
  horizontal = gather_sorted(horizontal);
  ASSERT_EQ(vertical.size(), 2u * n + 1);
  const auto u_min = largest_on_line(vertical, -1), v_max = largest_on_line(horizontal, 1), v_min = largest_on_line(horizontal, -1);
  print("u min", u_min[1], -0.3885698);
  print("v max", v_max[1], 0.3769447);
  print("v min", v_min[1], -0.5270771);
  EXPECT_NEAR(u_min[1], -0.3885698, 1e-3 * 0.3885698);
  EXPECT_NEAR(v_max[1], 0.3769447, 1e-3 * 0.3769447);
  EXPECT_NEAR(v_min[1], -0.5270771, 1e-3 * 0.5270771);
  EXPECT_NEAR(u_min[0], 0.1717, 1e-3);
  EXPECT_NEAR(v_max[0], 0.1578, 1e-3);
  EXPECT_NEAR(v_min[0], 0.9092, 1e-3);
  print("iterations", double(solver.residuals().size()) - 1, 1);
}

} // namespace
} // namespace vesalius
