// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius run --device`: the steps of vesalius-gpu, its kernels on the processor, in the run of a case.
#include "tests/program_run.h"
#include "tests/verification/channel_case.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <regex>
#include <thread>

namespace
{
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class Device : public vesalius::testing::ProgramTest
{
protected:
  void write_case(const std::string &more, int dimension = 3) const
  {
    vesalius::testing::write_channel(path("channel.vtu"), dimension);
    write("case.prm", "set Physics = flow\nsubsection Mesh\n set File = channel.vtu\nend\n" + more +
                        vesalius::testing::channel_boundaries("set Type = windkessel\nset Total resistance = 1 mmHg s/mL\nset Total compliance = 0.5 mL/mmHg\n", dimension));
  }
  Json read_json(const std::string &file) const
  {
    std::ifstream stream(path(file));
    return Json::parse(stream);
  }
  std::string read_text(const std::string &file) const
  {
    std::ifstream stream(path(file));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  bool has_gpu() const { return run("version >version.txt\n '" VESALIUS_GPU_PROGRAM "' --devices").output.starts_with("cuda"); }
  /// Into a folder of the device's name.
  void run_on(const std::string &device, const std::string &more = "") const
  {
    const auto result = run("run case.prm --no-report --output " + device + " --device " + device + more);
    ASSERT_EQ(result.status, 0) << result.output;
    EXPECT_EQ(read_json(device + "/run.json")["device"], device);
  }
  void expect_equal_results(const std::string &wanted_in, const std::string &found_in) const
  {
    const auto wanted = read_json(wanted_in + "/quantities.json"), found = read_json(found_in + "/quantities.json");
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      {
        const double value = wanted[i]["value"];
        ASSERT_EQ(found[i]["name"], wanted[i]["name"]);
        if (wanted[i]["unit"] != "of max |Q|") // rounding errors
          {
            const bool is_rounding = wanted[i]["name"] == "helicity integral, mean"; // right-handed turns of a symmetric channel cancel left-handed ones
            EXPECT_NEAR(found[i]["value"].get<double>(), value, 1e-7 * std::abs(value) + (is_rounding ? 1e-8 : 1e-9)) << wanted[i]["name"];
          }
      }
    const auto n_rows = [&](const std::string &folder) {
      const auto text = read_text(folder + "/statistics.csv");
      return std::count(text.begin(), text.end(), '\n');
    };
    EXPECT_EQ(n_rows(found_in), n_rows(wanted_in));
  }
};

const std::string short_run = "subsection Time\n set Steps per cycle = 24\n set Cycles = 1\n set Courant limit = 0.5\nend\n"
                              "subsection Solver\n set Velocity tolerance = 1e-12\n set Pressure tolerance = 1e-12\nend\n"
                              "subsection Output\n set Fields = vorticity\n subsection Planes\n  subsection middle\n   set Point = 20, 5, 5 mm\n   set Normal = 1, 0, 0\n"
                              "  end\n end\nend\n";

/// The run-in, steps that follow the Courant number, averages, snapshots and a plane.
TEST_F(Device, MakesTheResultsOfTheProcessor)
{
  write_case(short_run);
  run_on("cpu");
  run_on("host-kernels");
  EXPECT_THAT(read_text("host-kernels/log.txt"), HasSubstr("are made on host by vesalius-gpu"));
  expect_equal_results("cpu", "host-kernels");
}

/// The elements beside P2/P1 on tetrahedra.
TEST_F(Device, MakesTheResultsOfTheProcessorWithEachElement)
{
  for (const auto &[dimension, elements] : {std::pair{3, "P1/P1"}, {2, "P2/P1"}, {2, "P1/P1"}})
    {
      SCOPED_TRACE(std::to_string(dimension) + "D " + elements);
      write_case("subsection Time\n set Steps per cycle = 24\n set Cycles = 1\nend\n"
                 "subsection Solver\n set Elements = " +
                   std::string(elements) + "\n set Velocity tolerance = 1e-12\n set Pressure tolerance = 1e-12\nend\n",
                 dimension);
      run_on("cpu", " --force");
      run_on("host-kernels", " --force");
      expect_equal_results("cpu", "host-kernels");
    }
}

/// Two ranks, two processes of vesalius-gpu; the checkpoint is any number of ranks', and the processor's too.
TEST_F(Device, OnTwoRanksMakesTheResultsOfTheProcessor)
{
  write_case(short_run);
  run_on("cpu", " --ranks 2");
  run_on("host-kernels", " --ranks 2");
  EXPECT_EQ(read_json("host-kernels/run.json")["ranks"], 2);
  expect_equal_results("cpu", "host-kernels");
  const auto resumed = run("run case.prm --no-report --output host-kernels --restart latest --device cpu --set 'Time/Cycles = 2' --allow-change 'Time/Cycles'");
  EXPECT_EQ(resumed.status, 0) << resumed.output;
}

TEST_F(Device, GpuMakesTheResultsOfTheProcessor)
{
  if (!has_gpu())
    GTEST_SKIP() << "no GPU, or vesalius-gpu was built without the CUDA toolkit";
  write_case(short_run);
  run_on("cpu");
  run_on("cuda");
  expect_equal_results("cpu", "cuda");
}

TEST_F(Device, AutoSaysWhichAndWhy)
{
  write_case("subsection Time\n set Steps per cycle = 8\n set Cycles = 1\n set Run-in = false\nend\n");
  const auto result = run("run case.prm --no-report --output out");
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, AnyOf(HasSubstr("device: cpu (this machine has no GPU that vesalius-gpu can use)"),
                                   HasSubstr("device: cpu (vesalius-gpu was built without the CUDA toolkit)"), HasSubstr("device: cuda (")));
  const auto other = run("run case.prm --no-report --output out --force --set 'Solver/Mode = certifying' --set 'Time/Step size = 0.5 s'");
  ASSERT_EQ(other.status, 0) << other.output;
  EXPECT_THAT(other.output, HasSubstr("device: cpu (the steps of vesalius-gpu do not know the certifying mode)"));
}

TEST_F(Device, CudaRefusesWhatItDoesNotKnow)
{
  write_case("subsection Solver\n set Mode = certifying\nend\n");
  const auto result = run("run case.prm --device cuda --output out");
  EXPECT_EQ(result.status, 2) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("case.prm:6"), HasSubstr("the certifying mode"), HasSubstr("--device cpu")));
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(Device, TooManyRanksForTheMeshAreRefused)
{
  write_case("subsection Time\n set Steps per cycle = 8\n set Cycles = 1\nend\n");
  const auto result = run("run case.prm --ranks 9 --device host-kernels --output out");
  EXPECT_EQ(result.status, 2) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("the mesh is too small to be shared by 9 devices"), HasSubstr("--ranks")));
}

TEST_F(Device, CudaWithoutAGpuIsAnErrorOfTheMachine)
{
  write_case("");
  if (has_gpu())
    GTEST_SKIP() << "there is a GPU";
  const auto result = run("run case.prm --device cuda --output out");
  EXPECT_EQ(result.status, 4) << result.output;
  EXPECT_THAT(result.output, AllOf(AnyOf(HasSubstr("no GPU"), HasSubstr("without the CUDA toolkit")), HasSubstr("Leave out --device")));
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

/// Killed from outside, the program ends the run within seconds, with the state of the last step.
TEST_F(Device, AKilledProgramEndsTheRunWithItsLastState)
{
  write_case("subsection Time\n set Steps per cycle = 2000\n set Cycles = 1\n set Run-in = false\nend\n");
  vesalius::testing::ProgramResult result;
  std::thread                      runner([&] { result = run("run case.prm --no-report --output out --device host-kernels"); });
  const auto                       until   = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  int                              process = 0;
  while (process == 0 && std::chrono::steady_clock::now() < until)
    {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const auto  log = read_text("out/log.txt");
      std::smatch match;
      if (std::regex_search(log, match, std::regex("by vesalius-gpu, process ([0-9]+)")) && log.find("step ", log.find("initial state")) != std::string::npos)
        process = std::stoi(match[1]);
    }
  if (process > 0)
    kill(process, SIGKILL);
  const auto start = std::chrono::steady_clock::now();
  runner.join();
  ASSERT_GT(process, 0) << result.output;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  EXPECT_EQ(result.status, 4) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("was ended by signal 9"), HasSubstr("the last good state has been saved")));
  EXPECT_EQ(read_json("out/run.json")["exit_status"], 4);
  const auto resumed = run("run case.prm --no-report --output out --restart latest --device cpu --set 'Time/Steps per cycle = 40' --allow-change 'Time/Steps per cycle'");
  EXPECT_EQ(resumed.status, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("restarted at t ="));
}

} // namespace
