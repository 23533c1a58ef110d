// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_complete.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

std::vector<std::int64_t> global_nodes(const VtkGrid &grid, const std::string &path)
{
  const auto found = grid.point_data.find("GlobalNodeID");
  if (found == grid.point_data.end() || found->second.values.size() != grid.points.size())
    throw InputError(path + " has no point array GlobalNodeID", "export the mesh from SimVascular as mesh-complete",
                     {path, 0});
  return {found->second.values.begin(), found->second.values.end()};
}

/// The files with faces, the combined wall instead of its parts where it is there.
std::vector<std::pair<std::string, std::string>> face_files(const std::string &folder)
{
  std::vector<std::pair<std::string, std::string>> files; // boundary, path
  const fs::path                                   surfaces = fs::path(folder) / "mesh-surfaces";
  if (fs::is_directory(surfaces))
    for (const auto &entry : fs::directory_iterator(surfaces))
      if (entry.path().extension() == ".vtp")
        files.emplace_back(entry.path().stem().string(), entry.path().string());
  for (const fs::path &combined : {fs::path(folder) / "walls_combined.vtp", surfaces / "walls_combined.vtp"})
    if (fs::exists(combined))
      {
        std::erase_if(files, [](const auto &file) { return file.first.rfind("wall", 0) == 0; });
        files.emplace_back("wall", combined.string());
        break;
      }
  for (auto &[name, file] : files)
    if (name.rfind("wall", 0) == 0)
      name = "wall";
  // The wall has id 1 as everywhere; the rest by name, whatever order the disk lists them in.
  std::sort(files.begin(), files.end(), [](const auto &a, const auto &b) {
    return std::make_tuple(a.first != "wall", a.first, a.second) <
           std::make_tuple(b.first != "wall", b.first, b.second);
  });
  if (files.empty())
    throw InputError(folder + " has no faces in mesh-surfaces", "export the mesh from SimVascular as mesh-complete",
                     {folder, 0});
  return files;
}

void read_faces(const std::string &folder, const std::map<std::int64_t, std::int32_t> &vertex_of_id,
                std::map<FaceKey, int> &id_of_face, Mesh &mesh)
{
  std::map<std::string, int> id_of_name;
  for (const auto &[name, file] : face_files(folder))
    {
      const int id            = id_of_name.try_emplace(name, static_cast<int>(id_of_name.size()) + 1).first->second;
      mesh.boundary_names[id] = name;
      const VtkGrid faces     = read_vtk_grid(file);
      const auto    ids       = global_nodes(faces, file);
      for (std::size_t c = 0; c < faces.n_cells(); ++c)
        {
          FaceKey key;
          for (int i = 0; i < 3; ++i)
            {
              const auto found = vertex_of_id.find(ids[faces.nodes[faces.offsets[c] + i]]);
              if (found == vertex_of_id.end())
                throw InputError(file + " refers to a GlobalNodeID that the volume mesh lacks",
                                 "export volume and faces together", {file, 0});
              key[i] = found->second;
            }
          id_of_face[face_key(key.data(), 3)] = id;
        }
    }
}
} // namespace

Mesh read_mesh_complete(const std::string &folder, const std::string &unit, const std::string &frame)
{
  const std::string path = (fs::path(folder) / "mesh-complete.mesh.vtu").string();
  if (!fs::exists(path))
    throw InputError(folder + " has no mesh-complete.mesh.vtu",
                     "name a SimVascular mesh-complete folder, or a mesh file", {folder, 0});
  VtkGrid grid = read_vtk_grid(path);
  to_metres_lps(grid, path, unit, frame, false);
  check_extent(grid.points, path);
  const auto ids = global_nodes(grid, path);
  Mesh       mesh;
  mesh.points     = grid.points;
  mesh.n_vertices = mesh.points.size();
  std::map<std::int64_t, std::int32_t> vertex_of_id;
  for (std::size_t v = 0; v < ids.size(); ++v)
    vertex_of_id[ids[v]] = static_cast<std::int32_t>(v);
  const auto region = grid.integer_cell_data("ModelRegionID");
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    {
      if (grid.types[c] != 10)
        throw InputError(path + " holds cells that are not linear tetrahedra",
                         "export the mesh without boundary-layer "
                         "prisms and of first order",
                         {path, 0});
      mesh.cells.insert(mesh.cells.end(), grid.nodes.begin() + grid.offsets[c],
                        grid.nodes.begin() + grid.offsets[c + 1]);
      mesh.region_id.push_back(region.empty() ? 1 : region[c]);
    }
  for (const int id : mesh.region_id)
    mesh.region_names.try_emplace(id, id == 1 ? "lumen" : "region_" + std::to_string(id));
  orient_cells(mesh);

  std::map<FaceKey, int> id_of_face;
  read_faces(folder, vertex_of_id, id_of_face, mesh);
  mesh.boundary_faces = boundary_faces_of(mesh);
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      const auto found = id_of_face.find(face_key(&mesh.boundary_faces[3 * f], 3));
      if (found == id_of_face.end())
        throw InputError(folder + ": an outer face of the volume is in none of the mesh-surfaces",
                         "export volume and faces together", {folder, 0});
      mesh.boundary_id.push_back(found->second);
    }
  std::vector<InputProblem> problems;
  for (const std::string &what : broken_promises(mesh))
    problems.push_back({folder + ": " + what, "repair the mesh where it was made", {folder, 0}});
  if (!problems.empty())
    throw InputError(problems);
  return mesh;
}

namespace
{
/// GlobalNodeID of every point, which the grid holds in the order of `vertices`.
void add_ids(VtkGrid &grid, const std::vector<std::int32_t> &vertices, const Mesh &mesh)
{
  VtkGrid::Array ids{1, true, {}};
  for (const std::int32_t v : vertices)
    {
      grid.points.push_back(mesh.points[static_cast<std::size_t>(v)]);
      ids.values.push_back(v + 1.0);
    }
  grid.point_data["GlobalNodeID"] = ids;
  grid.text                       = {{"LengthUnit", {"m"}}, {"Frame", {"LPS"}}};
}

/// The faces of `boundary` (0: all) with the number of the cell that each belongs to.
VtkGrid faces_of(const Mesh &mesh, const std::vector<std::int64_t> &cell_of_face, int boundary)
{
  VtkGrid                   grid;
  std::vector<std::int32_t> vertices;
  std::map<std::int32_t, std::int32_t> number;
  VtkGrid::Array            element{1, true, {}}, face_id{1, true, {}};
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (boundary == 0 || mesh.boundary_id[f] == boundary)
      {
        std::int32_t corner[3];
        for (int i = 0; i < 3; ++i)
          {
            const std::int32_t v = mesh.boundary_faces[3 * f + static_cast<std::size_t>(i)];
            const auto [found, is_new] = number.try_emplace(v, static_cast<std::int32_t>(vertices.size()));
            if (is_new)
              vertices.push_back(v);
            corner[i] = found->second;
          }
        grid.add_cell(5, corner, 3);
        element.values.push_back(static_cast<double>(cell_of_face[f]) + 1);
        face_id.values.push_back(mesh.boundary_id[f]);
      }
  add_ids(grid, vertices, mesh);
  grid.cell_data = {{"GlobalElementID", element}, {"ModelFaceID", face_id}};
  return grid;
}

VtkGrid volume_of(const Mesh &mesh)
{
  VtkGrid                   grid;
  std::vector<std::int32_t> vertices(mesh.n_vertices);
  std::iota(vertices.begin(), vertices.end(), 0);
  VtkGrid::Array element{1, true, {}}, region{1, true, {mesh.region_id.begin(), mesh.region_id.end()}};
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      grid.add_cell(10, &mesh.cells[c * static_cast<std::size_t>(mesh.nodes_per_cell())], 4);
      element.values.push_back(static_cast<double>(c) + 1);
    }
  add_ids(grid, vertices, mesh);
  grid.cell_data = {{"GlobalElementID", element}, {"ModelRegionID", region}};
  return grid;
}
} // namespace

void write_mesh_complete(const Mesh &mesh, const std::string &folder)
{
  if (mesh.dimension != 3)
    throw InputError("a 2D mesh cannot be written as mesh-complete", "give a name that ends in .vtu or .msh");
  std::error_code error;
  fs::create_directories(fs::path(folder) / "mesh-surfaces", error);
  if (error)
    throw ResourceError("cannot make the folder " + folder, "check that the folder above it may be written to");
  const auto cell_of_face = cells_of_boundary_faces(mesh);
  write_vtk_grid(volume_of(mesh), (fs::path(folder) / "mesh-complete.mesh.vtu").string());
  write_vtk_grid(faces_of(mesh, cell_of_face, 0), (fs::path(folder) / "mesh-complete.exterior.vtp").string());
  for (const auto &[id, name] : mesh.boundary_names)
    {
      const VtkGrid faces = faces_of(mesh, cell_of_face, id);
      if (name == "wall")
        write_vtk_grid(faces, (fs::path(folder) / "walls_combined.vtp").string());
      write_vtk_grid(faces, (fs::path(folder) / "mesh-surfaces" / (name + ".vtp")).string());
    }
}

} // namespace vesalius
