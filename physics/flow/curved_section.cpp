// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/curved_section.h"

#include "solver/fields/face_quadrature.h"
#include "solver/kernels/simplex_reference.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
using Vector      = std::array<double, 3>;
using Barycentric = std::array<double, 4>;

/// The isoparametric map of one cell.
template <int dim>
class CurvedCell
{
public:
  CurvedCell(const SimplexSpace &space, int cell)
  {
    for (int i = 0; i < R::n_nodes; ++i)
      for (int d = 0; d < dim; ++d)
        nodes_[i][d] = space.coordinates()[std::size_t(space.cells_p2()[std::size_t(cell) * R::n_nodes + i]) * dim + d];
  }
  Vector position(const Barycentric &lambda) const
  {
    Vector     x{};
    const auto phi = kernels::p2_values<dim>(first(lambda));
    for (int i = 0; i < R::n_nodes; ++i)
      for (int d = 0; d < dim; ++d)
        x[d] += phi[i] * nodes_[i][d];
    return x;
  }
  /// dx/dlambda_a.
  std::array<Vector, 4> derivatives(const Barycentric &lambda) const
  {
    std::array<Vector, 4> dx{};
    const auto            dphi = kernels::p2_derivatives<dim>(first(lambda));
    for (int i = 0; i < R::n_nodes; ++i)
      for (int a = 0; a <= dim; ++a)
        for (int d = 0; d < dim; ++d)
          dx[a][d] += dphi[i][a] * nodes_[i][d];
    return dx;
  }

private:
  using R = kernels::SimplexReference<dim>;
  static std::array<double, dim + 1> first(const Barycentric &lambda)
  {
    std::array<double, dim + 1> part{};
    std::copy_n(lambda.begin(), dim + 1, part.begin());
    return part;
  }
  std::array<Vector, R::n_nodes> nodes_{};
};

double dot(const Vector &a, const Vector &b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// Moves a point on to the plane by Newton's method, within the edge or face of the cell that it lies in. Where that lies along
/// the plane, as a layer of a structured mesh may, no way leads there and the point stays.
template <int dim>
Barycentric on_plane(const CurvedCell<dim> &cell, const Barycentric &start, const Vector &point, const Vector &normal)
{
  constexpr double most = 0.5, rounding = 1e-12; // of the cell
  Barycentric      lambda = start;
  for (int iteration = 0; iteration < 5; ++iteration)
    {
      const auto  x  = cell.position(lambda);
      const auto  dx = cell.derivatives(lambda);
      double      height = 0, size = 0, mean = 0, square = 0;
      int         n_free = 0;
      Barycentric slope{};
      for (int d = 0; d < 3; ++d)
        height += (x[d] - point[d]) * normal[d];
      for (int a = 0; a <= dim; ++a)
        if (lambda[a] != 0)
          {
            slope[a] = dot(dx[a], normal);
            size     = std::max(size, dot(dx[a], dx[a]));
            mean += slope[a];
            ++n_free;
          }
      for (int a = 0; a <= dim; ++a)
        if (lambda[a] != 0)
          {
            slope[a] -= mean / n_free; // the coordinates keep their sum
            square += slope[a] * slope[a];
          }
      if (std::abs(height) <= rounding * std::sqrt(size))
        return lambda;
      if (std::abs(height) >= most * std::sqrt(square))
        return start;
      for (int a = 0; a <= dim; ++a)
        lambda[a] -= height / square * slope[a];
    }
  return lambda;
}

Barycentric blend(const Barycentric &a, const Barycentric &b)
{
  Barycentric middle{};
  for (int v = 0; v < 4; ++v)
    middle[v] = 0.5 * (a[v] + b[v]);
  return middle;
}

/// Along a P2 direction: sum_i slope_i lambda_i, mapped by dx/dlambda.
template <std::size_t n>
Vector tangent(const std::array<Vector, 4> &dx, const std::array<Barycentric, n> &nodes, const std::array<double, n> &slope)
{
  Vector t{};
  for (std::size_t i = 0; i < n; ++i)
    for (int a = 0; a < 4; ++a)
      for (int d = 0; d < 3; ++d)
        t[d] += slope[i] * nodes[i][a] * dx[a][d];
  return t;
}

template <std::size_t n>
Barycentric inside(const std::array<Barycentric, n> &nodes, const std::array<double, 6> &trace)
{
  Barycentric lambda{};
  for (std::size_t i = 0; i < n; ++i)
    for (int v = 0; v < 4; ++v)
      lambda[v] += trace[i] * nodes[i][v];
  return lambda;
}

void add_line(const CurvedCell<2> &cell, const std::array<Barycentric, 3> &nodes, std::vector<SectionPoint> &points)
{
  const auto &rule = face_rule(2);
  for (std::size_t q = 0; q < rule.points.size(); ++q)
    {
      const double s = rule.points[q][1], t = rule.points[q][0];
      const auto   lambda = inside(nodes, face_trace(2, rule.points[q]));
      const auto   along  = tangent<3>(cell.derivatives(lambda), nodes, {1 - 4 * t, 4 * s - 1, 4 * (t - s)});
      points.push_back({lambda, rule.weights[q] * std::sqrt(dot(along, along))});
    }
}

void add_triangle(const CurvedCell<3> &cell, const std::array<Barycentric, 6> &nodes, const Vector &normal, std::vector<SectionPoint> &points)
{
  const auto &rule = face_rule(3);
  for (std::size_t q = 0; q < rule.points.size(); ++q)
    {
      const auto &L      = rule.points[q];
      const auto  lambda = inside(nodes, face_trace(3, L));
      const auto  dx     = cell.derivatives(lambda);
      // By L_1 and L_2 with L_0 = 1 - L_1 - L_2.
      const auto a = tangent<6>(dx, nodes, {1 - 4 * L[0], 4 * L[1] - 1, 0, 4 * (L[0] - L[1]), 4 * L[2], -4 * L[2]});
      const auto b = tangent<6>(dx, nodes, {1 - 4 * L[0], 0, 4 * L[2] - 1, -4 * L[1], 4 * L[1], 4 * (L[0] - L[2])});
      const Vector area{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
      points.push_back({lambda, rule.weights[q] * 0.5 * std::abs(dot(area, normal))});
    }
}
} // namespace

std::vector<SectionPoint> curved_section(const SimplexSpace &space, int cell, const std::vector<Barycentric> &corners, const Vector &point,
                                         const Vector &normal)
{
  std::vector<SectionPoint> points;
  if (space.dimension() == 2)
    {
      const CurvedCell<2> map(space, cell);
      const auto          a = on_plane(map, corners[0], point, normal), b = on_plane(map, corners[1], point, normal);
      add_line(map, {a, b, on_plane(map, blend(a, b), point, normal)}, points);
      return points;
    }
  const CurvedCell<3>      map(space, cell);
  std::vector<Barycentric> moved;
  for (const auto &corner : corners)
    moved.push_back(on_plane(map, corner, point, normal));
  const auto between = [&](std::size_t a, std::size_t b) { return on_plane(map, blend(moved[a], moved[b]), point, normal); };
  for (std::size_t k = 1; k + 1 < moved.size(); ++k)
    add_triangle(map, {moved[0], moved[k], moved[k + 1], between(0, k), between(k, k + 1), between(k + 1, 0)}, normal, points);
  return points;
}

} // namespace vesalius
