// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "tests/program_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <numbers>

namespace
{
using ::testing::AllOf;
using ::testing::HasSubstr;
using vesalius::testing::ProgramTest;

/// Steady flow through a pipe of radius 5 mm and length 20 mm, on three meshes, from its surface to the report.
class PipeWithErrorBars : public ProgramTest
{
protected:
  PipeWithErrorBars()
  {
    vesalius::write_surface(vesalius::make_pipe_surface(radius, length, 0.0005), path("pipe.vtp"));
    write("case.prm", R"(
subsection Surface
  set File      = pipe.vtp
  set Smoothing = 0
end
subsection Mesh
  set Cells across = 8
end
subsection Time
  set Mode      = steady
  set Step size = 50 ms
end
subsection Boundaries
  subsection inlet
    set Type    = inflow
    set Flow    = 1.3 mL/s
    set Profile = parabolic
  end
  subsection outlet
    set Type     = pressure
    set Pressure = 0 mmHg
  end
end
)");
  }

  static constexpr double radius = 0.005, length = 0.02, flow = 1.3e-6, viscosity = 3.5e-3;
};

TEST_F(PipeWithErrorBars, TheIntervalsHoldPoiseuille)
{
  const auto first = run("run case.prm --output out --error-bars");
  ASSERT_EQ(first.status, 0) << first.output;
  EXPECT_THAT(first.output, AllOf(HasSubstr("mesh 3 of 3"), HasSubstr("±"), HasSubstr("surface  skipped")));
  const double pressure_drop = 8 * viscosity * length * flow / (std::numbers::pi * std::pow(radius, 4)) / 133.322387415;
  const double wall_shear    = 4 * viscosity * flow / (std::numbers::pi * std::pow(radius, 3));
  int          n_checked     = 0;
  std::ifstream stream(path("out/quantities.json"));
  for (const auto &q : nlohmann::json::parse(stream))
    for (const auto &[name, exact] : {std::pair<std::string, double>{"mean pressure drop from the inlet", pressure_drop},
                                      {"TAWSS, mean", wall_shear},
                                      {"mean flow in", flow * 1e6}})
      if (q["name"] == name)
        {
          ++n_checked;
          EXPECT_EQ(q["meshes"].size(), 3);
          EXPECT_NEAR(q["value"].get<double>(), exact, q["interval"].get<double>() + 1e-9) << name;
          EXPECT_LT(q["interval"].get<double>(), 0.1 * exact) << name;
        }
  EXPECT_EQ(n_checked, 3);
  std::ifstream      report(path("out/report.html"));
  std::ostringstream html;
  html << report.rdbuf();
  EXPECT_THAT(html.str(), AllOf(HasSubstr("grid-convergence interval"), HasSubstr(" ± ")));
  EXPECT_THAT(run("run case.prm --output out --error-bars").output, HasSubstr("nothing to run"));
  EXPECT_THAT(run("run case.prm --output out").output, HasSubstr("nothing to run"));
}

TEST_F(PipeWithErrorBars, TooCoarseAMeshIsRefusedBeforeAnythingRuns)
{
  const auto result = run("run case.prm --output out --error-bars --set 'Error bars/Meshes = 6'");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("Error bars/Meshes"), HasSubstr("cells across")));
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}
} // namespace
