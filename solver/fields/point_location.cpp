// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/point_location.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/kernels/simplex_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace vesalius
{

namespace
{
using Vector = std::array<double, 3>;

Vector position(const SimplexSpace &space, int node)
{
  Vector x{};
  std::copy_n(&space.coordinates()[std::size_t(node) * space.dimension()], space.dimension(), x.begin());
  return x;
}

Vector minus(const Vector &a, const Vector &b)
{
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
double dot(const Vector &a, const Vector &b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vector nearest_on_segment(const Vector &p, const Vector &a, const Vector &b)
{
  const auto   ab = minus(b, a);
  const double t  = std::clamp(dot(minus(p, a), ab) / dot(ab, ab), 0., 1.);
  return {a[0] + t * ab[0], a[1] + t * ab[1], a[2] + t * ab[2]};
}

/// Nearest point of a boundary face: inside the triangle, else on its edges.
Vector nearest_on_face(const SimplexSpace &space, const BoundaryFace &face, const Vector &p)
{
  Vector corner[3];
  for (int i = 0; i < space.dimension(); ++i)
    corner[i] = position(space, face.nodes[i]);
  if (space.dimension() == 2)
    return nearest_on_segment(p, corner[0], corner[1]);
  const auto   a = minus(corner[1], corner[0]), b = minus(corner[2], corner[0]), r = minus(p, corner[0]);
  const double aa = dot(a, a), ab = dot(a, b), bb = dot(b, b), ra = dot(r, a), rb = dot(r, b), det = aa * bb - ab * ab;
  const double s = (bb * ra - ab * rb) / det, t = (aa * rb - ab * ra) / det;
  if (s >= 0 && t >= 0 && s + t <= 1)
    return {corner[0][0] + s * a[0] + t * b[0], corner[0][1] + s * a[1] + t * b[1], corner[0][2] + s * a[2] + t * b[2]};
  Vector best{};
  double least = std::numeric_limits<double>::max();
  for (int e = 0; e < 3; ++e)
    {
      const auto   x = nearest_on_segment(p, corner[e], corner[(e + 1) % 3]);
      const double d = dot(minus(p, x), minus(p, x));
      if (d < least)
        {
          least = d;
          best  = x;
        }
    }
  return best;
}

/// Barycentric coordinates of a point; false if it is outside the cell by more than rounding. In a curved cell by Newton's method.
bool barycentric(const SimplexSpace &space, std::size_t cell, const Vector &p, std::array<double, 4> &lambda)
{
  const int  dim = space.dimension(), n = space.nodes_per_cell();
  const auto cells     = cell_arrays(space);
  const bool is_curved = cells.is_curved(cell);
  double     g[4][3];
  if (!is_curved)
    kernels::cell_geometry(cells, cell, g);
  lambda = {1, 0, 0, 0};
  if (is_curved)
    std::fill(lambda.begin(), lambda.begin() + dim + 1, 1. / (dim + 1));
  for (int iteration = 0; iteration < (is_curved ? 20 : 1); ++iteration)
    {
      Vector at{};
      if (is_curved)
        kernels::point_gradients(cells, cell, lambda, g);
      const auto phi = p2_values_at(dim, lambda);
      for (int i = 0; i < n; ++i)
        for (int d = 0; d < dim; ++d)
          at[d] += phi[i] * space.coordinates()[std::size_t(space.cells_p2()[cell * n + i]) * dim + d];
      const auto r      = minus(p, at);
      double     change = 0;
      for (int a = 0; a <= dim; ++a)
        {
          const double step = g[a][0] * r[0] + g[a][1] * r[1] + g[a][2] * r[2];
          lambda[a] += step;
          change = std::max(change, std::abs(step));
        }
      if (change < 1e-14)
        break;
      // A point far off is outside, and the map is of no use there.
      if (*std::min_element(lambda.begin(), lambda.begin() + dim + 1) < -1)
        return false;
    }
  return *std::min_element(lambda.begin(), lambda.begin() + dim + 1) >= -1e-9;
}

/// Around the nodes of a cell, with room for a curved cell to bulge.
std::array<Vector, 2> box_of(const SimplexSpace &space, std::size_t cell)
{
  const int n    = space.nodes_per_cell();
  Vector    low  = position(space, space.cells_p2()[cell * n]), high = low;
  for (int i = 1; i < n; ++i)
    {
      const auto x = position(space, space.cells_p2()[cell * n + i]);
      for (int d = 0; d < space.dimension(); ++d)
        {
          low[d]  = std::min(low[d], x[d]);
          high[d] = std::max(high[d], x[d]);
        }
    }
  double largest = 0;
  for (int d = 0; d < 3; ++d)
    largest = std::max(largest, high[d] - low[d]);
  for (int d = 0; d < 3; ++d)
    {
      low[d] -= 0.25 * largest;
      high[d] += 0.25 * largest;
    }
  return {low, high};
}
} // namespace

std::vector<LocatedPoint> locate_points(const SimplexSpace &space, const std::vector<std::array<double, 3>> &points)
{
  // Points in the order of their first coordinate: a cell looks at those within its box alone.
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return points[a][0] < points[b][0]; });
  constexpr auto            none = std::numeric_limits<std::int64_t>::max();
  std::vector<LocatedPoint> located(points.size());
  std::vector<std::int64_t> lowest(points.size(), none);
  for (std::size_t c = 0; c < space.n_owned_cells(); ++c)
    {
      const auto [low, high] = box_of(space, c);
      auto candidate = std::partition_point(order.begin(), order.end(), [&, x = low[0]](std::size_t i) { return points[i][0] < x; });
      for (; candidate != order.end() && points[*candidate][0] <= high[0]; ++candidate)
        {
          const auto           &p = points[*candidate];
          std::array<double, 4> lambda{};
          if (p[1] < low[1] || p[1] > high[1] || p[2] < low[2] || p[2] > high[2] || space.cell_ids()[c] >= lowest[*candidate] ||
              !barycentric(space, c, p, lambda))
            continue;
          lowest[*candidate]         = space.cell_ids()[c];
          located[*candidate].cell   = static_cast<int>(c);
          located[*candidate].lambda = lambda;
        }
    }
  auto found = lowest;
  MPI_Allreduce(MPI_IN_PLACE, found.data(), static_cast<int>(found.size()), MPI_INT64_T, MPI_MIN, space.communicator());
  for (std::size_t i = 0; i < points.size(); ++i)
    {
      located[i].is_inside = found[i] != none;
      if (lowest[i] != found[i])
        located[i].cell = -1;
    }
  return located;
}

LocatedPoint locate_point(const SimplexSpace &space, const std::array<double, 3> &point)
{
  auto result = locate_points(space, {point}).front();
  if (result.is_inside)
    return result;
  struct
  {
    double distance;
    int    rank;
  } least{std::numeric_limits<double>::max(), space.rank()};
  for (const auto &face : space.boundary_faces())
    {
      const auto   x = nearest_on_face(space, face, point);
      const double d = std::sqrt(dot(minus(point, x), minus(point, x)));
      if (d < least.distance)
        {
          least.distance = d;
          result.nearest = x;
        }
    }
  MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_DOUBLE_INT, MPI_MINLOC, space.communicator());
  MPI_Bcast(result.nearest.data(), 3, MPI_DOUBLE, least.rank, space.communicator());
  result.distance = least.distance;
  return result;
}

std::vector<double> p2_values_at(int dimension, const std::array<double, 4> &lambda)
{
  if (dimension == 3)
    {
      const auto values = kernels::p2_values<3>(lambda);
      return {values.begin(), values.end()};
    }
  const auto values = kernels::p2_values<2>({lambda[0], lambda[1], lambda[2]});
  return {values.begin(), values.end()};
}

} // namespace vesalius
