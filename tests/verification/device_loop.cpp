// SPDX-License-Identifier: GPL-3.0-or-later
// The device's time loop on the host backend, the same source, beside FlowSolver; on several ranks in parts, beside the same FlowSolver on each of them.
#include "physics/flow/flow_bundle.h"
#include "physics/flow/orthogonal_subscales.h"
#include "solver/fields/nested_spaces.h"
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

using device::Element;

/// The elements by turns.
template <class E>
class DeviceLoopOf : public ::testing::Test
{
protected:
  static constexpr int dim = E::dim;

  /// Of `n` cells across.
  static Mesh channel(int n) { return make_box_mesh(dim, {0, 0, 0}, {0.04, 0.01, 0.01}, {3 * n, n, n}); }
  /// Half of the wall y_max lets blood through, too, where x is above the middle.
  static Mesh channel_with_side(int n)
  {
    Mesh mesh                = channel(n);
    mesh.boundary_names[100] = "side";
    for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
      {
        std::array<double, 3> centre{};
        for (int v = 0; v < dim; ++v)
          for (int d = 0; d < dim; ++d)
            centre[d] += mesh.points[mesh.boundary_faces[dim * f + v]][d] / dim;
        if (centre[1] > 0.01 - 1e-9 && centre[0] > 0.014 && centre[0] < 0.026)
          mesh.boundary_id[f] = 100;
      }
    return mesh;
  }
  static int across() { return dim == 3 ? 3 : 5; }
  /// Flows and resistances of the channel, which in two dimensions are those of a metre of its depth.
  static Waveform inflow(std::array<double, 3> modes, double period)
  {
    return Waveform::fourier({depth() * modes[0], {depth() * modes[1], depth() * modes[2]}}, period);
  }
  static std::string resistance(const std::string &entry, double value) { return entry_of(entry, value / depth(), "mmHg s/mL"); }
  static std::string entry_of(const std::string &entry, double value, const std::string &unit)
  {
    return " set " + entry + " = " + std::to_string(value) + " " + unit + "\n";
  }
  static constexpr double depth() { return dim == 3 ? 1 : 100; }
};

struct ElementNames
{
  template <class E>
  static std::string GetName(int)
  {
    return std::string(E::cells) + "_p" + std::to_string(E::degree);
  }
};

using Elements = ::testing::Types<Element<3, 2>, Element<3, 1>, Element<2, 2>, Element<2, 1>>;
TYPED_TEST_SUITE(DeviceLoopOf, Elements, ElementNames);

template <class E>
Channel make_flow(const Mesh &mesh, const Waveform &inflow, InflowProfile::Shape shape, const std::map<std::string, std::string> &outlets,
                  const std::shared_ptr<const ViscosityFunction> &fluid = nullptr)
{
  FlowSettings settings       = fluid ? settings_of(fluid, 1060) : FlowSettings();
  settings.velocity_tolerance = settings.pressure_tolerance = settings.initial_tolerance = 1e-12;
  settings.velocity_degree                                                               = E::degree;
  Channel flow;
  flow.space  = std::make_unique<SimplexSpace>(mesh, MPI_COMM_SELF);
  flow.solver = std::make_unique<FlowSolver>(*flow.space, settings);
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

/// Ten steps of both from the same state; 1e-8 of each field's maximum.
template <class E>
void expect_equal(Channel &flow, bool with_backflow)
{
  constexpr int                         n_steps = 10;
  const device::ProcessGroup            group(MPI_COMM_WORLD);
  const auto                            whole = make_flow_bundle(*flow.solver, dt, n_steps);
  EXPECT_GE(whole.number("multigrid_levels"), 2);
  device::FlowLoop<device::HostBackend, E> loop(group.size() > 1 ? device::part_of(whole, group.size(), group.rank()) : whole, &group);
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
  const device::BundleFile found = loop.state();
  const auto              &space = *flow.space;
  auto                     state = flow.solver->state();
  for (const char *name : {"velocity", "velocity_old"})
    EXPECT_LT(difference(space.nodes(E::degree), at_nodes_of(E::degree, space, E::dim, *state.velocity_fields.at(name)), E::dim, found.get<double>(name)), 1e-8)
      << name;
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

TYPED_TEST(DeviceLoopOf, EqualsTheSolverWithAWindkessel)
{
  auto flow = make_flow<TypeParam>(this->channel(this->across()), this->inflow({10e-6, 3e-6, -8e-6}, 0.4), InflowProfile::Shape::womersley,
                                   {{"x_max", " set Type = windkessel\n" + this->resistance("Proximal resistance", 0.1) +
                                                this->resistance("Distal resistance", 1) + this->entry_of("Compliance", 0.5 * this->depth(), "mL/mmHg")}});
  expect_equal<TypeParam>(flow, false);
}

TYPED_TEST(DeviceLoopOf, EqualsTheSolverWithBackflowAndThreeOutlets)
{
  const std::string third = TypeParam::dim == 3 ? "z_max" : "y_min";
  auto flow = make_flow<TypeParam>(this->channel_with_side(this->across()), this->inflow({-8e-6, -4e-6, 3e-6}, 0.2), InflowProfile::Shape::parabolic,
                                   {{"x_max", " set Type = pressure\n set Fourier modes = 10, 1 -2 mmHg\n set Period = 0.2 s\n"},
                                    {"side", " set Type = resistance\n" + this->resistance("Resistance", 0.3) + " set Distal pressure = 8 mmHg\n"},
                                    {third, " set Type = flow\n" + this->entry_of("Flow", this->depth(), "mL/s")}});
  expect_equal<TypeParam>(flow, true);
}

TYPED_TEST(DeviceLoopOf, EqualsTheSolverWithAThinningFluid)
{
  auto flow = make_flow<TypeParam>(this->channel(this->across()), this->inflow({10e-6, 3e-6, -8e-6}, 0.4), InflowProfile::Shape::womersley,
                                   {{"x_max", " set Type = resistance\n" + this->resistance("Resistance", 0.3)}},
                                   viscosity_law(shear_thinning_fluids.at("carreau_yasuda")));
  expect_equal<TypeParam>(flow, false);
}

// --- pieces ----------------------------------------------------------------------------------------

TYPED_TEST(DeviceLoopOf, PointValuesAreThoseOfTheReferenceRule)
{
  using E                             = TypeParam;
  using Basis                         = kernels::Lagrange<E::dim, E::degree>;
  constexpr int              n_points = device::n_points<E>, n = E::n_vertices;
  const typename Basis::Rule rule;
  ASSERT_EQ(n_points, rule.n);
  double places[n][n_points], weights = 0;
  for (int v = 0; v < n; ++v)
    {
      double unit[n] = {};
      unit[v]        = 1;
      device::p1_at_points<E>(unit, places[v]);
    }
  for (int q = 0; q < n_points; ++q)
    {
      std::array<double, n> point{};
      for (int v = 0; v < n; ++v)
        point[v] = places[v][q];
      const auto same = std::find_if(rule.points.begin(), rule.points.end(), [&](const auto &x) {
        double distance = 0;
        for (int v = 0; v < n; ++v)
          distance += std::abs(x[v] - point[v]);
        return distance < 1e-14;
      });
      ASSERT_NE(same, rule.points.end()) << q;
      EXPECT_NEAR(rule.weights[same - rule.points.begin()], device::point_weight<E>(q), 1e-15);
      weights += device::point_weight<E>(q);
      const auto phi         = Basis::values(point);
      double     f[n_points] = {}, moments[E::n_nodes] = {}, vertex_moments[n] = {};
      f[q] = 1;
      device::add_velocity_moments<E>(f, moments);
      device::add_p1_moments<E>(f, vertex_moments);
      for (int v = 0; v < n; ++v)
        EXPECT_NEAR(vertex_moments[v], point[v], 1e-15);
      for (int i = 0; i < E::n_nodes; ++i)
        {
          double unit[E::n_nodes] = {}, values[n_points];
          unit[i]                 = 1;
          device::velocity_at_points<E>(unit, values);
          EXPECT_NEAR(values[q], phi[i], 1e-15) << i << " at " << q;
          EXPECT_NEAR(moments[i], phi[i], 1e-15) << i << " at " << q;
        }
    }
  EXPECT_NEAR(weights, 1, 1e-14);
}

/// With the terms of the subscales where the velocity is of degree 1.
TYPED_TEST(DeviceLoopOf, OperatorIsTheAssembledOne)
{
  using E                  = TypeParam;
  constexpr int       dim  = E::dim;
  constexpr double    mass = 3e5, rho = 1060, mu = 2.5;
  SimplexSpace        space(this->channel(2), MPI_COMM_SELF);
  ScalarOperator      assembled(space, E::degree);
  const std::size_t   n = space.nodes(E::degree).n_local();
  std::vector<double> w_p2(dim * space.p2().n_local()), x(dim * n), wanted(dim * n), found(dim * n, 0.), diagonal(n, 0.), vertices;
  std::mt19937        random(1);
  for (auto *field : {&w_p2, &x})
    for (auto &value : *field)
      value = std::uniform_real_distribution<double>(-1, 1)(random);
  if (E::degree == 1)
    make_linear(space, dim, w_p2);
  const auto w = at_nodes_of(E::degree, space, dim, w_p2);
  assembled.combine(mass, mu);
  std::vector<double> excess(space.p1().n_local());
  for (auto &value : excess)
    value = std::uniform_real_distribution<double>(0, 5)(random);
  kernels::add_variable_stiffness(cell_arrays(space), assembled.cell_positions(), excess.data(), assembled.values().data(), E::degree);
  if constexpr (E::degree == 1)
    {
      OrthogonalSubscales subscales(space, rho, mu);
      subscales.evaluate(mass / rho, w_p2.data(), excess.data());
      subscales.add_matrix(assembled);
    }
  for (std::size_t i = 0; i < n; ++i)
    diagonal[i] = -assembled.diagonal(int(i));
  kernels::add_convection(cell_arrays(space), assembled.cell_positions(), w_p2.data(), rho, assembled.values().data(), E::degree);
  assembled.multiply(assembled.values(), dim, x.data(), wanted.data());
  for (const int node : space.node_of_vertex())
    vertices.insert(vertices.end(), &space.coordinates()[std::size_t(node) * dim], &space.coordinates()[std::size_t(node) * dim] + dim);
  const auto             n_vertices = device::Index(space.p1().n_local());
  const auto             p2         = device::internal::by_place(E::degree == 2 ? space.cells_p2() : space.cells_p1(), E::n_nodes, device::Index(n), "p2");
  const auto             p1         = device::internal::by_place(space.cells_p1(), E::n_vertices, n_vertices, "p1");
  const device::Cells<E> cells{device::Index(space.n_cells()), device::Index(n), n_vertices, p2.data(), p1.data(), vertices.data()};
  const device::Queue<device::HostBackend> queue;
  queue.run(cells.n, device::MomentumOperator<E, true>{cells, mass, rho, mu, w.data(), x.data(), found.data()});
  queue.run(cells.n, device::VariableDiffusion<E>{cells, 1, excess.data(), x.data(), found.data()});
  queue.run(cells.n, device::MomentumDiagonal<E>{cells, mass, mu, diagonal.data()});
  queue.run(cells.n, device::VariableDiagonal<E>{cells, excess.data(), diagonal.data()});
  if constexpr (E::degree == 1)
    queue.run(cells.n, device::StreamlineDiagonal<E>{{cells, rho, mu, mass / rho, w.data()}, diagonal.data()});
  double scale = 0;
  for (const double value : wanted)
    scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(found[i], wanted[i], 1e-13 * scale);
  for (std::size_t i = 0; i < n; ++i)
    EXPECT_NEAR(diagonal[i], 0, 1e-12 * std::abs(assembled.diagonal(int(i))));
  EXPECT_NEAR(0.5 * queue.maximum(cells.n, device::LargestRate<E>{cells, w.data()}), kernels::maximum_rate(cell_arrays(space), w_p2.data()), 1e-9);
  EXPECT_NEAR(std::sqrt(queue.maximum(cells.n, device::LargestGradient<E>{cells, w.data()})), kernels::maximum_gradient(cell_arrays(space), w_p2.data()), 1e-8);
}

/// The benchmark's flow: what enters leaves, and nested meshes make a good V-cycle.
TEST(DeviceLoop, BoxBundleIsAFlow)
{
  const auto                            bundle = device::make_box_bundle(768, 5);
  device::FlowLoop<device::HostBackend, Element<3, 2>> loop(bundle);
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
  auto flow = make_flow<Element<3, 2>>(box_channel(2), Waveform::constant(5e-6), InflowProfile::Shape::parabolic,
                                       {{"x_max", " set Type = pressure\n set Pressure = 0 Pa\n"}});
  device::FlowLoop<device::HostBackend, Element<3, 2>> loop(make_flow_bundle(*flow.solver, dt, 1));
  loop.step();
  EXPECT_THROW(loop.step(), device::InvalidBundle);
}

TEST(DeviceLoop, TakesItsOwnElementsOnly)
{
  using OfTriangles = device::FlowLoop<device::HostBackend, Element<2, 2>>;
  EXPECT_THROW(OfTriangles(device::make_box_bundle(768, 1)), device::InvalidBundle);
}

} // namespace
} // namespace vesalius
