// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/malformed_seed_texts.h"

#include <fmt/format.h>

#include <cstdint>

namespace vesalius::verification
{

namespace seed_text
{
const char *const vtu_text = R"(<?xml version="1.0"?>
<VTKFile type="UnstructuredGrid" version="0.1" byte_order="LittleEndian">
 <UnstructuredGrid>
  <Piece NumberOfPoints="5" NumberOfCells="2">
   <PointData><DataArray type="Float64" Name="p" format="ascii">1 2 3 4 5.5</DataArray></PointData>
   <CellData><DataArray type="Int32" Name="RegionId" format="ascii">1 2</DataArray></CellData>
   <Points><DataArray type="Float32" Name="Points" NumberOfComponents="3" format="ascii">
     0 0 0 10.5 0 0 0 10.5 0 0 0 10.5 0 0 -10.5
   </DataArray></Points>
   <Cells>
    <DataArray type="Int64" Name="connectivity" format="ascii">0 1 2 3 0 2 1 4</DataArray>
    <DataArray type="Int64" Name="offsets" format="ascii">4 8</DataArray>
    <DataArray type="UInt8" Name="types" format="ascii">10 10</DataArray>
   </Cells>
  </Piece>
 </UnstructuredGrid>
</VTKFile>
)";

const char *const vtk_text = R"(# vtk DataFile Version 3.0
two tetrahedra
ASCII
DATASET UNSTRUCTURED_GRID
POINTS 5 float
0 0 0
10.5 0 0
0 10.5 0
0 0 10.5
0 0 -10.5
CELLS 2 10
4 0 1 2 3
4 0 2 1 4
CELL_TYPES 2
10
10
CELL_DATA 2
SCALARS RegionId int 1
LOOKUP_TABLE default
1
2
FIELD more 1
q 1 2 double
0.5 0.25
)";

const char *const msh_2 = R"($MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
2
2 7 "wall"
3 1 "lumen"
$EndPhysicalNames
$Nodes
5
1 0 0 0
2 10.5 0 0
3 0 10.5 0
4 0 0 10.5
5 0 0 -10.5
$EndNodes
$Elements
8
1 4 2 1 1 1 2 3 4
2 4 2 1 1 1 3 2 5
3 2 2 7 1 1 2 4
4 2 2 7 1 2 3 4
5 2 2 7 1 1 3 4
6 2 2 7 1 1 2 5
7 2 2 7 1 2 3 5
8 2 2 7 1 1 3 5
$EndElements
)";

const char *const msh_4 = R"($MeshFormat
4.1 0 8
$EndMeshFormat
$PhysicalNames
2
2 7 "wall"
3 1 "lumen"
$EndPhysicalNames
$Entities
0 0 1 1
1 0 0 -10.5 10.5 10.5 10.5 1 7 0
1 0 0 -10.5 10.5 10.5 10.5 1 1 1 1
$EndEntities
$Nodes
1 5 1 5
3 1 0 5
1
2
3
4
5
0 0 0
10.5 0 0
0 10.5 0
0 0 10.5
0 0 -10.5
$EndNodes
$Elements
2 8 1 8
3 1 4 2
1 1 2 3 4
2 1 3 2 5
2 1 2 6
3 1 2 4
4 2 3 4
5 1 3 4
6 1 2 5
7 2 3 5
8 1 3 5
$EndElements
)";

const char *const stl_text = R"(solid s
facet normal 0 0 -1
outer loop
vertex 0 0 0
vertex 0 10.5 0
vertex 10.5 0 0
endloop
endfacet
facet normal 0 -1 0
outer loop
vertex 0 0 0
vertex 10.5 0 0
vertex 0 0 1.05e1
endloop
endfacet
facet normal -1 0 0
outer loop
vertex 0 0 0
vertex 0 0 10.5
vertex 0 10.5 0
endloop
endfacet
facet normal 1 1 1
outer loop
vertex 10.5 0 0
vertex 0 10.5 0
vertex 0 0 10.5
endloop
endfacet
endsolid s
)";

const char *const ply_text = R"(ply
format ascii 1.0
comment a tetrahedron
element vertex 4
property float x
property float y
property float z
element face 4
property list uchar int vertex_indices
end_header
0 0 0
10.5 0 0
0 10.5 0
0 0 10.5
3 0 2 1
3 0 1 3
3 0 3 2
3 1 2 3
)";

const char *const obj_text = "# a tetrahedron\no t\nv 0 0 0\nv 10.5 0 0\nv 0 10.5 0\nv 0 0 10.5\nvn 0 0 1\nvt 0 0\nf 1/1/1 3/1/1 2/1/1\nf 1//1 2//1 4//1\nf 1 4 3\nf -3 -2 -1\n";

const char *const case_prm = R"(set Title   = A channel
set Physics = flow
subsection Mesh
  set File = box.vtu
end
subsection Fluid
  set Density   = 1060 kg/m^3
  set Viscosity = 3.5 mPa s
end
subsection Time
  set Cycles = 2
end
subsection Boundaries
  subsection x_min
    set Type     = inflow
    set Waveform = inflow.csv
    set Profile  = parabolic
  end
  subsection x_max
    set Type             = windkessel
    set Total resistance = 4.6 mmHg s/mL
    set Total compliance = 0.4 mL/mmHg
  end
  subsection y_*
    set Type = wall
  end
  subsection z_*
    set Type = wall
  end
end
)";

const char *const case_json = R"({
 "Title": "A channel",
 "Physics": "flow",
 "Mesh": { "File": "box.vtu" },
 "Fluid": { "Density": "1060 kg/m^3", "Viscosity": "3.5 mPa s" },
 "Time": { "Cycles": 2 },
 "Boundaries": {
  "x_min": { "Type": "inflow", "Fourier modes": "10, 0 -6 mL/s", "Period": "1 s" },
  "x_max": { "Type": "resistance", "Resistance": "1 mmHg s/mL" },
  "y_*": { "Type": "wall" },
  "z_*": { "Type": "wall" }
 }
}
)";

} // namespace seed_text

namespace
{
std::string bytes_of(std::uint32_t value, std::size_t n)
{
  std::string bytes;
  for (std::size_t i = 0; i < n; ++i)
    bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

/// A data element, explicit little endian (PS3.5, 7.1.2).
std::string element(std::uint32_t group, std::uint32_t number, const std::string &kind, std::string value)
{
  if (value.size() % 2 != 0)
    value += kind == "UI" ? '\0' : ' ';
  const bool is_long = kind == "OW" || kind == "OB";
  return bytes_of(group, 2) + bytes_of(number, 2) + kind + (is_long ? std::string(2, '\0') : "") + bytes_of(static_cast<std::uint32_t>(value.size()), is_long ? 4 : 2) + value;
}

std::string whole(std::uint32_t group, std::uint32_t number, std::uint32_t value)
{
  return element(group, number, "US", bytes_of(value, 2));
}
} // namespace

std::string dicom_slice(int n, double z)
{
  const std::string ct_image = "1.2.840.10008.5.1.4.1.1.2", explicit_little_endian = "1.2.840.10008.1.2.1";
  const std::string instance = fmt::format("1.2.826.0.1.3680043.2.1143.{:.0f}", 10 * z);
  const std::string meta     = element(2, 1, "OB", std::string("\0\1", 2)) + element(2, 2, "UI", ct_image) + element(2, 3, "UI", instance) + element(2, 0x10, "UI", explicit_little_endian);
  const auto        side     = static_cast<std::uint32_t>(n);
  return std::string(128, '\0') + "DICM" + element(2, 0, "UL", bytes_of(static_cast<std::uint32_t>(meta.size()), 4)) + meta + element(8, 0x16, "UI", ct_image) +
         element(8, 0x18, "UI", instance) + element(8, 0x60, "CS", "CT") + element(0x20, 0xd, "UI", "1.2.3") + element(0x20, 0xe, "UI", "1.2.3.4") +
         element(0x20, 0x13, "IS", fmt::format("{:.0f}", z)) + element(0x20, 0x32, "DS", fmt::format("0\\0\\{}", z)) + element(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0") + whole(0x28, 2, 1) +
         element(0x28, 4, "CS", "MONOCHROME2") + whole(0x28, 0x10, side) + whole(0x28, 0x11, side) + element(0x28, 0x30, "DS", "1.5\\1.5") + whole(0x28, 0x100, 16) +
         whole(0x28, 0x101, 16) + whole(0x28, 0x102, 15) + whole(0x28, 0x103, 1) + element(0x7fe0, 0x10, "OW", std::string(2 * side * side, '\1'));
}

} // namespace vesalius::verification
