// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/cuda/box_bundle.h"

#include "solver/kernels/cell_geometry.h"
#include "solver/kernels/simplex_reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace vesalius::device
{

namespace
{
using Point = std::array<int, 3>;

constexpr double width = 0.02, speed = 0.5, density = 1060, viscosity = 3.5e-3, period = 0.1, courant = 1;
constexpr int    most_coarsest = 7; ///< cubes across the channel on the coarsest level

/// 2 n x n x n cubes, each cut into six tetrahedra around its diagonal (Kuhn); halving n gives nested meshes.
struct Grid
{
  int n = 0;

  int          size(int d) const { return d == 0 ? 2 * n : n; }
  std::int64_t vertex(const Point &p) const { return (std::int64_t(p[2]) * (n + 1) + p[1]) * (2 * n + 1) + p[0]; }
  std::int64_t n_vertices() const { return std::int64_t(2 * n + 1) * (n + 1) * (n + 1); }
  bool         is_inside(const Point &p) const
  {
    return p[0] >= 0 && p[1] >= 0 && p[2] >= 0 && p[0] <= size(0) && p[1] <= size(1) && p[2] <= size(2);
  }
  bool   is_outlet(const Point &p) const { return p[0] == size(0); }
  double edge() const { return width / n; }

  template <class Visit>
  void for_each_vertex(const Visit &visit) const
  {
    for (int k = 0; k <= size(2); ++k)
      for (int j = 0; j <= size(1); ++j)
        for (int i = 0; i <= size(0); ++i)
          visit(Point{i, j, k});
  }
  template <class Visit>
  void for_each_cube(const Visit &visit) const
  {
    for (int k = 0; k < size(2); ++k)
      for (int j = 0; j < size(1); ++j)
        for (int i = 0; i < size(0); ++i)
          visit(Point{i, j, k});
  }
};

Point sum(const Point &a, const Point &b)
{
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}

/// Corners of the six tetrahedra of a cube, positively oriented.
std::array<std::array<Point, 4>, 6> tetrahedra_of_cube()
{
  std::array<std::array<Point, 4>, 6> result{};
  Point                               order{0, 1, 2};
  for (auto &corners : result)
    {
      for (int v = 1; v < 4; ++v)
        {
          corners[v] = corners[v - 1];
          ++corners[v][order[v - 1]];
        }
      const bool is_odd = ((order[0] > order[1]) + (order[0] > order[2]) + (order[1] > order[2])) % 2 == 1;
      if (is_odd)
        std::swap(corners[1], corners[2]);
      std::next_permutation(order.begin(), order.end());
    }
  return result;
}

/// P1 matrices of a grid in compressed rows.
struct P1Matrices
{
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int32_t> columns;
  std::vector<double>       stiffness, mass;

  explicit P1Matrices(const Grid &grid)
  {
    grid.for_each_vertex([&](const Point &p) {
      for (int c = -1; c <= 1; ++c)
        for (int b = -1; b <= 1; ++b)
          for (int a = -1; a <= 1; ++a)
            if (const Point q = sum(p, {a, b, c}); grid.is_inside(q) && (std::min({a, b, c}) >= 0 || std::max({a, b, c}) <= 0))
              columns.push_back(std::int32_t(grid.vertex(q)));
      row_start.push_back(std::int64_t(columns.size()));
    });
    stiffness.assign(columns.size(), 0.);
    mass.assign(columns.size(), 0.);
    for (const auto &corners : tetrahedra_of_cube())
      add(grid, corners);
  }

private:
  void add(const Grid &grid, const std::array<Point, 4> &corners)
  {
    double                       x[4][3];
    kernels::Geometry<3, double> g;
    for (int v = 0; v < 4; ++v)
      for (int d = 0; d < 3; ++d)
        x[v][d] = grid.edge() * corners[v][d];
    kernels::set_geometry(x, g);
    grid.for_each_cube([&](const Point &cube) {
      std::array<std::int64_t, 4> nodes{};
      for (int v = 0; v < 4; ++v)
        nodes[v] = grid.vertex(sum(cube, corners[v]));
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          {
            const auto begin = columns.begin() + row_start[nodes[i]], end = columns.begin() + row_start[nodes[i] + 1];
            const auto at    = std::lower_bound(begin, end, nodes[j]) - columns.begin();
            mass[at] += g.volume * (i == j ? 0.1 : 0.05);
            for (int d = 0; d < 3; ++d)
              stiffness[at] += g.volume * g.gradient[i][d] * g.gradient[j][d];
          }
    });
  }
};

void add_matrix(BundleFile &bundle, const std::string &name, const std::vector<std::int64_t> &row_start, const std::vector<std::int32_t> &columns,
                const std::vector<float> &values)
{
  bundle.add(name + ".row_start", row_start);
  bundle.add(name + ".columns", columns);
  bundle.add(name + ".values", values);
}

/// The stiffness matrix with the outlet's rows and columns those of the identity.
void add_operator(BundleFile &bundle, const std::string &name, const Grid &grid, const P1Matrices &matrices)
{
  std::vector<char> is_fixed;
  grid.for_each_vertex([&](const Point &p) { is_fixed.push_back(grid.is_outlet(p)); });
  std::vector<float> values(matrices.columns.size());
  for (std::size_t row = 0; row < is_fixed.size(); ++row)
    for (auto k = matrices.row_start[row]; k < matrices.row_start[row + 1]; ++k)
      {
        const auto column = std::size_t(matrices.columns[k]);
        values[k]         = is_fixed[row] || is_fixed[column] ? float(row == column) : float(matrices.stiffness[k]);
      }
  add_matrix(bundle, name, matrices.row_start, matrices.columns, values);
}

/// Linear interpolation from the grid with half as many cubes in each direction; nothing from or to the outlet.
void add_prolongation(BundleFile &bundle, const std::string &name, const Grid &fine, const Grid &coarse)
{
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int32_t> columns;
  std::vector<float>        values;
  fine.for_each_vertex([&](const Point &p) {
    const Point low{p[0] / 2, p[1] / 2, p[2] / 2}, high{(p[0] + 1) / 2, (p[1] + 1) / 2, (p[2] + 1) / 2};
    const auto  add = [&](const Point &q, float weight) {
      if (fine.is_outlet(p) || coarse.is_outlet(q))
        return;
      columns.push_back(std::int32_t(coarse.vertex(q)));
      values.push_back(weight);
    };
    if (low == high)
      add(low, 1.f);
    else
      {
        add(low, 0.5f);
        add(high, 0.5f);
      }
    row_start.push_back(std::int64_t(columns.size()));
  });
  add_matrix(bundle, name, row_start, columns, values);
}

void add_matrices(BundleFile &bundle, Grid grid)
{
  const P1Matrices finest(grid);
  bundle.add("p1.row_start", finest.row_start);
  bundle.add("p1.columns", finest.columns);
  bundle.add("p1.stiffness", finest.stiffness);
  bundle.add("p1.mass", finest.mass);
  add_operator(bundle, "operator_0", grid, finest);
  int level = 0;
  for (; grid.n > most_coarsest; ++level)
    {
      const Grid coarse{grid.n / 2};
      add_prolongation(bundle, "prolongation_" + std::to_string(level), grid, coarse);
      add_operator(bundle, "operator_" + std::to_string(level + 1), coarse, P1Matrices(coarse));
      grid = coarse;
    }
  bundle.add_number("multigrid_levels", level + 1);
}

/// P2 nodes are the vertices of the grid twice as fine.
void add_cells(BundleFile &bundle, const Grid &grid)
{
  constexpr int             edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  const Grid                nodes{2 * grid.n};
  std::vector<std::int32_t> p1, p2, face_nodes, face_vertices;
  const auto                cuts = tetrahedra_of_cube();
  grid.for_each_cube([&](const Point &cube) {
    for (const auto &corners : cuts)
      {
        std::array<Point, 4> at{};
        std::vector<int>     on_outlet;
        for (int v = 0; v < 4; ++v)
          {
            at[v] = sum(cube, corners[v]);
            p1.push_back(std::int32_t(grid.vertex(at[v])));
            p2.push_back(std::int32_t(nodes.vertex(sum(at[v], at[v]))));
            if (grid.is_outlet(at[v]))
              on_outlet.push_back(v);
          }
        for (const auto &[a, b] : edges)
          p2.push_back(std::int32_t(nodes.vertex(sum(at[a], at[b]))));
        if (on_outlet.size() < 3)
          continue;
        for (int i = 0; i < 3; ++i)
          {
            face_vertices.push_back(std::int32_t(grid.vertex(at[on_outlet[i]])));
            face_nodes.push_back(std::int32_t(nodes.vertex(sum(at[on_outlet[i]], at[on_outlet[i]]))));
          }
        for (int i = 0; i < 3; ++i)
          face_nodes.push_back(std::int32_t(nodes.vertex(sum(at[on_outlet[i]], at[on_outlet[(i + 1) % 3]]))));
      }
  });
  bundle.add("cells_p1", p1);
  bundle.add("cells_p2", p2);
  bundle.add("is_curved", std::vector<char>(p1.size() / 4, 0));
  const std::size_t n_faces = face_vertices.size() / 3;
  const kernels::CurvedQuadratureRule<2> rule;
  std::vector<double>                    normals;
  for (std::size_t f = 0; f < n_faces; ++f)
    for (const double weight : rule.weights)
      normals.insert(normals.end(), {weight * grid.edge() * grid.edge() / 2, 0., 0.});
  bundle.add("face_nodes", face_nodes);
  bundle.add("face_vertices", face_vertices);
  bundle.add("face_outlets", std::vector<std::int32_t>(n_faces, 0));
  bundle.add("face_normals", normals);
}

/// Velocity profile, 1 in the middle.
double profile(const Grid &grid, const Point &p)
{
  const double y = double(p[1]) / grid.n, z = double(p[2]) / grid.n;
  return 16 * y * (1 - y) * z * (1 - z);
}

void add_velocities(BundleFile &bundle, const Grid &grid)
{
  const Grid                nodes{2 * grid.n};
  std::vector<char>         is_fixed;
  std::vector<double>       u, inflow_values;
  std::vector<std::int32_t> inflow_nodes;
  nodes.for_each_vertex([&](const Point &p) {
    const double shape   = profile(nodes, p), x = 2 * std::numbers::pi * p[0] / nodes.n;
    const bool   is_wall = p[1] == 0 || p[2] == 0 || p[1] == nodes.n || p[2] == nodes.n;
    is_fixed.push_back(is_wall || p[0] == 0);
    const double along = shape * speed, across = p[0] == 0 ? 0 : 0.3 * along;
    u.insert(u.end(), {along + across * std::sin(3 * x), across * std::sin(2 * x), across * std::cos(5 * x)});
    if (p[0] != 0)
      return;
    inflow_nodes.push_back(std::int32_t(nodes.vertex(p)));
    inflow_values.insert(inflow_values.end(), {along, 0., 0.});
  });
  bundle.add("is_fixed", is_fixed);
  bundle.add("velocity", u);
  bundle.add("velocity_old", u);
  bundle.add("inflow_starts", std::vector<std::int64_t>{0, std::int64_t(inflow_nodes.size())});
  bundle.add("inflow_nodes", inflow_nodes);
  bundle.add("inflow_values", inflow_values);
}

void add_vertices(BundleFile &bundle, const Grid &grid)
{
  std::vector<double>       vertices;
  std::vector<char>         is_cap;
  std::vector<std::int64_t> ids_p1(grid.n_vertices()), ids_p2(Grid{2 * grid.n}.n_vertices());
  grid.for_each_vertex([&](const Point &p) {
    for (int d = 0; d < 3; ++d)
      vertices.push_back(grid.edge() * p[d]);
    is_cap.push_back(grid.is_outlet(p));
  });
  for (auto *ids : {&ids_p1, &ids_p2})
    for (std::size_t i = 0; i < ids->size(); ++i)
      (*ids)[i] = std::int64_t(i);
  bundle.add("vertices", vertices);
  bundle.add("is_cap_vertex", is_cap);
  bundle.add("ids_p1", ids_p1);
  bundle.add("ids_p2", ids_p2);
  for (const char *name : {"pressure", "potential", "potential_old", "projection_guess", "entry_speed", "entry_speed_old"})
    bundle.add(name, std::vector<double>(grid.n_vertices(), 0.));
  bundle.add("outlet_lifts", std::vector<double>(grid.n_vertices(), 1.)); // of a single outlet
}

void add_outlet(BundleFile &bundle, double dt, int n_steps)
{
  std::vector<double> relations, weights, totals;
  for (int n = 1; n <= n_steps; ++n)
    {
      relations.insert(relations.end(), {0., 0., 1., 0.});
      weights.push_back(1 + 0.3 * std::sin(2 * std::numbers::pi * n * dt / period));
      totals.push_back(weights.back() * speed * width * width * 4 / 9);
    }
  bundle.add_text("outlet_names", "outlet\n");
  bundle.add("outlet_areas", std::vector<double>{width * width});
  bundle.add("outlet_backflow", std::vector<double>{0.5 * density});
  bundle.add("outlet_is_inlet", std::vector<char>{0});
  bundle.add("outlet_is_windkessel", std::vector<char>{0});
  bundle.add("outlet_relations", relations);
  bundle.add("outlet_windkessels", std::vector<double>(6, 0.));
  bundle.add("outlet_lift_energy", std::vector<double>{0.});
  bundle.add("outlet_pressure", std::vector<double>{0.});
  bundle.add("backflow_pressure", std::vector<double>{0.});
  bundle.add("inflow_weights", weights);
  bundle.add("inflow_totals", totals);
}

/// Cubes across the channel, 4 to 7 times a power of two, that make about as many tetrahedra as wanted.
int cubes_across(double wanted_tetrahedra)
{
  const double wanted = std::cbrt(wanted_tetrahedra / 12);
  int          best   = 4;
  for (int base = 4; base <= most_coarsest; ++base)
    for (int n = base; n < 1000; n *= 2)
      best = std::abs(n - wanted) < std::abs(best - wanted) ? n : best;
  return best;
}

} // namespace

BundleFile make_box_bundle(double wanted_tetrahedra, int n_steps)
{
  const Grid   grid{cubes_across(wanted_tetrahedra)};
  const double dt = courant * grid.edge() / (2 * speed);
  BundleFile   bundle;
  bundle.add_text("content", "incompressible flow");
  bundle.add_number("dimension", 3);
  bundle.add_number("velocity_degree", 2);
  bundle.add_number("density", density);
  bundle.add_number("viscosity", viscosity);
  bundle.add_number("step", dt);
  bundle.add_number("n_steps", n_steps);
  bundle.add_number("velocity_tolerance", 1e-7);
  bundle.add_number("pressure_tolerance", 1e-7);
  bundle.add_number("mass_tolerance", 1e-8);
  bundle.add_number("extrapolation_limit", 0.2);
  bundle.add_number("maximum_iterations", 500);
  add_cells(bundle, grid);
  add_vertices(bundle, grid);
  add_velocities(bundle, grid);
  add_matrices(bundle, grid);
  add_outlet(bundle, dt, n_steps);
  bundle.add("time", std::vector<double>{0, 0, 0, 2});
  bundle.add("potential_scales", std::vector<double>{0, 0});
  return bundle;
}

} // namespace vesalius::device
