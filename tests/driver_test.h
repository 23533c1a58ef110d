// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "solver/app/driver.h"

#include <gtest/gtest.h>
#include <mpi.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace vesalius::testing
{

/// A folder of its own for each test with box.vtu and a case for the counting physics (driver_fake_physics.cpp).
class DriverTest : public ::testing::Test
{
protected:
  DriverTest()
  {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    char name[256] = "";
    if (rank_ == 0)
      {
        std::string pattern = (std::filesystem::temp_directory_path() / "vesalius_driver_XXXXXX").string();
        EXPECT_NE(mkdtemp(pattern.data()), nullptr);
        pattern.copy(name, sizeof name - 1);
        write_mesh(make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {1, 1, 1}), pattern + "/box.vtu");
        std::ofstream(pattern + "/case.prm") << "set Physics = counting\nsubsection Mesh\n set File = box.vtu\nend\n";
      }
    MPI_Bcast(name, sizeof name, MPI_CHAR, 0, MPI_COMM_WORLD);
    folder_ = name;
  }
  ~DriverTest() override
  {
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank_ == 0)
      std::filesystem::remove_all(folder_);
  }
  RunOptions options(const std::vector<std::string> &overrides) const
  {
    RunOptions result;
    result.case_file = folder_ + "/case.prm";
    result.overrides = overrides;
    result.output    = folder_ + "/out";
    result.quiet     = true;
    return result;
  }
  /// A box of a litre, n^3 cubes of 6 tetrahedra.
  void write_box(const std::string &name, int n) const
  {
    if (rank_ == 0)
      write_mesh(make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {n, n, n}), folder_ + "/" + name);
  }
  nlohmann::json json(const std::string &name) const
  {
    std::ifstream stream(folder_ + "/out/" + name);
    return nlohmann::json::parse(stream);
  }

  int         rank_ = 0;
  std::string folder_;
};

} // namespace vesalius::testing
