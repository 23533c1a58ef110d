// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/msh_files.h"

#include "mesh_io/gmsh_session.h"
#include "mesh_io/msh_cell_kinds.h"
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

const MshCellKind &kind_of_vtk(int type)
{
  return *std::find_if(msh_cell_kinds().begin(), msh_cell_kinds().end(), [&](const MshCellKind &k) { return k.vtk_type == type; });
}

std::vector<std::size_t> tags_of_nodes(const MshCellKind &kind, const std::int32_t *vtk_nodes)
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
  const MshCellKind   &kind = kind_of_vtk(vtk_type);
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
