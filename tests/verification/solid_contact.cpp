// SPDX-License-Identifier: GPL-3.0-or-later
// Rigid tools: their distances, and tissue that they press.
#include "physics/solid/contact_term.h"
#include "solver/fields/face_state.h"
#include "tests/verification/solid_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vesalius
{
namespace
{
using namespace solid_test;
using Vector = std::array<double, 3>;

LinearTable whole_way()
{
  return LinearTable::parse("0 s: 0, 1 s: 1", dimension::time, dimension::none);
}

TEST(ContactTool, DistancesAreExactWithTheirDerivatives)
{
  const Vector direction{0.6, 0, 0.8}, across{0, 1, 0.3};
  const std::vector<ContactTool> tools = {ContactTool::sphere({0.1, 0.2, 0.3}, 0.5), ContactTool::capsule({0, 0, 0}, direction, 1, 0.2),
                                          ContactTool::blade({0, 0.1, 0}, direction, across, 1.2, 0.6, 0.1),
                                          ContactTool::plane({0, 0, 0.1}, direction)};
  for (std::size_t k = 0; k < tools.size(); ++k)
    for (const Vector x : {Vector{0.9, 0.3, -0.2}, Vector{0.31, 0.74, 0.45}, Vector{0.05, 0.13, 0.9}, Vector{-1.2, -0.7, 0.4}})
      {
        const auto   here = tools[k].distance(x, 0);
        const double h    = 1e-5;
        double       length = 0;
        for (int i = 0; i < 3; ++i)
          {
            auto plus = x, minus = x;
            plus[i] += h;
            minus[i] -= h;
            const auto a = tools[k].distance(plus, 0), b = tools[k].distance(minus, 0);
            EXPECT_NEAR((a.value - b.value) / (2 * h), here.gradient[i], 1e-8) << k;
            for (int j = 0; j < 3; ++j)
              EXPECT_NEAR((a.gradient[j] - b.gradient[j]) / (2 * h), here.hessian[3 * i + j], 1e-7) << k;
            length += here.gradient[i] * here.gradient[i];
          }
        EXPECT_NEAR(length, 1, 1e-14);
      }
}

TEST(ContactTool, DistancesOfKnownPlaces)
{
  EXPECT_NEAR(ContactTool::sphere({0, 0, 0}, 2).distance({3, 4, 0}, 0).value, 3, 1e-15);
  const auto rod = ContactTool::capsule({0, 0, 0}, {1, 0, 0}, 2, 0.5);
  EXPECT_NEAR(rod.distance({0.7, 3, 0}, 0).value, 2.5, 1e-15);
  EXPECT_NEAR(rod.distance({4, 4, 0}, 0).value, 4.5, 1e-15);
  const auto plate = ContactTool::blade({0, 0, 0}, {1, 0, 0}, {0, 1, 0}, 2, 4, 0.1);
  EXPECT_NEAR(plate.distance({0.5, 1.5, 0.7}, 0).value, 0.6, 1e-15);
  EXPECT_NEAR(plate.distance({4, 6, 0}, 0).value, 4.9, 1e-15);
  EXPECT_NEAR(plate.distance({0.2, 0.2, 0.05}, 0).value, -0.05, 1e-15);
  auto wall = ContactTool::plane({0, 0, 1}, {0, 0, -2});
  EXPECT_NEAR(wall.distance({5, 5, 0.25}, 0).value, 0.75, 1e-15);
  wall.add_motion({0, 0, -1}, whole_way());
  EXPECT_NEAR(wall.distance({5, 5, 0.25}, 0.5).value, 0.25, 1e-15);
}

/// The derivative of the contact's force where a round tool lies less than a twentieth of a face deep, frictionless; with friction across a flat tool.
TEST(ContactTerm, ForcesHaveTheirDerivatives)
{
  const Mesh   mesh = box(3, 1);
  SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ? mesh : Mesh{}, MPI_COMM_WORLD);
  const int    top = space.boundary_id("z_max");
  for (const bool with_friction : {false, true})
    {
      auto tool = with_friction ? ContactTool::plane({0, 0, 0.9}, {0.1, 0, -1}) : ContactTool::sphere({0.4, 0.6, 5.98}, 5);
      const ContactTerm term(space, top, tool, with_friction ? 0.3 : 0, 1000);
      int               n_touching = 0;
      for (const auto &face : space.boundary_faces())
        {
          if (face.boundary_id != top)
            continue;
          std::vector<double> u(std::size_t(space.p2().n_local()) * 3);
          for (std::size_t i = 0; i < u.size(); ++i)
            u[i] = 0.03 * std::sin(7. * double(i));
          FaceState here(space, face, u, 3);
          here.evaluate(term, 0, true);
          const double h = 1e-7;
          for (int c = 0; c < 3; ++c)
            {
              auto plus = here, minus = here;
              for (int q = 0; q < here.n; ++q)
                {
                  plus.value[q * 3 + c] += h;
                  minus.value[q * 3 + c] -= h;
                }
              plus.evaluate(term, 0, false);
              minus.evaluate(term, 0, false);
              for (int q = 0; q < here.n; ++q)
                for (int i = 0; i < 3; ++i)
                  EXPECT_NEAR((plus.force[q * 3 + i] - minus.force[q * 3 + i]) / (2 * h), here.by_value[(q * 3 + i) * 3 + c], 1e-3)
                    << with_friction << " point " << q;
            }
          for (int q = 0; q < here.n; ++q)
            n_touching += term.pressure(here.points(0), here.value.data(), q) > 0;
        }
      if (space.n_owned_cells() > 0)
        {
          EXPECT_GT(n_touching, 0);
        }
    }
}

/// Deep in a sphere the tangent turns no more than half of Young's modulus: its trace is p^ tr H - eps.
TEST(ContactTerm, DeepInAToolTheCurvatureIsHeldBack)
{
  const Mesh   mesh = box(3, 1);
  SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ? mesh : Mesh{}, MPI_COMM_WORLD);
  const int    top   = space.boundary_id("z_max");
  const double young = 1000;
  const auto   tool  = ContactTool::sphere({0.4, 0.6, 1.3}, 0.45);
  const ContactTerm term(space, top, tool, 0, young);
  int               n_deep = 0, n_touching = 0;
  for (const auto &face : space.boundary_faces())
    {
      if (face.boundary_id != top)
        continue;
      FaceState here(space, face, std::vector<double>(std::size_t(space.p2().n_local()) * 3), 3);
      here.evaluate(term, 0, true);
      const auto   points  = here.points(0);
      const double epsilon = 10 * young / std::sqrt(face.measure * 4 / std::sqrt(3.));
      for (int q = 0; q < here.n; ++q)
        {
          const double pressure = term.pressure(points, here.value.data(), q);
          if (!(pressure > 0))
            continue;
          const auto distance = tool.distance({points.x[q * 3], points.x[q * 3 + 1], points.x[q * 3 + 2]}, 0);
          double     trace = 0, curvature = 0;
          for (int i = 0; i < 3; ++i)
            {
              trace += here.by_value[(q * 3 + i) * 3 + i];
              curvature += distance.hessian[4 * i];
            }
          EXPECT_NEAR(trace, std::min(pressure, young / 2) * curvature - epsilon, 1e-9 * epsilon);
          n_deep += pressure > young / 2;
          ++n_touching;
        }
    }
  int numbers[] = {n_deep, n_touching};
  MPI_Allreduce(MPI_IN_PLACE, numbers, 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_GT(numbers[0], 0);
  EXPECT_GT(numbers[1], numbers[0]);
}

TEST(SolidContact, APlanePressesEvenlyOnQuadraticFaces)
{
  Body body(box(3, 2), neo_hookean(1000, "Poisson ratio = 0.5"), true);
  body.hold_corner();
  auto plate = ContactTool::plane({0, 0, 1.02}, {0, 0, -1});
  plate.add_motion({0, 0, -0.22}, whole_way());
  const int contact = body.solver->add_contact(body.boundary("z_max"), plate, 0);
  body.solver->finish_boundaries();
  body.solver->run();
  const double l     = 0.8, force = 1000 * (1 / (l * l) - l); // pushes the plate up
  const auto   found = body.solver->contact(contact);
  EXPECT_NEAR(found.force[2], force, 5e-3 * force);
  const double arm = 0.5 / std::sqrt(l); // from the corner that is held, above which the plate's point lies
  EXPECT_NEAR(found.moment[0], arm * found.force[2], 5e-3 * force);
  EXPECT_NEAR(found.moment[1], -arm * found.force[2], 5e-3 * force);
  EXPECT_NEAR(found.moment[2], 0, 1e-6 * force);
  EXPECT_NEAR(found.area, 1 / l, 5e-3 / l) << "deformed";
  EXPECT_NEAR(found.mean_pressure, found.force[2] / found.area, 1e-9 * force);
  EXPECT_NEAR(found.pressure, found.mean_pressure, 1e-5 * force) << "the same pressure everywhere";
  EXPECT_LT(found.depth, 1e-3 * 0.5 * 1.52);
  EXPECT_NEAR(body.solver->reaction(body.boundary("z_min"))[2], -found.force[2], 1e-6 * force);
}

/// Pressed down, then moved sideways: first the tissue sticks, then it slides with Coulomb's force.
TEST(SolidContact, FrictionSticksAndSlides)
{
  SolidSettings settings;
  settings.steps.stops = {0.5};
  Body body(box(3, 2), neo_hookean(1000, "Poisson ratio = 0.3"), false, settings);
  body.solver->fix(body.boundary("z_min"));
  auto plate = ContactTool::plane({0, 0, 1}, {0, 0, -1});
  plate.add_motion({0, 0, -0.1}, LinearTable::parse("0 s: 0, 0.5 s: 1", dimension::time, dimension::none));
  plate.add_motion({0.25, 0, 0}, LinearTable::parse("0.5 s: 0, 1 s: 1", dimension::time, dimension::none));
  const int contact = body.solver->add_contact(body.boundary("z_max"), plate, 0.3);
  body.solver->finish_boundaries();
  double sticking = 0, sliding = 0;
  while (!body.solver->finished())
    {
      body.solver->step();
      const auto   f      = body.solver->contact(contact).force;
      const double across = std::hypot(f[0], f[1]);
      EXPECT_LE(across, 0.3 * f[2] * (1 + 1e-6));
      if (body.solver->time() <= 0.5)
        sticking = across / f[2];
      sliding = across / f[2];
    }
  EXPECT_LT(sticking, 0.05) << "nothing pulls sideways yet";
  EXPECT_NEAR(sliding, 0.3, 1e-3);
  EXPECT_LT(body.solver->contact(contact).force[0], 0) << "the tissue holds the plate back";
}

} // namespace
} // namespace vesalius
