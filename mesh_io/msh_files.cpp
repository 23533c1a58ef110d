// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/msh_files.h"

#include "mesh_io/gmsh_session.h"
#include "solver/core/errors.h"
#include "solver/core/temporary_file.h"

#include <gmsh.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <numeric>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// gmsh's and VTK's numbers of one kind of cell, and where VTK's node i stands in gmsh's list.
struct CellKind
{
  int              gmsh_type, vtk_type, dimension;
  std::vector<int> gmsh_position;
};

const std::vector<CellKind> &cell_kinds()
{
  static const std::vector<CellKind> kinds{
    {15, 1, 0, {0}},
    {1, 3, 1, {0, 1}},
    {8, 21, 1, {0, 1, 2}},
    {2, 5, 2, {0, 1, 2}},
    {9, 22, 2, {0, 1, 2, 3, 4, 5}},
    {3, 9, 2, {0, 1, 2, 3}},
    {4, 10, 3, {0, 1, 2, 3}},
    {11, 24, 3, {0, 1, 2, 3, 4, 5, 6, 7, 9, 8}},
    {5, 12, 3, {0, 1, 2, 3, 4, 5, 6, 7}},
    {6, 13, 3, {0, 1, 2, 3, 4, 5}},
    {7, 14, 3, {0, 1, 2, 3, 4}},
  };
  return kinds;
}

const CellKind &kind_of_vtk(int type)
{
  return *std::find_if(cell_kinds().begin(), cell_kinds().end(), [&](const CellKind &k) { return k.vtk_type == type; });
}

/// gmsh takes a file that does not begin as a mesh for a script and runs it.
void refuse_what_is_no_mesh(const std::string &path)
{
  if (!fs::is_regular_file(path))
    throw ResourceError("there is no file " + path, "check the path; it is relative to the case file or the folder "
                                                    "the command was started in");
  std::ifstream stream(path, std::ios::binary);
  std::string   word;
  stream >> word;
  if (word != "$MeshFormat")
    throw InputError(path + " does not begin with $MeshFormat", "export the mesh from gmsh as MSH 4.1", {path, 0});
}

/// Tag -> position in grid.points, which are ordered by tag.
std::map<std::size_t, std::int64_t> receive_points(VtkGrid &grid)
{
  std::vector<std::size_t> tags;
  std::vector<double>      x, parametric;
  gmsh::model::mesh::getNodes(tags, x, parametric);
  std::vector<std::size_t> order(tags.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tags[a] < tags[b]; });
  std::map<std::size_t, std::int64_t> position;
  for (const std::size_t i : order)
    if (position.try_emplace(tags[i], static_cast<std::int64_t>(grid.points.size())).second)
      grid.points.push_back({x[3 * i], x[3 * i + 1], x[3 * i + 2]});
  return position;
}

/// The physical group of each entity of one dimension (its first, where it is in several) and the groups' names.
struct Groups
{
  std::map<int, int>         of_entity;
  std::map<int, std::string> names;
};

Groups groups_of(int dimension)
{
  Groups              groups;
  gmsh::vectorpair    physical, entities;
  gmsh::model::getPhysicalGroups(physical, dimension);
  for (const auto &[unused, tag] : physical)
    {
      std::vector<int> members;
      std::string      name;
      gmsh::model::getEntitiesForPhysicalGroup(dimension, tag, members);
      gmsh::model::getPhysicalName(dimension, tag, name);
      for (const int entity : members)
        groups.of_entity.try_emplace(entity, tag);
      if (!name.empty())
        groups.names[tag] = name;
    }
  gmsh::model::getEntities(entities, dimension);
  if (physical.empty() && entities.size() > 1)
    for (const auto &[unused, tag] : entities)
      groups.of_entity[tag] = tag;
  return groups;
}

/// The cells of one dimension with their groups' numbers, which are appended to `ids`.
void receive_cells(int dimension, const Groups &groups, const std::map<std::size_t, std::int64_t> &position,
                   const std::string &path, VtkGrid &grid, std::vector<double> &ids)
{
  gmsh::vectorpair entities;
  gmsh::model::getEntities(entities, dimension);
  for (const auto &[unused, entity] : entities)
    {
      std::vector<int>                      types;
      std::vector<std::vector<std::size_t>> tags, nodes;
      gmsh::model::mesh::getElements(types, tags, nodes, dimension, entity);
      const auto group = groups.of_entity.find(entity);
      for (std::size_t k = 0; k < types.size(); ++k)
        {
          const auto kind = std::find_if(cell_kinds().begin(), cell_kinds().end(),
                                         [&](const CellKind &c) { return c.gmsh_type == types[k]; });
          if (kind == cell_kinds().end())
            throw InputError(path + " holds cells of gmsh type " + std::to_string(types[k]),
                             "export linear or quadratic tetrahedra, or linear hexahedra, prisms, pyramids", {path, 0});
          const std::size_t n = kind->gmsh_position.size();
          for (std::size_t e = 0; e < tags[k].size(); ++e)
            {
              for (const int i : kind->gmsh_position)
                grid.nodes.push_back(position.at(nodes[k][e * n + static_cast<std::size_t>(i)]));
              grid.offsets.push_back(static_cast<std::int64_t>(grid.nodes.size()));
              grid.types.push_back(kind->vtk_type);
              ids.push_back(group == groups.of_entity.end() ? 0 : group->second);
            }
        }
    }
}

/// The grid without unit and frame; `dimension` is the highest that has cells.
VtkGrid receive_grid(const std::string &path)
{
  VtkGrid    grid;
  const auto position = receive_points(grid);
  for (int dimension = 3; dimension >= 2; --dimension)
    {
      const Groups        regions = groups_of(dimension), boundaries = groups_of(dimension - 1);
      std::vector<double> region, boundary;
      receive_cells(dimension, regions, position, path, grid, region);
      if (region.empty())
        continue;
      receive_cells(dimension - 1, boundaries, position, path, grid, boundary);
      if (!regions.of_entity.empty())
        {
          region.resize(grid.n_cells(), 0);
          grid.cell_data["RegionId"] = {1, true, region};
          grid.text["RegionNames"]   = names_to_text(regions.names);
        }
      if (!boundaries.of_entity.empty())
        {
          boundary.insert(boundary.begin(), grid.n_cells() - boundary.size(), 0);
          grid.cell_data["BoundaryId"] = {1, true, boundary};
          grid.text["BoundaryNames"]   = names_to_text(boundaries.names);
        }
      return grid;
    }
  throw InputError(path + " holds no tetrahedra and no triangles", "mesh it in gmsh before it is saved", {path, 0});
}

std::vector<std::size_t> tags_of_nodes(const CellKind &kind, const std::int32_t *vtk_nodes)
{
  std::vector<std::size_t> tags(kind.gmsh_position.size());
  for (std::size_t i = 0; i < tags.size(); ++i)
    tags[static_cast<std::size_t>(kind.gmsh_position[i])] = static_cast<std::size_t>(vtk_nodes[i]) + 1;
  return tags;
}

/// Boundary faces with the edge nodes of their cells where the mesh is of order 2; `nodes_per_face` each.
std::vector<std::int32_t> faces_with_edge_nodes(const Mesh &mesh)
{
  if (mesh.order == 1)
    return mesh.boundary_faces;
  static constexpr int edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  const int            n_edges     = mesh.dimension == 3 ? 6 : 3;
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> node;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    for (int e = 0; e < n_edges; ++e)
      {
        const auto *cell             = &mesh.cells[c * static_cast<std::size_t>(mesh.nodes_per_cell())];
        node[std::minmax(cell[edges[e][0]], cell[edges[e][1]])] = cell[mesh.vertices_per_cell() + e];
      }
  std::vector<std::int32_t> faces;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      const auto *v = &mesh.boundary_faces[f * static_cast<std::size_t>(mesh.dimension)];
      faces.insert(faces.end(), v, v + mesh.dimension);
      for (int e = 0; e < (mesh.dimension == 3 ? 3 : 1); ++e)
        faces.push_back(node.at(std::minmax(v[edges[e][0]], v[edges[e][1]])));
    }
  return faces;
}

/// Cells of one dimension into discrete entities and physical groups, one for each id.
void send_cells(int dimension, int vtk_type, const std::vector<std::int32_t> &nodes, const std::vector<int> &ids,
                const std::map<int, std::string> &names, std::size_t &next_tag)
{
  const CellKind   &kind = kind_of_vtk(vtk_type);
  const std::size_t n    = kind.gmsh_position.size();
  for (const auto &[id, name] : names)
    {
      std::vector<std::size_t> tags, element_nodes;
      for (std::size_t c = 0; c < ids.size(); ++c)
        if (ids[c] == id)
          {
            tags.push_back(next_tag++);
            const auto cell = tags_of_nodes(kind, &nodes[c * n]);
            element_nodes.insert(element_nodes.end(), cell.begin(), cell.end());
          }
      gmsh::model::mesh::addElementsByType(id, kind.gmsh_type, tags, element_nodes);
      gmsh::model::setPhysicalName(dimension, gmsh::model::addPhysicalGroup(dimension, {id}, id), name);
    }
}

void send_mesh(const Mesh &mesh)
{
  const int d = mesh.dimension;
  for (const auto &[id, unused] : mesh.region_names)
    gmsh::model::addDiscreteEntity(d, id);
  for (const auto &[id, unused] : mesh.boundary_names)
    gmsh::model::addDiscreteEntity(d - 1, id);
  std::vector<std::size_t> tags(mesh.points.size());
  std::iota(tags.begin(), tags.end(), 1);
  std::vector<double> x;
  for (const auto &point : mesh.points)
    x.insert(x.end(), point.begin(), point.end());
  gmsh::model::mesh::addNodes(d, mesh.region_names.begin()->first, tags, x);
  const bool  linear = mesh.order == 1;
  std::size_t next   = 1;
  send_cells(d, d == 3 ? (linear ? 10 : 24) : (linear ? 5 : 22), mesh.cells, mesh.region_id, mesh.region_names, next);
  send_cells(d - 1, d == 3 ? (linear ? 5 : 22) : (linear ? 3 : 21), faces_with_edge_nodes(mesh), mesh.boundary_id,
             mesh.boundary_names, next);
}
} // namespace

VtkGrid read_msh_grid(const std::string &path)
{
  refuse_what_is_no_mesh(path);
  try
    {
      const GmshSession session("file");
      gmsh::merge(path);
      return receive_grid(path);
    }
  catch (const std::string &message) // gmsh 4.8 throws its messages bare
    {
      throw InputError(path + " cannot be read: " + message, "check that the file is complete", {path, 0});
    }
  catch (const std::out_of_range &)
    {
      throw InputError(path + " cannot be read: a cell refers to a node that does not exist",
                       "check that the file is complete", {path, 0});
    }
}

void write_msh(const Mesh &mesh, const std::string &path)
{
  TemporaryFile file(path); // made by us first: gmsh only warns about a folder that does not exist
  try
    {
      const GmshSession session("mesh");
      gmsh::option::setNumber("Mesh.MshFileVersion", 4.1);
      gmsh::option::setNumber("Mesh.Binary", 1);
      send_mesh(mesh);
      gmsh::write(file.name());
    }
  catch (const std::string &)
    {
      throw ResourceError("cannot write " + path, "check that the folder exists, may be written to, and the disk is not full");
    }
  file.keep();
}

} // namespace vesalius
