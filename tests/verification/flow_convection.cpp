// SPDX-License-Identifier: GPL-3.0-or-later
// The explicit forms of the convective term: order, stability limit, agreement with the implicit form.
#include "solver/kernels/convection_kernels.h"
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

constexpr Convection all_forms[] = {Convection::implicit, Convection::ext2, Convection::ext3};

double sum_over_ranks(double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return value;
}

TEST(ExplicitConvection, TermIsTheMatrixTimesTheVelocity)
{
  for (const int dim : {2, 3})
    {
      SimplexSpace     space(make_box_mesh(dim, {0, 0, 0}, {1, 0.7, 0.9}, {3, 2, dim == 3 ? 2 : 0}), MPI_COMM_WORLD);
      ScalarOperator matrix(space);
      const auto       cells = cell_arrays(space);
      std::vector<double> u(std::size_t(space.p2().n_local()) * dim), r(u.size(), 0.), expected(u.size(), 0.);
      for (int i = 0; i < space.p2().n_local(); ++i)
        for (int d = 0; d < dim; ++d)
          u[std::size_t(i) * dim + d] = std::sin(1.3 * double(space.p2().ids[i]) + d);
      kernels::add_convection_term(cells, u.data(), 1060., r.data());
      kernels::add_convection(cells, matrix.cell_positions(), u.data(), 1060., matrix.values().data());
      matrix.multiply(matrix.values(), dim, u.data(), expected.data());
      for (int i = 0; i < matrix.n_rows() * dim; ++i)
        EXPECT_NEAR(r[i], expected[i], 1e-11 * 1060) << "dimension " << dim << ", entry " << i;
    }
}

/// The Beltrami flow with exact data on [-1,1]^3.
struct Beltrami
{
  static constexpr exact::EthierSteinman flow{std::numbers::pi / 4, std::numbers::pi / 2, 1., 1.};
  SimplexSpace                           space;
  FlowSolver                             solver;

  static FlowSettings settings(Convection convection)
  {
    FlowSettings s;
    s.rho = s.mu         = 1;
    s.velocity_tolerance = s.pressure_tolerance = 1e-11;
    s.convection         = convection;
    return s;
  }
  Beltrami(Convection convection, int n_steps, double end)
    : space(make_box_mesh(3, {-1, -1, -1}, {1, 1, 1}, {4, 4, 4}), MPI_COMM_WORLD), solver(space, settings(convection))
  {
    const auto velocity = [](double t, const double *x, double *u) {
      const auto value = flow.velocity({x[0], x[1], x[2]}, t);
      std::copy(value.begin(), value.end(), u);
    };
    for (const auto &[id, name] : space.boundary_names())
      solver.add_exact(id, velocity);
    solver.finish_boundaries();
    solver.start_from_exact(0, end / n_steps, velocity, [](double t, const double *x) { return flow.pressure({x[0], x[1], x[2]}, t); });
    for (int step = 0; step < n_steps; ++step)
      EXPECT_TRUE(solver.step(end / n_steps).accepted);
  }
  double difference(const Beltrami &other) const
  {
    double sum = 0;
    for (int i = 0; i < space.p2().n_owned * 3; ++i)
      sum += std::pow(solver.velocity()[i] - other.solver.velocity()[i], 2);
    return std::sqrt(sum_over_ranks(sum));
  }
};

TEST(ExplicitConvection, SecondOrderInTime)
{
  // The implicit form with a step sixteen times smaller is the reference of all: they share the solution in the limit.
  const double   end = 0.16;
  const Beltrami reference(Convection::implicit, 128, end);
  for (const auto convection : {Convection::ext2, Convection::ext3})
    {
      const Beltrami coarse(convection, 8, end), fine(convection, 16, end);
      const double   order = std::log2(coarse.difference(reference) / fine.difference(reference));
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::printf("Ethier-Steinman, %s: order in time %.3f\n", name_of(convection), order);
      EXPECT_GT(order, 1.9) << name_of(convection);
    }
}

/// Vortices at Reynolds 5000 in a box at rest, on a mesh of four cells a vortex. Taylor and Green's array slides along the
/// walls of its cells, which then do work on a disturbed flow; here sin^2 stands for sin in the stream function, so that the
/// velocity vanishes on the wall and nothing can bring energy in. Two more waves make it unsteady.
struct TaylorGreen
{
  SimplexSpace space;
  FlowSolver   solver;
  static FlowSettings settings(Convection convection)
  {
    FlowSettings s;
    s.rho                = 1;
    s.mu                 = 1. / 5000;
    s.velocity_tolerance = s.pressure_tolerance = 1e-8;
    s.convection         = convection;
    return s;
  }
  explicit TaylorGreen(Convection convection)
    : space(make_box_mesh(2, {0, 0, 0}, {2 * std::numbers::pi, 2 * std::numbers::pi, 0}, {8, 8, 0}), MPI_COMM_SELF),
      solver(space, settings(convection))
  {
    for (const auto &[id, name] : space.boundary_names())
      solver.add_wall(id);
    solver.finish_boundaries();
  }
  /// The curl of sum_waves a sin^2(k x) sin^2(l y) / max(k, l).
  static void vortices(double, const double *x, double *u)
  {
    const double waves[3][3] = {{1, 1, 1}, {0.3, 0.5, 1.5}, {0.3, 1.5, 1}};
    u[0] = u[1] = 0;
    for (const auto &[a, k, l] : waves)
      {
        u[0] += a * std::pow(std::sin(k * x[0]), 2) * std::sin(2 * l * x[1]) * l / std::max(k, l);
        u[1] -= a * std::sin(2 * k * x[0]) * std::pow(std::sin(l * x[1]), 2) * k / std::max(k, l);
      }
  }
  double energy() const
  {
    const double norm = solver.velocity_error_l2([](double, const double *, double *u) { u[0] = u[1] = 0; });
    return 0.5 * norm * norm;
  }
};

TEST(ExplicitConvection, UnderResolvedVorticesGainNoEnergyInTwoThousandSteps)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return; // 128 cells: one rank does it, and the others would only wait for messages
  for (const auto convection : all_forms)
    {
      TaylorGreen run(convection);
      const auto  cells = cell_arrays(run.space);
      run.solver.start_from_exact(0, 0.01, TaylorGreen::vortices, [](double, const double *) { return 0.; });
      const double rate = kernels::maximum_rate(cells, run.solver.velocity().data());
      // At the limit of the explicit forms; the implicit one well above them.
      const double limit = convection == Convection::implicit ? 0.1 : courant_limit(convection);
      const double start = run.energy();
      double       dt = limit / rate, highest = start, last = start, rise = 0;
      for (int step = 0; step < 2000; ++step)
        {
          const auto result = run.solver.step(dt);
          ASSERT_TRUE(result.accepted) << name_of(convection) << ", step " << step;
          if (result.courant > limit)
            dt /= std::pow(2., 0.25);
          if (step % 20 == 19)
            {
              const double now = run.energy();
              highest          = std::max(highest, now);
              rise             = std::max(rise, now / last - 1);
              last             = now;
            }
        }
      std::printf("under-resolved Taylor-Green, Re 5000, %s: dt %.4f, energy %.4f at the start, %.4f at t = %.1f, highest %.4f, largest rise in 20 steps %+.1e\n",
                    name_of(convection), dt, start, run.energy(), run.solver.time(), highest, rise);
      EXPECT_LE(highest, start * (1 + 1e-6)) << name_of(convection);
      EXPECT_LE(rise, 0) << name_of(convection);
      EXPECT_GT(run.energy(), 0.1 * start) << name_of(convection) << ": it has decayed, not been kept";
    }
}

TEST(ExplicitConvection, AgreesWithTheImplicitFormInAChannelWithBackflow)
{
  // Flow that turns round in every cycle, through an outlet that lets it in again.
  const auto run = [](Convection convection) {
    FlowSettings settings;
    settings.convection         = convection;
    settings.velocity_tolerance = settings.pressure_tolerance = 1e-9;
    std::vector<double> times, values;
    for (int i = 0; i < 16; ++i)
      {
        times.push_back(i / 64.);
        values.push_back(1e-5 * std::cos(2 * std::numbers::pi * i / 16));
      }
    auto channel = make_channel(box_channel(2), MPI_COMM_WORLD, settings, Waveform(times, values, 0.25), InflowProfile::Shape::parabolic,
                                make_windkessel(1e7, 1e8, 1e-9), "x_min", "x_max");
    channel.solver->start_from_stokes();
    for (int i = 0; i < 100; ++i)
      EXPECT_TRUE(channel.solver->step(0.25 / 200).accepted);
    return channel;
  };
  const auto implicit  = run(Convection::implicit);
  for (const auto convection : {Convection::ext2, Convection::ext3})
    {
      const auto explicit_run = run(convection);
      double     scale = 0, difference = 0;
      for (int i = 0; i < implicit.space->p2().n_owned * 3; ++i)
        {
          scale      = std::max(scale, std::abs(implicit.solver->velocity()[i]));
          difference = std::max(difference, std::abs(implicit.solver->velocity()[i] - explicit_run.solver->velocity()[i]));
        }
      MPI_Allreduce(MPI_IN_PLACE, &scale, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
      MPI_Allreduce(MPI_IN_PLACE, &difference, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::printf("channel with backflow, %s: %.3f %% from the implicit form\n", name_of(convection), 100 * difference / scale);
      EXPECT_LT(difference, 0.03 * scale) << name_of(convection);
    }
}

} // namespace
} // namespace vesalius
