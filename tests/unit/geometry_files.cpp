// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/volume_mesh.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace vesalius;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{
namespace fs = std::filesystem;

/// A folder of its own for each test, removed at the end.
class MeshFiles : public testing::Test
{
protected:
  void SetUp() override
  {
    folder = fs::path(testing::TempDir()) /
             (std::string("vesalius_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void        TearDown() override { fs::remove_all(folder); }
  std::string path(const std::string &name) const { return (folder / name).string(); }
  fs::path    folder;
};

/// A third party's file: no unit, no frame, no ids.
void write_bare_tetrahedra(const Mesh &mesh, double scale, const std::string &path)
{
  VtkGrid grid;
  for (const auto &x : mesh.points)
    grid.points.push_back(scale * x);
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      auto v = std::vector(mesh.cells.begin() + 4 * c, mesh.cells.begin() + 4 * c + 4);
      if (c % 3 == 0)
        std::swap(v[0], v[1]); // orientations are mixed in the wild
      grid.add_cell(10, v.data(), 4);
    }
  write_vtk_grid(grid, path);
}

void truncate(const std::string &path, double keep)
{
  fs::resize_file(path, static_cast<std::uintmax_t>(keep * static_cast<double>(fs::file_size(path))));
}
} // namespace

TEST_F(MeshFiles, our_vtu_comes_back_identical)
{
  for (const Mesh &mesh : {make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.2}, {2, 2, 3}),
                           make_second_order(make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.2}, {2, 1, 3})),
                           make_box_mesh(2, {0, 0, 0}, {0.1, 0.1, 0}, {2, 3, 0}),
                           make_second_order(make_box_mesh(2, {0, 0, 0}, {0.1, 0.1, 0}, {2, 3, 0}))})
    {
      write_mesh(mesh, path("box.vtu"));
      const Mesh back = read_mesh(path("box.vtu"));
      EXPECT_EQ(back.dimension, mesh.dimension);
      EXPECT_EQ(back.order, mesh.order);
      EXPECT_EQ(back.points, mesh.points);
      EXPECT_EQ(back.n_vertices, mesh.n_vertices);
      EXPECT_EQ(back.cells, mesh.cells);
      EXPECT_EQ(back.region_id, mesh.region_id);
      EXPECT_EQ(back.region_names, mesh.region_names);
      EXPECT_EQ(back.boundary_faces, mesh.boundary_faces);
      EXPECT_EQ(back.boundary_id, mesh.boundary_id);
      EXPECT_EQ(back.boundary_names, mesh.boundary_names);
    }
}

TEST_F(MeshFiles, a_file_without_unit_names_the_option)
{
  write_bare_tetrahedra(make_box_mesh(3, {0, 0, 0}, {10, 10, 40}, {2, 2, 8}), 1, path("bare.vtu"));
  const std::string message = message_of([&] { read_mesh(path("bare.vtu")); });
  EXPECT_THAT(message, HasSubstr("--unit"));
  EXPECT_THAT(message, HasSubstr("--frame"));
  EXPECT_THAT(message_of([&] { read_mesh(path("bare.vtu"), "inch", "LPS"); }), HasSubstr("inch"));
}

TEST_F(MeshFiles, bare_tetrahedra_are_oriented_and_their_flat_ends_named)
{
  // A duct of square section has flat sides, too: only the pipe's ends may count as ends.
  write_bare_tetrahedra(make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {2, 2, 2}), 10, path("cube.vtu"));
  const Mesh cube = read_mesh(path("cube.vtu"), "mm", "RAS");
  EXPECT_THAT(broken_promises(cube), IsEmpty());
  EXPECT_NEAR(measure_quality(cube).volume, 1e-6, 1e-18);
  for (const auto &x : cube.points)
    EXPECT_LE(x[0], 0); // RAS flips x and y
}

TEST_F(MeshFiles, a_truncated_file_is_an_input_error)
{
  write_mesh(make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.2}, {6, 6, 6}), path("box.vtu"));
  write_surface(make_pipe_surface(0.01, 0.04, 0.002), path("pipe.vtp"));
  write_surface(make_pipe_surface(0.01, 0.04, 0.002), path("pipe.stl"));
  for (const double keep : {0.3, 0.7, 0.97})
    {
      truncate(path("box.vtu"), keep);
      EXPECT_THROW(read_mesh(path("box.vtu")), InputError) << keep;
      truncate(path("pipe.vtp"), keep);
      EXPECT_THROW(read_surface(path("pipe.vtp")), InputError) << keep;
      truncate(path("pipe.stl"), keep);
      EXPECT_THROW(read_surface(path("pipe.stl"), "m", "LPS"), InputError) << keep;
    }
  EXPECT_THROW(read_mesh(path("missing.vtu")), ResourceError);
  EXPECT_THROW(write_mesh(Mesh(), path("no/such/folder.vtu")), ResourceError);
}

TEST_F(MeshFiles, absurd_sizes_are_refused_with_the_factor)
{
  write_bare_tetrahedra(make_box_mesh(3, {0, 0, 0}, {60, 60, 200}, {2, 2, 2}), 1, path("mm.vtu"));
  EXPECT_THAT(message_of([&] { read_mesh(path("mm.vtu"), "m", "LPS"); }), HasSubstr("factor of 0.001"));
  write_bare_tetrahedra(make_box_mesh(3, {0, 0, 0}, {0.06, 0.06, 0.2}, {2, 2, 2}), 1, path("m.vtu"));
  EXPECT_THAT(message_of([&] { read_mesh(path("m.vtu"), "mm", "LPS"); }), HasSubstr("factor of 1e+03"));
}

TEST_F(MeshFiles, surfaces_keep_names_and_caps)
{
  const Surface pipe = make_pipe_surface(0.01, 0.04, 0.002);
  write_surface(pipe, path("pipe.vtp"));
  const Surface back = read_surface(path("pipe.vtp"));
  EXPECT_EQ(back.points, pipe.points);
  EXPECT_EQ(back.triangles, pipe.triangles);
  EXPECT_EQ(back.boundary_id, pipe.boundary_id);
  EXPECT_EQ(back.boundary_names, pipe.boundary_names);
  ASSERT_EQ(back.caps.size(), 2u);
  EXPECT_EQ(back.caps[1].name, "outlet");

  write_surface(pipe, path("pipe.stl"));
  const Surface bare = read_surface(path("pipe.stl"), "m", "LPS");
  EXPECT_EQ(bare.points.size(), pipe.points.size());
  EXPECT_EQ(bare.triangles.size(), pipe.triangles.size());
  EXPECT_NEAR(enclosed_volume(bare), enclosed_volume(pipe), 1e-6 * enclosed_volume(pipe));
  EXPECT_THAT(message_of([&] { read_surface(path("pipe.stl")); }), HasSubstr("--unit"));
  EXPECT_THAT(message_of([&] { read_surface(path("pipe.vtp"), "mm"); }), HasSubstr("leave --unit out"));
}

TEST_F(MeshFiles, centre_lines_come_back_in_metres)
{
  const Centerline line{{{{{0, 0, 0}, {0, 0, 0.1}}, {0.01, 0.008}}, {{{0, 0, 0.1}, {0.01, 0, 0.15}}, {0.005, 0.004}}}};
  write_centerline(line, path("line.vtp"));
  const Centerline back = read_centerline(path("line.vtp"));
  ASSERT_EQ(back.branches.size(), 2u);
  EXPECT_EQ(back.branches[1].points, line.branches[1].points);
  EXPECT_EQ(back.branches[0].radius, line.branches[0].radius);
}

TEST_F(MeshFiles, simvascular_folder_is_read_by_global_ids)
{
  const Mesh box = make_box_mesh(3, {0, 0, 0}, {1, 1, 2}, {2, 2, 3});
  VtkGrid    volume;
  volume.points = box.points;
  for (std::size_t c = 0; c < box.n_cells(); ++c)
    volume.add_cell(10, &box.cells[4 * c], 4);
  VtkGrid::Array node_id{1, true, {}};
  for (std::size_t v = 0; v < box.n_vertices; ++v)
    node_id.values.push_back(1000.0 - static_cast<double>(v)); // ids in any order
  volume.point_data["GlobalNodeID"] = node_id;
  fs::create_directories(folder / "mesh-surfaces");
  write_vtk_grid(volume, path("mesh-complete.mesh.vtu"));
  const auto write_faces = [&](const std::string &name, const std::set<int> &ids) {
    VtkGrid                     faces;
    std::map<std::int32_t, int> number;
    faces.point_data["GlobalNodeID"].is_integer = true;
    for (std::size_t f = 0; f < box.n_boundary_faces(); ++f)
      if (ids.count(box.boundary_id[f]))
        {
          std::int32_t v[3];
          for (int i = 0; i < 3; ++i)
            {
              const auto node         = box.boundary_faces[3 * f + i];
              const auto [at, is_new] = number.try_emplace(node, static_cast<int>(number.size()));
              if (is_new)
                {
                  faces.points.push_back(box.points[node]);
                  faces.point_data["GlobalNodeID"].values.push_back(node_id.values[node]);
                }
              v[i] = at->second;
            }
          faces.add_cell(5, v, 3);
        }
    write_vtk_grid(faces, path(name));
  };
  write_faces("mesh-surfaces/inflow.vtp", {5});
  write_faces("mesh-surfaces/rcr_1.vtp", {6});
  write_faces("mesh-surfaces/wall_a.vtp", {1, 2});
  EXPECT_THAT(message_of([&] { read_mesh(folder.string(), "cm"); }), HasSubstr("in none of the mesh-surfaces"));
  write_faces("walls_combined.vtp", {1, 2, 3, 4});
  EXPECT_THAT(message_of([&] { read_mesh(folder.string()); }), HasSubstr("--unit"));

  const Mesh mesh = read_mesh(folder.string(), "cm");
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  EXPECT_EQ(mesh.boundary_names, (std::map<int, std::string>{{1, "wall"}, {2, "inflow"}, {3, "rcr_1"}}));
  EXPECT_EQ(std::count(mesh.boundary_id.begin(), mesh.boundary_id.end(), 2), 8);
  EXPECT_EQ(std::count(mesh.boundary_id.begin(), mesh.boundary_id.end(), 1), 48);
  EXPECT_NEAR(measure_quality(mesh).volume, 2e-6, 1e-18);
}

namespace
{
/// Sorted copies of both, so that a format that groups cells by region compares.
std::vector<std::vector<std::int32_t>> sorted_cells(const Mesh &mesh)
{
  std::vector<std::vector<std::int32_t>> cells;
  const auto                             n = static_cast<std::ptrdiff_t>(mesh.nodes_per_cell());
  for (auto first = mesh.cells.begin(); first != mesh.cells.end(); first += n)
    cells.emplace_back(first, first + n);
  std::sort(cells.begin(), cells.end());
  return cells;
}

/// The JSON part of a GLB file and its binary part.
std::pair<nlohmann::json, std::string> parts_of_glb(const std::string &path)
{
  std::ifstream     stream(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  const auto        number = [&](std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 4; i-- > 0;)
      n = n << 8 | static_cast<unsigned char>(bytes.at(at + i));
    return n;
  };
  EXPECT_EQ(bytes.substr(0, 4), "glTF");
  EXPECT_EQ(number(8), bytes.size());
  const std::size_t length = number(12);
  return {nlohmann::json::parse(bytes.substr(20, length)), bytes.substr(20 + length + 8)};
}
} // namespace

TEST_F(MeshFiles, msh_comes_back_with_names_regions_and_order)
{
  Mesh two_regions = make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.2}, {2, 2, 3});
  for (std::size_t c = 0; c < two_regions.n_cells(); c += 3)
    two_regions.region_id[c] = 7;
  two_regions.region_names = {{1, "liver"}, {7, "tumour"}};
  for (const Mesh &mesh : {two_regions, make_second_order(two_regions), make_box_mesh(2, {0, 0, 0}, {0.1, 0.1, 0}, {2, 3, 0}),
                           make_second_order(make_box_mesh(2, {0, 0, 0}, {0.1, 0.1, 0}, {2, 3, 0}))})
    {
      write_mesh(mesh, path("box.msh"));
      EXPECT_THAT(message_of([&] { read_mesh(path("box.msh")); }), HasSubstr("--unit"));
      const Mesh back = read_mesh(path("box.msh"), "m", "LPS");
      EXPECT_EQ(back.dimension, mesh.dimension);
      EXPECT_EQ(back.order, mesh.order);
      EXPECT_EQ(back.points, mesh.points);
      EXPECT_EQ(sorted_cells(back), sorted_cells(mesh));
      EXPECT_EQ(back.region_names, mesh.region_names);
      EXPECT_EQ(back.boundary_names, mesh.boundary_names);
      for (const auto &[id, name] : mesh.region_names)
        EXPECT_EQ(std::count(back.region_id.begin(), back.region_id.end(), id),
                  std::count(mesh.region_id.begin(), mesh.region_id.end(), id))
          << name;
      for (const auto &[id, name] : mesh.boundary_names)
        EXPECT_EQ(std::count(back.boundary_id.begin(), back.boundary_id.end(), id),
                  std::count(mesh.boundary_id.begin(), mesh.boundary_id.end(), id))
          << name;
    }
}

TEST_F(MeshFiles, a_script_or_a_damaged_file_is_no_msh)
{
  const auto write_text = [&](const std::string &name, const std::string &text) { std::ofstream(path(name)) << text; };
  write_text("script.msh", "SystemCall \"touch " + path("touched") + "\";\n");
  EXPECT_THAT(message_of([&] { read_mesh(path("script.msh"), "m", "LPS"); }), HasSubstr("$MeshFormat"));
  EXPECT_FALSE(fs::exists(path("touched")));
  write_text("empty.msh", "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n");
  EXPECT_THROW(read_mesh(path("empty.msh"), "m", "LPS"), InputError);
  for (const double keep : {0.3, 0.7, 0.97})
    {
      write_mesh(make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.2}, {6, 6, 6}), path("box.msh"));
      truncate(path("box.msh"), keep);
      EXPECT_THROW(read_mesh(path("box.msh"), "m", "LPS"), InputError) << keep;
    }
  EXPECT_THROW(write_mesh(make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}), path("no/such/folder.msh")), ResourceError);
}

TEST_F(MeshFiles, simvascular_folder_comes_back)
{
  Mesh box = make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.2}, {2, 2, 3});
  for (int &id : box.boundary_id)
    id = id == 5 ? 2 : id == 6 ? 3 : 1;
  box.boundary_names = {{1, "wall"}, {2, "inlet"}, {3, "outlet"}};
  write_mesh(box, path("sv"));
  const Mesh back = read_mesh(path("sv"));
  EXPECT_EQ(back.points, box.points);
  EXPECT_EQ(back.cells, box.cells);
  EXPECT_EQ(back.boundary_names, box.boundary_names);
  EXPECT_EQ(back.boundary_id, box.boundary_id);
  // Element numbers of the faces are those of the cells that they lie on.
  const VtkGrid faces = read_vtk_grid(path("sv/mesh-surfaces/inlet.vtp"));
  const auto    element = faces.integer_cell_data("GlobalElementID");
  ASSERT_EQ(element.size(), 8u);
  for (std::size_t f = 0; f < element.size(); ++f)
    for (int i = 0; i < 3; ++i)
      {
        const auto node = static_cast<std::int32_t>(
                            faces.point_data.at("GlobalNodeID").values[static_cast<std::size_t>(faces.nodes[3 * f + i])]) - 1;
        const auto cell = box.cells.begin() + 4 * (element[f] - 1);
        EXPECT_NE(std::find(cell, cell + 4, node), cell + 4);
      }
  EXPECT_THAT(message_of([&] { write_mesh(make_box_mesh(2, {0, 0, 0}, {1, 1, 0}, {1, 1, 0}), path("flat")); }), HasSubstr("2D"));
}

TEST_F(MeshFiles, glb_names_a_node_for_every_boundary)
{
  const Surface pipe = make_pipe_surface(0.01, 0.04, 0.002);
  write_surface(pipe, path("pipe.glb"));
  const auto [file, binary] = parts_of_glb(path("pipe.glb"));
  std::set<std::string> names;
  std::size_t           n_indices = 0;
  double                highest   = 0;
  for (const auto &node : file["nodes"])
    {
      names.insert(node["name"]);
      if (!node.contains("mesh"))
        {
          EXPECT_EQ(node["extras"]["Frame"], "LPS");
          // The quaternion turns the head (0, 0, 1) up (0, 1, 0): its x and w are -sin and cos of 45 degrees.
          EXPECT_NEAR(node["rotation"][0].get<double>(), -std::sqrt(0.5), 1e-12);
          continue;
        }
      const auto &primitive = file["meshes"][node["mesh"].get<int>()]["primitives"][0];
      n_indices += file["accessors"][primitive["indices"].get<int>()]["count"].get<std::size_t>();
      const auto &positions = file["accessors"][primitive["attributes"]["POSITION"].get<int>()];
      highest               = std::max(highest, positions["max"][2].get<double>());
    }
  EXPECT_EQ(names, (std::set<std::string>{"anatomy", "wall", "inlet", "outlet"}));
  EXPECT_EQ(n_indices, 3 * pipe.triangles.size());
  EXPECT_NEAR(highest, 0.04, 1e-8);
  EXPECT_GE(binary.size(), file["buffers"][0]["byteLength"].get<std::size_t>());
  EXPECT_THROW(write_surface(pipe, path("no/such/folder.glb")), ResourceError);
  EXPECT_THROW(write_surface(Surface(), path("empty.glb")), InputError);
}

TEST_F(MeshFiles, obj_is_read)
{
  std::ofstream(path("tetrahedron.obj")) << "v 0 0 0\nv 10 0 0\nv 0 10 0\nv 0 0 10\n"
                                            "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n";
  const Surface surface = read_surface(path("tetrahedron.obj"), "mm", "LPS");
  EXPECT_EQ(surface.triangles.size(), 4u);
  EXPECT_NEAR(enclosed_volume(surface), 1e-6 / 6, 1e-15);
}
