// SPDX-License-Identifier: GPL-3.0-or-later
// The certifying mode against exact solutions; any number of ranks.
#include "physics/flow/certifying_solver.h"
#include "tests/verification/exact_solutions.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{

using std::numbers::pi;

FlowSettings unit_fluid(double mu = 1)
{
  FlowSettings settings;
  settings.rho = 1;
  settings.mu  = mu;
  return settings;
}

/// A square or cube with exact velocities on all sides.
struct Enclosed
{
  SimplexSpace     space;
  CertifyingSolver solver;
  Enclosed(const Mesh &mesh, const FlowSettings &settings, const ExactVelocity &velocity, const CertifyingSettings &certifying = {})
    : space(mesh, MPI_COMM_WORLD), solver(space, settings, certifying)
  {
    for (const auto &[id, name] : space.boundary_names())
      solver.add_exact(id, velocity);
    solver.finish_boundaries();
  }
};

double order(double coarse, double fine) { return std::log2(coarse / fine); }

void print(const char *what, double value)
{
  if (flow_test::rank_of(MPI_COMM_WORLD) == 0)
    std::printf("%s: %.4g\n", what, value);
}

// --- Stokes --------------------------------------------------------------------------------------

/// u = (sin pi x cos pi y, -cos pi x sin pi y), p = sin pi x cos pi y, mu = 1.
void stokes_velocity(double, const double *x, double *u)
{
  u[0] = std::sin(pi * x[0]) * std::cos(pi * x[1]);
  u[1] = -std::cos(pi * x[0]) * std::sin(pi * x[1]);
}

double stokes_pressure(double, const double *x) { return std::sin(pi * x[0]) * std::cos(pi * x[1]); }

void stokes_force(double, const double *x, double *f)
{
  const double s = std::sin(pi * x[0]), c = std::cos(pi * x[0]), t = std::sin(pi * x[1]), d = std::cos(pi * x[1]);
  f[0] = 2 * pi * pi * s * d + pi * c * d;
  f[1] = -2 * pi * pi * c * t - pi * s * t;
}

TEST(CertifyingStokes, ManufacturedSolutionHasFullOrder)
{
  double velocity[2], pressure[2];
  for (int level = 0; level < 2; ++level)
    {
      const int n = 8 << level;
      Enclosed  run(make_box_mesh(2, {0, 0, 0}, {1, 1, 0}, {n, n, 1}), unit_fluid(), stokes_velocity);
      run.solver.set_body_force(stokes_force);
      run.solver.start_from_stokes();
      velocity[level] = run.solver.velocity_error_l2(stokes_velocity);
      pressure[level] = run.solver.pressure_error_l2(stokes_pressure);
    }
  print("Stokes, order of velocity", order(velocity[0], velocity[1]));
  print("Stokes, order of pressure", order(pressure[0], pressure[1]));
  EXPECT_GT(order(velocity[0], velocity[1]), 2.9);
  EXPECT_GT(order(pressure[0], pressure[1]), 1.9);
}

// --- steady Navier-Stokes --------------------------------------------------------------------------

/// Kovasznay (1948), Re = 40.
constexpr double kovasznay_re = 40;
const double     kovasznay_lambda = kovasznay_re / 2 - std::sqrt(kovasznay_re * kovasznay_re / 4 + 4 * pi * pi);

void kovasznay_velocity(double, const double *x, double *u)
{
  u[0] = 1 - std::exp(kovasznay_lambda * x[0]) * std::cos(2 * pi * x[1]);
  u[1] = kovasznay_lambda / (2 * pi) * std::exp(kovasznay_lambda * x[0]) * std::sin(2 * pi * x[1]);
}

double kovasznay_pressure(double, const double *x) { return -0.5 * std::exp(2 * kovasznay_lambda * x[0]); }

TEST(CertifyingKovasznay, SteadyFlowHasFullOrderAndNewtonIsQuadratic)
{
  double velocity[2], pressure[2];
  for (int level = 0; level < 2; ++level)
    {
      const int          n = 12 << level;
      CertifyingSettings certifying;
      certifying.tolerance = 1e-13;
      Enclosed run(make_box_mesh(2, {-0.5, -0.5, 0}, {1, 1.5, 0}, {3 * n / 4, n, 1}), unit_fluid(1 / kovasznay_re), kovasznay_velocity, certifying);
      run.solver.start_from_stokes();
      EXPECT_TRUE(run.solver.solve_steady().accepted);
      velocity[level] = run.solver.velocity_error_l2(kovasznay_velocity);
      pressure[level] = run.solver.pressure_error_l2(kovasznay_pressure);
      // e_(k+1) <= C e_k^2 with one C, until rounding.
      const auto &e = run.solver.residuals();
      for (const double v : e)
        print("  residual", v);
      ASSERT_GE(e.size(), 3u);
      int n_quadratic = 0;
      for (std::size_t k = 1; k + 1 < e.size(); ++k)
        if (e[k] < 1e-2 && e[k + 1] > 1e-13)
          {
            EXPECT_LT(e[k + 1], 100 * e[k] * e[k]);
            ++n_quadratic;
          }
      EXPECT_GE(n_quadratic, 1);
    }
  print("Kovasznay, order of velocity", order(velocity[0], velocity[1]));
  print("Kovasznay, order of pressure", order(pressure[0], pressure[1]));
  EXPECT_GT(order(velocity[0], velocity[1]), 2.9);
  EXPECT_GT(order(pressure[0], pressure[1]), 1.9);
}

// --- Ethier-Steinman -------------------------------------------------------------------------------

const exact::EthierSteinman beltrami{pi / 4, pi / 2, 1.0, 1.0};

void beltrami_velocity(double t, const double *x, double *u)
{
  const auto value = beltrami.velocity({x[0], x[1], x[2]}, t);
  std::copy(value.begin(), value.end(), u);
}

double beltrami_pressure(double t, const double *x) { return beltrami.pressure({x[0], x[1], x[2]}, t); }

struct BeltramiRun : Enclosed
{
  BeltramiRun(int n, double dt, double end)
    : Enclosed(make_box_mesh(3, {-1, -1, -1}, {1, 1, 1}, {n, n, n}), unit_fluid(), beltrami_velocity)
  {
    solver.start_from_exact(0, dt, beltrami_velocity, beltrami_pressure);
    for (int step = 0; step < std::lround(end / dt); ++step)
      EXPECT_TRUE(solver.step(dt).accepted);
  }
};

TEST(CertifyingEthierSteinman, ThirdOrderInSpace)
{
  const BeltramiRun coarse(4, 0.005, 0.01), fine(8, 0.005, 0.01);
  const double      velocity = order(coarse.solver.velocity_error_l2(beltrami_velocity), fine.solver.velocity_error_l2(beltrami_velocity));
  const double      pressure = order(coarse.solver.pressure_error_l2(beltrami_pressure), fine.solver.pressure_error_l2(beltrami_pressure));
  print("Ethier-Steinman, order in space of velocity", velocity);
  print("Ethier-Steinman, order in space of pressure", pressure);
  EXPECT_GT(velocity, 2.9);
  EXPECT_GT(pressure, 1.9);
}

/// Root mean square of the difference of owned values, after removing the mean.
double difference(const std::vector<double> &a, const std::vector<double> &b, int n_owned)
{
  double sums[3] = {0, 0, double(n_owned)};
  for (int i = 0; i < n_owned; ++i)
    {
      sums[0] += a[i] - b[i];
      sums[1] += (a[i] - b[i]) * (a[i] - b[i]);
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return std::sqrt(sums[1] / sums[2] - std::pow(sums[0] / sums[2], 2));
}

TEST(CertifyingEthierSteinman, SecondOrderInTimeOfVelocityAndPressure)
{
  // On one mesh, against a step eight times smaller: what is left is the error in time.
  const double      dt = 0.05, end = 0.3;
  const BeltramiRun reference(3, dt / 8, end), coarse(3, dt, end), fine(3, dt / 2, end);
  const auto        velocity = [&](const BeltramiRun &run) {
    return difference(run.solver.velocity(), reference.solver.velocity(), run.space.p2().n_owned * 3);
  };
  const auto pressure = [&](const BeltramiRun &run) {
    return difference(run.solver.pressure(), reference.solver.pressure(), run.space.p1().n_owned);
  };
  print("Ethier-Steinman, order in time of velocity", order(velocity(coarse), velocity(fine)));
  print("Ethier-Steinman, order in time of pressure", order(pressure(coarse), pressure(fine)));
  EXPECT_GT(order(velocity(coarse), velocity(fine)), 1.9);
  EXPECT_GT(order(pressure(coarse), pressure(fine)), 1.9);
}

} // namespace
} // namespace vesalius
