// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius bundle`, and `vesalius-gpu` with what it writes.
#include "solver/kernels/cuda/bundle_file.h"
#include "tests/program_run.h"
#include "tests/verification/channel_case.h"

#include <gmock/gmock.h>

#include <tuple>

namespace
{
using ::testing::AllOf;
using ::testing::HasSubstr;
using vesalius::device::BundleFile;

class BundleCommand : public vesalius::testing::ProgramTest
{
protected:
  void write_case(const std::string &more, const std::string &outlet = "set Type = pressure\nset Pressure = 0 mmHg\n", int dimension = 3) const
  {
    vesalius::testing::write_channel(path("channel.vtu"), dimension);
    write("case.prm", "set Physics = flow\nsubsection Mesh\n set File = channel.vtu\nend\n" + more + vesalius::testing::channel_boundaries(outlet, dimension));
  }
  vesalius::testing::ProgramResult run_gpu(const std::string &arguments) const
  {
    return run("version >version.txt\n '" VESALIUS_GPU_PROGRAM "' " + arguments);
  }
};

const std::string fixed_step = "subsection Time\n set Steps per cycle = 50\n set Cycles = 1\n set Run-in = false\n set Courant limit = 0\nend\n";

TEST_F(BundleCommand, RunsOnTheHostBackend)
{
  write_case(fixed_step);
  const auto bundle = run("bundle case.prm --output channel.bundle --steps 3");
  ASSERT_EQ(bundle.status, 0) << bundle.output;
  EXPECT_THAT(bundle.output, HasSubstr("for 3 steps"));
  const auto result = run_gpu("channel.bundle --backend host --output end.bundle");
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("486 tetrahedra"), HasSubstr("step      3")));
  EXPECT_TRUE(std::filesystem::exists(path("end.bundle")));
  const auto too_far = run_gpu("channel.bundle --backend host --output end.bundle --steps 4");
  EXPECT_EQ(too_far.status, 2) << too_far.output;
  EXPECT_THAT(too_far.output, HasSubstr("the bundle is for 3 steps"));
}

TEST_F(BundleCommand, TakesEachElement)
{
  for (const auto &[dimension, elements, says] : {std::tuple{3, "P1/P1", "486 tetrahedra, 160 velocity nodes, 160 pressure nodes"},
                                                  {2, "P2/P1", "384 triangles, 833 velocity nodes, 225 pressure nodes"},
                                                  {2, "P1/P1", "384 triangles, 225 velocity nodes, 225 pressure nodes"}})
    {
      write_case(fixed_step + "subsection Solver\n set Elements = " + elements + "\nend\n", "set Type = pressure\nset Pressure = 0 mmHg\n", dimension);
      const auto bundle = run("bundle case.prm --output channel.bundle --steps 3");
      ASSERT_EQ(bundle.status, 0) << bundle.output;
      const auto result = run_gpu("channel.bundle --backend host --output end.bundle");
      ASSERT_EQ(result.status, 0) << result.output;
      EXPECT_THAT(result.output, HasSubstr(says));
    }
}

TEST_F(BundleCommand, RefusesWhatTheDeviceDoesNotKnow)
{
  write_case("subsection Solver\n set Mode = certifying\n set Convection = ext2\nend\nsubsection Fluid\n set Viscosity law = casson\nend\n"
             "subsection Output\n set Fields = vorticity\nend\n",
             "set Type = coronary\n");
  const auto result = run("bundle case.prm --output channel.bundle"); // the coronary outlet lacks its entries, too
  EXPECT_EQ(result.status, 2) << result.output;
  EXPECT_FALSE(std::filesystem::exists(path("channel.bundle")));
  write_case("subsection Solver\n set Convection = ext2\nend\nsubsection Output\n set Fields = vorticity\nend\n");
  const auto all = run("bundle case.prm --output channel.bundle");
  EXPECT_EQ(all.status, 2) << all.output;
  for (const char *what : {"explicit convection", "further fields", "the run-in", "steps that vary with the Courant number"})
    EXPECT_THAT(all.output, HasSubstr(what));
}

TEST_F(BundleCommand, BenchmarkNeedsNoBundle)
{
  const auto result = run_gpu("--box 800 --benchmark --steps 1 --backend host --json figures.json");
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("768 tetrahedra"), HasSubstr("momentum operator"), HasSubstr("% of the triad")));
  EXPECT_TRUE(std::filesystem::exists(path("figures.json")));
}

TEST_F(BundleCommand, GpuRunsWhereThereIsOne)
{
  write_case(fixed_step);
  ASSERT_EQ(run("bundle case.prm --output channel.bundle --steps 10 --set 'Solver/Velocity tolerance = 1e-12' --set 'Solver/Pressure tolerance = 1e-12'").status, 0);
  const auto device = run_gpu("channel.bundle --output device.bundle");
  if (device.output.find("there is no GPU") != std::string::npos)
    GTEST_SKIP() << "no GPU, or vesalius-gpu was built without the CUDA toolkit";
  ASSERT_EQ(device.status, 0) << device.output;
  ASSERT_EQ(run_gpu("channel.bundle --backend host --output host.bundle").status, 0);
  const auto found = BundleFile::read(path("device.bundle")), wanted = BundleFile::read(path("host.bundle"));
  for (const char *name : {"velocity", "pressure", "potential"})
    {
      const auto x = found.get<double>(name), y = wanted.get<double>(name);
      ASSERT_EQ(x.size(), y.size());
      double scale = 0, difference = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        {
          scale      = std::max(scale, std::abs(y[i]));
          difference = std::max(difference, std::abs(x[i] - y[i]));
        }
      EXPECT_LT(difference, 1e-8 * scale) << name;
    }
}

TEST_F(BundleCommand, GpuProgramRefusesWhatItCannotRead)
{
  write("no.bundle", "a text");
  EXPECT_EQ(run_gpu("no.bundle --backend host --output end").status, 2);
  EXPECT_EQ(run_gpu("absent.bundle --backend host --output end").status, 4);
  EXPECT_EQ(run_gpu("no.bundle").status, 1);
  EXPECT_EQ(run_gpu("no.bundle --output end --steps many").status, 1);
  EXPECT_EQ(run_gpu("--help").status, 0);
}

} // namespace
