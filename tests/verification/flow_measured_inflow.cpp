// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/velocity_file.h"
#include "tests/verification/flow_test_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numbers>
#include <unistd.h>

namespace vesalius
{
namespace
{
using namespace flow_test;
namespace fs = std::filesystem;

constexpr double side = 0.01, period = 0.8;

/// A linear profile plus a swirl in the plane x = `x`: u_x = scale (1 + y/side), u_y = scale z/side, u_z = -scale y/side.
std::array<double, 3> linear(double scale, double y, double z)
{
  return {scale * (1 + y / side), scale * z / side, -scale * y / side};
}

void write_plane(const std::string &path, double x, double scale)
{
  std::ofstream file(path);
  file << "<?xml version=\"1.0\"?>\n<VTKFile type=\"PolyData\" version=\"0.1\" byte_order=\"LittleEndian\">\n<PolyData>\n"
          "<Piece NumberOfPoints=\"4\" NumberOfPolys=\"1\">\n<Points><DataArray type=\"Float64\" NumberOfComponents=\"3\" format=\"ascii\">\n";
  const double corners[4][2] = {{0, 0}, {side, 0}, {side, side}, {0, side}};
  for (const auto &c : corners)
    file << x << " " << c[0] << " " << c[1] << "\n";
  file << "</DataArray></Points>\n<PointData><DataArray type=\"Float64\" Name=\"Velocity\" NumberOfComponents=\"3\" format=\"ascii\">\n";
  for (const auto &c : corners)
    {
      const auto u = linear(scale, c[0], c[1]);
      file << u[0] << " " << u[1] << " " << u[2] << "\n";
    }
  file << "</DataArray></PointData>\n<Polys><DataArray type=\"Int64\" Name=\"connectivity\" format=\"ascii\">0 1 2 3</DataArray>"
          "<DataArray type=\"Int64\" Name=\"offsets\" format=\"ascii\">4</DataArray></Polys>\n</Piece>\n</PolyData>\n</VTKFile>\n";
}

class MeasuredInflow : public ::testing::Test
{
protected:
  MeasuredInflow()
  {
    int id = rank_of(MPI_COMM_WORLD) == 0 ? int(getpid()) : 0;
    MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD);
    folder_ = fs::temp_directory_path() / ("vesalius_measured_" + std::to_string(id));
    if (rank_of(MPI_COMM_WORLD) == 0)
      {
        fs::create_directories(folder_);
        for (int k = 0; k < 4; ++k)
          write_plane(path("plane_" + std::to_string(k) + ".vtp"), 0, 0.01 * (2 + std::cos(2 * std::numbers::pi * k / 4)));
        write_plane(path("elsewhere.vtp"), 0.03, 0.01);
        std::ofstream(path("cycle.csv")) << "time [s], file\n0, plane_0.vtp\n0.2, plane_1.vtp\n0.4, plane_2.vtp\n0.6, plane_3.vtp\n0.8, plane_0.vtp\n";
        const auto entry = [](double time, const std::string &file) { return "<DataSet timestep=\"" + std::to_string(time) + "\" part=\"0\" file=\"" + file + "\"/>\n"; };
        const auto write_pvd = [&](const std::string &name, const std::string &entries) {
          std::ofstream(path(name)) << "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\">\n<Collection>\n" << entries << "</Collection>\n</VTKFile>\n";
        };
        const auto frames = entry(0, "plane_0.vtp") + entry(0.2, "plane_1.vtp") + entry(0.4, "plane_2.vtp");
        write_pvd("scan.pvd", frames + entry(0.6, "plane_3.vtp"));
        write_pvd("closed.pvd", frames + entry(0.7, "plane_3.vtp") + entry(0.8, "plane_0.vtp"));
        write_pvd("uneven.pvd", frames + entry(0.7, "plane_3.vtp"));
        write_pvd("missing.pvd", frames + entry(0.6, "plane_9.vtp"));
        write_pvd("backward.pvd", entry(0.2, "plane_0.vtp") + entry(0.1, "plane_1.vtp") + entry(0.3, "plane_2.vtp") + entry(0.8, "plane_0.vtp"));
        write_pvd("untimed.pvd", "<DataSet file=\"plane_0.vtp\"/>\n");
        std::ofstream(path("text.pvd")) << "no list\n";
        std::ofstream(path("open.csv")) << "time [s], file\n0, plane_0.vtp\n0.2, plane_1.vtp\n0.4, plane_2.vtp\n0.6, plane_3.vtp\n";
      }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~MeasuredInflow() override
  {
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank_of(MPI_COMM_WORLD) == 0)
      fs::remove_all(folder_);
  }
  std::string path(const std::string &name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

TEST_F(MeasuredInflow, LinearVelocitiesAreMappedExactly)
{
  const std::vector<std::array<double, 3>> points{{0, 0.002, 0.007}, {0.0001, 0.009, 0.001}, {0, 0.005, 0.005}};
  const auto                               one = read_velocity_file(path("plane_0.vtp"), points);
  ASSERT_EQ(one.velocity.size(), 1u);
  EXPECT_EQ(one.period, 0);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (int d = 0; d < 3; ++d)
      EXPECT_NEAR(one.velocity[0][i][d], linear(0.03, points[i][1], points[i][2])[d], 1e-12);
  const auto cycle = read_velocity_file(path("cycle.csv"), points);
  EXPECT_NEAR(cycle.period, period, 1e-15);
  EXPECT_EQ(cycle.times.size(), 4u);
  EXPECT_NEAR(cycle.velocity[2][0][0], linear(0.01, 0.002, 0)[0], 1e-12);
}

TEST_F(MeasuredInflow, ParaViewListsAreCyclesToo)
{
  const std::vector<std::array<double, 3>> points{{0, 0.002, 0.007}, {0, 0.005, 0.005}};
  const auto cycle = read_velocity_file(path("cycle.csv"), points), scan = read_velocity_file(path("scan.pvd"), points), closed = read_velocity_file(path("closed.pvd"), points);
  EXPECT_NEAR(scan.period, period, 1e-12); // the first frame follows a step after the last
  EXPECT_EQ(scan.times, cycle.times);
  EXPECT_EQ(scan.velocity, cycle.velocity);
  EXPECT_NEAR(closed.period, period, 1e-12);
  EXPECT_EQ(closed.times, (std::vector<double>{0, 0.2, 0.4, 0.7}));
  EXPECT_EQ(closed.velocity, cycle.velocity);
}

TEST_F(MeasuredInflow, MistakesAreExplained)
{
  const auto message = [&](const std::string &name) {
    try
      {
        read_velocity_file(path(name), {{0, 0, 0}, {0, side, side}});
      }
    catch (const InputError &error)
      {
        return std::string(error.what());
      }
    return std::string();
  };
  EXPECT_THAT(message("elsewhere.vtp"), testing::HasSubstr("beside the measured surface"));
  EXPECT_THAT(message("nothing.vtp"), testing::HasSubstr("cannot be opened"));
  EXPECT_THAT(message("nothing.csv"), testing::HasSubstr("cannot be opened"));
  EXPECT_THAT(message("open.csv"), testing::HasSubstr("no closed cycle"));
  EXPECT_THAT(message("uneven.pvd"), testing::HasSubstr("nothing says how long the cycle is"));
  EXPECT_THAT(message("missing.pvd"), testing::HasSubstr("plane_9.vtp' cannot be opened"));
  EXPECT_THAT(message("backward.pvd"), testing::HasSubstr("the times do not increase"));
  EXPECT_THAT(message("untimed.pvd"), testing::HasSubstr("entry 1 of the list has no file or no timestep"));
  EXPECT_THAT(message("text.pvd"), testing::HasSubstr("no PVD list"));
}

TEST_F(MeasuredInflow, CarriesItsOwnFlowOrTheGivenOne)
{
  const auto given = Waveform::fourier({2e-6, {1e-6, 0}}, period);
  for (const bool has_flow : {false, true})
    {
      SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ? box_channel(4) : Mesh{}, MPI_COMM_WORLD);
      FlowSolver   solver(space, FlowSettings{});
      for (const auto &[id, name] : space.boundary_names())
        if (name[0] != 'x')
          solver.add_wall(id);
      solver.add_measured_inflow(space.boundary_id("x_min"), [&](const auto &points) { return read_velocity_file(path("cycle.csv"), points); },
                                 has_flow ? &given : nullptr);
      solver.add_outlet(space.boundary_id("x_max"), make_pressure_outlet(0.));
      solver.finish_boundaries();
      solver.start_from_stokes();
      const double own = solver.caps()[0].flow; // scale 0.03 at time 0; the rim is at rest, so less than 0.03 * 1.5 * area
      if (!has_flow)
        {
          EXPECT_GT(own, 0.5 * 0.045 * side * side);
          EXPECT_LT(own, 0.045 * side * side);
        }
      double swirl = 0;
      for (int i = 0; i < space.p2().n_owned; ++i)
        if (space.coordinates()[3 * i] < 1e-12)
          swirl = std::max(swirl, std::abs(solver.velocity()[3 * i + 1]));
      MPI_Allreduce(MPI_IN_PLACE, &swirl, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
      EXPECT_GT(swirl, 0.01);
      for (int step = 0; step < 4; ++step)
        {
          ASSERT_TRUE(solver.step(0.1).accepted);
          const double wanted = has_flow ? given(solver.time()) : own * (2 + std::cos(2 * std::numbers::pi * solver.time() / period)) / 3;
          // Four samples of a cosine: exact at the samples, the spline's error between them.
          const bool is_exact = has_flow || step % 2 == 1;
          EXPECT_NEAR(solver.caps()[0].flow, wanted, (is_exact ? 1e-4 : 0.1) * wanted);
          EXPECT_NEAR(solver.caps()[1].flow, solver.caps()[0].flow, 1e-12);
        }
    }
}

} // namespace
} // namespace vesalius
