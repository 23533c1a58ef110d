// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/verification/flow_test_tools.h"
#include "tests/verification/model_run.h"

#include <fstream>
#include <string>

namespace vesalius::flow_test
{
using model_test::SharedFolder;

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

/// A flow, set up at once.
struct FlowRun : model_test::ModelRun
{
  FlowRun(const std::string &text, const std::string &output)
    : FlowRun(text, output, model_test::rank_of(MPI_COMM_WORLD) == 0 ? box_channel(3) : Mesh{})
  {}
  /// `of`: read on rank 0.
  FlowRun(const std::string &text, const std::string &output, Mesh of)
    : ModelRun("flow", std::move(of), text, output)
  {
    set_up();
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
