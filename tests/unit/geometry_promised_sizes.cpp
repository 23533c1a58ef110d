// SPDX-License-Identifier: GPL-3.0-or-later
// Counts that the file or the memory cannot hold. None of these may cost time or memory.
#include "mesh_io/mesh_files.h"
#include "mesh_io/vtk_files.h"
#include "mesh_io/volume_mesh.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

using namespace vesalius;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using vesalius::testing::MemoryLimit;

namespace
{
class MeshPromises : public vesalius::testing::FolderTest
{
protected:
  std::string refused(const std::string &name, const std::string &content) const
  {
    write(name, content);
    return refused(name);
  }
  std::string refused(const std::string &name) const
  {
    const MemoryLimit limit(128 << 20);
    return message_of([&] { read_vtk_or_msh(path(name)); });
  }

private:
  static void read_vtk_or_msh(const std::string &file) { extension_of(file) == ".msh" ? void(read_mesh(file, "m", "LPS")) : void(read_vtk_grid(file)); }
};

std::string vtk_file(const std::string &kind, const std::string &piece, const std::string &content)
{
  return "<VTKFile type=\"" + kind + "\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\"><" + kind + "><Piece " + piece + ">" + content +
         "</Piece></" + kind + "></VTKFile>\n";
}

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
} // namespace

TEST_F(MeshPromises, a_mesh_of_1e10_cells_is_refused_in_every_format)
{
  const std::string points = "<Points><DataArray type=\"Float32\" NumberOfComponents=\"3\" format=\"ascii\">0 0 0</DataArray></Points>";
  EXPECT_THAT(refused("a.vtu", vtk_file("UnstructuredGrid", R"(NumberOfPoints="1" NumberOfCells="10000000000")", points)), HasSubstr("NumberOfCells is 10000000000"));
  EXPECT_THAT(refused("a.vtp", vtk_file("PolyData", R"(NumberOfPoints="10000000000" NumberOfPolys="1")", points)), HasSubstr("NumberOfPoints is 10000000000"));
  EXPECT_THAT(refused("a.vtp", vtk_file("PolyData", R"(NumberOfPoints="-5" NumberOfPolys="1")", points)), HasSubstr("NumberOfPoints is -5"));
  const std::string data = "<PointData><DataArray type=\"Int8\" Name=\"p\" NumberOfComponents=\"3000000000\" format=\"ascii\">1</DataArray></PointData>";
  EXPECT_THAT(refused("b.vtp", vtk_file("PolyData", R"(NumberOfPoints="1")", points + data)), HasSubstr("number of components"));
  const std::string appended = replaced(points, "format=\"ascii\">0 0 0", "format=\"appended\" offset=\"0\">") + "</Piece></PolyData><AppendedData encoding=\"raw\">_";
  const std::string huge     = std::string("\0\0\0\0\x02\0\0\0", 8) + "abcd";
  EXPECT_THAT(refused("c.vtp", replaced(vtk_file("PolyData", R"(NumberOfPoints="1")", appended), "</Piece></PolyData></VTKFile>", huge)), HasSubstr("the file is truncated"));
  std::string stl(84, ' ');
  stl.replace(80, 4, "\xff\xff\xff\xff");
  EXPECT_THAT(refused("a.stl", stl), HasSubstr("truncated or damaged"));
  EXPECT_THAT(refused("a.ply", "ply\nformat binary_little_endian 1.0\nelement vertex 10000000000\nproperty float x\nend_header\nabcd"),
              HasSubstr("10000000000 items of 'vertex'"));
  EXPECT_THAT(refused("b.ply", "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nelement face 10000000000\n"
                               "property list uchar int vertex_indices\nend_header\n0\n"),
              HasSubstr("10000000000 items of 'face'"));
  EXPECT_THAT(refused("a.vtk", "# vtk DataFile Version 3.0\nx\nASCII\nDATASET UNSTRUCTURED_GRID\nPOINTS 10000000000 float\n0 0 0\n"),
              HasSubstr("10000000000 values of POINTS"));
  EXPECT_THAT(refused("b.vtk", "# vtk DataFile Version 3.0\nx\nASCII\nDATASET POLYDATA\nPOINTS 1 float\n0 0 0\nPOINT_DATA 1\nFIELD f 1\nnames 1000000 1000000 int\n1\n"),
              HasSubstr("1000000000000 values of names"));
}

TEST_F(MeshPromises, inflated_counts_of_msh_are_refused)
{
  const std::string format_4 = "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n", format_2 = "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n";
  EXPECT_THAT(refused("a.msh", format_2 + "$Nodes\n10000000000\n1 0 0 0\n$EndNodes\n"), HasSubstr("10000000000 nodes"));
  EXPECT_THAT(refused("a.msh", format_2 + "$Nodes\n1\n1 0 0 0\n$EndNodes\n$Elements\n10000000000\n1 4 2 1 1 1 1 1 1\n"), HasSubstr("10000000000 elements"));
  EXPECT_THAT(refused("a.msh", format_4 + "$Nodes\n1 10000000000 1 10000000000\n3 1 0 10000000000\n1\n0 0 0\n$EndNodes\n"), HasSubstr("10000000000 nodes"));
  EXPECT_THAT(refused("a.msh", format_4 + "$Nodes\n10000000000 1 1 1\n"), HasSubstr("10000000000 blocks of nodes"));
  EXPECT_THAT(refused("a.msh", format_4 + "$Elements\n1 1 1 1\n3 1 4 10000000000\n"), HasSubstr("10000000000 elements"));
  EXPECT_THAT(refused("a.msh", format_4 + "$Entities\n0 0 0 10000000000\n"), HasSubstr("10000000000 entities"));
  EXPECT_THAT(refused("a.msh", format_4 + "$PhysicalNames\n10000000000\n"), HasSubstr("10000000000 names"));
  EXPECT_THAT(refused("a.msh", format_4 + "$Nodes\n-1 1 1 1\n"), HasSubstr("negative"));
}

TEST_F(MeshPromises, compressed_arrays_that_exhaust_the_memory_are_refused)
{
  VtkGrid grid;
  grid.points.assign(1500000, {0, 0, 0}); // 36 MB in some 40 kB
  const std::int32_t one[1] = {0};
  grid.add_cell(1, one, 1);
  write_vtk_grid(grid, path("a.vtu"));
  ASSERT_LT(std::filesystem::file_size(path("a.vtu")), 200000u);
  const MemoryLimit limit(48 << 20);
  EXPECT_THAT(message_of([&] { read_vtk_grid(path("a.vtu")); }), HasSubstr("of memory"));
}

TEST_F(MeshPromises, a_million_boundaries_are_refused)
{
  Mesh mesh = make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {30, 30, 30});
  mesh.boundary_names.clear();
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    mesh.boundary_names[mesh.boundary_id[f] = static_cast<int>(f) + 1] = "outlet_" + std::to_string(f);
  ASSERT_GT(mesh.n_boundary_faces(), 10000u);
  write_mesh(mesh, path("many.vtu"));
  EXPECT_THAT(message_of([&] { read_mesh(path("many.vtu"), "", ""); }), HasSubstr("at most 10000 are read"));
}
