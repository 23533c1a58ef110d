// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/wall_shear.h"
#include "solver/io/checkpoint.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <unistd.h>

namespace vesalius
{
namespace
{
using namespace flow_test;

Waveform pulse()
{
  std::vector<double> times, values;
  for (int i = 0; i < 32; ++i)
    {
      times.push_back(i / 32.);
      values.push_back((10 + 8 * std::sin(2 * std::numbers::pi * times.back())) * 1e-6);
    }
  return Waveform(times, values, 1.0);
}

struct Outcome
{
  std::map<std::int64_t, std::vector<double>> velocity, pressure, shear;
  double                                      outlet_pressure = 0, mean_shear = 0, drop = 0, flow = 0;
};

FlowSettings tight()
{
  FlowSettings settings;
  settings.velocity_tolerance = settings.pressure_tolerance = settings.initial_tolerance = 1e-12;
  return settings;
}

Channel start(MPI_Comm communicator, const FlowSettings &settings)
{
  const Mesh mesh    = rank_of(communicator) == 0 ? box_channel(4) : Mesh{};
  auto       channel = make_channel(mesh, communicator, settings, pulse(), InflowProfile::Shape::parabolic,
                                    make_windkessel(1.2e7, 1.2e8, 1.5e-9), "x_min", "x_max");
  channel.solver->start_from_stokes();
  return channel;
}

void advance(FlowSolver &solver, int n_steps)
{
  for (int step = 0; step < n_steps; ++step)
    ASSERT_TRUE(solver.step(0.01).accepted);
}

std::vector<int> walls(const SimplexSpace &space)
{
  std::vector<int> ids;
  for (const auto &[id, name] : space.boundary_names())
    if (name[0] != 'x')
      ids.push_back(id);
  return ids;
}

/// Ten steps on the ranks of the communicator.
Outcome run(MPI_Comm communicator, const FlowSettings &settings, Channel &channel)
{
  channel = start(communicator, settings);
  advance(*channel.solver, 10);
  const WallShear     wall(*channel.space, walls(*channel.space), settings.mu);
  std::vector<double> tau;
  wall.evaluate(channel.solver->velocity(), tau);
  Outcome outcome;
  outcome.velocity        = by_id(channel.space->p2(), channel.solver->velocity(), 3);
  outcome.pressure        = by_id(channel.space->p1(), channel.solver->pressure(), 1);
  outcome.outlet_pressure = channel.solver->caps()[1].pressure;
  outcome.flow            = channel.solver->caps()[1].flow;
  outcome.mean_shear      = wall.mean_magnitude(tau);
  outcome.drop            = channel.solver->caps()[0].pressure - outcome.outlet_pressure;
  return outcome;
}

TEST(RankAgreement, ProductsWhileGhostsAreUnderWayCoverEveryRowOnce)
{
  const Mesh     mesh = rank_of(MPI_COMM_WORLD) == 0 ? box_channel(4) : Mesh{};
  SimplexSpace   space(mesh, MPI_COMM_WORLD);
  ScalarOperator matrix(space);
  matrix.combine(3., 2.);
  const auto         &nodes = space.p2();
  std::vector<double> x(std::size_t(nodes.n_local()) * 3, std::nan("")), y(std::size_t(nodes.n_owned) * 3), wanted(y.size());
  for (int i = 0; i < nodes.n_owned; ++i)
    for (int c = 0; c < 3; ++c)
      x[3 * i + c] = std::sin(0.37 * double(nodes.ids[i]) + c);
  std::vector<int> times(nodes.n_owned, 0);
  matrix.pattern().visit_rows(space.p2_halo(), x.data(), 3, [&](int first, int last) {
    for (int row = first; row < last; ++row)
      ++times[row];
    kernels::multiply(last - first, matrix.row_start().data() + first, matrix.columns().data(), matrix.values().data(), 3, x.data(), &y[3 * std::size_t(first)]);
  });
  EXPECT_EQ(std::count(times.begin(), times.end(), 1), nodes.n_owned);
  matrix.multiply(matrix.values(), 3, x.data(), wanted.data());
  for (std::size_t i = 0; i < y.size(); ++i)
    ASSERT_NEAR(y[i], wanted[i], 1e-15 * 3); // NaN where a ghost had not come
}

TEST(RankAgreement, TightTolerancesGiveTheSameFields)
{
  Channel alone, together;
  const auto reference = run(MPI_COMM_SELF, tight(), alone);
  run(MPI_COMM_WORLD, tight(), together);
  EXPECT_LT(relative_difference(together.space->p2(), together.solver->velocity(), 3, reference.velocity), 1e-8);
  EXPECT_LT(relative_difference(together.space->p1(), together.solver->pressure(), 1, reference.pressure), 1e-8);
}

TEST(RankAgreement, ProductionTolerancesGiveTheSameQuantities)
{
  Channel    alone, together;
  const auto reference = run(MPI_COMM_SELF, FlowSettings{}, alone), other = run(MPI_COMM_WORLD, FlowSettings{}, together);
  EXPECT_NEAR(other.mean_shear, reference.mean_shear, 1e-4 * reference.mean_shear);
  EXPECT_NEAR(other.drop, reference.drop, 1e-4 * std::abs(reference.drop));
  EXPECT_NEAR(other.flow, reference.flow, 1e-4 * reference.flow);
}

TEST(Checkpoint, RestartsOnAnyNumberOfRanks)
{
  const auto path = (std::filesystem::temp_directory_path() / "vesalius_checkpoint_test.h5").string() +
                    [] {
                      int pid = rank_of(MPI_COMM_WORLD) == 0 ? int(getpid()) : 0;
                      MPI_Bcast(&pid, 1, MPI_INT, 0, MPI_COMM_WORLD);
                      return std::to_string(pid);
                    }();
  const auto fields_of = [](FlowSolver &solver, FlowSolver::State &state) {
    std::vector<CheckpointField> fields;
    for (const auto &[name, values] : state.velocity_fields)
      fields.push_back({name, 3, &solver.space().p2(), values->data()});
    for (const auto &[name, values] : state.pressure_fields)
      fields.push_back({name, 1, &solver.space().p1(), values->data()});
    return fields;
  };
  // Written by all ranks together, read by each alone: other ranks than it was written on.
  auto written = start(MPI_COMM_WORLD, tight());
  advance(*written.solver, 6);
  {
    auto state = written.solver->state();
    write_checkpoint(path, MPI_COMM_WORLD, fields_of(*written.solver, state), {state.numbers, {{"mesh", "box"}}});
  }
  advance(*written.solver, 4);
  auto read = start(MPI_COMM_SELF, tight());
  {
    auto       state   = read.solver->state();
    const auto numbers = read_checkpoint(path, MPI_COMM_SELF, fields_of(*read.solver, state));
    EXPECT_EQ(numbers.texts.at("mesh"), "box");
    read.solver->restore(numbers.numbers);
  }
  EXPECT_EQ(read.solver->n_steps(), 6);
  advance(*read.solver, 4);
  const auto reference = by_id(read.space->p2(), read.solver->velocity(), 3);
  EXPECT_LT(relative_difference(written.space->p2(), written.solver->velocity(), 3, reference), 1e-8);
  EXPECT_NEAR(written.solver->caps()[1].pressure, read.solver->caps()[1].pressure, 1e-8 * read.solver->caps()[1].pressure);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::filesystem::remove(path);
}

TEST(Checkpoint, RefusesWhatIsDamagedOrMissing)
{
  auto       channel = start(MPI_COMM_SELF, FlowSettings{});
  const auto path    = (std::filesystem::temp_directory_path() / ("vesalius_damaged_" + std::to_string(getpid()) + ".h5")).string();
  EXPECT_THROW(read_checkpoint(path, MPI_COMM_SELF, {}), InputError);
  auto state = channel.solver->state();
  const std::vector<CheckpointField> field{{"velocity", 3, &channel.space->p2(), state.velocity_fields.at("velocity")->data()}};
  write_checkpoint(path, MPI_COMM_SELF, field, {});
  EXPECT_NO_THROW(read_checkpoint(path, MPI_COMM_SELF, field));
  EXPECT_THROW(read_checkpoint(path, MPI_COMM_SELF, {{"absent", 1, &channel.space->p2(), field[0].values}}), InputError);
  EXPECT_THROW(read_checkpoint(path, MPI_COMM_SELF, {{"velocity", 3, &channel.space->p1(), field[0].values}}), InputError);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_THROW(read_checkpoint(path, MPI_COMM_SELF, field), InputError);
  std::filesystem::remove(path);
}

} // namespace
} // namespace vesalius
