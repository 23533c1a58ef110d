// SPDX-License-Identifier: GPL-3.0-or-later
// The stage `morph` of the chain from a case to its mesh.
#include "mesh_io/mesh_files.h"
#include "tests/program_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <sstream>

namespace
{
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Morph : public vesalius::testing::ProgramTest
{
protected:
  void SetUp() override
  {
    ProgramTest::SetUp();
    std::ofstream(path("vessel.prm")) << R"(set Physics = none
subsection Mesh
  set Order        = 2
  set Cells across = 4
  subsection Tube
    set Diameter = 20 mm
    set Length   = 80 mm
  end
end
subsection Morph
  set Map      = tube
  set Diameter = 18 mm
  set Bend     = 60 deg
  subsection Stenosis
    set Degree = 0.3
    set Length = 40 mm
  end
end
)";
  }
  nlohmann::json geometry(const std::string &folder) const { return nlohmann::json::parse(std::ifstream(path(folder + "/geometry/geometry.json"))); }
};
} // namespace

TEST_F(Morph, members_of_a_family_have_the_template_s_cells_and_remake_nothing_else)
{
  const auto first = run("mesh vessel.prm --output out");
  ASSERT_EQ(first.status, 0) << first.output;
  const auto made = geometry("out");
  EXPECT_NEAR(made["morph"]["diameter_mm"], 18, 1e-9);
  EXPECT_GT(made["morph"]["least_jacobian"], 0.2);
  EXPECT_EQ(made["mesh"]["order"], 2);
  const auto straight = vesalius::read_mesh(path("out/geometry/template.vtu")), one = vesalius::read_mesh(path("out/geometry/mesh.vtu"));
  EXPECT_EQ(one.cells, straight.cells);
  EXPECT_EQ(one.boundary_id, straight.boundary_id);
  EXPECT_NE(one.points, straight.points);

  const auto again = run("mesh vessel.prm --output out");
  EXPECT_THAT(again.output, AllOf(HasSubstr("mesh     skipped"), HasSubstr("morph    skipped")));
  const auto other = run("mesh vessel.prm --output out --set 'Morph/Stenosis/Degree = 0.4'");
  EXPECT_THAT(other.output, AllOf(HasSubstr("mesh     skipped"), Not(HasSubstr("morph    skipped"))));
  const auto two = vesalius::read_mesh(path("out/geometry/mesh.vtu"));
  EXPECT_EQ(two.cells, straight.cells);
  EXPECT_NE(two.points, one.points);
  EXPECT_LT(geometry("out")["mesh"]["volume_ml"], made["mesh"]["volume_ml"]);

  // The template is a mesh as any other; from its file comes the same member.
  const auto from_file = run("mesh vessel.prm --output again --set 'Mesh/Tube/Diameter = 0 mm' --set 'Mesh/File = out/geometry/template.vtu'");
  ASSERT_EQ(from_file.status, 0) << from_file.output;
  EXPECT_EQ(vesalius::read_mesh(path("again/geometry/mesh.vtu")).points, one.points);
  // Without a map it is the case's mesh itself.
  ASSERT_EQ(run("mesh vessel.prm --output out --set 'Morph/Map = none'").status, 0);
  EXPECT_EQ(vesalius::read_mesh(path("out/geometry/mesh.vtu")).points, straight.points);
}

TEST_F(Morph, case_of_the_aortic_stenosis_runs_with_drawn_inputs)
{
  const std::string folder = VESALIUS_SOURCE_DIR "/cases/surrogates/aorta_stenosis/";
  ASSERT_EQ(run("sample '" + folder + "inputs.csv' --n 1 --design independent --seed 3 --output draws.csv").status, 0);
  std::ifstream draws(path("draws.csv"));
  std::string   names, values, name, value, overrides;
  std::getline(draws, names);
  std::getline(draws, values);
  std::istringstream entries(names), drawn(values);
  while (std::getline(entries, name, ',') && std::getline(drawn, value, ','))
    if (name != "sample")
      overrides += " --set '" + name.substr(1) + " =" + value + "'";
  const auto result = run("run '" + folder + "test.prm' --output out" + overrides);
  ASSERT_EQ(result.status, 0) << result.output;
  double drop = 0;
  for (const auto &quantity : nlohmann::json::parse(std::ifstream(path("out/quantities.json"))))
    if (quantity["name"] == "mean pressure drop from the inlet")
      drop = quantity["value"];
  // At least Poiseuille's in the straight tube at the least flow and viscosity, 128 mu L Q/(pi D^4).
  EXPECT_GT(drop, 128 * 3e-3 * 0.12 * 5e-6 / (3.1416 * std::pow(0.018, 4)) / 133.322);
  EXPECT_LT(drop, 1.) << "mmHg";
}

TEST_F(Morph, layers_lie_at_the_wall_and_the_rest_keeps_its_size)
{
  const auto n_cells = [this](int layers) {
    const auto made = run("mesh vessel.prm --output layers --set 'Mesh/Layers = " + std::to_string(layers) + "' --set 'Morph/Map = none'");
    EXPECT_EQ(made.status, 0) << made.output;
    return geometry("layers")["mesh"]["n_cells"].get<int>();
  };
  // Two rings have 6 and 18 triangles, a layer 24; three tetrahedra each on 11 slices.
  for (const int layers : {0, 3})
    EXPECT_EQ(n_cells(layers), 3 * 11 * (24 + 24 * layers));
}

TEST_F(Morph, a_member_that_cannot_be_is_refused_with_what_to_reduce)
{
  const auto spoilt = run("mesh vessel.prm --output out --set 'Morph/Bend = 180 deg' --set 'Morph/Length = 40 mm'");
  EXPECT_EQ(spoilt.status, 2);
  EXPECT_THAT(spoilt.output, AllOf(HasSubstr("cell "), HasSubstr(" mm has "), HasSubstr("reduce Morph/"), HasSubstr("vessel.prm:")));
  const auto refuse = [this](const std::string &change) { return run("check vessel.prm --set '" + change + "'").output; };
  EXPECT_THAT(refuse("Morph/Stenosis/Position = 0.1"), HasSubstr("reaches beyond the tube's end"));
  EXPECT_THAT(refuse("Morph/Bend = 60"), HasSubstr("write 60 deg"));
  EXPECT_THAT(refuse("Mesh/Tube/Length = 0 mm"), HasSubstr("above 0"));
  EXPECT_THAT(refuse("Surface/File = a.stl"), HasSubstr("both Surface/File and Mesh/Tube/Diameter are given"));
}
