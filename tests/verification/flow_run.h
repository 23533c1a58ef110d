// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/physics_model.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace vesalius::flow_test
{

/// A folder that all ranks agree on, removed at the end.
class SharedFolder
{
public:
  SharedFolder()
  {
    int id = rank_of(MPI_COMM_WORLD) == 0 ? int(getpid()) : 0;
    MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD);
    static int count = 0;
    path_            = std::filesystem::temp_directory_path() / ("vesalius_flow_model_" + std::to_string(id) + "_" + std::to_string(count++));
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

inline const std::string boundaries = R"(
subsection Boundaries
  subsection y*
    set Type = wall
  end
  subsection z*
    set Type = wall
  end
  subsection x_max
    set Type                = windkessel
    set Proximal resistance = 0.1 mmHg s/mL
    set Distal resistance   = 1 mmHg s/mL
    set Compliance          = 1 mL/mmHg
  end
)";

inline std::string inflow_section(const std::string &entry)
{
  return "  subsection x_min\n    set Type = inflow\n    set " + entry + "\n  end\nend\n";
}

/// A model with its parameters, as the driver would make it.
struct FlowRun
{
  ParameterTree                 parameters;
  std::unique_ptr<PhysicsModel> model = Registry<PhysicsModel>::make("flow");
  Mesh                          mesh;
  Log                           log{rank_of(MPI_COMM_WORLD) == 0, Log::Terminal::none};
  RunContext                    context;

  FlowRun(const std::string &text, const std::string &output)
    : FlowRun(text, output, rank_of(MPI_COMM_WORLD) == 0 ? box_channel(3) : Mesh{})
  {}
  /// `of`: read on rank 0.
  FlowRun(const std::string &text, const std::string &output, Mesh of)
    : mesh(std::move(of))
  {
    model->declare_parameters(parameters);
    parameters.parse_text(text, "test.prm");
    context.communicator = MPI_COMM_WORLD;
    context.rank         = rank_of(MPI_COMM_WORLD);
    MPI_Comm_size(MPI_COMM_WORLD, &context.n_ranks);
    context.log              = &log;
    context.output_directory = output;
    model->set_up(parameters, mesh, context);
  }
  void advance(int n_steps)
  {
    for (int i = 0; i < n_steps && !model->finished(); ++i)
      {
        model->step();
        model->write_output();
      }
  }
  double value(const std::string &name, const std::string &location) const
  {
    for (const auto &q : model->quantities())
      if (q.name == name && q.location == location)
        return q.value;
    ADD_FAILURE() << "there is no quantity '" << name << "' at '" << location << "'";
    return 0;
  }
};

inline std::string pulse_file(const SharedFolder &folder)
{
  const auto path = folder.path() + "/pulse.csv";
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::ofstream(path) << "time [s], flow [mL/s]\n0, 10\n0.1, 16\n0.2, 12\n0.3, 6\n0.4, 10\n";
  MPI_Barrier(MPI_COMM_WORLD);
  return path;
}

} // namespace vesalius::flow_test
