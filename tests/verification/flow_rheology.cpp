// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/wall_shear.h"
#include "physics/materials/carreau_yasuda.h"
#include "tests/verification/generalised_newtonian.h"
#include "tests/verification/rheology_fluids.h"

#include <gtest/gtest.h>

#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

const auto fluids = [] {
  auto all = shear_thinning_fluids;
  all.emplace("newtonian", "set Viscosity = 4 mPa s\n");
  return all;
}();

void print(const std::string &text)
{
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("%s\n", text.c_str());
}

/// Steps until nothing changes; inertia is small, so a few do.
void march(FlowSolver &solver, double dt)
{
  FlowStep step;
  for (int i = 0; i < 300; ++i)
    {
      step = solver.step(dt);
      ASSERT_TRUE(step.accepted);
      if (step.change_rate * dt < 1e-8)
        return;
    }
  FAIL() << "not steady: change rate " << step.change_rate;
}

/// Velocity L2 error of the developed plane flow relative to that of the exact flow, and of the wall shear and pressure drop.
struct PlaneErrors
{
  double velocity = 0, shear = 0, drop = 0;
};

PlaneErrors plane_errors(const std::shared_ptr<const ViscosityFunction> &fluid, int n)
{
  const double               half = 0.005, length = 0.01, gradient = 60;
  const exact::DevelopedFlow flow(*fluid, half, gradient, false);
  const auto velocity = [&](double, const double *x, double *u) { u[0] = flow.velocity(x[1]), u[1] = 0; };
  SimplexSpace space(make_box_mesh(2, {0, -half, 0}, {length, half, 0}, {n, n, 0}), MPI_COMM_WORLD);
  FlowSolver   solver(space, settings_of(fluid, 1));
  solver.add_wall(space.boundary_id("y_min"));
  solver.add_wall(space.boundary_id("y_max"));
  solver.add_exact(space.boundary_id("x_min"), velocity);
  solver.add_outlet(space.boundary_id("x_max"), make_pressure_outlet(0.));
  solver.finish_boundaries();
  solver.start_from_exact(0, 0.01, velocity, [&](double, const double *x) { return gradient * (length - x[0]); });
  march(solver, 0.01);
  PlaneErrors       errors;
  FlowSolver        rest(space, settings_of(fluid, 1)); // at rest: its error is the norm of the exact flow
  errors.velocity = solver.velocity_error_l2(velocity) / rest.velocity_error_l2(velocity);
  const WallShear     wall(space, {space.boundary_id("y_max")}, fluid->reference(), fluid);
  std::vector<double> tau;
  wall.evaluate(solver.velocity(), tau);
  errors.shear = wall.mean_magnitude(tau) / flow.wall_shear() - 1;
  errors.drop  = solver.mean_pressure(space.boundary_id("x_min")) / (gradient * length) - 1;
  return errors;
}

TEST(Rheology, PlaneFlowOfEachLaw)
{
  for (const auto &[name, lines] : fluids)
    {
      const auto fluid  = viscosity_law(lines);
      const auto coarse = plane_errors(fluid, 8), fine = plane_errors(fluid, 16);
      const double order = std::log2(coarse.velocity / fine.velocity);
      char         line[200];
      std::snprintf(line, sizeof line, "plane flow, %s: velocity error %.2e (order %.2f), wall shear %+.3f %%, pressure drop %+.4f %%",
                    name.c_str(), fine.velocity, order, 100 * fine.shear, 100 * fine.drop);
      print(line);
      if (name == "newtonian") // a parabola is in the space
        EXPECT_LT(fine.velocity, 1e-7);
      else
        EXPECT_GT(order, 2.5) << name;
      EXPECT_LT(fine.velocity, 1e-3) << name;
      EXPECT_LT(std::abs(fine.shear), 0.02) << name;
      EXPECT_LT(std::abs(fine.drop), 0.002) << name;
    }
}

/// A quarter of a ring's fluid in a square off the axis, with exact data all around; `swing` modulates it in time.
struct CouetteRun
{
  exact::CircularCouette flow;
  SimplexSpace           space;
  FlowSolver             solver;
  static constexpr double from = 0.01;

  CouetteRun(const std::shared_ptr<const ViscosityFunction> &fluid, double rho, int n)
    : flow(*fluid, rho, 5e-5, 0.009, 0.04), space(make_box_mesh(2, {from, 0, 0}, {2 * from, from, 0}, {n, n, 0}), MPI_COMM_WORLD),
      solver(space, settings_of(fluid, rho))
  {}
  void start(double dt, double swing)
  {
    for (const auto &[id, name] : space.boundary_names())
      solver.add_exact(id, [this, swing](double t, const double *x, double *u) { velocity(swing, t, x, u); });
    solver.finish_boundaries();
    solver.start_from_exact(0, dt, [this](double t, const double *x, double *u) { velocity(0, t, x, u); },
                            [this](double, const double *x) { return pressure(x); });
  }
  void velocity(double swing, double t, const double *x, double *u) const
  {
    const double turn = flow.rotation(std::hypot(x[0], x[1])) * (1 + swing * std::pow(std::sin(4 * std::max(t, 0.)), 4));
    u[0]              = -turn * x[1];
    u[1]              = turn * x[0];
  }
  double pressure(const double *x) const { return flow.pressure(std::hypot(x[0], x[1])); }
};

TEST(Rheology, CircularCouetteFlowOfEachLaw)
{
  for (const auto &[name, lines] : fluids)
    {
      double velocity[2], pressure[2];
      for (int level = 0; level < 2; ++level)
        {
          CouetteRun run(viscosity_law(lines), 10, 6 << level);
          CouetteRun rest(viscosity_law(lines), 10, 6);
          const auto exact_velocity = [&](double t, const double *x, double *u) { run.velocity(0, t, x, u); };
          const double scale        = rest.solver.velocity_error_l2(exact_velocity);
          run.start(0.02, 0);
          march(run.solver, 0.02);
          velocity[level] = run.solver.velocity_error_l2(exact_velocity) / scale;
          pressure[level] = run.solver.pressure_error_l2([&](double, const double *x) { return run.pressure(x); });
        }
      const double order = std::log2(velocity[0] / velocity[1]);
      char         line[200];
      std::snprintf(line, sizeof line, "circular Couette flow, %s: velocity error %.2e (order %.2f), pressure order %.2f", name.c_str(),
                    velocity[1], order, std::log2(pressure[0] / pressure[1]));
      print(line);
      EXPECT_GT(order, 2.7) << name;
      EXPECT_LT(velocity[1], 1e-3) << name;
    }
}

TEST(Rheology, SecondOrderInTime)
{
  const auto fluid = viscosity_law(fluids.at("carreau_yasuda"));
  const double end = 0.32;
  const auto run = [&](int n_steps) {
    auto couette = std::make_unique<CouetteRun>(fluid, 300, 4);
    couette->start(end / n_steps, 0.5);
    for (int i = 0; i < n_steps; ++i)
      EXPECT_TRUE(couette->solver.step(end / n_steps).accepted);
    return couette;
  };
  const auto reference = run(512), coarse = run(32), fine = run(64);
  const auto difference = [&](const CouetteRun &other) {
    double sum = 0;
    for (int i = 0; i < other.space.p2().n_owned * 2; ++i)
      sum += std::pow(other.solver.velocity()[i] - reference->solver.velocity()[i], 2);
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return std::sqrt(sum);
  };
  const double order = std::log2(difference(*coarse) / difference(*fine));
  print("order in time with a Carreau-Yasuda fluid: velocity " + std::to_string(order));
  EXPECT_GT(order, 1.8);
}

TEST(Rheology, EqualPlateausAreNewtonian)
{
  const auto run = [](const std::shared_ptr<const ViscosityFunction> &fluid) {
    FlowSettings settings;
    settings.mu        = 0.004;
    settings.viscosity = fluid;
    settings.velocity_tolerance = settings.pressure_tolerance = 1e-11;
    auto channel = make_channel(box_channel(3), MPI_COMM_WORLD, settings, Waveform::constant(1e-5), InflowProfile::Shape::parabolic,
                                make_windkessel(1e7, 1e8, 1e-9), "x_min", "x_max");
    channel.solver->start_from_stokes();
    for (int i = 0; i < 6; ++i)
      EXPECT_TRUE(channel.solver->step(0.004).accepted);
    return channel;
  };
  const auto newtonian = run(nullptr);
  const auto plateaus  = run(viscosity_law("set Viscosity law = carreau_yasuda\nset Zero-shear viscosity = 4 mPa s\nset Infinite-shear viscosity = 4 mPa s\n"));
  // The same systems, solved to the same tolerance; the Newtonian one keeps its factors for some steps.
  const auto expect_equal = [](const std::vector<double> &one, const std::vector<double> &other) {
    double largest = 0;
    for (const double value : one)
      largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < one.size(); ++i)
      ASSERT_NEAR(one[i], other[i], 1e-8 * largest);
  };
  expect_equal(newtonian.solver->velocity(), plateaus.solver->velocity());
  expect_equal(newtonian.solver->pressure(), plateaus.solver->pressure());
}

TEST(Rheology, PipeFlowOfEachLaw)
{
  const double radius = 0.005, length = 0.0125;
  const Mesh   mesh   = [&] {
    if (rank_of(MPI_COMM_WORLD) != 0)
      return Mesh{};
    Centerline           axis;
    VolumeMeshParameters parameters;
    parameters.cells_across = 8;
    axis.branches.push_back({{{0, 0, 0}, {0, 0, length / 2}, {0, 0, length}}, {radius, radius, radius}});
    return make_volume_mesh(make_pipe_surface(radius, length, 2 * radius / 8), axis, parameters);
  }();
  for (const std::string name : {"carreau_yasuda", "casson"}) // flow_curved_cells.cpp has the Newtonian one
    {
      const auto                 fluid = viscosity_law(fluids.at(name));
      const exact::DevelopedFlow flow(*fluid, radius, 120, true);
      const auto velocity = [&](double, const double *x, double *u) { u[0] = u[1] = 0, u[2] = flow.velocity(std::hypot(x[0], x[1])); };
      auto settings               = settings_of(fluid, 10);
      settings.velocity_tolerance = settings.pressure_tolerance = 1e-7;
      Channel channel;
      channel.space  = std::make_unique<SimplexSpace>(mesh, MPI_COMM_WORLD);
      channel.solver = std::make_unique<FlowSolver>(*channel.space, settings);
      channel.solver->add_wall(channel.space->boundary_id("wall"));
      channel.solver->add_exact(channel.space->boundary_id("inlet"), velocity);
      channel.solver->add_outlet(channel.space->boundary_id("outlet"), make_pressure_outlet(0.));
      channel.solver->finish_boundaries();
      channel.solver->start_from_exact(0, 0.02, velocity, [&](double, const double *x) { return 120 * (length - x[2]); });
      for (int i = 0; i < 12; ++i)
        ASSERT_TRUE(channel.solver->step(0.02).accepted);
      const auto &space = *channel.space;
      double      worst = 0, sums[2] = {0, 0};
      for (int i = 0; i < space.p2().n_owned; ++i)
        {
          const double *x = &space.coordinates()[3 * std::size_t(i)];
          if (std::abs(x[2] - 0.75 * length) < 0.15 * length)
            worst = std::max(worst, std::abs(channel.solver->velocity()[3 * std::size_t(i) + 2] - flow.velocity(std::hypot(x[0], x[1]))));
        }
      const WallShear     wall(space, {space.boundary_id("wall")}, settings.mu, fluid);
      std::vector<double> tau;
      wall.evaluate(channel.solver->velocity(), tau);
      for (std::size_t v = 0; v < wall.vertices().size(); ++v)
        if (std::abs(space.coordinates()[3 * std::size_t(space.node_of_vertex()[wall.vertices()[v]]) + 2] - 0.7 * length) < 0.2 * length)
          {
            sums[0] += wall.vertex_area()[v] * tau[3 * v + 2];
            sums[1] += wall.vertex_area()[v];
          }
      MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
      MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
      const double gradient = pressure_slope(channel, 0.5 * length, 0.95 * length);
      char         line[200];
      std::snprintf(line, sizeof line, "pipe flow, %s: velocity %.2f %% of the peak, wall shear %+.2f %%, pressure gradient %+.2f %%", name.c_str(),
                    100 * worst / flow.velocity(0), 100 * (sums[0] / sums[1] / flow.wall_shear() - 1), 100 * (-gradient / flow.gradient() - 1));
      print(line);
      EXPECT_LT(worst, 0.03 * flow.velocity(0)) << name;
      EXPECT_NEAR(sums[0] / sums[1], flow.wall_shear(), 0.04 * flow.wall_shear()) << name;
      EXPECT_NEAR(-gradient, flow.gradient(), 0.03 * flow.gradient()) << name;
    }
}

} // namespace
} // namespace vesalius
