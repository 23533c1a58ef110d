// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "tests/program_run.h"

#include <gmock/gmock.h>

#include <cmath>

namespace
{
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using vesalius::testing::ProgramTest;

/// Each mistake of a user has its message, with the place and the remedy, and exit status 2.
class InputErrors : public ProgramTest
{
protected:
  void write_case(const std::string &text) const { write("case.prm", text); }

  /// A smooth grey ball in noise: nothing that branches, nothing that enters and leaves.
  vesalius::Image image_without_vessel() const
  {
    vesalius::Image image;
    image.grid.size = {32, 32, 32};
    image.modality  = "MR";
    for (int k = 0; k < 32; ++k)
      for (int j = 0; j < 32; ++j)
        for (int i = 0; i < 32; ++i)
          image.values.push_back(static_cast<float>(100 + 10 * std::sin(12.9898 * i + 78.233 * j + 37.719 * k)));
    return image;
  }
  void write_box_case(const std::string &boundaries) const
  {
    vesalius::write_mesh(vesalius::make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {2, 2, 2}), path("box.vtu"));
    write_case("subsection Mesh\n set File = box.vtu\nend\nsubsection Time\n set Cycles = 1\nend\n"
               "subsection Boundaries\n" +
               boundaries + "end\n");
  }
};

int occurrences(const std::string &text, const std::string &word)
{
  int n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size()))
    ++n;
  return n;
}

TEST_F(InputErrors, AMissingWaveformIsFoundBeforeMeshing)
{
  write_case("set Physics = flow\nsubsection Image\n set File = phantom:aorta:1\nend\nsubsection Boundaries\n"
             " subsection inlet\n  set Type = inflow\n  set Waveform = no_such.csv\n end\n"
             " subsection outlet*\n  set Type = split\n  set Share = 1\n end\nend\n");
  for (const auto *command : {"check case.prm", "run case.prm --output out"})
    {
      const auto result = run(command);
      EXPECT_EQ(result.status, 2);
      EXPECT_THAT(result.output, AllOf(HasSubstr("case.prm:8"), HasSubstr("no_such.csv"), Not(HasSubstr("segment"))));
    }
  write("flow.csv", "time [s], flow [mL/s]\n0, 10\n0.3, 20\n0.6, 5\n1, 10\n");
  const auto result = run("check case.prm --set \"Boundaries/inlet/Waveform = flow.csv\"");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("case.prm:11"), HasSubstr("nothing sets the pressure")));
}

TEST_F(InputErrors, AllMistakesAtOnceWithTheirLines)
{
  write_case("set Physics = flow\nsubsection Fluid\n set Density = 1060\n set Viscositi = 3.5 mPa s\nend\n");
  const auto result = run("check case.prm");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("case.prm:3"), HasSubstr("kg/m^3"), HasSubstr("case.prm:4"), HasSubstr("Viscosity")));
  EXPECT_EQ(run("run case.prm").status, 2);
}

TEST_F(InputErrors, MissingCase)
{
  const auto result = run("run nothing.prm");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("nothing.prm"), HasSubstr("vesalius new")));
  write_case("");
  EXPECT_THAT(run("check .").output, AllOf(HasSubstr("is a folder"), HasSubstr("did you mean './case.prm'")));
}

TEST_F(InputErrors, AllMistakesInJsonAtOnceWithTheirLines)
{
  write("case.json", "{\n\"Fluid\": {\n\"Density\": 1060,\n\"Viscositi\": \"3.5 mPa s\"}}\n");
  const auto result = run("check case.json");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("case.json:3"), HasSubstr("kg/m^3"), HasSubstr("case.json:4"), HasSubstr("Viscosity")));
}

TEST_F(InputErrors, NoInputAtAll)
{
  write_case("set Physics = none\n");
  const auto result = run("check case.prm");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("Image/File"));
}

TEST_F(InputErrors, TwoInputs)
{
  write("a.vtu", "");
  write("b.stl", "");
  write_case(
    "set Physics = none\nsubsection Surface\n set File = b.stl\nend\nsubsection Mesh\n set File = a.vtu\nend\n");
  const auto result = run("check case.prm");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("Surface/File"), HasSubstr("Mesh/File")));
}

TEST_F(InputErrors, ExtensionThatIsNoNumberOfDiameters)
{
  write("b.stl", "");
  for (const std::string extension : {"inlet five", "3, inlet -1", "3,,", "a b 3"})
    {
      write_case("set Physics = none\nsubsection Surface\n set File = b.stl\n set Extension = " + extension + "\nend\n");
      const auto result = run("check case.prm");
      EXPECT_EQ(result.status, 2) << extension;
      EXPECT_THAT(result.output, AllOf(HasSubstr("case.prm:4"), HasSubstr("in diameters"), HasSubstr("3, inlet 5")));
    }
}

TEST_F(InputErrors, MissingImage)
{
  write_case("set Physics = none\nsubsection Image\n set File = scan.mha\nend\n");
  const auto result = run("run case.prm");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("scan.mha"));
}

TEST_F(InputErrors, TruncatedImage)
{
  vesalius::write_image(image_without_vessel(), path("scan.mha"));
  std::filesystem::resize_file(path("scan.mha"), std::filesystem::file_size(path("scan.mha")) / 2);
  const auto result = run("segment scan.mha --output out");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("scan.mha"), HasSubstr("truncated")));
}

TEST_F(InputErrors, ImageWithoutAVessel)
{
  vesalius::write_image(image_without_vessel(), path("scan.nii.gz"));
  const auto result = run("segment scan.nii.gz --output out");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("vessel"));
}

TEST_F(InputErrors, MissingUnitOfAFile)
{
  vesalius::write_surface(vesalius::make_pipe_surface(0.01, 0.03, 0.004), path("pipe.stl"));
  const auto result = run("surface pipe.stl --output out");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("--unit"));
}

TEST_F(InputErrors, BadOverrides)
{
  write_case("set Physics = none\nsubsection Image\n set File = phantom:aorta:1\nend\n");
  const auto unknown = run("check case.prm --set 'Image/Fil = x'");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.output, AllOf(HasSubstr("Image/Fil'"), HasSubstr("did you mean 'File'")));
  EXPECT_EQ(run("check case.prm --set Nonsense").status, 2);
  EXPECT_EQ(run("check case.prm --set 'Mesh/Cells across = many'").status, 2);
}

TEST_F(InputErrors, BadSeeds)
{
  write_case("set Physics = none\nsubsection Image\n set File = phantom:aorta:1\n set Seeds = 10 20\nend\n");
  const auto result = run("check case.prm");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("case.prm:4"), HasSubstr("x y z unit")));
}

TEST_F(InputErrors, UnknownPhysics)
{
  write_case("set Physics = flaw\nsubsection Image\n set File = phantom:aorta:1\nend\n");
  const auto result = run("check case.prm");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, AllOf(HasSubstr("flaw"), HasSubstr("flow")));
}

TEST_F(InputErrors, BoundaryThatTheMeshLacks)
{
  write_box_case(
    " subsection aorta_top\n  set Type = wall\n end\n subsection x_min\n  set Type = inflow\n  set Flow = 10 mL/s\n end\n"
    " subsection x_max\n  set Type = pressure\n  set Pressure = 80 mmHg\n end\n subsection y*\n  set Type = wall\n end\n"
    " subsection z*\n  set Type = wall\n end\n");
  for (const char *command : {"check case.prm", "run case.prm --output out", "--ranks 2 run case.prm --output out"})
    {
      const auto result = run(command);
      EXPECT_EQ(result.status, 2) << result.output;
      EXPECT_THAT(result.output, AllOf(HasSubstr("aorta_top"), HasSubstr("x_min")))
        << "the boundaries that exist are listed";
      EXPECT_EQ(occurrences(result.output, "in the input"), 1) << result.output;
      EXPECT_THAT(result.output, Not(HasSubstr("mpirun")));
    }
}

TEST_F(InputErrors, TheSameMessageOnAnyNumberOfRanksAppearsOnce)
{
  write_case("set Physics = none\nsubsection Surface\n set File = gone.vtp\nend\n");
  const auto result = run("--ranks 2 run case.prm --output out");
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(occurrences(result.output, "gone.vtp"), 1) << result.output;
}

TEST_F(InputErrors, FolderThatCannotBeWritten)
{
  write("file", "");
  write_case("set Physics = none\nsubsection Image\n set File = phantom:aorta:1\nend\n");
  const auto result = run("run case.prm --output file/below");
  EXPECT_EQ(result.status, 4) << result.output;
}
} // namespace
