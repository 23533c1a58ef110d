// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "solver/core/provenance.h"

#include <filesystem>
#include <iostream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

constexpr const char *flow_case = R"(# A case to begin from. Lines that begin with # are comments.
# Every dimensional value carries its unit; `vesalius explain Section/Entry` explains any entry,
# `vesalius check case.prm` shows what you wrote, what is used, and what the run will cost.

set Title   = My patient
set Physics = flow

# Begin with an image ...
subsection Image
  # MetaImage, NIfTI, NRRD or a folder with one DICOM series; this one is the built-in phantom.
  set File = phantom:aorta:1
  # Points inside the vessel (LPS), where it is not found by itself:
  # set Seeds = 10 -20 300 mm; 12 -25 250 mm
end

# ... or, instead of the image, with a surface or a mesh:
# subsection Surface
#   set File = vessel.stl
#   set Unit = mm
# end
# subsection Mesh
#   set File = mesh-complete
#   set Unit = cm
# end

subsection Mesh
  # Tetrahedra across the local diameter. Time grows with the fourth power.
  set Cells across = 8
end

subsection Fluid
  set Density   = 1060 kg/m^3
  set Viscosity = 3.5 mPa s
end

subsection Time
  # The first cycle is the start-up; wall shear is averaged over the last one.
  set Cycles = 2
end

# One condition for each boundary of the mesh, by name; * stands for any letters.
# `vesalius info output/CASE/geometry/mesh.vtu` shows the names.
subsection Boundaries
  subsection wall
    set Type = wall
  end
  subsection inlet
    set Type     = inflow
    # Columns "time [s], flow [mL/s]", positive into the domain, one period.
    set Waveform = inflow.csv
    set Profile  = parabolic
  end
  # Mean pressure is about resistance times mean flow. The totals are shared out among the outlets by size.
  subsection outlet*
    set Type             = windkessel
    set Total resistance = 4.6 mmHg s/mL
    set Total compliance = 0.4 mL/mmHg
  end
end
)";

constexpr const char *flow_waveform =
  R"(# Flow into the domain over one period; the last row repeats the first. Put your patient's here.
time [s], flow [mL/s]
0.00, 11
0.08, 35
0.17, 100
0.25, 45
0.33, 0
0.40, -15
0.50, 4
0.62, 18
0.75, 12
0.90, 10
1.00, 11
)";
} // namespace

ExitStatus command_new(const CommandLine &line)
{
  const fs::path directory = line.output.empty() ? "my_case" : line.output;
  for (const char *name : {"case.prm", "inflow.csv"})
    if (fs::exists(directory / name))
      throw InputError("'" + (directory / name).string() + "' is already there",
                       "Nothing has been written; choose another folder with --output.");
  fs::create_directories(directory);
  write_file_atomically((directory / "case.prm").string(), flow_case);
  write_file_atomically((directory / "inflow.csv").string(), flow_waveform);
  std::cout << "wrote " << (directory / "case.prm").string() << " and inflow.csv\n"
            << "next: vesalius check " << (directory / "case.prm").string() << std::endl;
  return ExitStatus::done;
}

} // namespace vesalius
