// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/section_plane.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/core/errors.h"
#include "solver/fields/point_location.h"
#include "solver/kernels/simplex_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace vesalius
{

namespace
{
using Vector = std::array<double, 3>;
using kernels::SimplexReference;

double dot(const Vector &a, const Vector &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector minus(const Vector &a, const Vector &b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vector cross(const Vector &a, const Vector &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// All ranks' numbers on all ranks, in the order of the ranks.
template <class T>
std::vector<T> gather_all(const std::vector<T> &values, MPI_Datatype type, MPI_Comm communicator)
{
  int n_ranks = 1, count = static_cast<int>(values.size());
  MPI_Comm_size(communicator, &n_ranks);
  std::vector<int> counts(n_ranks), starts(n_ranks + 1, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, communicator);
  std::partial_sum(counts.begin(), counts.end(), starts.begin() + 1);
  std::vector<T> all(starts.back());
  MPI_Allgatherv(values.data(), count, type, all.data(), counts.data(), starts.data(), type, communicator);
  return all;
}

/// Sets of ids that hang together.
class Pieces
{
public:
  std::int64_t root(std::int64_t id)
  {
    const auto found = parent_.try_emplace(id, id).first;
    if (found->second == id)
      return id;
    const auto top = root(found->second);
    parent_[id]    = top;
    return top;
  }
  void join(std::int64_t a, std::int64_t b) { parent_[root(a)] = root(b); }

private:
  std::map<std::int64_t, std::int64_t> parent_;
};
} // namespace

SectionPlane::SectionPlane(const SimplexSpace &space, const PlaneSettings &settings)
  : space_(space), settings_(settings)
{
  const double length = std::sqrt(dot(settings.normal, settings.normal));
  if (!(length > 0))
    throw InputError("the plane '" + settings.name + "' has a normal of no length", "give it a direction, e.g. 0, 0, 1",
                     settings.location);
  for (int d = 0; d < 3; ++d)
    normal_[d] = settings.normal[d] / length;
  const auto located = locate_point(space, settings.point);
  if (!located.is_inside)
    throw InputError(fmt::format("the point of the plane '{}' lies {:.3g} mm outside the lumen", settings.name, located.distance * 1e3),
                     fmt::format("the nearest point of its boundary is {:.6g}, {:.6g}, {:.6g} mm", located.nearest[0] * 1e3,
                                 located.nearest[1] * 1e3, located.nearest[2] * 1e3),
                     settings.location);
  auto cells = cut_cells();
  keep_piece(cells);
  n_cells_ = static_cast<std::int64_t>(cells.size());
  MPI_Allreduce(MPI_IN_PLACE, &n_cells_, 1, MPI_INT64_T, MPI_SUM, space.communicator());
  if (n_cells_ == 0)
    throw InputError("the plane '" + settings.name + "' cuts no cell around its point",
                     "it may lie in an end of the vessel: move the point inwards, or raise its radius", settings.location);
  for (const auto &cell : cells)
    {
      add_weights(cell);
      add_band(cell);
    }
  area_ = sum(area_);
}

double SectionPlane::sum(double value) const
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return value;
}

Vector SectionPlane::point_of(const CutCell &cell, const std::array<double, 4> &lambda) const
{
  Vector    x{};
  const int dim = space_.dimension();
  for (int v = 0; v <= dim; ++v)
    for (int d = 0; d < dim; ++d)
      x[d] += lambda[v] * space_.coordinates()[std::size_t(space_.cells_p2()[std::size_t(cell.cell) * space_.nodes_per_cell() + v]) * dim + d];
  return x;
}

/// Largest distance of a node from the plane's point.
double SectionPlane::reach() const
{
  const auto &x      = space_.coordinates();
  const int   dim    = space_.dimension();
  double      square = 0;
  for (std::size_t i = 0; i < x.size(); i += dim)
    {
      double distance = 0;
      for (int d = 0; d < dim; ++d)
        distance += std::pow(x[i + d] - settings_.point[d], 2);
      square = std::max(square, distance);
    }
  MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_MAX, space_.communicator());
  return std::sqrt(square);
}

std::vector<SectionPlane::CutCell> SectionPlane::cut_cells() const
{
  std::vector<CutCell> cells;
  const int            dim = space_.dimension(), n_edges = dim == 3 ? 6 : 3;
  const double         rounding = 1e-10 * reach();
  for (std::size_t c = 0; c < space_.n_owned_cells(); ++c)
    {
      CutCell cut;
      cut.cell = static_cast<int>(c);
      double height[4];
      int    n_behind = 0;
      for (int v = 0; v <= dim; ++v)
        {
          std::array<double, 4> corner{};
          corner[v] = 1;
          height[v] = dot(minus(point_of(cut, corner), settings_.point), normal_);
          if (std::abs(height[v]) < rounding)
            height[v] = 0;
          // A vertex in the plane counts as behind it: a face in the plane then belongs to one cell only.
          cut.is_behind[v] = height[v] >= 0;
          n_behind += cut.is_behind[v];
        }
      if (n_behind == 0 || n_behind == dim + 1)
        continue;
      for (int e = 0; e < n_edges; ++e)
        {
          const int a = SimplexReference<3>::edges[e][0], b = SimplexReference<3>::edges[e][1];
          if (cut.is_behind[a] == cut.is_behind[b])
            continue;
          std::array<double, 4> corner{};
          corner[b] = height[a] / (height[a] - height[b]);
          corner[a] = 1 - corner[b];
          cut.corners.push_back(corner);
          cut.local_edges.push_back(e);
          cut.edges.push_back(space_.p2().ids[space_.cells_p2()[c * space_.nodes_per_cell() + dim + 1 + e]]);
        }
      cells.push_back(std::move(cut));
    }
  return cells;
}

void SectionPlane::keep_piece(std::vector<CutCell> &cells) const
{
  const auto centre = [&](const CutCell &cell) {
    Vector x{};
    for (const auto &corner : cell.corners)
      for (int d = 0; d < 3; ++d)
        x[d] += point_of(cell, corner)[d] / cell.corners.size();
    return x;
  };
  const auto distance = [&](const CutCell &cell) {
    const auto r = minus(centre(cell), settings_.point);
    return std::sqrt(dot(r, r));
  };
  if (settings_.radius > 0)
    std::erase_if(cells, [&](const CutCell &cell) { return distance(cell) > settings_.radius; });
  // Cells hang together where they share an edge that is cut; every rank knows all pairs.
  std::vector<std::int64_t> links;
  std::vector<double>       distances;
  for (const auto &cell : cells)
    {
      for (std::size_t i = 1; i < cell.edges.size(); ++i)
        links.insert(links.end(), {cell.edges[0], cell.edges[i]});
      distances.push_back(distance(cell));
    }
  const auto all_links = gather_all(links, MPI_INT64_T, space_.communicator());
  Pieces     pieces;
  for (std::size_t i = 0; i < all_links.size(); i += 2)
    pieces.join(all_links[i], all_links[i + 1]);
  // The piece of the cell whose part lies nearest to the point, the lowest cell of several.
  std::vector<std::int64_t> ids, edges;
  for (const auto &cell : cells)
    {
      ids.push_back(space_.cell_ids()[cell.cell]);
      edges.push_back(cell.edges[0]);
    }
  const auto   all_distances = gather_all(distances, MPI_DOUBLE, space_.communicator());
  const auto   all_ids = gather_all(ids, MPI_INT64_T, space_.communicator()), all_edges = gather_all(edges, MPI_INT64_T, space_.communicator());
  std::size_t  best = 0;
  for (std::size_t i = 1; i < all_ids.size(); ++i)
    if (std::make_pair(all_distances[i], all_ids[i]) < std::make_pair(all_distances[best], all_ids[best]))
      best = i;
  if (!all_ids.empty())
    std::erase_if(cells, [&](const CutCell &cell) { return pieces.root(cell.edges[0]) != pieces.root(all_edges[best]); });
}

namespace
{
/// In order around the cut: of four, those on edges without a common vertex lie across.
std::vector<std::array<double, 4>> in_order(std::vector<std::array<double, 4>> corners, const std::vector<int> &local_edges)
{
  if (corners.size() != 4)
    return corners;
  const auto &edges    = SimplexReference<3>::edges;
  const auto *first    = edges[local_edges[0]];
  const auto  is_apart = [&](int e) {
    return edges[e][0] != first[0] && edges[e][0] != first[1] && edges[e][1] != first[0] && edges[e][1] != first[1];
  };
  std::swap(corners[std::find_if(local_edges.begin(), local_edges.end(), is_apart) - local_edges.begin()], corners[2]);
  return corners;
}

std::array<double, 4> blend(const std::array<double, 4> &a, const std::array<double, 4> &b)
{
  std::array<double, 4> middle{};
  for (int v = 0; v < 4; ++v)
    middle[v] = 0.5 * (a[v] + b[v]);
  return middle;
}
} // namespace

/// Simpson's rule (2D) or that of the three edge midpoints: exact for quadratics on the section of a straight cell.
std::vector<SectionPoint> SectionPlane::straight_section(const CutCell &cut, const std::vector<std::array<double, 4>> &corners) const
{
  const auto origin = point_of(cut, corners[0]);
  if (space_.dimension() == 2)
    {
      const auto   r      = minus(point_of(cut, corners[1]), origin);
      const double length = std::sqrt(dot(r, r));
      return {{corners[0], length / 6}, {corners[1], length / 6}, {blend(corners[0], corners[1]), length * 2 / 3}};
    }
  std::vector<SectionPoint> points;
  for (std::size_t k = 1; k + 1 < corners.size(); ++k)
    {
      const auto   area_vector = cross(minus(point_of(cut, corners[k]), origin), minus(point_of(cut, corners[k + 1]), origin));
      const double area        = 0.5 * std::sqrt(dot(area_vector, area_vector));
      for (const auto &middle : {blend(corners[0], corners[k]), blend(corners[k], corners[k + 1]), blend(corners[k + 1], corners[0])})
        points.push_back({middle, area / 3});
    }
  return points;
}

void SectionPlane::add_weights(const CutCell &cut)
{
  const int  dim = space_.dimension(), n = space_.nodes_per_cell();
  const auto corners = in_order(cut.corners, cut.local_edges);
  for (const auto &[lambda, weight] : cell_arrays(space_).is_curved(cut.cell) ?
                                        curved_section(space_, cut.cell, corners, settings_.point, normal_) :
                                        straight_section(cut, corners))
    {
      const auto phi = p2_values_at(dim, lambda);
      for (int i = 0; i < n; ++i)
        velocity_weights_.emplace_back(space_.cells_p2()[std::size_t(cut.cell) * n + i], weight * phi[i]);
      for (int v = 0; v <= dim; ++v)
        pressure_weights_.emplace_back(space_.cells_p1()[std::size_t(cut.cell) * (dim + 1) + v], weight * lambda[v]);
      area_ += weight;
    }
}

void SectionPlane::add_band(const CutCell &cut)
{
  const int dim = space_.dimension();
  Band      band;
  band.cell = cut.cell;
  kernels::visit_cell_geometry(cell_arrays(space_), cut.cell, [&](const kernels::PointGeometry &point) {
    const auto phi = p2_values_at(dim, point.lambda);
    for (int d = 0; d < dim; ++d)
      {
        double slope = 0; // of q
        for (int v = 0; v <= dim; ++v)
          slope += cut.is_behind[v] ? point.gradients[v][d] : 0.;
        for (std::size_t i = 0; i < phi.size(); ++i)
          band.velocity[i][d] += point.weight * phi[i] * slope;
        for (int v = 0; v <= dim; ++v)
          band.potential[v] += point.weight * point.gradients[v][d] * slope;
      }
  });
  band_.push_back(band);
}

double SectionPlane::flow(const double *u) const
{
  double total = 0;
  for (const auto &[node, weight] : velocity_weights_)
    for (int d = 0; d < space_.dimension(); ++d)
      total += weight * normal_[d] * u[std::size_t(node) * space_.dimension() + d];
  return sum(total);
}

double SectionPlane::conserved_flow(const double *u, const double *potential, double scale) const
{
  const int dim = space_.dimension(), n = space_.nodes_per_cell();
  double    total = 0;
  for (const auto &band : band_)
    {
      for (int i = 0; i < n; ++i)
        for (int d = 0; d < dim; ++d)
          total += band.velocity[i][d] * u[std::size_t(space_.cells_p2()[std::size_t(band.cell) * n + i]) * dim + d];
      for (int v = 0; v <= dim && potential; ++v)
        total -= scale * band.potential[v] * potential[space_.cells_p1()[std::size_t(band.cell) * (dim + 1) + v]];
    }
  return sum(total);
}

double SectionPlane::mean_pressure(const double *p) const
{
  double total = 0;
  for (const auto &[node, weight] : pressure_weights_)
    total += weight * p[node];
  return sum(total) / area_;
}

} // namespace vesalius
