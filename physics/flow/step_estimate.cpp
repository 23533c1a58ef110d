// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/step_estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

namespace vesalius
{

namespace
{
using Vector = std::array<double, 3>;

Vector difference(const Vector &a, const Vector &b)
{
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

Vector cross(const Vector &a, const Vector &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double dot(const Vector &a, const Vector &b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// An end of the vessel: sums over its faces until finished.
struct End
{
  double area = 0, peak_velocity = 0; ///< peak_velocity for a unit of inflow
  Vector centre{}, normal{};

  double velocity_at(const Vector &x, int dimension) const
  {
    const auto   from_centre = difference(x, centre);
    const double radius      = dimension == 3 ? std::sqrt(area / std::numbers::pi) : 0.5 * area;
    return peak_velocity * std::max(0., 1 - dot(from_centre, from_centre) / (radius * radius));
  }
};

void add_face(End &end, const Mesh &mesh, std::size_t face)
{
  const auto   *v  = &mesh.boundary_faces[face * mesh.dimension];
  const Vector  e1 = difference(mesh.points[v[1]], mesh.points[v[0]]);
  const Vector  e2 = mesh.dimension == 3 ? difference(mesh.points[v[2]], mesh.points[v[0]]) : Vector{0, 0, 1};
  const Vector  n  = cross(e1, e2);
  const double  area = std::sqrt(dot(n, n)) * (mesh.dimension == 3 ? 0.5 : 1);
  end.area += area;
  for (int d = 0; d < 3; ++d)
    {
      end.normal[d] += n[d];
      for (int i = 0; i < mesh.dimension; ++i)
        end.centre[d] += area * mesh.points[v[i]][d] / mesh.dimension;
    }
}

std::map<int, End> find_ends(const Mesh &mesh, const std::set<int> &inlets, const std::set<int> &outlets)
{
  std::map<int, End> ends;
  for (std::size_t face = 0; face < mesh.n_boundary_faces(); ++face)
    if (const int id = mesh.boundary_id[face]; inlets.contains(id) || outlets.contains(id))
      add_face(ends[id], mesh, face);
  for (const auto *group : {&inlets, &outlets})
    {
      double together = 0;
      for (const int id : *group)
        together += ends[id].area;
      for (const int id : *group)
        {
          auto        &end    = ends[id];
          const double length = std::sqrt(dot(end.normal, end.normal));
          for (int d = 0; d < 3; ++d)
            {
              end.centre[d] /= end.area;
              end.normal[d] /= length;
            }
          end.peak_velocity = (mesh.dimension == 3 ? 2 : 1.5) / together; // of a parabola of mean 1 / together
        }
    }
  return ends;
}

/// sum_a |n . grad lambda_a| / 2 of a cell; a triangle counts as a prism of height 1.
double rate_of_unit_velocity(const Mesh &mesh, const std::int32_t *v, const Vector &n)
{
  const Vector e1 = difference(mesh.points[v[1]], mesh.points[v[0]]), e2 = difference(mesh.points[v[2]], mesh.points[v[0]]);
  const Vector e3 = mesh.dimension == 3 ? difference(mesh.points[v[3]], mesh.points[v[0]]) : Vector{0, 0, 1};
  const double determinant = dot(e1, cross(e2, e3));
  const double b1 = dot(n, cross(e2, e3)) / determinant, b2 = dot(n, cross(e3, e1)) / determinant,
               b3 = mesh.dimension == 3 ? dot(n, cross(e1, e2)) / determinant : 0;
  return 0.5 * (std::abs(b1) + std::abs(b2) + std::abs(b3) + std::abs(b1 + b2 + b3));
}
} // namespace

double courant_rate_per_flow(const Mesh &mesh, const std::set<int> &inlets, const std::set<int> &outlets)
{
  const auto       ends = find_ends(mesh, inlets, outlets);
  std::vector<int> end_of_vertex(mesh.n_vertices, 0);
  for (std::size_t face = 0; face < mesh.n_boundary_faces(); ++face)
    if (ends.contains(mesh.boundary_id[face]))
      for (int i = 0; i < mesh.dimension; ++i)
        end_of_vertex[mesh.boundary_faces[face * mesh.dimension + i]] = mesh.boundary_id[face];
  double largest = 0;
  for (std::size_t cell = 0; cell < mesh.n_cells(); ++cell)
    {
      const auto *v = &mesh.cells[cell * mesh.nodes_per_cell()];
      for (int i = 0; i < mesh.vertices_per_cell(); ++i)
        if (const int id = end_of_vertex[v[i]]; id != 0)
          largest = std::max(largest, ends.at(id).velocity_at(mesh.points[v[i]], mesh.dimension) *
                                        rate_of_unit_velocity(mesh, v, ends.at(id).normal));
    }
  return largest;
}

double steps_of_a_cycle(const std::function<double(double)> &inflow, double rate_per_flow, const StepLimits &limits)
{
  int    rung = 0, steps_on_rung = 0;
  double n_steps = 0, time = 0;
  while (time < limits.period * (1 - 1e-9))
    {
      const double dt      = std::min(limits.dt_maximum * std::pow(2., -0.25 * rung), limits.period - time);
      const double courant = rate_per_flow * std::abs(inflow(time)) * dt;
      time += dt;
      ++n_steps;
      ++steps_on_rung;
      if (limits.courant_limit > 0 && courant > limits.courant_limit && rung < 40)
        {
          ++rung;
          steps_on_rung = 0;
        }
      else if (rung > 0 && steps_on_rung >= limits.steps_before_growth && courant * std::pow(2., 0.25) < 0.9 * limits.courant_limit)
        {
          --rung;
          steps_on_rung = 0;
        }
    }
  return n_steps;
}

} // namespace vesalius
