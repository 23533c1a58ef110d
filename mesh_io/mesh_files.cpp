// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_files.h"

#include "mesh_io/end_finding.h"
#include "mesh_io/grid_splitting.h"
#include "mesh_io/mesh_complete.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/msh_files.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/errors.h"
#include "solver/core/promised_size.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace vesalius
{

namespace
{
constexpr int vtk_line = 3, vtk_triangle = 5, vtk_tetrahedron = 10, vtk_quadratic_triangle = 22,
              vtk_quadratic_tetrahedron = 24;

/// The cell type of the highest dimension in the grid, which makes the mesh.
int volume_cell_type(const VtkGrid &grid, const std::string &path)
{
  for (const int type : {vtk_quadratic_tetrahedron, vtk_tetrahedron, vtk_quadratic_triangle, vtk_triangle})
    if (std::find(grid.types.begin(), grid.types.end(), type) != grid.types.end())
      return type;
  throw InputError(path + " holds no tetrahedra and no triangles",
                   "Vesalius computes on simplices: export the mesh as "
                   "linear or quadratic tetrahedra",
                   {path, 0});
}

void refuse_other_cells(const VtkGrid &grid, int volume_type, const std::string &path)
{
  const bool three = volume_type == vtk_tetrahedron || volume_type == vtk_quadratic_tetrahedron;
  for (const int type : std::set<int>(grid.types.begin(), grid.types.end()))
    {
      const bool face = three ? type == vtk_triangle || type == vtk_quadratic_triangle : type == vtk_line || type == 21;
      const bool ignore = type == 1 || type == 2 || (three && (type == 3 || type == 4));
      if (type != volume_type && !face && !ignore)
        throw InputError(path + " mixes cells of VTK type " + std::to_string(type) + " with those of type " +
                           std::to_string(volume_type),
                         "export the mesh with tetrahedra of one order only", {path, 0});
    }
}

/// Vertices first, in their order; then the edge nodes; points that no cell uses are dropped.
std::vector<std::int32_t> number_nodes(const VtkGrid &grid, int volume_type, Mesh &mesh)
{
  std::vector<char> role(grid.points.size(), 0); // 1 edge node, 2 vertex
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    if (grid.types[c] == volume_type)
      for (std::int64_t i = grid.offsets[c]; i < grid.offsets[c + 1]; ++i)
        {
          const char r        = i - grid.offsets[c] < mesh.vertices_per_cell() ? 2 : 1;
          role[grid.nodes[i]] = std::max(role[grid.nodes[i]], r);
        }
  std::vector<std::int32_t> number(grid.points.size(), -1);
  for (const char wanted : {2, 1})
    {
      for (std::size_t p = 0; p < role.size(); ++p)
        if (role[p] == wanted)
          {
            number[p] = static_cast<std::int32_t>(mesh.points.size());
            mesh.points.push_back(grid.points[p]);
          }
      if (wanted == 2)
        mesh.n_vertices = mesh.points.size();
    }
  return number;
}

void check_against_contract(const Mesh &mesh, const std::string &path)
{
  std::vector<InputProblem> problems;
  for (const std::string &what : broken_promises(mesh))
    problems.push_back({path + ": " + what,
                        "repair the mesh where it was made, or give Vesalius the surface and let "
                        "it mesh",
                        {path, 0}});
  if (!problems.empty())
    throw InputError(problems);
}

/// Ids for the topological boundary: from the faces in the file where they carry ids; else flat
/// ends are found and named by geometry.
void take_boundary(const VtkGrid &grid, const std::vector<std::int32_t> &number, const std::string &path, Mesh &mesh)
{
  const int dim       = mesh.dimension;
  mesh.boundary_faces = boundary_faces_of(mesh);
  std::vector<int> ids;
  for (const char *name : {"BoundaryId", "ModelFaceID", "CellEntityIds", "gmsh:physical"})
    if (ids.empty())
      ids = grid.integer_cell_data(name);
  std::map<FaceKey, int> id_of_face;
  for (std::size_t c = 0; !ids.empty() && c < grid.n_cells(); ++c)
    if (const int t = grid.types[c];
        dim == 3 ? t == vtk_triangle || t == vtk_quadratic_triangle : t == vtk_line || t == 21)
      {
        std::int32_t v[3] = {-1, -1, -1};
        for (int i = 0; i < dim; ++i)
          v[i] = number[grid.nodes[grid.offsets[c] + i]];
        if (*std::min_element(v, v + dim) >= 0)
          id_of_face[face_key(v, dim)] = ids[c];
      }
  if (id_of_face.empty())
    {
      if (dim == 2)
        throw InputError(path + " has no named boundary edges", "a 2D mesh needs line cells with an array BoundaryId",
                         {path, 0});
      try
        {
          name_flat_ends(mesh);
        }
      catch (const InputError &error)
        {
          throw in_file(error, path);
        }
      return;
    }
  std::size_t n_missing = 0;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      const auto found = id_of_face.find(face_key(&mesh.boundary_faces[f * dim], dim));
      n_missing += found == id_of_face.end();
      mesh.boundary_id.push_back(found == id_of_face.end() ? 0 : found->second);
    }
  if (n_missing > 0)
    throw InputError(path + ": " + std::to_string(n_missing) + " boundary faces carry no id",
                     "give each outer face a value of BoundaryId, or leave the faces out to have flat ends found",
                     {path, 0});
  if (const auto names = grid.text.find("BoundaryNames"); names != grid.text.end())
    mesh.boundary_names = names_from_text(names->second, path);
  for (const int id : mesh.boundary_id)
    mesh.boundary_names.try_emplace(id, "boundary_" + std::to_string(id));
}
} // namespace

namespace
{
VtkGrid vtk_grid_of(const Mesh &mesh)
{
  VtkGrid   grid;
  const int n_faces   = static_cast<int>(mesh.n_boundary_faces());
  const int cell_type = mesh.dimension == 3 ? (mesh.order == 1 ? vtk_tetrahedron : vtk_quadratic_tetrahedron)
                                            : (mesh.order == 1 ? vtk_triangle : vtk_quadratic_triangle);
  grid.points         = mesh.points;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    grid.add_cell(cell_type, &mesh.cells[c * mesh.nodes_per_cell()], mesh.nodes_per_cell());
  for (int f = 0; f < n_faces; ++f)
    grid.add_cell(mesh.dimension == 3 ? vtk_triangle : vtk_line, &mesh.boundary_faces[f * mesh.dimension],
                  mesh.dimension);
  const InterfaceFaces interfaces = interface_faces(mesh);
  for (std::size_t f = 0; f < interfaces.id.size(); ++f)
    grid.add_cell(mesh.dimension == 3 ? vtk_triangle : vtk_line, &interfaces.faces[f * mesh.dimension], mesh.dimension);
  VtkGrid::Array region{1, true, {mesh.region_id.begin(), mesh.region_id.end()}};
  region.values.resize(grid.n_cells(), 0);
  VtkGrid::Array boundary{1, true, std::vector<double>(mesh.n_cells(), 0)};
  boundary.values.insert(boundary.values.end(), mesh.boundary_id.begin(), mesh.boundary_id.end());
  boundary.values.resize(grid.n_cells(), 0);
  grid.cell_data = {{"RegionId", region}, {"BoundaryId", boundary}};
  grid.text      = {{"RegionNames", names_to_text(mesh.region_names)},
                    {"BoundaryNames", names_to_text(mesh.boundary_names)},
                    {"LengthUnit", {"m"}},
                    {"Frame", {"LPS"}}};
  if (!interfaces.id.empty())
    {
      VtkGrid::Array interface{1, true, std::vector<double>(mesh.n_cells() + n_faces, 0)};
      interface.values.insert(interface.values.end(), interfaces.id.begin(), interfaces.id.end());
      grid.cell_data["InterfaceId"] = interface;
      grid.text["InterfaceNames"]   = names_to_text(interfaces.names);
    }
  return grid;
}
} // namespace

void write_mesh(const Mesh &mesh, const std::string &path)
{
  const std::string extension = extension_of(path);
  if (extension == ".vtu")
    write_vtk_grid(vtk_grid_of(mesh), path);
  else if (extension == ".msh")
    write_msh(mesh, path);
  else if (extension.empty())
    write_mesh_complete(mesh, path);
  else
    throw InputError("a mesh cannot be written to " + path,
                     "give a name that ends in .vtu or .msh, or a folder (a name without ending) for SimVascular");
}

Mesh read_mesh(const std::string &path, const std::string &unit, const std::string &frame)
{
  if (std::filesystem::is_directory(path))
    return read_mesh_complete(path, unit, frame);
  VtkGrid grid = extension_of(path) == ".msh" ? read_msh_grid(path) : read_vtk_grid(path);
  split_into_simplices(grid);
  const int type = volume_cell_type(grid, path);
  refuse_other_cells(grid, type, path);
  // Without ids on faces the ends are named by side, and the side depends on the frame.
  const bool named = grid.cell_data.count("BoundaryId") || grid.cell_data.count("ModelFaceID");
  to_metres_lps(grid, path, unit, frame, !named);
  check_extent(grid.points, path);

  Mesh mesh;
  mesh.dimension    = type == vtk_tetrahedron || type == vtk_quadratic_tetrahedron ? 3 : 2;
  mesh.order        = type == vtk_tetrahedron || type == vtk_triangle ? 1 : 2;
  const auto number = number_nodes(grid, type, mesh);
  const auto region = grid.integer_cell_data("RegionId");
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    if (grid.types[c] == type)
      {
        for (std::int64_t i = grid.offsets[c]; i < grid.offsets[c + 1]; ++i)
          mesh.cells.push_back(number[grid.nodes[i]]);
        mesh.region_id.push_back(region.empty() ? 1 : region[c]);
      }
  if (const auto names = grid.text.find("RegionNames"); names != grid.text.end())
    mesh.region_names = names_from_text(names->second, path);
  for (const int id : mesh.region_id)
    mesh.region_names.try_emplace(id, region.empty() ? "lumen" : "region_" + std::to_string(id));
  orient_cells(mesh);
  take_boundary(grid, number, path, mesh);
  check_promised_count(path, "boundaries", mesh.boundary_names.size(), most_names);
  check_promised_count(path, "regions", mesh.region_names.size(), most_names);
  check_against_contract(mesh, path);
  return mesh;
}

} // namespace vesalius
