// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/verification_meshes.h"
#include "physics/flow/flow_energy.h"
#include "physics/flow/flow_fields.h"
#include "physics/flow/flow_quantities.h"
#include "solver/kernels/quantity_kernels.h"
#include "tests/refusal.h"
#include "tests/verification/flow_test_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

/// A box 2 x 1 x 1 m, or two of them side by side that do not touch.
Mesh boxes(int n, bool two = false)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return {};
  Mesh mesh = make_box_mesh(3, {0, 0, 0}, {2, 1, 1}, {2 * n, n, n});
  if (!two)
    return mesh;
  const Mesh one    = mesh;
  const auto offset = static_cast<std::int32_t>(one.n_vertices);
  for (auto point : one.points)
    {
      point[1] += 1.5;
      mesh.points.push_back(point);
    }
  for (const auto vertex : one.cells)
    mesh.cells.push_back(vertex + offset);
  for (const auto vertex : one.boundary_faces)
    mesh.boundary_faces.push_back(vertex + offset);
  mesh.region_id.insert(mesh.region_id.end(), one.region_id.begin(), one.region_id.end());
  mesh.boundary_id.insert(mesh.boundary_id.end(), one.boundary_id.begin(), one.boundary_id.end());
  mesh.n_vertices *= 2;
  return mesh;
}

using Field = std::function<void(const double *, double *)>;

std::vector<double> nodal(const SimplexSpace &space, const Field &field)
{
  std::vector<double> u(std::size_t(space.p2().n_local()) * 3);
  for (int i = 0; i < space.p2().n_local(); ++i)
    field(&space.coordinates()[3 * std::size_t(i)], &u[3 * std::size_t(i)]);
  return u;
}

void quadratic(const double *x, double *u)
{
  u[0] = 1 + x[0] * x[0] - x[1] * x[2];
  u[1] = x[0] * x[1] - 2 * x[2];
  u[2] = 3 * x[2] * x[2] + x[1];
}

TEST(Planes, QuadraticVelocityIsIntegratedExactly)
{
  const SimplexSpace space(boxes(3), MPI_COMM_WORLD);
  const auto         u = nodal(space, quadratic);
  std::vector<double> p(space.p1().n_local());
  for (int i = 0; i < space.p1().n_local(); ++i)
    p[i] = 5 + 2 * space.coordinates()[3 * std::size_t(space.node_of_vertex()[i])] + space.coordinates()[3 * std::size_t(space.node_of_vertex()[i]) + 1];
  // Between and on the faces of cells: a face in the plane counts once.
  for (const double x : {0.77, 1.0, 4. / 3.})
    {
      const SectionPlane plane(space, {"a", {x, 0.4, 0.3}, {3, 0, 0}, 0, "", {}});
      EXPECT_NEAR(plane.area(), 1, 1e-12);
      EXPECT_NEAR(plane.flow(u.data()), 1 + x * x - 0.25, 1e-12);
      EXPECT_NEAR(plane.mean_pressure(p.data()), 5 + 2 * x + 0.5, 1e-12);
    }
  // Oblique, x + y = 1.5 for all z: int (u_x + u_y) dy dz.
  const SectionPlane oblique(space, {"b", {1.2, 0.3, 0.5}, {1, 1, 0}, 0, "", {}});
  const auto         y_mean = [](int power) { return 1. / (power + 1); };
  // x = 1.5 - y: 1 + x^2 - y z + x y - 2 z averaged.
  const double exact = 1 + (2.25 - 3 * y_mean(1) + y_mean(2)) - 0.25 + (1.5 * y_mean(1) - y_mean(2)) - 1;
  EXPECT_NEAR(oblique.area(), std::numbers::sqrt2, 1e-12);
  EXPECT_NEAR(oblique.flow(u.data()), exact, 1e-12);
}

TEST(Planes, CurvedCellsAreCutAsTheyAre)
{
  // A round pipe: area and flow of a parabola through sections across and oblique to it (an ellipse, whose flow is the same).
  double error[2];
  for (const int level : {0, 1})
    {
      const SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ?
                                 make_pipe_mesh({.radius = 1, .length = 4, .n_along = 5, .section = {.n_rings = 2 << level}}) : Mesh{},
                               MPI_COMM_WORLD);
      const auto          u = nodal(space, [](const double *x, double *v) { v[0] = v[1] = 0, v[2] = 1 - x[0] * x[0] - x[1] * x[1]; });
      std::vector<double> p(space.p1().n_local(), 3.);
      error[level] = 0;
      for (const std::array<double, 3> &normal : {std::array<double, 3>{0, 0, 1}, {0.5, 0.2, 1}})
        {
          const SectionPlane plane(space, {"a", {0.1, 0, 1.9}, normal, 0, "", {}});
          const double       area = std::numbers::pi * std::hypot(normal[0], normal[1], normal[2]);
          error[level] = std::max({error[level], std::abs(plane.area() / area - 1), std::abs(plane.flow(u.data()) / (std::numbers::pi / 2) - 1)});
          EXPECT_NEAR(plane.mean_pressure(p.data()), 3, 1e-12);
        }
    }
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("sections of a round pipe: %.2e, %.2e, order %.1f\n", error[0], error[1], std::log2(error[0] / error[1]));
  EXPECT_LT(error[0], 5e-3);
  EXPECT_GT(std::log2(error[0] / error[1]), 2.5);
}

TEST(Planes, ALayerOfCellsInThePlaneCountsOnce)
{
  // The layers of a bent pipe's mesh are planes but for rounding: every 9 degrees here.
  BendMesh mesh;
  mesh.axial_size           = mesh.bend_radius * 9 * std::numbers::pi / 180;
  mesh.section.n_rings      = 2;
  const SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ? make_bend_mesh(mesh) : Mesh{}, MPI_COMM_WORLD);
  for (int degrees = 3; degrees < 90; degrees += 3)
    {
      const double       t = degrees * std::numbers::pi / 180;
      const SectionPlane plane(space, {"layer", {mesh.bend_radius * (1 - std::cos(t)), 0, mesh.inlet_length + mesh.bend_radius * std::sin(t)},
                                       {std::sin(t), 0, std::cos(t)}, 0, "", {}});
      EXPECT_NEAR(plane.area() / (std::numbers::pi * mesh.radius * mesh.radius), 1, 2e-3) << degrees;
    }
}

TEST(Planes, OnlyThePieceAroundThePointCounts)
{
  const SimplexSpace space(boxes(2, true), MPI_COMM_WORLD);
  const auto         u = nodal(space, [](const double *x, double *v) { v[0] = x[1] > 1.2 ? 5 : 2, v[1] = v[2] = 0; });
  const SectionPlane low(space, {"low", {0.6, 0.5, 0.5}, {1, 0, 0}, 0, "", {}}), high(space, {"high", {0.6, 2.1, 0.5}, {-1, 0, 0}, 0, "", {}});
  EXPECT_NEAR(low.area(), 1, 1e-12);
  EXPECT_NEAR(low.flow(u.data()), 2, 1e-12);
  EXPECT_NEAR(high.flow(u.data()), -5, 1e-12);
  const SectionPlane part(space, {"part", {0.6, 0.25, 0.25}, {1, 0, 0}, 0.45, "", {}});
  EXPECT_LT(part.area(), 0.8);
  EXPECT_GT(part.area(), 0.1);
}

TEST(Planes, OutsideIsAnError)
{
  using testing::HasSubstr;
  const SimplexSpace space(boxes(2), MPI_COMM_WORLD);
  EXPECT_THAT(message_of([&] { SectionPlane(space, {"throat", {0.5, 1.003, 0.5}, {1, 0, 0}, 0, "", {}}); }),
              HasSubstr("the point of the plane 'throat' lies 3 mm outside the lumen"));
  EXPECT_THAT(message_of([&] { SectionPlane(space, {"throat", {0.5, 0.5, 0.5}, {0, 0, 0}, 0, "", {}}); }), HasSubstr("normal of no length"));
  EXPECT_THAT(message_of([&] { SectionPlane(space, {"end", {0, 0.5, 0.5}, {1, 0, 0}, 0, "", {}}); }), HasSubstr("cuts no cell"));
}

TEST(Probes, PointsAreFoundOnce)
{
  const SimplexSpace space(boxes(3), MPI_COMM_WORLD);
  // Inside, on a face, an edge and a vertex of cells.
  for (const std::array<double, 3> &point : std::vector<std::array<double, 3>>{{0.71, 0.2, 0.9}, {1, 0.5, 0.4}, {1, 1. / 3., 0.4}, {1, 1. / 3., 2. / 3.}})
    {
      const auto located = locate_point(space, point);
      double     sums[4] = {0, 0, 0, 0};
      if (located.cell >= 0)
        {
          const auto phi = p2_values_at(3, located.lambda);
          double     u[3];
          sums[3] = 1;
          for (int i = 0; i < 10; ++i)
            {
              quadratic(&space.coordinates()[3 * std::size_t(space.cells_p2()[std::size_t(located.cell) * 10 + i])], u);
              for (int d = 0; d < 3; ++d)
                sums[d] += phi[i] * u[d];
            }
        }
      MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
      double exact[3];
      quadratic(point.data(), exact);
      EXPECT_TRUE(located.is_inside);
      EXPECT_EQ(sums[3], 1);
      for (int d = 0; d < 3; ++d)
        EXPECT_NEAR(sums[d], exact[d], 1e-12);
    }
  const auto outside = locate_point(space, {2.5, 1.5, 0.5});
  EXPECT_FALSE(outside.is_inside);
  EXPECT_NEAR(outside.distance, std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(outside.nearest[0], 2, 1e-12);
}

double largest_error(const SimplexSpace &space, const VolumeField &field, const std::function<void(const double *, double *)> &exact, bool inside_only)
{
  double worst = 0;
  for (int i = 0; i < space.p2().n_owned; ++i)
    {
      const double *x = &space.coordinates()[3 * std::size_t(i)];
      if (inside_only && (x[0] < 0.3 || x[0] > 1.7 || std::abs(x[1] - 0.5) > 0.2 || std::abs(x[2] - 0.5) > 0.2))
        continue;
      double wanted[3];
      exact(x, wanted);
      for (int c = 0; c < field.n_components; ++c)
        worst = std::max(worst, std::abs(field.values[std::size_t(i) * field.n_components + c] - wanted[c]));
    }
  MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return worst;
}

TEST(Fields, LinearVelocityIsExact)
{
  SimplexSpace space(boxes(2), MPI_COMM_WORLD);
  // Rotation about x at 3/s, shear du_x/dy = 2: vorticity (6, 0, -2).
  const auto u      = nodal(space, [](const double *x, double *v) { v[0] = 1 + 2 * x[1], v[1] = -3 * x[2], v[2] = 3 * x[1]; });
  const auto fields = derive_fields(space, u, {"vorticity", "q_criterion", "helicity", "shear_rate"});
  EXPECT_LT(largest_error(space, fields[0], [](const double *, double *w) { w[0] = 6, w[1] = 0, w[2] = -2; }, false), 1e-12);
  // |W|^2 = (36 + 4) / 2, |S|^2 = 2.
  EXPECT_LT(largest_error(space, fields[1], [](const double *, double *w) { w[0] = 0.5 * (20 - 2); }, false), 1e-11);
  EXPECT_LT(largest_error(space, fields[2], [](const double *x, double *w) {
    const double ux = 1 + 2 * x[1], uz = 3 * x[1], speed = std::hypot(ux, 3 * x[2], uz);
    w[0] = (6 * ux - 2 * uz) / (speed * std::sqrt(40.));
  }, false), 1e-12);
  EXPECT_LT(largest_error(space, fields[3], [](const double *, double *w) { w[0] = 2; }, false), 1e-12);
}

TEST(Fields, VorticityIsOfSecondOrder)
{
  double error[2];
  for (const int level : {0, 1})
    {
      SimplexSpace space(boxes(level == 0 ? 8 : 16), MPI_COMM_WORLD);
      const auto   u = nodal(space, [](const double *x, double *v) { v[0] = std::sin(3 * x[1] + 1), v[1] = 0, v[2] = 0; });
      error[level]   = largest_error(space, derive_fields(space, u, {"vorticity"})[0], [](const double *x, double *w) {
        w[0] = w[1] = 0;
        w[2]        = -3 * std::cos(3 * x[1] + 1);
      }, true);
    }
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("vorticity at the nodes: %.3g, %.3g, order %.2f\n", error[0], error[1], std::log2(error[0] / error[1]));
  EXPECT_GT(std::log2(error[0] / error[1]), 1.8);
}

TEST(Energy, IntegralsOfAQuadraticVelocity)
{
  const SimplexSpace space(boxes(2), MPI_COMM_WORLD);
  // u = (y^2, 0, x): curl = (0, -1, -2y), u . curl u = -2 x y; grad u: 2y, 1.
  const auto u     = nodal(space, [](const double *x, double *v) { v[0] = x[1] * x[1], v[1] = 0, v[2] = x[0]; });
  const auto part  = kernels::integrate_velocity(owned_cell_arrays(space), u.data(), 3, nullptr);
  double     sums[3] = {part.square, part.dissipation, part.helicity};
  MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_NEAR(sums[0], 2 * (1. / 5.) + 8. / 3., 1e-12);
  EXPECT_NEAR(sums[1], 3 * 2 * (4. / 3. + 1), 1e-11);
  EXPECT_NEAR(sums[2], -2 * 2 * 0.5, 1e-12);
}

TEST(Energy, CurvedCellsCountOnceOnAnyNumberOfRanks)
{
  // A shear of rate 1: the dissipation is the volume.
  const SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ?
                             make_pipe_mesh({.radius = 1, .length = 1, .n_along = 3, .section = {.n_rings = 2}}) : Mesh{},
                           MPI_COMM_WORLD);
  const auto u    = nodal(space, [](const double *x, double *v) { v[0] = v[1] = 0, v[2] = x[0]; });
  const auto part = kernels::integrate_velocity(owned_cell_arrays(space), u.data(), 1, nullptr);
  double     sums[2] = {part.dissipation, 0};
  for (std::size_t c = 0; c < space.n_owned_cells(); ++c)
    sums[1] += kernels::cell_volume(cell_arrays(space), c);
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_NEAR(sums[0], sums[1], 1e-9);
  EXPECT_NEAR(sums[1], std::numbers::pi, 0.01);
}

Waveform pulse()
{
  std::vector<double> times, values;
  for (int i = 0; i < 16; ++i)
    {
      times.push_back(i / 16.);
      values.push_back((4 + 3 * std::cos(2 * std::numbers::pi * times.back())) * 1e-6);
    }
  return Waveform(times, values, 1.0);
}

/// Largest residual of the budget over the second quarter of a beat, relative to the largest dissipation.
double energy_residual(int n_steps)
{
  const Mesh   mesh = rank_of(MPI_COMM_WORLD) == 0 ? box_channel(3) : Mesh{};
  FlowSettings settings;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-9;
  auto         channel = make_channel(mesh, MPI_COMM_WORLD, settings, pulse(), InflowProfile::Shape::parabolic,
                                      make_windkessel(1.2e7, 1.2e8, 1.5e-9), "x_min", "x_max");
  channel.solver->start_from_stokes();
  EnergyBudget energy(*channel.solver);
  energy.start();
  double worst = 0, scale = 0;
  for (int step = 1; step <= n_steps / 2; ++step)
    {
      EXPECT_TRUE(channel.solver->step(1. / n_steps).accepted);
      energy.after_step(1. / n_steps);
      if (step <= n_steps / 4)
        continue;
      worst = std::max(worst, std::abs(energy.terms().residual));
      scale = std::max({scale, energy.terms().dissipation, std::abs(energy.terms().rate)});
    }
  return worst / scale;
}

TEST(Energy, BudgetClosesWithTheTimeStep)
{
  const double coarse = energy_residual(40), fine = energy_residual(80);
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("energy budget, residual over the largest of its rate and its dissipation: %.2f %% and %.2f %% with half the step\n", 100 * coarse, 100 * fine);
  EXPECT_LT(fine, 0.02);
  EXPECT_LT(fine, 0.7 * coarse);
}

TEST(Planes, FlowInAChannelIsTheCaps)
{
  const Mesh   mesh = rank_of(MPI_COMM_WORLD) == 0 ? box_channel(4) : Mesh{};
  FlowSettings settings;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-10;
  auto channel = make_channel(mesh, MPI_COMM_WORLD, settings, pulse(), InflowProfile::Shape::parabolic, make_pressure_outlet(1000), "x_min", "x_max");
  auto            &solver = *channel.solver;
  QuantityRequests requests;
  requests.planes.push_back({"proximal", {0.0101, 0.005, 0.005}, {1, 0, 0}, 0, "", {}});
  requests.planes.push_back({"distal", {0.0303, 0.005, 0.005}, {1, 0.2, -0.1}, 0, "proximal", {}});
  requests.probes.push_back({"axis", {0.02, 0.005, 0.005}, {}});
  solver.start_from_stokes();
  FlowQuantities quantities(requests, solver);
  quantities.start();
  double surface = 0, conserved = 0;
  for (int step = 0; step < 20; ++step)
    {
      ASSERT_TRUE(solver.step(0.02).accepted);
      quantities.after_step(0.02);
      const auto names = quantities.columns();
      const auto values = quantities.values();
      const auto value  = [&](const std::string &name) { return values.at(std::find(names.begin(), names.end(), name) - names.begin()); };
      for (const std::string plane : {"proximal", "distal"})
        {
          surface   = std::max(surface, std::abs(value("flow through " + plane + " [mL/s]") - solver.caps()[1].flow * 1e6));
          conserved = std::max(conserved, std::abs(value("conserved flow through " + plane + " [mL/s]") - solver.caps()[1].flow * 1e6));
        }
      EXPECT_NEAR(value("pressure drop proximal to distal [mmHg]"), value("pressure proximal [mmHg]") - value("pressure distal [mmHg]"), 1e-12);
    }
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("flow through planes against the cap's, of 7 mL/s: surface integral %.2g mL/s, conserved %.2g mL/s\n", surface, conserved);
  EXPECT_LT(surface, 0.02 * 7);
  EXPECT_LT(conserved, 1e-8 * 7);
  std::vector<ResultQuantity> results;
  quantities.add_results(results);
  const auto ratio = std::find_if(results.begin(), results.end(), [](const auto &q) { return q.name == "pressure ratio to proximal (FFR)"; });
  ASSERT_NE(ratio, results.end());
  EXPECT_EQ(ratio->location, "distal");
  EXPECT_NEAR(ratio->value, 1, 0.05);
}

} // namespace
} // namespace vesalius
