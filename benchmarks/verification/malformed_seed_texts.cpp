// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/malformed_seed_texts.h"

#include "tests/verification/dicom_writer.h"

#include <fmt/format.h>

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

std::string metaimage_header(int n)
{
  return fmt::format("ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\n"
                     "ElementSpacing = 1.5 1.5 2.5\nDimSize = {0} {0} {0}\nElementType = MET_UCHAR\nElementDataFile = ",
                     n);
}

std::string nrrd_header(int n)
{
  return fmt::format("NRRD0004\n# a comment\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: {0} {0} {0}\nspace directions: (1.5,0,0) (0,1.5,0) (0,0,2.5)\n"
                     "kinds: domain domain domain\nencoding: raw\nspace origin: (0,0,0)\n",
                     n);
}

std::string inrimage_header(int n)
{
  auto header = fmt::format("#INRIMAGE-4#{{\nXDIM={0}\nYDIM={0}\nZDIM={0}\nVDIM=1\nVX=1.5\nVY=1.5\nVZ=2.5\nTYPE=unsigned fixed\nPIXSIZE=8 bits\nCPU=pc\n", n);
  header.resize(252, '\n');
  return header + "##}\n";
}

std::string dicom_slice(int n, double z)
{
  testing::DicomFile file;
  file.set_slice("CT", "1.2.3.4", fmt::format("1.2.826.0.1.3680043.2.1143.{:.0f}", 10 * z), static_cast<int>(z), n, n, fmt::format("0\\0\\{}", z), "1.5\\1.5",
                 std::string(2 * static_cast<std::size_t>(n * n), '\1'));
  return file.bytes();
}

} // namespace vesalius::verification
