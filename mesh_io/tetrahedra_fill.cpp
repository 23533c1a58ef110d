// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/tetrahedra_fill.h"

#include "mesh_io/gmsh_session.h"
#include "mesh_io/mesh_topology.h"
#include "solver/core/errors.h"

#include <gmsh.h>

#include <algorithm>

namespace vesalius
{

namespace
{
/// gmsh works in millimetres here: its tolerances are made for numbers of the order of one.
constexpr double scale = 1000;

/// The edges come out 1.4 times as long on average as the size field says (measured on pipes of 7 to
/// 30 elements across), so that gmsh is asked for shorter ones.
constexpr double size_correction = 0.71;

void choose_algorithms()
{
  // Delaunay: HXT is faster, but its second mesh in a process differs from its first.
  gmsh::option::setNumber("Mesh.Algorithm3D", 1);
  gmsh::option::setNumber("Mesh.Optimize", 1);
  gmsh::option::setNumber("Mesh.OptimizeThreshold", 0.5);
  gmsh::option::setNumber("Mesh.MeshSizeExtendFromBoundary", 0);
  gmsh::option::setNumber("Mesh.MeshSizeFromPoints", 0);
}

void send_surface(const Surface &surface)
{
  std::vector<std::size_t> point_tags, triangle_tags, nodes;
  std::vector<double>      coordinates;
  for (std::size_t i = 0; i < surface.points.size(); ++i)
    {
      point_tags.push_back(i + 1);
      for (const double x : surface.points[i])
        coordinates.push_back(scale * x);
    }
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    {
      triangle_tags.push_back(t + 1);
      for (const int v : surface.triangles[t])
        nodes.push_back(static_cast<std::size_t>(v) + 1);
    }
  gmsh::model::addDiscreteEntity(2, 1);
  gmsh::model::mesh::addNodes(2, 1, point_tags, coordinates);
  gmsh::model::mesh::addElementsByType(1, 2, triangle_tags, nodes);
  gmsh::model::geo::addSurfaceLoop({1}, 1);
  gmsh::model::geo::addVolume({1}, 1);
  gmsh::model::geo::synchronize();
}

/// Surface points keep their numbers and their exact coordinates; interior ones follow by tag.
Mesh receive_mesh(const Surface &surface)
{
  std::vector<std::size_t> tags;
  std::vector<double>      coordinates, parametric;
  gmsh::model::mesh::getNodes(tags, coordinates, parametric);
  std::vector<std::pair<std::size_t, std::size_t>> interior; // tag, position
  for (std::size_t i = 0; i < tags.size(); ++i)
    if (tags[i] > surface.points.size())
      interior.emplace_back(tags[i], i);
  std::sort(interior.begin(), interior.end());
  Mesh mesh;
  mesh.points = surface.points;
  std::map<std::size_t, std::int32_t> number;
  for (const auto &[tag, i] : interior)
    {
      number[tag] = static_cast<std::int32_t>(mesh.points.size());
      mesh.points.push_back(
        {coordinates[3 * i] / scale, coordinates[3 * i + 1] / scale, coordinates[3 * i + 2] / scale});
    }
  mesh.n_vertices = mesh.points.size();

  std::vector<int>                      types;
  std::vector<std::vector<std::size_t>> elements, nodes;
  gmsh::model::mesh::getElements(types, elements, nodes, 3, 1);
  for (std::size_t k = 0; k < types.size(); ++k)
    if (types[k] == 4)
      for (const std::size_t tag : nodes[k])
        mesh.cells.push_back(tag <= surface.points.size() ? static_cast<std::int32_t>(tag - 1) : number.at(tag));
  return mesh;
}
} // namespace

Mesh fill_with_tetrahedra(const Surface &surface, const NearestPointField &edge_length, double factor)
{
  Mesh mesh;
  try
    {
      const GmshSession session("vessel");
      choose_algorithms();
      send_surface(surface);
      gmsh::model::mesh::setSizeCallback([&](int, int, double x, double y, double z) {
        return scale * size_correction * factor * edge_length({x / scale, y / scale, z / scale});
      });
      gmsh::model::mesh::generate(3);
      mesh = receive_mesh(surface);
    }
  catch (const std::string &message) // gmsh 4.8 throws its messages bare
    {
      throw SolverFailure("the surface could not be filled with tetrahedra: " + message);
    }
  if (mesh.cells.empty())
    throw SolverFailure("the surface could not be filled with tetrahedra: gmsh returned none");
  mesh.region_id.assign(mesh.n_cells(), 1);
  mesh.region_names = {{1, "lumen"}};
  orient_cells(mesh);
  for (const auto &t : surface.triangles)
    mesh.boundary_faces.insert(mesh.boundary_faces.end(), t.begin(), t.end());
  mesh.boundary_id    = surface.boundary_id;
  mesh.boundary_names = surface.boundary_names;
  return mesh;
}

} // namespace vesalius
