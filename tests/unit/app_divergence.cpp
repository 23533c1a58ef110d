// SPDX-License-Identifier: GPL-3.0-or-later
// How a run ends that finds no acceptable step.
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "tests/program_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace
{

using testing::AllOf;
using testing::HasSubstr;

class Divergence : public vesalius::testing::ProgramTest
{};

TEST_F(Divergence, EndsWithTheReasonAndTheLastGoodState)
{
  vesalius::write_mesh(vesalius::make_box_mesh(3, {0, 0, 0}, {0.04, 0.01, 0.01}, {6, 2, 2}), path("box.vtu"));
  write("case.prm", R"(set Physics = flow
subsection Mesh
  set File = box.vtu
end
subsection Time
  set Cycles         = 1
  set Period         = 0.1 s
  set Steps per cycle = 10
end
subsection Boundaries
  subsection y*
    set Type = wall
  end
  subsection z*
    set Type = wall
  end
  subsection x_min
    set Type = inflow
    set Flow = 10 mL/s
  end
  subsection x_max
    set Type     = pressure
    set Pressure = 80 mmHg
  end
end
)");
  // Steps of days through a fluid without viscosity to speak of: the velocity's matrix is skew-symmetric, however small the last try.
  const auto failed = run("run case.prm --output out --set 'Time/Period = 1e7 s' --set 'Time/Courant limit = 0' "
                          "--set 'Fluid/Viscosity = 1e-6 mPa s' --set 'Boundaries/x_min/Flow = 1000 mL/s'");
  EXPECT_EQ(failed.status, 3) << failed.output;
  EXPECT_THAT(failed.output, AllOf(HasSubstr("found no acceptable step"), HasSubstr("the velocity's Krylov solver stopped at a residual"),
                                   HasSubstr("the last good state has been saved")));
  std::ifstream stream(path("out/run.json"));
  const auto    record = nlohmann::json::parse(stream);
  EXPECT_EQ(record["exit_status"], 3);
  EXPECT_THAT(record["message"].get<std::string>(), HasSubstr("Krylov"));
  const auto resumed = run("run case.prm --output out --restart latest --allow-change Fluid/Viscosity --allow-change Time/Period "
                           "--allow-change Boundaries/x_min/Flow");
  EXPECT_EQ(resumed.status, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("restarted at t ="));
}

} // namespace
