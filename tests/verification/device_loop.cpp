// SPDX-License-Identifier: GPL-3.0-or-later
// The device's time loop on the host backend, the same source, beside FlowSolver; on several ranks in parts, beside the same FlowSolver on each of them.
#include "physics/flow/flow_bundle.h"
#include "solver/kernels/cuda/box_bundle.h"
#include "solver/kernels/cuda/bundle_part.h"
#include "solver/kernels/cuda/flow_loop.h"
#include "solver/kernels/viscous_kernels.h"
#include "tests/verification/flow_test_tools.h"
#include "tests/verification/rheology_fluids.h"

#include <gtest/gtest.h>

#include <random>

namespace vesalius
{
namespace
{
using namespace flow_test;

constexpr double dt = 0.01;

FlowSettings tight(const std::shared_ptr<const ViscosityFunction> &fluid = nullptr)
{
  FlowSettings settings = fluid ? settings_of(fluid, 1060) : FlowSettings();
  settings.velocity_tolerance = settings.pressure_tolerance = settings.initial_tolerance = 1e-12;
  return settings;
}

/// Half of the wall y_max lets blood through, too, where x is above the middle.
Mesh mesh_with_side()
{
  Mesh mesh                  = box_channel(3);
  mesh.boundary_names[100] = "side";
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      std::array<double, 3> centre{};
      for (int v = 0; v < 3; ++v)
        for (int d = 0; d < 3; ++d)
          centre[d] += mesh.points[mesh.boundary_faces[3 * f + v]][d] / 3;
      if (centre[1] > 0.01 - 1e-9 && centre[0] > 0.014 && centre[0] < 0.026)
        mesh.boundary_id[f] = 100;
    }
  return mesh;
}

Channel make_flow(const Mesh &mesh, const Waveform &inflow, InflowProfile::Shape shape, const std::map<std::string, std::string> &outlets,
                  const std::shared_ptr<const ViscosityFunction> &fluid = nullptr)
{
  Channel flow;
  flow.space  = std::make_unique<SimplexSpace>(mesh, MPI_COMM_SELF);
  flow.solver = std::make_unique<FlowSolver>(*flow.space, tight(fluid));
  for (const auto &[id, name] : flow.space->boundary_names())
    if (name != "x_min" && outlets.count(name) == 0)
      flow.solver->add_wall(id);
  flow.solver->add_inflow(flow.space->boundary_id("x_min"), inflow, shape);
  for (const auto &[name, section] : outlets)
    flow.solver->add_outlet(flow.space->boundary_id(name), outlet_from(section));
  flow.solver->finish_boundaries();
  flow.solver->start_from_stokes();
  return flow;
}

/// Largest difference relative to the largest value; `found` by permanent ids.
double difference(const NodeDistribution &nodes, const std::vector<double> &wanted, int n, const std::vector<double> &found)
{
  EXPECT_EQ(wanted.size(), found.size());
  double scale = 0, largest = 0;
  for (int i = 0; i < nodes.n_owned; ++i)
    for (int c = 0; c < n; ++c)
      {
        const double value = wanted[std::size_t(i) * n + c];
        scale              = std::max(scale, std::abs(value));
        largest            = std::max(largest, std::abs(value - found[std::size_t(nodes.ids[i]) * n + c]));
      }
  EXPECT_GT(scale, 0);
  return largest / scale;
}

/// Ten steps of both from the same state; 1e-8 of each field's maximum. `n_levels` of the multigrid: from three on, one lies between the finest and the coarsest.
void expect_equal(Channel &flow, bool with_backflow, int n_levels)
{
  constexpr int                         n_steps = 10;
  const device::ProcessGroup            group(MPI_COMM_WORLD);
  const auto                            whole = make_flow_bundle(*flow.solver, dt, n_steps);
  EXPECT_EQ(whole.number("multigrid_levels"), n_levels);
  device::FlowLoop<device::HostBackend> loop(group.size() > 1 ? device::part_of(whole, group.size(), group.rank()) : whole, &group);
  device::StepRecord                    record;
  double                                lowest = 0;
  for (int step = 0; step < n_steps; ++step)
    {
      ASSERT_TRUE(flow.solver->step(dt).accepted);
      record = loop.step();
      for (const double q : record.outlet_flow)
        lowest = std::min(lowest, q);
    }
  EXPECT_EQ(lowest < 0, with_backflow);
  EXPECT_NEAR(record.time, flow.solver->time(), 1e-14);
  const auto  found = loop.state();
  const auto &space = *flow.space;
  auto        state = flow.solver->state();
  for (const char *name : {"velocity", "velocity_old"})
    EXPECT_LT(difference(space.p2(), *state.velocity_fields.at(name), 3, found.get<double>(name)), 1e-8) << name;
  for (const char *name : {"pressure", "potential", "potential_old", "entry_speed"})
    EXPECT_LT(difference(space.p1(), *state.pressure_fields.at(name), 1, found.get<double>(name)), 1e-8) << name;
  double largest = 0;
  for (const auto &cap : flow.solver->caps())
    largest = std::max(largest, std::abs(cap.flow));
  for (std::size_t c = 0; c < record.outlet_flow.size(); ++c)
    {
      const auto &cap = flow.solver->boundaries().outlet(c);
      EXPECT_NEAR(record.outlet_flow[c], cap.outward_flow(), 1e-8 * largest) << cap.name;
      EXPECT_NEAR(record.outlet_pressure[c], cap.pressure, 1e-8 * std::abs(cap.pressure)) << cap.name;
    }
}

TEST(DeviceLoop, EqualsTheSolverWithAWindkessel)
{
  auto flow = make_flow(box_channel(3), Waveform::fourier({10e-6, {3e-6, -8e-6}}, 0.4), InflowProfile::Shape::womersley,
                        {{"x_max", " set Type = windkessel\n set Proximal resistance = 0.1 mmHg s/mL\n set Distal resistance = 1 mmHg s/mL\n set Compliance = 0.5 mL/mmHg\n"}});
  expect_equal(flow, false, 3);
}

TEST(DeviceLoop, EqualsTheSolverWithBackflowAndThreeOutlets)
{
  auto flow = make_flow(mesh_with_side(), Waveform::fourier({-8e-6, {-4e-6, 3e-6}}, 0.2), InflowProfile::Shape::parabolic,
                        {{"x_max", " set Type = pressure\n set Fourier modes = 10, 1 -2 mmHg\n set Period = 0.2 s\n"},
                         {"side", " set Type = resistance\n set Resistance = 0.3 mmHg s/mL\n set Distal pressure = 8 mmHg\n"},
                         {"z_max", " set Type = flow\n set Flow = 1 mL/s\n"}});
  expect_equal(flow, true, 2);
}

TEST(DeviceLoop, EqualsTheSolverWithAThinningFluid)
{
  auto flow = make_flow(box_channel(3), Waveform::fourier({10e-6, {3e-6, -8e-6}}, 0.4), InflowProfile::Shape::womersley,
                        {{"x_max", " set Type = resistance\n set Resistance = 0.3 mmHg s/mL\n"}}, viscosity_law(shear_thinning_fluids.at("carreau_yasuda")));
  expect_equal(flow, false, 3);
}

// --- pieces ----------------------------------------------------------------------------------------

TEST(DeviceLoop, PointValuesAreThoseOfTheReferenceRule)
{
  const kernels::QuadratureRule<3> rule;
  double                           places[4][device::n_points], weights = 0;
  for (int v = 0; v < 4; ++v)
    {
      double unit[4] = {};
      unit[v]        = 1;
      device::p1_at_points(unit, places[v]);
    }
  for (int q = 0; q < device::n_points; ++q)
    {
      const std::array<double, 4> point{places[0][q], places[1][q], places[2][q], places[3][q]};
      const auto same = std::find_if(rule.points.begin(), rule.points.end(), [&](const auto &x) {
        return std::abs(x[0] - point[0]) + std::abs(x[1] - point[1]) + std::abs(x[2] - point[2]) + std::abs(x[3] - point[3]) < 1e-14;
      });
      ASSERT_NE(same, rule.points.end()) << q;
      EXPECT_NEAR(rule.weights[same - rule.points.begin()], device::point_weight(q), 1e-15);
      weights += device::point_weight(q);
      const auto phi = kernels::p2_values<3>(point);
      for (int i = 0; i < 10; ++i)
        {
          double unit[10] = {}, values[device::n_points], f[device::n_points] = {}, moments[10] = {};
          unit[i]         = 1;
          f[q]            = 1;
          device::p2_at_points(unit, values);
          device::add_p2_moments(f, moments);
          double vertex_moments[4] = {};
          device::add_p1_moments(f, vertex_moments);
          for (int v = 0; v < 4; ++v)
            EXPECT_NEAR(vertex_moments[v], point[v], 1e-15);
          EXPECT_NEAR(values[q], phi[i], 1e-15) << i << " at " << q;
          EXPECT_NEAR(moments[i], phi[i], 1e-15) << i << " at " << q;
        }
    }
  EXPECT_NEAR(weights, 1, 1e-14);
}

TEST(DeviceLoop, OperatorIsTheAssembledOne)
{
  const SimplexSpace  space(box_channel(2), MPI_COMM_SELF);
  ScalarOperator      assembled(space);
  const std::size_t   n = space.p2().n_local();
  std::vector<double> w(3 * n), x(3 * n), wanted(3 * n), found(3 * n, 0.), diagonal(n, 0.), vertices;
  std::mt19937        random(1);
  for (auto *field : {&w, &x})
    for (auto &value : *field)
      value = std::uniform_real_distribution<double>(-1, 1)(random);
  assembled.combine(3e5, 2.5);
  std::vector<double> excess(space.p1().n_local());
  for (auto &value : excess)
    value = std::uniform_real_distribution<double>(0, 5)(random);
  kernels::add_variable_stiffness(cell_arrays(space), assembled.cell_positions(), excess.data(), assembled.values().data());
  for (std::size_t i = 0; i < n; ++i)
    diagonal[i] = -assembled.diagonal(int(i));
  kernels::add_convection(cell_arrays(space), assembled.cell_positions(), w.data(), 1060, assembled.values().data(), 2);
  assembled.multiply(assembled.values(), 3, x.data(), wanted.data());
  for (const int node : space.node_of_vertex())
    vertices.insert(vertices.end(), &space.coordinates()[std::size_t(node) * 3], &space.coordinates()[std::size_t(node) * 3] + 3);
  const auto          p2 = device::internal::by_place(space.cells_p2(), 10, n, "p2"), p1 = device::internal::by_place(space.cells_p1(), 4, space.p1().n_local(), "p1");
  const device::Cells cells{device::Index(space.n_cells()), device::Index(n), space.p1().n_local(), p2.data(), p1.data(), vertices.data()};
  const device::Queue<device::HostBackend> queue;
  queue.run(cells.n, device::MomentumOperator<true>{cells, 3e5, 1060, 2.5, w.data(), x.data(), found.data()});
  queue.run(cells.n, device::VariableDiffusion{cells, 1, excess.data(), x.data(), found.data()});
  queue.run(cells.n, device::MomentumDiagonal{cells, 3e5, 2.5, diagonal.data()});
  queue.run(cells.n, device::VariableDiagonal{cells, excess.data(), diagonal.data()});
  double scale = 0;
  for (const double value : wanted)
    scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < 3 * n; ++i)
    EXPECT_NEAR(found[i], wanted[i], 1e-13 * scale);
  for (std::size_t i = 0; i < n; ++i)
    EXPECT_NEAR(diagonal[i], 0, 1e-12 * assembled.diagonal(int(i)));
  EXPECT_NEAR(0.5 * queue.maximum(cells.n, device::LargestRate{cells, w.data()}), kernels::maximum_rate(cell_arrays(space), w.data()), 1e-9);
  EXPECT_NEAR(std::sqrt(queue.maximum(cells.n, device::LargestGradient{cells, w.data()})), kernels::maximum_gradient(cell_arrays(space), w.data()), 1e-8);
}

/// The benchmark's flow: what enters leaves, and nested meshes make a good V-cycle.
TEST(DeviceLoop, BoxBundleIsAFlow)
{
  const auto                            bundle = device::make_box_bundle(768, 5);
  device::FlowLoop<device::HostBackend> loop(bundle);
  EXPECT_EQ(loop.n_cells(), 768);
  device::StepRecord record;
  for (int step = 0; step < 5; ++step)
    {
      record = loop.step();
      EXPECT_LE(record.pressure.iterations, 10);
    }
  const double wanted = bundle.get<double>("inflow_totals")[4];
  EXPECT_NEAR(record.outlet_flow.at(0), wanted, 0.02 * wanted); // the profile is not P2
}

TEST(DeviceLoop, LargestValueIsNotLostBesideNaN)
{
  const std::vector<double> values{1, std::nan(""), 3};
  struct Value
  {
    const double *values;
    double        operator()(device::Index i) const { return values[i]; }
  };
  EXPECT_TRUE(std::isnan(device::HostBackend::maximum(3, Value{values.data()})));
  EXPECT_EQ(device::HostBackend::maximum(1, Value{values.data()}), 1);
}

TEST(DeviceLoop, EndsWithItsBundle)
{
  auto flow = make_flow(box_channel(2), Waveform::constant(5e-6), InflowProfile::Shape::parabolic, {{"x_max", " set Type = pressure\n set Pressure = 0 Pa\n"}});
  device::FlowLoop<device::HostBackend> loop(make_flow_bundle(*flow.solver, dt, 1));
  loop.step();
  EXPECT_THROW(loop.step(), device::InvalidBundle);
}

} // namespace
} // namespace vesalius
