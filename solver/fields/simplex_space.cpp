// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/simplex_space.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/core/errors.h"
#include "solver/fields/face_quadrature.h"
#include "solver/fields/hilbert.h"

#include <metis.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vesalius
{

namespace
{
constexpr int tetrahedron_edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
constexpr int triangle_edges[3][2]    = {{0, 1}, {1, 2}, {2, 0}};

int n_edges(int dimension)
{
  return dimension == 3 ? 6 : 3;
}
const int *edge_vertices(int dimension, int edge)
{
  return dimension == 3 ? tetrahedron_edges[edge] : triangle_edges[edge];
}

template <class T>
void broadcast(std::vector<T> &values, MPI_Comm communicator)
{
  std::int64_t size = values.size();
  MPI_Bcast(&size, 1, MPI_INT64_T, 0, communicator);
  values.resize(size);
  // In pieces, since MPI counts are 32-bit.
  constexpr std::int64_t piece = 1 << 28;
  auto                  *bytes = reinterpret_cast<char *>(values.data());
  const std::int64_t     total = size * static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t done = 0; done < total; done += piece)
    MPI_Bcast(bytes + done, static_cast<int>(std::min(piece, total - done)), MPI_BYTE, 0, communicator);
}

std::vector<std::uint64_t> hilbert_keys(const std::vector<double> &points)
{
  std::array<double, 3> low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  const std::size_t     n = points.size() / 3;
  for (std::size_t i = 0; i < n; ++i)
    for (int d = 0; d < 3; ++d)
      {
        low[d]  = std::min(low[d], points[3 * i + d]);
        high[d] = std::max(high[d], points[3 * i + d]);
      }
  const double               extent = std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2], 1e-300});
  std::vector<std::uint64_t> keys(n);
  for (std::size_t i = 0; i < n; ++i)
    {
      std::array<std::uint32_t, 3> x;
      for (int d = 0; d < 3; ++d)
        x[d] = static_cast<std::uint32_t>((points[3 * i + d] - low[d]) / extent * ((1u << 20) - 1));
      keys[i] = hilbert_key(x);
    }
  return keys;
}
} // namespace

/// The whole mesh, the same on every rank, only during set-up.
struct SimplexSpace::Serial
{
  int                                      dimension  = 3;
  std::size_t                              n_vertices = 0, n_nodes = 0, n_cells = 0;
  std::vector<double>                      points;     ///< all P2 nodes, 3 each
  std::vector<std::int32_t>                cells;      ///< vertices, dimension + 1 each
  std::vector<std::int32_t>                cell_edges; ///< permanent id - n_vertices of each cell's edges
  std::vector<std::array<std::int32_t, 2>> edges;
  std::vector<std::int32_t>                faces;
  std::vector<std::int32_t>                face_id;
  std::vector<std::int32_t>                part;       ///< of each cell
  std::vector<int>                         node_owner; ///< of each P2 node
  std::vector<std::uint64_t>               node_key, cell_key;
  int                                      order = 1;
  std::vector<char>                        is_curved; ///< per edge

  bool                       cell_is_curved(std::size_t cell) const;
  void                       take_edge_nodes(const Mesh &mesh, int rank, MPI_Comm communicator);
  std::map<int, std::string> broadcast_mesh(const Mesh &mesh, int rank, MPI_Comm communicator);
  void                       make_edges();
  void                       partition(int n_ranks, int rank, MPI_Comm communicator);
  void                       own_nodes();
  void                       make_keys();
};

std::map<int, std::string> SimplexSpace::Serial::broadcast_mesh(const Mesh &mesh, int rank, MPI_Comm communicator)
{
  std::vector<std::int64_t> header(3, 0);
  std::vector<char>         names;
  if (rank == 0)
    {
      header = {mesh.dimension, mesh.order, std::int64_t(mesh.n_vertices)};
      for (std::size_t i = 0; i < mesh.n_vertices; ++i)
        points.insert(points.end(), mesh.points[i].begin(), mesh.points[i].end());
      for (std::size_t c = 0; c < mesh.n_cells(); ++c)
        cells.insert(cells.end(), &mesh.cells[c * mesh.nodes_per_cell()],
                     &mesh.cells[c * mesh.nodes_per_cell()] + mesh.vertices_per_cell());
      faces = mesh.boundary_faces;
      face_id.assign(mesh.boundary_id.begin(), mesh.boundary_id.end());
      for (const auto &[id, name] : mesh.boundary_names)
        for (const char c : std::to_string(id) + "=" + name + "\n")
          names.push_back(c);
    }
  broadcast(header, communicator);
  broadcast(points, communicator);
  broadcast(cells, communicator);
  broadcast(faces, communicator);
  broadcast(face_id, communicator);
  broadcast(names, communicator);
  dimension  = static_cast<int>(header[0]);
  order      = static_cast<int>(header[1]);
  n_vertices = header[2];
  n_cells    = cells.size() / (dimension + 1);
  std::map<int, std::string> boundary_names;
  for (auto at = names.begin(); at != names.end();)
    {
      const auto equal = std::find(at, names.end(), '='), end = std::find(equal, names.end(), '\n');
      boundary_names[std::stoi(std::string(at, equal))] = std::string(equal + 1, end);
      at                                                = end + 1;
    }
  return boundary_names;
}

void SimplexSpace::Serial::make_edges()
{
  const int n_local = n_edges(dimension), n_corners = dimension + 1;
  struct Entry
  {
    std::int32_t a, b;
    std::int64_t slot;
  };
  std::vector<Entry> entries(n_cells * n_local);
  for (std::size_t c = 0; c < n_cells; ++c)
    for (int e = 0; e < n_local; ++e)
      {
        const int *v = edge_vertices(dimension, e);
        const auto p = cells[c * n_corners + v[0]], q = cells[c * n_corners + v[1]];
        entries[c * n_local + e] = {std::min(p, q), std::max(p, q), std::int64_t(c * n_local + e)};
      }
  std::sort(entries.begin(), entries.end(),
            [](const Entry &x, const Entry &y) { return x.a != y.a ? x.a < y.a : x.b < y.b; });
  cell_edges.resize(entries.size());
  for (const auto &entry : entries)
    {
      if (edges.empty() || edges.back()[0] != entry.a || edges.back()[1] != entry.b)
        edges.push_back({entry.a, entry.b});
      cell_edges[entry.slot] = static_cast<std::int32_t>(edges.size() - 1);
    }
  n_nodes = n_vertices + edges.size();
  points.resize(3 * n_nodes);
  for (std::size_t e = 0; e < edges.size(); ++e)
    for (int d = 0; d < 3; ++d)
      points[3 * (n_vertices + e) + d] = 0.5 * (points[3 * edges[e][0] + d] + points[3 * edges[e][1] + d]);
}

void SimplexSpace::Serial::take_edge_nodes(const Mesh &mesh, int rank, MPI_Comm communicator)
{
  is_curved.assign(edges.size(), 0);
  if (order == 1)
    return;
  std::vector<double> placed;
  if (rank == 0)
    {
      placed.resize(3 * edges.size());
      const int n_local = n_edges(dimension);
      for (std::size_t slot = 0; slot < cell_edges.size(); ++slot)
        {
          const auto &x =
            mesh.points[mesh.cells[slot / n_local * mesh.nodes_per_cell() + dimension + 1 + slot % n_local]];
          std::copy(x.begin(), x.end(), &placed[3 * cell_edges[slot]]);
        }
    }
  broadcast(placed, communicator);
  // Middles that were rounded on the way through a file stay middles: affine cells are the fast ones.
  constexpr double tolerance = 1e-7;
  for (std::size_t e = 0; e < edges.size(); ++e)
    {
      double *middle = &points[3 * (n_vertices + e)];
      double  off = 0, length = 0;
      for (int d = 0; d < 3; ++d)
        {
          off    = std::hypot(off, placed[3 * e + d] - middle[d]);
          length = std::hypot(length, points[3 * edges[e][0] + d] - points[3 * edges[e][1] + d]);
        }
      if (off > tolerance * length)
        {
          is_curved[e] = 1;
          std::copy(&placed[3 * e], &placed[3 * e] + 3, middle);
        }
    }
}

bool SimplexSpace::Serial::cell_is_curved(std::size_t cell) const
{
  const int n = n_edges(dimension);
  return std::any_of(&cell_edges[cell * n], &cell_edges[cell * n] + n, [&](std::int32_t e) { return is_curved[e]; });
}

void SimplexSpace::Serial::partition(int n_ranks, int rank, MPI_Comm communicator)
{
  part.assign(n_cells, 0);
  if (n_ranks == 1)
    return;
  int status = METIS_OK;
  if (rank == 0)
    {
      std::vector<idx_t> starts(n_cells + 1), members(cells.begin(), cells.end()), cell_part(n_cells),
        node_part(n_vertices);
      for (std::size_t c = 0; c <= n_cells; ++c)
        starts[c] = static_cast<idx_t>(c * (dimension + 1));
      idx_t n_elements = n_cells, n_points = n_vertices, common = dimension, n_parts = n_ranks, cut = 0;
      idx_t options[METIS_NOPTIONS];
      METIS_SetDefaultOptions(options);
      options[METIS_OPTION_SEED] = 1;
      status = METIS_PartMeshDual(&n_elements, &n_points, starts.data(), members.data(), nullptr, nullptr, &common,
                                  &n_parts, nullptr, options, &cut, cell_part.data(), node_part.data());
      part.assign(cell_part.begin(), cell_part.end());
    }
  MPI_Bcast(&status, 1, MPI_INT, 0, communicator);
  VESALIUS_ASSERT(status == METIS_OK, "METIS could not partition the mesh");
  broadcast(part, communicator);
}

void SimplexSpace::Serial::own_nodes()
{
  node_owner.assign(n_nodes, 1 << 30);
  const int  n_local = n_edges(dimension), n_corners = dimension + 1;
  const auto claim = [&](std::size_t node, int part_of_cell) {
    node_owner[node] = std::min(node_owner[node], part_of_cell);
  };
  for (std::size_t c = 0; c < n_cells; ++c)
    {
      for (int v = 0; v < n_corners; ++v)
        claim(cells[c * n_corners + v], part[c]);
      for (int e = 0; e < n_local; ++e)
        claim(n_vertices + cell_edges[c * n_local + e], part[c]);
    }
}

void SimplexSpace::Serial::make_keys()
{
  node_key = hilbert_keys(points);
  std::vector<double> centres(3 * n_cells, 0.);
  for (std::size_t c = 0; c < n_cells; ++c)
    for (int v = 0; v <= dimension; ++v)
      for (int d = 0; d < 3; ++d)
        centres[3 * c + d] += points[3 * cells[c * (dimension + 1) + v] + d];
  cell_key = hilbert_keys(centres);
}

SimplexSpace::SimplexSpace(const Mesh &mesh, MPI_Comm communicator) : communicator_(communicator)
{
  MPI_Comm_rank(communicator, &rank_);
  MPI_Comm_size(communicator, &n_ranks_);
  Serial serial;
  boundary_names_ = serial.broadcast_mesh(mesh, rank_, communicator);
  dimension_      = serial.dimension;
  serial.make_edges();
  serial.take_edge_nodes(mesh, rank_, communicator);
  serial.partition(n_ranks_, rank_, communicator);
  serial.own_nodes();
  serial.make_keys();
  collect_cells(serial);
  number_nodes(serial);
  collect_faces(serial);
  measure_curved_faces();
  check_curved_cells();
  p1_halo_ = Halo(p1_, communicator);
  p2_halo_ = Halo(p2_, communicator);
}

void SimplexSpace::collect_cells(const Serial &serial)
{
  const int                 n_local = n_edges(dimension_), n_corners = dimension_ + 1;
  std::vector<std::int64_t> mine, others;
  for (std::size_t c = 0; c < serial.n_cells; ++c)
    {
      if (serial.part[c] == rank_)
        {
          mine.push_back(c);
          continue;
        }
      bool touches = false;
      for (int v = 0; v < n_corners; ++v)
        touches |= serial.node_owner[serial.cells[c * n_corners + v]] == rank_;
      for (int e = 0; e < n_local; ++e)
        touches |= serial.node_owner[serial.n_vertices + serial.cell_edges[c * n_local + e]] == rank_;
      if (touches)
        others.push_back(c);
    }
  const auto along_curve = [&](std::int64_t a, std::int64_t b) {
    if (const bool curved = serial.cell_is_curved(a); curved != serial.cell_is_curved(b))
      return !curved;
    return serial.cell_key[a] != serial.cell_key[b] ? serial.cell_key[a] < serial.cell_key[b] : a < b;
  };
  std::sort(mine.begin(), mine.end(), along_curve);
  std::sort(others.begin(), others.end(), along_curve);
  n_owned_cells_ = mine.size();
  cell_ids_      = mine;
  cell_ids_.insert(cell_ids_.end(), others.begin(), others.end());
  const auto is_affine = [&](std::int64_t c) { return !serial.cell_is_curved(c); };
  curved_cells_[0]     = {std::size_t(std::count_if(mine.begin(), mine.end(), is_affine)), mine.size()};
  curved_cells_[1]     = {mine.size() + std::size_t(std::count_if(others.begin(), others.end(), is_affine)),
                          cell_ids_.size()};
}

void SimplexSpace::number_nodes(const Serial &serial)
{
  const int         n_local = n_edges(dimension_), n_corners = dimension_ + 1;
  std::vector<char> is_used(serial.n_nodes, 0);
  for (const auto c : cell_ids_)
    {
      for (int v = 0; v < n_corners; ++v)
        is_used[serial.cells[c * n_corners + v]] = 1;
      for (int e = 0; e < n_local; ++e)
        is_used[serial.n_vertices + serial.cell_edges[c * n_local + e]] = 1;
    }
  // Solver order of all nodes: by owner, then along the curve. Every rank computes the same.
  std::vector<int> local_of(serial.n_nodes, -1), local_vertex_of(serial.n_vertices, -1);
  const auto       number = [&](std::size_t n_nodes, NodeDistribution &nodes, std::vector<int> &local) {
    std::vector<std::int64_t> order(n_nodes);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      if (serial.node_owner[a] != serial.node_owner[b])
        return serial.node_owner[a] < serial.node_owner[b];
      return serial.node_key[a] != serial.node_key[b] ? serial.node_key[a] < serial.node_key[b] : a < b;
    });
    nodes.n_global = n_nodes;
    nodes.first    = std::count_if(order.begin(), order.end(),
                                         [&](std::int64_t id) { return serial.node_owner[id] < rank_; });
    for (const bool owned : {true, false})
      for (std::size_t i = 0; i < n_nodes; ++i)
        {
          const auto id = order[i];
          if ((serial.node_owner[id] == rank_) != owned || (!owned && !is_used[id]))
            continue;
          nodes.ids.push_back(id);
          nodes.index.push_back(static_cast<int>(i));
          if (owned)
            ++nodes.n_owned;
          else
            nodes.ghost_owner.push_back(serial.node_owner[id]);
        }
    for (int i = 0; i < nodes.n_local(); ++i)
      local[nodes.ids[i]] = i;
  };
  number(serial.n_nodes, p2_, local_of);
  number(serial.n_vertices, p1_, local_vertex_of);

  for (const auto c : cell_ids_)
    {
      for (int v = 0; v < n_corners; ++v)
        {
          cells_p2_.push_back(local_of[serial.cells[c * n_corners + v]]);
          cells_p1_.push_back(local_vertex_of[serial.cells[c * n_corners + v]]);
        }
      for (int e = 0; e < n_local; ++e)
        cells_p2_.push_back(local_of[serial.n_vertices + serial.cell_edges[c * n_local + e]]);
    }
  for (const auto id : p2_.ids)
    {
      for (int d = 0; d < dimension_; ++d)
        coordinates_.push_back(serial.points[3 * id + d]);
      const bool is_vertex = id < std::int64_t(serial.n_vertices);
      const auto a         = is_vertex ? id : serial.edges[id - serial.n_vertices][0],
                 b         = is_vertex ? id : serial.edges[id - serial.n_vertices][1];
      parents_.push_back({local_vertex_of[a], local_vertex_of[b]});
    }
  for (const auto id : p1_.ids)
    node_of_vertex_.push_back(local_of[id]);
}

namespace
{
/// Outward unit normal and measure of the face opposite to `opposite`; points are x, y, z triples.
void set_geometry(BoundaryFace &face, int dimension, const double *const corners[3], const double *opposite)
{
  const double *a = corners[0], *b = corners[1];
  if (dimension == 3)
    {
      const double *g    = corners[2];
      const double  e[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]}, h[3] = {g[0] - a[0], g[1] - a[1], g[2] - a[2]};
      face.normal = {e[1] * h[2] - e[2] * h[1], e[2] * h[0] - e[0] * h[2], e[0] * h[1] - e[1] * h[0]};
    }
  else
    face.normal = {b[1] - a[1], a[0] - b[0], 0};
  double length = 0, outward = 0;
  for (int d = 0; d < 3; ++d)
    {
      length += face.normal[d] * face.normal[d];
      outward += face.normal[d] * (a[d] - opposite[d]);
    }
  length       = std::sqrt(length);
  face.measure = dimension == 3 ? length / 2 : length;
  for (auto &x : face.normal)
    x /= outward > 0 ? length : -length;
}
} // namespace

void SimplexSpace::collect_faces(const Serial &serial)
{
  const int n_corners = dimension_ + 1;
  struct Entry
  {
    std::array<std::int32_t, 3> key;
    int                         index;
  };
  const auto less       = [](const Entry &a, const Entry &b) { return a.key < b.key; };
  const auto sorted_key = [&](const std::int32_t *v) {
    std::array<std::int32_t, 3> key{-1, -1, -1};
    std::copy(v, v + dimension_, key.begin());
    std::sort(key.begin(), key.end());
    return key;
  };
  std::vector<Entry> wanted;
  for (std::size_t f = 0; f < serial.face_id.size(); ++f)
    wanted.push_back({sorted_key(&serial.faces[f * dimension_]), int(f)});
  std::sort(wanted.begin(), wanted.end(), less);

  const auto add = [&](int local_cell, const int *corner, int opposite, int boundary_id) {
    const auto   c = cell_ids_[local_cell];
    BoundaryFace face;
    face.cell                = local_cell;
    face.boundary_id         = boundary_id;
    face.is_owned            = local_cell < int(n_owned_cells_);
    const auto    point      = [&](int v) { return &serial.points[3 * serial.cells[c * n_corners + v]]; };
    const double *corners[3] = {point(corner[0]), point(corner[1]), point(corner[dimension_ - 1])};
    set_geometry(face, dimension_, corners, point(opposite));
    const auto *p2        = &cells_p2_[std::size_t(local_cell) * nodes_per_cell()];
    const auto *p1        = &cells_p1_[std::size_t(local_cell) * n_corners];
    const auto  edge_node = [&](int i, int j) {
      for (int e = 0; e < n_edges(dimension_); ++e)
        {
          const int *v = edge_vertices(dimension_, e);
          if ((v[0] == i && v[1] == j) || (v[0] == j && v[1] == i))
            {
              face.is_curved |= serial.is_curved[serial.cell_edges[c * n_edges(dimension_) + e]] != 0;
              return p2[n_corners + e];
            }
        }
      return -1;
    };
    for (int i = 0; i < dimension_; ++i)
      {
        face.nodes[i]    = p2[corner[i]];
        face.vertices[i] = p1[corner[i]];
      }
    if (dimension_ == 3)
      for (int e = 0; e < 3; ++e)
        face.nodes[3 + e] = edge_node(corner[triangle_edges[e][0]], corner[triangle_edges[e][1]]);
    else
      face.nodes[2] = edge_node(corner[0], corner[1]);
    boundary_faces_.push_back(face);
  };

  for (std::size_t i = 0; i < cell_ids_.size(); ++i)
    for (int opposite = 0; opposite < n_corners; ++opposite)
      {
        std::int32_t v[3]      = {0, 0, 0};
        int          corner[3] = {0, 0, 0}, n = 0;
        for (int k = 0; k < n_corners; ++k)
          if (k != opposite)
            {
              corner[n] = k;
              v[n++]    = serial.cells[cell_ids_[i] * n_corners + k];
            }
        const Entry key{sorted_key(v), 0};
        const auto  found = std::lower_bound(wanted.begin(), wanted.end(), key, less);
        if (found != wanted.end() && found->key == key.key)
          add(static_cast<int>(i), corner, opposite, serial.face_id[found->index]);
      }
}

void SimplexSpace::measure_curved_faces()
{
  for (auto &face : boundary_faces_)
    {
      if (!face.is_curved)
        continue;
      double moments[4] = {0, 0, 0, 0};
      visit_face(*this, face, [&](double weight, const auto &normal, const auto &, const auto &) {
        moments[3] += weight;
        for (int d = 0; d < 3; ++d)
          moments[d] += weight * normal[d];
      });
      face.measure        = moments[3];
      const double length = std::hypot(moments[0], moments[1], moments[2]);
      for (int d = 0; d < 3; ++d)
        face.normal[d] = moments[d] / length;
    }
}

std::int64_t SimplexSpace::folded_cell() const
{
  std::int64_t folded = -1;
  const auto   cells  = cell_arrays(*this);
  for (auto c = curved_cells_[0][0]; c < curved_cells_[0][1]; ++c)
    kernels::visit_cell_geometry(cells, c, [&](const kernels::PointGeometry &point) {
      if (!(point.weight > 0))
        folded = std::max(folded, cell_ids_[c]);
    });
  MPI_Allreduce(MPI_IN_PLACE, &folded, 1, MPI_INT64_T, MPI_MAX, communicator_);
  return folded;
}

void SimplexSpace::check_curved_cells() const
{
  const auto folded = folded_cell();
  if (folded >= 0)
    throw InputError("cell " + std::to_string(folded) + " of the mesh is folded: its curved edges cross",
                     "refine the mesh where the wall bends, or use straight cells (order 1)");
}

void SimplexSpace::move_nodes(std::vector<double> coordinates)
{
  VESALIUS_ASSERT(coordinates.size() == coordinates_.size(), "nodes are moved, not added");
  coordinates_     = std::move(coordinates);
  curved_cells_[0] = {0, n_owned_cells_};
  curved_cells_[1] = {n_owned_cells_, n_cells()};
  for (auto &face : boundary_faces_)
    face.is_curved = true;
  measure_curved_faces();
}

int SimplexSpace::boundary_id(const std::string &name) const
{
  for (const auto &[id, candidate] : boundary_names_)
    if (candidate == name)
      return id;
  return 0;
}

Halo::Halo(const NodeDistribution &nodes, MPI_Comm communicator) : communicator_(communicator), n_owned_(nodes.n_owned)
{
  int n_ranks = 1;
  MPI_Comm_size(communicator, &n_ranks);
  std::vector<int> wanted(n_ranks, 0), asked(n_ranks, 0);
  for (const int owner : nodes.ghost_owner)
    ++wanted[owner];
  MPI_Alltoall(wanted.data(), 1, MPI_INT, asked.data(), 1, MPI_INT, communicator);
  std::vector<MPI_Request>      requests;
  std::vector<std::vector<int>> incoming(n_ranks);
  int                           begin = 0;
  for (int r = 0; r < n_ranks; ++r)
    {
      if (wanted[r] > 0)
        {
          requests.emplace_back();
          MPI_Isend(&nodes.index[nodes.n_owned + begin], wanted[r], MPI_INT, r, 71, communicator, &requests.back());
        }
      if (asked[r] > 0)
        {
          incoming[r].resize(asked[r]);
          requests.emplace_back();
          MPI_Irecv(incoming[r].data(), asked[r], MPI_INT, r, 71, communicator, &requests.back());
        }
      if (wanted[r] > 0 || asked[r] > 0)
        neighbours_.push_back({r, begin, wanted[r], {}});
      begin += wanted[r];
    }
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  for (auto &neighbour : neighbours_)
    for (const int index : incoming[neighbour.rank])
      neighbour.send_nodes.push_back(index - static_cast<int>(nodes.first));
  requests_.resize(2 * neighbours_.size());
}

void Halo::update(double *values, int n_components)
{
  begin_update(values, n_components);
  finish_update();
}

void Halo::update(float *values, int n_components)
{
  begin_update(values, n_components);
  finish_update();
}

void Halo::begin_update(double *values, int n_components)
{
  begin_exchange(values, n_components, MPI_DOUBLE);
}

void Halo::begin_update(float *values, int n_components)
{
  begin_exchange(values, n_components, MPI_FLOAT);
}

void Halo::finish_update()
{
  MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
}

template <class Number>
void Halo::begin_exchange(Number *values, int n_components, MPI_Datatype type)
{
  std::size_t total = 0;
  for (const auto &neighbour : neighbours_)
    total += neighbour.send_nodes.size() * n_components;
  if (send_buffer_.size() < total)
    send_buffer_.resize(total);
  auto *const buffer = reinterpret_cast<Number *>(send_buffer_.data()); // no number is larger than a double
  std::size_t at = 0;
  int         n  = 0;
  for (const auto &neighbour : neighbours_)
    {
      MPI_Irecv(values + std::size_t(n_owned_ + neighbour.ghost_begin) * n_components,
                neighbour.ghost_count * n_components, type, neighbour.rank, 72, communicator_, &requests_[n++]);
      Number *const begin = buffer + at;
      for (const int node : neighbour.send_nodes)
        for (int c = 0; c < n_components; ++c)
          buffer[at++] = values[std::size_t(node) * n_components + c];
      MPI_Isend(begin, static_cast<int>(neighbour.send_nodes.size()) * n_components, type, neighbour.rank, 72,
                communicator_, &requests_[n++]);
    }
}

} // namespace vesalius
