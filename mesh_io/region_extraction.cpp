// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/region_extraction.h"

#include "mesh_io/mesh_topology.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <set>

namespace vesalius
{

namespace
{
std::set<int> ids_of(const Mesh &mesh, const std::vector<std::string> &names)
{
  std::string list;
  for (const auto &[id, name] : mesh.region_names)
    list += (list.empty() ? "" : ", ") + name;
  std::set<int> ids;
  for (const auto &name : names)
    {
      bool is_there = false;
      for (const auto &[id, own] : mesh.region_names)
        if (own == name)
          {
            ids.insert(id);
            is_there = true;
          }
      if (!is_there)
        throw InputError("the mesh has no region '" + name + "'", "its regions are: " + list);
    }
  return ids;
}

/// The cells of these regions with the points that they use: vertices first, both in their order.
Mesh cells_of(const Mesh &mesh, const std::set<int> &ids, std::vector<std::int32_t> &number)
{
  Mesh kept;
  kept.dimension = mesh.dimension;
  kept.order     = mesh.order;
  number.assign(mesh.points.size(), -1);
  const int n = mesh.nodes_per_cell();
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    if (ids.count(mesh.region_id[c]))
      {
        for (int i = 0; i < n; ++i)
          number[mesh.cells[n * c + i]] = 0;
        kept.region_id.push_back(mesh.region_id[c]);
      }
  for (std::size_t p = 0; p < number.size(); ++p)
    if (number[p] == 0)
      {
        number[p] = static_cast<std::int32_t>(kept.points.size());
        kept.points.push_back(mesh.points[p]);
        kept.n_vertices += p < mesh.n_vertices;
      }
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    for (int i = 0; i < n && ids.count(mesh.region_id[c]); ++i)
      kept.cells.push_back(number[mesh.cells[n * c + i]]);
  for (const auto &[id, name] : mesh.region_names)
    if (ids.count(id))
      kept.region_names[id] = name;
  return kept;
}
} // namespace

Mesh extract_regions(const Mesh &mesh, const std::vector<std::string> &names)
{
  const auto                ids = ids_of(mesh, names);
  std::vector<std::int32_t> number;
  Mesh                      kept = cells_of(mesh, ids, number);
  std::map<FaceKey, int>    id_of;
  std::map<int, std::string> name_of;
  const auto                add = [&](const std::int32_t *vertices, int id) {
    std::int32_t own[3] = {-1, -1, -1};
    for (int i = 0; i < mesh.dimension; ++i)
      own[i] = number[vertices[i]];
    if (*std::min_element(own, own + mesh.dimension) >= 0)
      id_of.emplace(face_key(own, mesh.dimension), id);
  };
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    add(&mesh.boundary_faces[f * mesh.dimension], mesh.boundary_id[f]);
  name_of              = mesh.boundary_names;
  const int  last      = name_of.empty() ? 0 : name_of.rbegin()->first;
  const auto inner     = interface_faces(mesh);
  for (std::size_t f = 0; f < inner.id.size(); ++f)
    add(&inner.faces[f * mesh.dimension], last + inner.id[f]);
  for (const auto &[id, name] : inner.names)
    name_of[last + id] = name;

  kept.boundary_faces = boundary_faces_of(kept);
  for (std::size_t f = 0; f < kept.n_boundary_faces(); ++f)
    {
      const int id = id_of.at(face_key(&kept.boundary_faces[f * kept.dimension], kept.dimension));
      kept.boundary_id.push_back(id);
      kept.boundary_names[id] = name_of.at(id);
    }
  return kept;
}

} // namespace vesalius
