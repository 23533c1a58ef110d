// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/log.h"
#include "solver/core/parameter_tree.h"
#include "solver/core/registry.h"
#include "solver/core/run_context.h"
#include "solver/fields/simplex_space.h"
#include "solver/interfaces/mesh.h"
#include "solver/interfaces/physics_model.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

/// What tests of every physics share: a model as the driver would make and run it, a folder of all ranks, fields compared by node.
namespace vesalius::model_test
{

inline int rank_of(MPI_Comm communicator)
{
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  return rank;
}

/// A folder that all ranks agree on, removed at the end.
class SharedFolder
{
public:
  SharedFolder()
  {
    int id = rank_of(MPI_COMM_WORLD) == 0 ? int(getpid()) : 0;
    MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD);
    static int count = 0;
    path_            = std::filesystem::temp_directory_path() / ("vesalius_model_" + std::to_string(id) + "_" + std::to_string(count++));
    if (rank_of(MPI_COMM_WORLD) == 0)
      std::filesystem::create_directories(path_);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~SharedFolder()
  {
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank_of(MPI_COMM_WORLD) == 0)
      std::filesystem::remove_all(path_);
  }
  std::string path() const { return path_.string(); }

private:
  std::filesystem::path path_;
};

/// A model with its parameters.
struct ModelRun
{
  ParameterTree                 parameters;
  std::unique_ptr<PhysicsModel> model;
  Mesh                          mesh; ///< on rank 0
  Log                           log{rank_of(MPI_COMM_WORLD) == 0, Log::Terminal::none};
  RunContext                    context;

  ModelRun(const std::string &physics, Mesh of, const std::string &text, const std::string &output)
    : model(Registry<PhysicsModel>::make(physics)), mesh(std::move(of))
  {
    model->declare_parameters(parameters);
    parameters.parse_text(text, "test.prm");
    context.communicator = MPI_COMM_WORLD;
    context.rank         = rank_of(MPI_COMM_WORLD);
    MPI_Comm_size(MPI_COMM_WORLD, &context.n_ranks);
    context.log              = &log;
    context.output_directory = output;
  }
  void set_up() { model->set_up(parameters, mesh, context); }
  void advance(int n_steps)
  {
    for (int i = 0; i < n_steps && !model->finished(); ++i)
      {
        model->step();
        model->write_output();
      }
  }
  double value(const std::string &name, const std::string &location = "") const
  {
    for (const auto &q : model->quantities())
      if (q.name == name && q.location == location)
        return q.value;
    ADD_FAILURE() << "there is no quantity '" << name << "' at '" << location << "'";
    return 0;
  }
};

/// Values by permanent node id.
inline std::map<std::int64_t, std::vector<double>> by_id(const NodeDistribution &nodes, const std::vector<double> &values, int n)
{
  std::map<std::int64_t, std::vector<double>> result;
  for (int i = 0; i < nodes.n_owned; ++i)
    result[nodes.ids[i]] = std::vector<double>(values.begin() + std::size_t(i) * n, values.begin() + std::size_t(i + 1) * n);
  return result;
}

/// Largest difference of the owned values to `reference` (all ids), relative to the reference's maximum.
inline double relative_difference(const NodeDistribution &nodes, const std::vector<double> &values, int n,
                                  const std::map<std::int64_t, std::vector<double>> &reference)
{
  double scale = 0, difference = 0;
  for (const auto &[id, row] : reference)
    for (const double v : row)
      scale = std::max(scale, std::abs(v));
  for (const auto &[id, row] : by_id(nodes, values, n))
    for (int c = 0; c < n; ++c)
      difference = std::max(difference, std::abs(row[c] - reference.at(id)[c]));
  MPI_Allreduce(MPI_IN_PLACE, &difference, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return difference / scale;
}

} // namespace vesalius::model_test
