// SPDX-License-Identifier: GPL-3.0-or-later
// What the campaigns reliability_malformed and the fuzz targets have found, one line each.
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "mesh_io/vtk_files.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

using namespace vesalius;
using ::testing::AnyOf;
using ::testing::HasSubstr;

namespace
{
class MalformedMeshes : public vesalius::testing::FolderTest
{
protected:
  std::string refused(const std::string &name, const std::string &content) const
  {
    write(name, content);
    const std::string message = message_of([&] { read_mesh(path(name), "m", "LPS"); });
    EXPECT_THAT(message, HasSubstr(path(name)));
    return message;
  }
  std::string refused_surface(const std::string &name, const std::string &content) const
  {
    write(name, content);
    const std::string message = message_of([&] { read_surface(path(name), "mm", "LPS"); });
    EXPECT_THAT(message, HasSubstr(path(name)));
    return message;
  }
};

/// One tetrahedron in text; each piece can be replaced.
struct SmallVtu
{
  std::string points       = R"(<DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 .1 0 0 0 .1 0 0 0 .1</DataArray>)";
  std::string connectivity = R"(<DataArray type="Int64" Name="connectivity" format="ascii">0 1 2 3</DataArray>)";
  std::string offsets      = R"(<DataArray type="Int64" Name="offsets" format="ascii">4</DataArray>)";
  std::string types        = R"(<DataArray type="UInt8" Name="types" format="ascii">10</DataArray>)";
  std::string data;

  std::string text() const
  {
    return R"(<VTKFile type="UnstructuredGrid" version="0.1" byte_order="LittleEndian"><UnstructuredGrid><Piece NumberOfPoints="4" NumberOfCells="1"><CellData>)" + data +
           "</CellData><Points>" + points + "</Points><Cells>" + connectivity + offsets + types + "</Cells></Piece></UnstructuredGrid></VTKFile>";
  }
};
} // namespace

TEST_F(MalformedMeshes, the_sound_vtu_is_read)
{
  write("a.vtu", SmallVtu().text());
  EXPECT_EQ(read_vtk_grid(path("a.vtu")).n_cells(), 1u);
}

TEST_F(MalformedMeshes, vtu_arrays_without_a_type_that_vtk_crashes_over)
{
  SmallVtu file;
  file.data = R"(<DataArray Name="RegionId" format="ascii">1</DataArray>)";
  EXPECT_THAT(refused("a.vtu", file.text()), HasSubstr("has the type ''"));
  file.data = R"(<DataArray type="Quaternion" Name="RegionId" format="ascii">1</DataArray>)";
  EXPECT_THAT(refused("a.vtu", file.text()), HasSubstr("'Quaternion'"));
}

TEST_F(MalformedMeshes, vtu_cells_that_point_elsewhere)
{
  SmallVtu file;
  file.connectivity = R"(<DataArray type="Int64" Name="connectivity" format="ascii">0 1 2 4</DataArray>)";
  EXPECT_THAT(refused("a.vtu", file.text()), HasSubstr("a point that does not exist"));
  file         = SmallVtu();
  file.offsets = R"(<DataArray type="Int64" Name="offsets" format="ascii">1000000000000</DataArray>)";
  EXPECT_THAT(refused("a.vtu", file.text()), HasSubstr("an offset lies outside"));
  file         = SmallVtu();
  file.offsets = R"(<DataArray type="Int64" Name="offsets" format="ascii">3</DataArray>)";
  EXPECT_THAT(refused("a.vtu", file.text()), HasSubstr("another number of points than its type"));
  file       = SmallVtu();
  file.types = "";
  EXPECT_THAT(refused("a.vtu", file.text()), HasSubstr("its cells lack an array"));
  file      = SmallVtu();
  file.data = R"(<DataArray type="Float64" Name="RegionId" format="ascii">1e300</DataArray>)";
  EXPECT_THAT(refused("a.vtu", file.text()), HasSubstr("numbers that are no ids"));
}

TEST_F(MalformedMeshes, vtu_that_is_no_xml)
{
  EXPECT_THAT(refused("a.vtu", ""), HasSubstr("it ends before its elements do"));
  EXPECT_THAT(refused("a.vtu", "<VTKFile type=\"UnstructuredGrid\"><UnstructuredGrid></VTKFile>"), HasSubstr("do not end in order"));
  std::string deep;
  for (int i = 0; i < 20000; ++i)
    deep += "<a>";
  EXPECT_THAT(refused("a.vtu", deep), HasSubstr("nested too deeply"));
}

TEST_F(MalformedMeshes, damaged_compression_and_offsets_of_vtu)
{
  write_mesh(make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {2, 2, 2}), path("box.vtu"));
  const std::string whole = read("box.vtu");
  const auto        data  = whole.find("<AppendedData");
  ASSERT_NE(data, std::string::npos);
  int n_refused = 0;
  for (std::size_t at = whole.find('_', data) + 1; at < whole.size(); at += 7)
    {
      std::string damaged = whole;
      damaged[at]         = static_cast<char>(damaged[at] ^ 0x55);
      write("a.vtu", damaged);
      try
        {
          read_mesh(path("a.vtu"), "", "");
        }
      catch (const InputError &)
        {
          ++n_refused;
        }
    }
  EXPECT_GT(n_refused, 10);
}

TEST_F(MalformedMeshes, surfaces_name_the_line)
{
  EXPECT_THAT(refused_surface("a.obj", "v 0 0 0\nv 10 0 0\nf 1 2 3\n"), HasSubstr("a.obj:3"));
  EXPECT_THAT(refused_surface("a.obj", "v 0 0 0\nv 10 0\n"), HasSubstr("needs three numbers"));
  EXPECT_THAT(refused_surface("a.obj", "v 0 0 0\nf 1 1,5 1\n"), HasSubstr("whole numbers"));
  EXPECT_THAT(refused_surface("a.stl", "solid s\nouter loop\nvertex 0 0 0\nvertex 1 1 1\nendloop\nendsolid s\n"), HasSubstr("a facet has 2 vertices"));
  EXPECT_THAT(refused_surface("a.stl", "solid s\nouter loop\nvertex 0,5 0 0\nendsolid s\n"), HasSubstr("needs three numbers"));
  EXPECT_THAT(refused_surface("a.ply", "ply\nformat ascii 1.0\nelement vertex 1\nproperty quaternion x\nend_header\n"), HasSubstr("'quaternion' is no type"));
  EXPECT_THAT(refused_surface("a.ply", "ply\nelement vertex 1\n"), HasSubstr("the file ends early"));
  const std::string ply = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list int int vertex_indices\nend_header\n0 0 0\n";
  EXPECT_THAT(refused_surface("a.ply", ply + "3 0 0 1\n"), HasSubstr("a point that does not exist"));
  EXPECT_THAT(refused_surface("a.ply", ply + "-3 0 0 0\n"), HasSubstr("-3 entries"));
}

TEST_F(MalformedMeshes, msh_that_gmsh_crashes_over_or_runs)
{
  const std::string format = "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n";
  EXPECT_THAT(refused("a.msh", format + "$Nodes\n1\n1 0 0 0\n$EndNodes\n$Elements\n1\n1 4 0 1 2 3 4\n$EndElements\n"), HasSubstr("a node that does not exist"));
  EXPECT_THAT(refused("a.msh", format + "$Elements\n1\n1 -4 0 1 2 3 4\n$EndElements\n"), HasSubstr("gmsh type -4"));
  EXPECT_THAT(refused("a.msh", format + "$Nodes\n1\n1 0,5 0 0\n"), HasSubstr("a.msh:6"));
  EXPECT_THAT(refused("a.msh", "$MeshFormat\n4.0 0 8\n$EndMeshFormat\n"), HasSubstr("2.2 and 4.1 are read"));
}

TEST_F(MalformedMeshes, a_folder_in_place_of_a_file)
{
  for (const std::string name : {"a.stl", "a.vtp", "a.ply", "a.obj"})
    {
      std::filesystem::create_directory(path(name));
      EXPECT_THAT(message_of([&] { read_surface(path(name), "mm", "LPS"); }), HasSubstr("is a folder"));
    }
}
