// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_fields.h"
#include "tests/verification/solid_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vesalius
{
namespace
{
using namespace solid_test;

/// Homogeneous states are in the space: exact to rounding, whatever the formulation.
TEST(SolidSolver, UniaxialStretchOfIncompressibleTissueIsExact)
{
  Body body(box(3, 2), neo_hookean(3000, "Poisson ratio = 0.5"), true);
  body.hold_corner();
  body.solver->prescribe(body.boundary("x_max"), [](double t, const double *, double *u) { u[0] = 0.6 * t; }, {true, false, false});
  body.solver->finish_boundaries();
  body.solver->run();
  // mu (l^2 - 1/l) on the area 1/l.
  const double l = 1.6, force = 3000 * (l - 1 / (l * l));
  EXPECT_NEAR(body.solver->reaction(body.boundary("x_max"))[0], -force, 1e-6 * force);
  EXPECT_NEAR(body.solver->reaction(body.boundary("x_min"))[0], force, 1e-6 * force);
  const auto s = solid_summary(*body.solver);
  EXPECT_NEAR(s.stretch_largest, l, 1e-8);
  EXPECT_NEAR(s.stretch_smallest, 1 / std::sqrt(l), 1e-8);
  EXPECT_NEAR(s.volume_change, 0, 1e-8);
  EXPECT_NEAR(s.von_mises_largest, 3000 * (l * l - 1 / l), 1e-5 * 3000);
  EXPECT_NEAR(s.strain_energy, 1500 * (l * l + 2 / l - 3), 1e-3);
  EXPECT_NEAR(von_mises_percentile(*body.solver, 0.5), 3000 * (l * l - 1 / l), 1e-4 * 3000);
}

TEST(SolidSolver, NodalFieldsOfAUniaxialStretchHaveTheirDirections)
{
  Body body(box(3, 2), neo_hookean(3000, "Poisson ratio = 0.5"), true);
  body.hold_corner();
  body.solver->prescribe(body.boundary("y_max"), [](double t, const double *, double *u) { u[1] = 0.6 * t; }, {false, true, false});
  body.solver->finish_boundaries();
  body.solver->run();
  const auto   fields = solid_fields(*body.solver);
  const double l      = 1.6;
  const auto   field  = [&](const std::string &name) {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto &f) { return f.name == name; });
    EXPECT_NE(found, fields.end()) << name;
    return *found;
  };
  for (int i = 0; i < body.space->p2().n_owned; ++i)
    {
      EXPECT_NEAR(field("first_piola_stress").values[9 * i + 4], 3000 * (l - 1 / (l * l)), 1e-3); // force over the reference area
      EXPECT_NEAR(field("first_piola_stress").values[9 * i], 0, 1e-3);
      EXPECT_NEAR(field("cauchy_stress").values[6 * i + 1], 3000 * (l * l - 1 / l), 1e-3);
      EXPECT_NEAR(field("principal_stress").values[3 * i], 3000 * (l * l - 1 / l), 1e-3);
      EXPECT_NEAR(field("principal_stretch").values[3 * i], l, 1e-8);
      EXPECT_NEAR(field("principal_stretch").values[3 * i + 2], 1 / std::sqrt(l), 1e-8);
      for (const char *name : {"stress_direction_1", "stretch_direction_1"})
        EXPECT_NEAR(std::abs(field(name).values[3 * i + 1]), 1, 1e-8) << name;
      for (const char *name : {"stress_direction_3", "stretch_direction_3"})
        EXPECT_NEAR(field(name).values[3 * i + 1], 0, 1e-6) << name;
    }
}

TEST(SolidSolver, MomentOfACantileverIsItsWeightTimesItsArm)
{
  // So stiff that it stays where it is: 3000 N/m^3 downwards on 2 x 1 x 1 m, held at x = 0.
  Body body(make_box_mesh(3, {0, 0, 0}, {2, 1, 1}, {2, 1, 1}), neo_hookean(1e10, "Poisson ratio = 0.3"), false);
  body.solver->fix(body.boundary("x_min"));
  body.solver->set_body_force([](double t, const double *, double *f) { f[2] = -3000 * t; });
  body.solver->finish_boundaries();
  body.solver->run();
  const auto [force, moment] = body.solver->support_load(body.boundary("x_min"), {0, 0.5, 0.5});
  EXPECT_NEAR(force[2], -6000, 1e-3);
  EXPECT_NEAR(moment[1], 6000, 1e-2); // z x (-z) at x = 1: about +y
  EXPECT_NEAR(moment[0], 0, 1e-2);
  EXPECT_NEAR(moment[2], 0, 1e-2);
  // About another point by the lever of the force.
  EXPECT_NEAR(body.solver->support_load(body.boundary("x_min"), {-1, 0.5, 0.5})[1][1], 12000, 1e-2);
}

TEST(SolidSolver, AFoldBetweenTheQuadraturePointsIsBounded)
{
  for (const int dim : {2, 3})
    {
      // One middle of an edge is drawn past the quarter of it: J < 0 at the vertex beside it, yet positive at the quadrature points.
      Body body(box(dim, 1), neo_hookean(1000, "Poisson ratio = 0.3"), false);
      body.solver->fix(body.boundary("x_min"));
      body.solver->finish_boundaries();
      EXPECT_NEAR(smallest_jacobian_bound(*body.solver).bound, 1, 1e-12);
      auto &u = *body.solver->stepping().fields().at("displacement");
      for (int i = 0; i < body.space->p2().n_local(); ++i)
        {
          const double *x = &body.space->coordinates()[std::size_t(i) * dim];
          if (x[0] == 0.5 && x[1] == 0 && (dim == 2 || x[2] == 0))
            u[std::size_t(i) * dim] = -0.27;
        }
      EXPECT_GT(body.solver->problem().worst_point(body.solver->stepping().state()).measure, 0);
      const auto found = smallest_jacobian_bound(*body.solver);
      EXPECT_NEAR(found.bound, 1 - 4 * 0.27, 1e-12); // at the vertex itself
      for (int d = 0; d < dim; ++d)
        EXPECT_NEAR(found.x[d], 0, 1e-12);
      EXPECT_GE(found.cell, 0);
    }
}

/// On both sides of K = 1000 mu_0 the two formulations solve the same problem.
TEST(SolidSolver, FormulationsAgreeAtTheSwitch)
{
  std::vector<double> forces;
  for (const bool mixed : {false, true})
    {
      Body body(box(3, 2), neo_hookean(3000, "Bulk modulus = 3 MPa"), mixed);
      body.hold_corner();
      body.solver->prescribe(body.boundary("x_max"), [](double t, const double *, double *u) { u[0] = -0.3 * t; }, {true, false, false});
      body.solver->finish_boundaries();
      body.solver->run();
      forces.push_back(body.solver->reaction(body.boundary("x_max"))[0]);
    }
  EXPECT_NEAR(forces[0], forces[1], 1e-6 * forces[0]);
  EXPECT_GT(forces[0], 0); // compressed tissue pushes back
}

TEST(SolidSolver, NewtonConvergesQuadraticallyUnderAnOpenFollowerPressure)
{
  SolidSettings settings;
  settings.steps.first = settings.steps.largest = 1;
  settings.newton.tolerance = 1e-10;
  Body body(make_box_mesh(3, {0, 0, 0}, {4, 1, 1}, {4, 1, 1}), neo_hookean(1e4, "Poisson ratio = 0.5"), true, settings);
  body.solver->fix(body.boundary("x_min"));
  body.solver->add_pressure(body.boundary("z_min"), [](double t) { return 60 * t; });
  body.solver->finish_boundaries();
  body.solver->run();
  const auto &r = body.solver->stepping().residuals();
  ASSERT_GT(r.size(), 3U);
  const std::size_t n = r.size();
  EXPECT_LT(r[n - 1], 1e3 * r[n - 2] * r[n - 2] + 1e-11);
  EXPECT_LT(r[n - 2], 1e-4);
  EXPECT_GT(body.solver->displacement_of(0)[0] + 1, 0.99); // held there
}

TEST(SolidSolver, SupportsCarryTheWeight)
{
  for (const bool mixed : {false, true})
    {
      Body body(box(3, 2), neo_hookean(5000, mixed ? "Poisson ratio = 0.5" : "Poisson ratio = 0.3"), mixed);
      body.solver->fix(body.boundary("z_min"));
      body.solver->set_body_force([](double t, const double *, double *f) { f[2] = -1000 * t; });
      body.solver->finish_boundaries();
      body.solver->run();
      EXPECT_NEAR(body.solver->reaction(body.boundary("z_min"))[2], -1000, 1e-5 * 1000);
    }
}

TEST(SolidSolver, SpringsHoldAStiffBody)
{
  Body body(box(3, 1), neo_hookean(1e9, "Poisson ratio = 0.3"), false);
  body.solver->add_springs(body.boundary("z_min"), 2e5, 1e5);
  body.solver->set_body_force([](double t, const double *, double *f) {
    f[0] = 500 * t;
    f[2] = -1000 * t;
  });
  body.solver->finish_boundaries();
  body.solver->run();
  double mean[2] = {0, 0};
  for (int i = 0; i < body.space->p2().n_owned; ++i)
    if (body.space->coordinates()[3 * i + 2] == 0 && body.space->p2().ids[i] >= 8) // middles of edges: the P2 mean of the face
      {
        mean[0] += body.solver->displacement()[3 * i];
        mean[1] += body.solver->displacement()[3 * i + 2];
      }
  MPI_Allreduce(MPI_IN_PLACE, mean, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_NEAR(mean[0] / 5, 500 / 1e5, 1e-4);
  EXPECT_NEAR(mean[1] / 5, -1000 / 2e5, 1e-4);
}

TEST(SolidLoads, CavityVolumeIsThatOfItsConeWithItsExactGradient)
{
  // Seen from the box, the space behind the face x = 1 and in front of the point: minus the pyramid over that face.
  for (const int dim : {2, 3})
    {
      const auto                  mesh = box(dim, 2);
      SimplexSpace                space(rank_of(MPI_COMM_WORLD) == 0 ? mesh : Mesh{}, MPI_COMM_WORLD);
      const int                   face = space.boundary_id("x_max");
      const std::array<double, 3> point{0.2, 0.4, dim == 3 ? 0.7 : 0.};
      std::vector<double>         u(space.coordinates().size(), 0.), gradient(u.size(), 0.), along(u);
      EXPECT_NEAR(cavity_volume(space, face, point, u, nullptr), -0.8 / dim, 1e-14);
      for (std::size_t i = 0; i < u.size(); ++i)
        {
          u[i]     = 0.1 * std::sin(7 * space.coordinates()[i] + double(i % dim));
          along[i] = std::cos(3 * space.coordinates()[i] - double(i % dim));
        }
      cavity_volume(space, face, point, u, &gradient);
      double slope = 0;
      for (int i = 0; i < space.p2().n_owned * dim; ++i)
        slope += gradient[i] * along[i];
      MPI_Allreduce(MPI_IN_PLACE, &slope, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
      const auto moved = [&](double step) {
        auto v = u;
        for (std::size_t i = 0; i < v.size(); ++i)
          v[i] += step * along[i];
        return cavity_volume(space, face, point, v, nullptr);
      };
      EXPECT_NEAR(slope, (moved(1e-5) - moved(-1e-5)) / 2e-5, 1e-8);
    }
}

TEST(SolidSolver, FailureNamesTheElementAndWhatToTry)
{
  SolidSettings settings;
  settings.steps.smallest = 0.05;
  Body body(box(3, 1), neo_hookean(1000, "Poisson ratio = 0.3"), false, settings);
  body.solver->fix(body.boundary("z_min"));
  body.solver->prescribe(body.boundary("z_max"), [](double t, const double *, double *u) {
    u[0] = u[1] = 0;
    u[2]        = -1.5 * t; // beyond the bottom
  });
  body.solver->finish_boundaries();
  try
    {
      body.solver->run();
      FAIL() << "the block was turned inside out";
    }
  catch (const SolverFailure &failure)
    {
      EXPECT_THAT(failure.what(), ::testing::HasSubstr("cell "));
      EXPECT_THAT(failure.what(), ::testing::HasSubstr("Jacobian"));
      EXPECT_THAT(failure.what(), ::testing::HasSubstr("quality"));
      EXPECT_THAT(failure.what(), ::testing::HasSubstr("What to try"));
    }
  EXPECT_GT(body.solver->time(), 0.3); // the good part stays
  EXPECT_LT(body.solver->time(), 0.67);
}

/// The block preconditioner finds what the direct solver finds.
TEST(SolidSolver, IterativeAndDirectSolversAgree)
{
  std::vector<double> forces;
  for (const auto method : {FieldSolverSettings::Method::direct, FieldSolverSettings::Method::iterative})
    for (const bool mixed : {true, false})
      {
        SolidSettings settings;
        settings.linear.method    = method;
        settings.newton.tolerance = 1e-10;
        Body body(box(3, 3), neo_hookean(3000, mixed ? "Poisson ratio = 0.4999" : "Poisson ratio = 0.3"), mixed, settings);
        body.solver->fix(body.boundary("z_min"));
        body.solver->prescribe(body.boundary("z_max"), [](double t, const double *, double *u) {
          u[0] = u[1] = 0;
          u[2]        = -0.25 * t;
        });
        body.solver->finish_boundaries();
        body.solver->run();
        forces.push_back(body.solver->reaction(body.boundary("z_max"))[2]);
      }
  EXPECT_NEAR(forces[2], forces[0], 1e-7 * forces[0]);
  EXPECT_NEAR(forces[3], forces[1], 1e-7 * forces[1]);
}

TEST(RankAgreement, FieldsOfABentBlockByMixedElements)
{
  const auto run = [](MPI_Comm communicator) {
    SolidSettings settings;
    settings.newton.tolerance = 1e-11;
    auto space = std::make_unique<SimplexSpace>(rank_of(communicator) == 0 ? make_box_mesh(3, {0, 0, 0}, {3, 1, 1}, {5, 2, 2}) : Mesh{}, communicator);
    auto solver = std::make_unique<SolidSolver>(
      *space, std::make_shared<SolidPhysics>(3, true, std::vector{neo_hookean(1e4, "Poisson ratio = 0.5")}, std::vector<int>(space->n_cells(), 0)), settings);
    solver->fix(space->boundary_id("x_min"));
    solver->add_pressure(space->boundary_id("z_min"), [](double t) { return 80 * t; });
    solver->finish_boundaries();
    solver->run();
    return std::pair(std::move(space), std::move(solver));
  };
  const auto together = run(MPI_COMM_WORLD), alone = run(MPI_COMM_SELF);
  const auto u = model_test::by_id(alone.first->p2(), alone.second->displacement(), 3);
  const auto p = model_test::by_id(alone.first->p1(), alone.second->pressure(), 1);
  EXPECT_LT(model_test::relative_difference(together.first->p2(), together.second->displacement(), 3, u), 1e-8);
  EXPECT_LT(model_test::relative_difference(together.first->p1(), together.second->pressure(), 1, p), 1e-8);
}

} // namespace
} // namespace vesalius
