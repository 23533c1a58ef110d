// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/region_volumes.h"

#include "mesh_io/tetrahedron_quality.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <limits>
#include <numbers>

namespace vesalius
{

namespace
{
constexpr double to_degrees = 180 / std::numbers::pi;

std::array<Vector3, 4> corners(const Mesh &mesh, std::size_t cell)
{
  const auto *v = &mesh.cells[4 * cell];
  return {mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]};
}

/// Cells around each vertex, compressed.
struct CellsOfVertices
{
  std::vector<std::size_t>  first;
  std::vector<std::int32_t> cells;

  explicit CellsOfVertices(const Mesh &mesh) : first(mesh.n_vertices + 1, 0), cells(mesh.cells.size())
  {
    for (const auto v : mesh.cells)
      ++first[v + 1];
    for (std::size_t v = 0; v < mesh.n_vertices; ++v)
      first[v + 1] += first[v];
    auto next = first;
    for (std::size_t i = 0; i < mesh.cells.size(); ++i)
      cells[next[mesh.cells[i]]++] = static_cast<std::int32_t>(i / 4);
  }
};

/// How good the angles of a cell are: 1 at the nearer of the two bounds, more inside them, negative when inverted.
class AngleMeasure
{
public:
  AngleMeasure(double min_deg, double max_deg) : min_deg_(min_deg), below_flat_(180 - max_deg) {}
  double operator()(const std::array<Vector3, 4> &x) const
  {
    double low = std::numeric_limits<double>::max(), high = 0;
    for (const double angle : dihedral_angles(x))
      {
        low  = std::min(low, angle * to_degrees);
        high = std::max(high, angle * to_degrees);
      }
    return std::min(low / min_deg_, (180 - high) / below_flat_);
  }

private:
  double min_deg_, below_flat_;
};

double worst_around(const Mesh &mesh, const CellsOfVertices &around, std::int32_t v, const AngleMeasure &measure)
{
  double worst = std::numeric_limits<double>::max();
  for (std::size_t i = around.first[v]; i < around.first[v + 1]; ++i)
    worst = std::min(worst, measure(corners(mesh, around.cells[i])));
  return worst;
}

/// d(volume of region) / d(position of vertex): area vectors of the interface around it, over 3; zero for inner vertices.
using Gradients = std::map<int, Vector3>;

Gradients volume_gradients(const Mesh &mesh, const CellsOfVertices &around, std::int32_t v)
{
  Gradients gradients;
  double    scale = 0;
  for (std::size_t i = around.first[v]; i < around.first[v + 1]; ++i)
    {
      const auto  cell = around.cells[i];
      const auto *w    = &mesh.cells[4 * cell];
      int         own  = 0;
      while (w[own] != v)
        ++own;
      const auto   *f     = tetrahedron_faces[own];
      const Vector3 slope = (-1. / 6) * area_vector(mesh.points[w[f[0]]], mesh.points[w[f[1]]], mesh.points[w[f[2]]]);
      Vector3      &sum   = gradients[mesh.region_id[cell]];
      sum                 = sum + slope;
      scale               = std::max(scale, norm(slope));
    }
  std::erase_if(gradients, [&](const auto &entry) { return norm(entry.second) < 1e-9 * scale; });
  return gradients;
}

struct InterfaceVertex
{
  std::int32_t vertex;
  Gradients    gradients;
  double       weight; ///< 1 / the largest gradient, so that a multiplier is a length
};

std::vector<InterfaceVertex> interface_vertices(const Mesh &mesh, const CellsOfVertices &around, const std::vector<char> &held,
                                                const PlaneNormals &planes)
{
  std::vector<InterfaceVertex> result;
  for (std::size_t v = 0; v < mesh.n_vertices; ++v)
    {
      if (held[v])
        continue;
      auto   gradients = volume_gradients(mesh, around, static_cast<std::int32_t>(v));
      double     before = 0, largest = 0;
      Vector3    whole{0, 0, 0}; // less the gradient of the outside's volume
      const auto flat = planes.find(static_cast<std::int32_t>(v));
      for (auto &[region, gradient] : gradients)
        {
          before = std::max(before, norm(gradient));
          if (flat != planes.end())
            gradient = within_planes(gradient, flat->second);
          largest = std::max(largest, norm(gradient));
          whole   = whole + gradient;
        }
      if (largest < 1e-3 * before) // inside of a flat boundary
        continue;
      largest = std::max(largest, norm(whole)); // where regions meet at the outer surface, it moves as it does beside
      if (largest > 0)
        result.push_back({static_cast<std::int32_t>(v), std::move(gradients), 1 / largest});
    }
  return result;
}

/// Lengths, one a region, whose sum of normal moves changes the volumes by `missing` to first order.
std::map<int, double> normal_moves(const std::vector<InterfaceVertex> &vertices, const std::map<int, double> &missing)
{
  std::map<int, int> row;
  for (const auto &[region, unused] : missing)
    row.try_emplace(region, static_cast<int>(row.size()));
  const auto      n = static_cast<Eigen::Index>(row.size());
  Eigen::MatrixXd matrix(Eigen::MatrixXd::Zero(n, n));
  Eigen::VectorXd right(n);
  for (const auto &[region, volume] : missing)
    right[row.at(region)] = volume;
  for (const auto &vertex : vertices)
    for (const auto &[a, gradient_a] : vertex.gradients)
      for (const auto &[b, gradient_b] : vertex.gradients)
        matrix(row.at(a), row.at(b)) += vertex.weight * dot(gradient_a, gradient_b);
  const Eigen::VectorXd lengths = matrix.completeOrthogonalDecomposition().solve(right);
  std::map<int, double> result;
  for (const auto &[region, i] : row)
    result[region] = lengths[i];
  return result;
}

/// Directions in which a vertex may be moved without moving the interfaces it lies on.
std::vector<Vector3> free_directions(const Mesh &mesh, const CellsOfVertices &around, std::int32_t v)
{
  std::vector<Vector3> normals;
  for (const auto &[region, gradient] : volume_gradients(mesh, around, v))
    {
      Vector3 rest = normalised(gradient);
      for (const Vector3 &n : normals)
        rest = rest - dot(rest, n) * n;
      if (norm(rest) > 0.2)
        normals.push_back(normalised(rest));
    }
  std::vector<Vector3> directions;
  if (normals.empty())
    {
      for (int i = -1; i <= 1; ++i)
        for (int j = -1; j <= 1; ++j)
          for (int k = -1; k <= 1; ++k)
            if (i != 0 || j != 0 || k != 0)
              directions.push_back(normalised(Vector3{1. * i, 1. * j, 1. * k}));
    }
  else if (normals.size() == 1)
    {
      const auto [s, t] = plane_axes(normals[0]);
      for (int i = 0; i < 12; ++i)
        directions.push_back(std::cos(i * std::numbers::pi / 6) * s + std::sin(i * std::numbers::pi / 6) * t);
    }
  else if (normals.size() == 2)
    {
      const Vector3 line = normalised(cross(normals[0], normals[1]));
      directions         = {line, -1. * line};
    }
  return directions;
}

double shortest_edge(const Mesh &mesh, const CellsOfVertices &around, std::int32_t v)
{
  double shortest = std::numeric_limits<double>::max();
  for (std::size_t i = around.first[v]; i < around.first[v + 1]; ++i)
    for (int k = 0; k < 4; ++k)
      if (const auto w = mesh.cells[4 * around.cells[i] + k]; w != v)
        shortest = std::min(shortest, distance(mesh.points[v], mesh.points[w]));
  return shortest;
}

/// Pattern search with shrinking steps. True if the worst cell around the vertex has become better.
bool improve_vertex(Mesh &mesh, const CellsOfVertices &around, std::int32_t v, const AngleMeasure &measure)
{
  const auto   directions = free_directions(mesh, around, v);
  const double before = worst_around(mesh, around, v, measure), edge = shortest_edge(mesh, around, v);
  double       best = before;
  for (double step = 0.3 * edge; step > 0.01 * edge; step *= 0.5)
    for (const Vector3 &direction : directions)
      {
        const Vector3 from = mesh.points[v];
        mesh.points[v]     = from + step * direction;
        if (const double now = worst_around(mesh, around, v, measure); now > best)
          best = now;
        else
          mesh.points[v] = from;
      }
  return best > before + 1e-3;
}
} // namespace

std::map<int, double> region_volumes(const Mesh &mesh)
{
  std::map<int, double> volumes;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto *v = &mesh.cells[c * mesh.nodes_per_cell()];
      volumes[mesh.region_id[c]] += orient(mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]) / 6;
    }
  return volumes;
}

VertexMoves restore_region_volumes(Mesh &mesh, const std::map<int, double> &wanted, double tolerance,
                                   double min_dihedral_deg, double max_dihedral_deg, const PlaneNormals &planes)
{
  VESALIUS_ASSERT(mesh.dimension == 3 && mesh.order == 1, "volumes are restored on straight tetrahedra");
  const CellsOfVertices around(mesh);
  const AngleMeasure    measure(min_dihedral_deg, max_dihedral_deg);
  std::vector<char>     held(mesh.n_vertices, 0);
  VertexMoves           moves;
  for (int iteration = 0; iteration < 8; ++iteration)
    {
      const auto            now = region_volumes(mesh);
      std::map<int, double> missing;
      bool                  done = true;
      for (const auto &[region, volume] : now)
        {
          missing[region] = wanted.at(region) - volume;
          done &= std::abs(missing[region]) <= tolerance * wanted.at(region);
        }
      if (done)
        break;
      const auto vertices = interface_vertices(mesh, around, held, planes);
      const auto lengths  = normal_moves(vertices, missing);
      for (const auto &vertex : vertices)
        {
          Vector3 move{0, 0, 0};
          for (const auto &[region, gradient] : vertex.gradients)
            move = move + (lengths.at(region) * vertex.weight) * gradient;
          const Vector3 from   = mesh.points[vertex.vertex];
          const double  before = worst_around(mesh, around, vertex.vertex, measure);
          mesh.points[vertex.vertex] = from + move;
          if (const double after = worst_around(mesh, around, vertex.vertex, measure); after < 1 && after < before)
            {
              mesh.points[vertex.vertex] = from;
              held[vertex.vertex]        = 1;
              ++moves.n_held;
            }
          else
            moves.largest = std::max(moves.largest, norm(move));
        }
    }
  return moves;
}

VertexMoves improve_worst_cells(Mesh &mesh, double min_dihedral_deg, double max_dihedral_deg)
{
  VESALIUS_ASSERT(mesh.dimension == 3 && mesh.order == 1, "straight tetrahedra are improved");
  const CellsOfVertices around(mesh);
  const AngleMeasure    measure(min_dihedral_deg, max_dihedral_deg);
  const auto            before = mesh.points;
  for (int sweep = 0; sweep < 12; ++sweep)
    {
      std::vector<std::pair<double, std::size_t>> bad;
      for (std::size_t c = 0; c < mesh.n_cells(); ++c)
        if (const double q = measure(corners(mesh, c)); q < 1)
          bad.emplace_back(q, c);
      std::sort(bad.begin(), bad.end());
      bool moved = false;
      for (const auto &[unused, c] : bad)
        for (int i = 0; i < 4 && measure(corners(mesh, c)) < 1; ++i)
          moved |= improve_vertex(mesh, around, mesh.cells[4 * c + i], measure);
      if (!moved)
        break;
    }
  VertexMoves moves;
  for (std::size_t v = 0; v < mesh.n_vertices; ++v)
    moves.largest = std::max(moves.largest, distance(before[v], mesh.points[v]));
  return moves;
}

} // namespace vesalius
