// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_topology.h"

#include "mesh_io/tetrahedron_quality.h"

#include <algorithm>
#include <functional>
#include <numbers>
#include <numeric>
#include <set>

namespace vesalius
{

namespace
{
/// Faces of triangles (edges), outwards: seen from above a counter-clockwise triangle has its
/// outside to the right of each of its edges.
constexpr int triangle_faces[3][2] = {{1, 2}, {2, 0}, {0, 1}};

struct FaceOfCell
{
  FaceKey      key;
  std::int64_t cell;
  int          face;
  bool operator<(const FaceOfCell &other) const { return key != other.key ? key < other.key : cell < other.cell; }
};

std::array<std::int32_t, 3> face_vertices(const Mesh &mesh, std::int64_t cell, int face)
{
  const auto                 *v = &mesh.cells[cell * mesh.nodes_per_cell()];
  std::array<std::int32_t, 3> result{-1, -1, -1};
  for (int i = 0; i < mesh.dimension; ++i)
    result[i] = v[mesh.dimension == 3 ? tetrahedron_faces[face][i] : triangle_faces[face][i]];
  return result;
}

std::vector<FaceOfCell> sorted_faces(const Mesh &mesh)
{
  std::vector<FaceOfCell> faces;
  faces.reserve(mesh.n_cells() * (mesh.dimension + 1));
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    for (int f = 0; f <= mesh.dimension; ++f)
      faces.push_back({face_key(face_vertices(mesh, c, f).data(), mesh.dimension), static_cast<std::int64_t>(c), f});
  std::sort(faces.begin(), faces.end());
  return faces;
}

double cell_measure(const Mesh &mesh, std::size_t cell)
{
  const auto *v = &mesh.cells[cell * mesh.nodes_per_cell()];
  if (mesh.dimension == 3)
    return orient(mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]);
  return area_vector(mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]])[2];
}

std::size_t count_components(const Mesh &mesh)
{
  std::vector<std::int32_t> parent(mesh.n_vertices);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](std::int32_t v) {
    while (parent[v] != v)
      v = parent[v] = parent[parent[v]];
    return v;
  };
  std::vector<char> used(mesh.n_vertices, 0);
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto *v = &mesh.cells[c * mesh.nodes_per_cell()];
      for (int i = 0; i <= mesh.dimension; ++i)
        {
          used[v[i]]         = 1;
          parent[root(v[i])] = root(v[0]);
        }
    }
  std::size_t n = 0;
  for (std::size_t v = 0; v < mesh.n_vertices; ++v)
    n += used[v] && root(static_cast<std::int32_t>(v)) == static_cast<std::int32_t>(v);
  return n;
}
} // namespace

FaceKey face_key(const std::int32_t *vertices, int n)
{
  if (n == 2)
    return {std::min(vertices[0], vertices[1]), std::max(vertices[0], vertices[1]), -1};
  FaceKey key{vertices[0], vertices[1], vertices[2]};
  std::sort(key.begin(), key.end());
  return key;
}

std::vector<std::int32_t> boundary_faces_of(const Mesh &mesh)
{
  const auto                                faces = sorted_faces(mesh);
  std::vector<std::pair<std::int64_t, int>> open;
  for (std::size_t i = 0; i < faces.size();)
    {
      std::size_t j = i + 1;
      while (j < faces.size() && faces[j].key == faces[i].key)
        ++j;
      if (j == i + 1)
        open.emplace_back(faces[i].cell, faces[i].face);
      i = j;
    }
  std::sort(open.begin(), open.end());
  std::vector<std::int32_t> result;
  for (const auto &[cell, face] : open)
    {
      const auto v = face_vertices(mesh, cell, face);
      result.insert(result.end(), v.begin(), v.begin() + mesh.dimension);
    }
  return result;
}

std::vector<std::int64_t> cells_of_boundary_faces(const Mesh &mesh)
{
  const auto                faces = sorted_faces(mesh);
  std::vector<std::int64_t> result(mesh.n_boundary_faces(), -1);
  for (std::size_t f = 0; f < result.size(); ++f)
    {
      const auto key   = face_key(&mesh.boundary_faces[f * mesh.dimension], mesh.dimension);
      const auto range = std::equal_range(faces.begin(), faces.end(), FaceOfCell{key, 0, 0},
                                          [](const FaceOfCell &a, const FaceOfCell &b) { return a.key < b.key; });
      if (range.second - range.first == 1)
        result[f] = range.first->cell;
    }
  return result;
}

InterfaceFaces interface_faces(const Mesh &mesh)
{
  InterfaceFaces                    result;
  std::map<std::array<int, 2>, int> ids;
  if (std::adjacent_find(mesh.region_id.begin(), mesh.region_id.end(), std::not_equal_to<>()) == mesh.region_id.end())
    return result;
  const auto name = [&](int region) {
    const auto found = mesh.region_names.find(region);
    return found == mesh.region_names.end() ? "region_" + std::to_string(region) : found->second;
  };
  const auto                        faces = sorted_faces(mesh);
  std::vector<std::pair<std::array<int, 2>, const FaceOfCell *>> inner;
  for (std::size_t i = 0; i + 1 < faces.size(); ++i)
    if (faces[i].key == faces[i + 1].key)
      {
        const int a = mesh.region_id[faces[i].cell], b = mesh.region_id[faces[i + 1].cell];
        if (a != b) // outwards of the cell with the lower id is towards the other
          inner.emplace_back(std::array<int, 2>{std::min(a, b), std::max(a, b)}, &faces[a < b ? i : i + 1]);
      }
  for (const auto &[pair, unused] : inner)
    ids.try_emplace(pair, 0);
  for (auto &[pair, id] : ids)
    {
      id                 = static_cast<int>(result.regions.size()) + 1;
      result.regions[id] = pair;
      result.names[id]   = name(pair[0]) + "|" + name(pair[1]);
    }
  for (const auto &[pair, face] : inner)
    {
      const auto v = face_vertices(mesh, face->cell, face->face);
      result.faces.insert(result.faces.end(), v.begin(), v.begin() + mesh.dimension);
      result.id.push_back(ids.at(pair));
    }
  return result;
}

std::vector<std::string> broken_promises(const Mesh &mesh)
{
  std::vector<std::string> broken;
  std::size_t              n_inverted = 0;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    n_inverted += cell_measure(mesh, c) <= 0;
  if (n_inverted > 0)
    broken.push_back(std::to_string(n_inverted) + " cells are inverted or flat");
  if (mesh.region_id.size() != mesh.n_cells())
    broken.push_back("not every cell has a region id");
  if (mesh.boundary_id.size() != mesh.n_boundary_faces())
    broken.push_back("not every boundary face has an id");
  for (const int id : std::set<int>(mesh.boundary_id.begin(), mesh.boundary_id.end()))
    if (id < 1 || !mesh.boundary_names.count(id))
      broken.push_back("boundary id " + std::to_string(id) + " has no name");

  // Faces as ordered cycles: rotate the smallest vertex to the front and compare as sets.
  const auto cycles = [&](const std::vector<std::int32_t> &faces) {
    std::vector<std::array<std::int32_t, 3>> list;
    for (std::size_t f = 0; f < faces.size(); f += mesh.dimension)
      {
        std::array<std::int32_t, 3> v{faces[f], faces[f + 1], mesh.dimension == 3 ? faces[f + 2] : -1};
        if (mesh.dimension == 3)
          std::rotate(v.begin(), std::min_element(v.begin(), v.end()), v.end());
        list.push_back(v);
      }
    std::sort(list.begin(), list.end());
    return list;
  };
  if (cycles(mesh.boundary_faces) != cycles(boundary_faces_of(mesh)))
    broken.push_back("the boundary faces are not the outward faces of the outermost cells");
  const std::size_t n_components = count_components(mesh);
  // Organs of one image need not touch; two pieces of the same region are a fragment.
  const std::size_t n_regions = std::set<int>(mesh.region_id.begin(), mesh.region_id.end()).size();
  if (n_components > std::max<std::size_t>(1, n_regions))
    broken.push_back("the mesh has " + std::to_string(n_components) + " separate pieces");
  return broken;
}

void orient_cells(Mesh &mesh)
{
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    if (cell_measure(mesh, c) < 0)
      {
        auto *v = &mesh.cells[c * mesh.nodes_per_cell()];
        std::swap(v[0], v[1]);
        if (mesh.order == 2)
          {
            const int first = mesh.dimension + 1; // edge nodes 01 12 20 (03 13 23)
            std::swap(v[first + 1], v[first + 2]);
            if (mesh.dimension == 3)
              std::swap(v[first + 3], v[first + 4]);
          }
      }
}

Surface boundary_surface(const Mesh &mesh, std::vector<std::int32_t> *vertex_of_point)
{
  Surface                   surface;
  std::vector<int>          point_of_vertex(mesh.n_vertices, -1);
  std::vector<std::int32_t> vertices;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      std::array<int, 3> triangle;
      for (int i = 0; i < 3; ++i)
        {
          const auto v = mesh.boundary_faces[3 * f + i];
          if (point_of_vertex[v] < 0)
            {
              point_of_vertex[v] = static_cast<int>(surface.points.size());
              surface.points.push_back(mesh.points[v]);
              vertices.push_back(v);
            }
          triangle[i] = point_of_vertex[v];
        }
      surface.triangles.push_back(triangle);
    }
  surface.boundary_id    = mesh.boundary_id;
  surface.boundary_names = mesh.boundary_names;
  surface.caps           = measure_caps(surface);
  if (vertex_of_point)
    *vertex_of_point = std::move(vertices);
  return surface;
}

std::vector<Cap> measure_caps(const Surface &surface)
{
  std::vector<Cap> caps;
  for (const auto &[id, name] : surface.boundary_names)
    {
      if (name.rfind("wall", 0) == 0)
        continue;
      Cap     cap{name, id};
      Vector3 sum{0, 0, 0}, moment{0, 0, 0};
      for (std::size_t t = 0; t < surface.triangles.size(); ++t)
        if (surface.boundary_id[t] == id)
          {
            const auto &[a, b, c] = surface.triangles[t];
            const Vector3 twice   = area_vector(surface.points[a], surface.points[b], surface.points[c]);
            const double  area    = 0.5 * norm(twice);
            sum                   = sum + 0.5 * twice;
            cap.area += area;
            moment = moment + (area / 3) * (surface.points[a] + surface.points[b] + surface.points[c]);
          }
      if (cap.area == 0)
        continue;
      cap.centre = (1 / cap.area) * moment;
      cap.normal = normalised(sum);
      cap.radius = std::sqrt(cap.area / std::numbers::pi);
      caps.push_back(cap);
    }
  return caps;
}

double enclosed_volume(const Surface &surface)
{
  if (surface.points.empty())
    return 0;
  const Vector3 origin = surface.points.front(); // near the surface: less cancellation
  double        sum    = 0;
  for (const auto &[a, b, c] : surface.triangles)
    sum += orient(origin, surface.points[a], surface.points[b], surface.points[c]);
  // orient() is positive when the fourth point lies on the side that the triangle's normal points
  // to; here the first point is inside, so that the sign of (origin; a, b, c) is the volume's.
  return sum / 6;
}

} // namespace vesalius
