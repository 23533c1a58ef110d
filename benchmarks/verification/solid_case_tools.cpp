// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/solid_case_tools.h"

#include "mesh_io/volume_mesh.h"
#include "physics/solid/tissue_places.h"
#include "solver/core/errors.h"
#include "solver/core/processor_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace vesalius::verification
{

SolidMaterial tissue_of(const std::string &entries, VolumeFunction volume)
{
  ParameterTree parameters;
  declare_tissue_laws(parameters);
  parameters.parse_text("subsection Tissue\n" + entries + "end\n", "verification case");
  return {make_tissue_law(parameters), volume};
}

SolidMaterial neo_hookean(double shear, double bulk, VolumeFunction volume)
{
  return tissue_of(fmt::format("set Law = neo_hookean\nset Shear modulus = {} Pa\nset {}\n", shear,
                               std::isinf(bulk) ? "Poisson ratio = 0.5" : fmt::format("Bulk modulus = {} Pa", bulk)),
                   volume);
}

double bulk_modulus(double shear, double poisson) { return 2 * shear * (1 + poisson) / (3 * (1 - 2 * poisson)); }

Mesh mapped_box(int dimension, const std::array<int, 3> &n, const std::function<std::array<double, 3>(const std::array<double, 3> &)> &map)
{
  auto mesh = make_second_order(make_box_mesh(dimension, {0, 0, 0}, {1, 1, dimension == 3 ? 1. : 0.}, n));
  for (auto &x : mesh.points)
    x = map(x);
  return mesh;
}

Mesh make_ring(double inner, double outer, int n)
{
  return mapped_box(2, {n, 2 * n, 0}, [=](const std::array<double, 3> &x) -> std::array<double, 3> {
    const double r = inner + (outer - inner) * x[0], angle = 0.5 * std::numbers::pi * x[1];
    return {x[1] == 1 ? 0 : r * std::cos(angle), x[1] == 0 ? 0 : r * std::sin(angle), 0};
  });
}

double tube_pressure(double A, double B, double a)
{
  const double b = std::sqrt(B * B + a * a - A * A);
  return std::log(a * B / (b * A)) + 0.5 * (a * a - A * A) * (1 / (a * a) - 1 / (b * b));
}

namespace
{
/// The tetrahedra of a wedge with vertices v (bottom 0-2, top 3-5), cut so that neighbours agree: every side's diagonal starts at its smallest vertex
/// (Dompierre et al. 1999).
std::vector<std::array<int, 4>> cut_wedge(std::array<int, 6> v)
{
  // Turned and, if need be, stood on its head so that v[0] is the smallest.
  const int smallest = int(std::min_element(v.begin(), v.end()) - v.begin());
  static constexpr int turns[6][6] = {{0, 1, 2, 3, 4, 5}, {1, 2, 0, 4, 5, 3}, {2, 0, 1, 5, 3, 4}, {3, 5, 4, 0, 2, 1}, {4, 3, 5, 1, 0, 2}, {5, 4, 3, 2, 1, 0}};
  std::array<int, 6>   w{};
  for (int i = 0; i < 6; ++i)
    w[i] = v[turns[smallest][i]];
  if (std::min(w[1], w[5]) < std::min(w[2], w[4]))
    return {{w[0], w[1], w[2], w[5]}, {w[0], w[1], w[5], w[4]}, {w[0], w[4], w[5], w[3]}};
  return {{w[0], w[1], w[2], w[4]}, {w[0], w[4], w[2], w[5]}, {w[0], w[4], w[5], w[3]}};
}
} // namespace

Mesh make_shell_quarter(int n_along, int n_through, const std::function<std::array<double, 2>(double s, double t)> &map)
{
  // Vertex k of row i on layer l; parameters s, t and the angle.
  Mesh                               mesh;
  std::map<std::array<int, 3>, int>  number;
  std::vector<std::array<double, 3>> place; // s, t, angle
  for (int i = 0; i <= n_along; ++i)
    for (int l = 0; l <= n_through; ++l)
      for (int k = 0; k <= i; ++k)
        {
          number[{i, k, l}] = int(place.size());
          place.push_back({double(i) / n_along, double(l) / n_through, i == 0 ? 0 : 0.5 * std::numbers::pi * k / i});
        }
  for (int l = 0; l < n_through; ++l)
    for (int i = 0; i < n_along; ++i)
      {
        const auto wedge = [&](std::array<std::array<int, 2>, 3> corners) {
          std::array<int, 6> v{};
          for (int c = 0; c < 3; ++c)
            {
              v[c]     = number.at({corners[c][0], corners[c][1], l});
              v[3 + c] = number.at({corners[c][0], corners[c][1], l + 1});
            }
          for (const auto &cell : cut_wedge(v))
            mesh.cells.insert(mesh.cells.end(), cell.begin(), cell.end());
        };
        for (int k = 0; k <= i; ++k)
          wedge({{{i, k}, {i + 1, k}, {i + 1, k + 1}}});
        for (int k = 0; k < i; ++k)
          wedge({{{i, k}, {i + 1, k + 1}, {i, k + 1}}});
      }
  mesh.dimension  = 3;
  mesh.order      = 1;
  mesh.n_vertices = place.size();
  mesh.region_id.assign(mesh.cells.size() / 4, 1);
  mesh.region_names   = {{1, "wall"}};
  mesh.boundary_names = {{1, "pole_side_x"}, {2, "pole_side_y"}, {3, "end"}, {4, "inside"}, {5, "outside"}};
  const auto at       = [&](const std::array<double, 3> &p) -> std::array<double, 3> {
    const auto [radius, height] = map(p[0], p[1]);
    const double c = std::abs(p[2] - 0.5 * std::numbers::pi) < 1e-12 ? 0 : std::cos(p[2]), s = p[2] == 0 ? 0 : std::sin(p[2]);
    return {radius * c, radius * s, height};
  };
  for (const auto &p : place)
    mesh.points.push_back(at(p));
  // Orientation, then the faces that all belong to one side.
  const auto volume = [&](const std::int32_t *c) {
    double e[3][3];
    for (int i = 0; i < 3; ++i)
      for (int d = 0; d < 3; ++d)
        e[i][d] = mesh.points[c[i + 1]][d] - mesh.points[c[0]][d];
    return e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) - e[0][1] * (e[1][0] * e[2][2] - e[1][2] * e[2][0]) +
           e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0]);
  };
  std::map<std::array<std::int32_t, 3>, std::pair<int, std::array<std::int32_t, 3>>> faces;
  for (std::size_t c = 0; c < mesh.cells.size(); c += 4)
    {
      if (volume(&mesh.cells[c]) < 0)
        std::swap(mesh.cells[c + 2], mesh.cells[c + 3]);
      static constexpr int corners[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};
      for (const auto &f : corners)
        {
          const std::array<std::int32_t, 3> face{mesh.cells[c + f[0]], mesh.cells[c + f[1]], mesh.cells[c + f[2]]};
          auto                              key = face;
          std::sort(key.begin(), key.end());
          auto &entry = faces[key];
          ++entry.first;
          entry.second = face;
        }
    }
  for (const auto &[key, entry] : faces)
    if (entry.first == 1)
      {
        const auto all = [&](auto &&test) { return std::all_of(key.begin(), key.end(), [&](int v) { return test(place[v]); }); };
        const int  id  = all([](const auto &p) { return p[1] == 0; }) ? 4 :
                         all([](const auto &p) { return p[1] == 1; }) ? 5 :
                         all([](const auto &p) { return p[0] == 1; }) ? 3 :
                         all([](const auto &p) { return p[2] == 0 || p[0] == 0; }) ? 2 :
                                                                                      1;
        mesh.boundary_faces.insert(mesh.boundary_faces.end(), entry.second.begin(), entry.second.end());
        mesh.boundary_id.push_back(id);
      }
  // The edge nodes lie where the parameters' means do; at the pole, which has no angle, the other end's counts.
  auto result = make_second_order(mesh);
  for (std::size_t c = 0; c < result.n_cells(); ++c)
    {
      static constexpr int edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
      for (int e = 0; e < 6; ++e)
        {
          const auto &a = place[result.cells[10 * c + edges[e][0]]], &b = place[result.cells[10 * c + edges[e][1]]];
          const double angle = a[0] == 0 ? b[2] : (b[0] == 0 ? a[2] : 0.5 * (a[2] + b[2]));
          result.points[result.cells[10 * c + 4 + e]] = at({0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]), angle});
        }
    }
  return result;
}

SolidBench::SolidBench(const RunContext &context, const Mesh &mesh, const SolidMaterial &material, const SolidSettings &settings)
  : SolidBench(context, mesh, {material}, material.law->bulk_modulus() >= mixed_threshold * material.law->shear_modulus(),
               [](const double *) { return 0; }, settings)
{}

SolidBench::SolidBench(const RunContext &context, const Mesh &mesh, const std::vector<SolidMaterial> &materials, bool mixed,
                       const std::function<int(const double *)> &material_of, const SolidSettings &settings)
  : start_(processor_seconds(context.communicator))
{
  space_ = std::make_unique<SimplexSpace>(mesh, context.communicator);
  std::vector<int> material_of_cell;
  const int        dim = space_->dimension();
  for (std::size_t c = 0; c < space_->n_cells(); ++c)
    {
      double middle[3] = {0, 0, 0};
      for (int v = 0; v <= dim; ++v)
        for (int d = 0; d < dim; ++d)
          middle[d] += space_->coordinates()[std::size_t(space_->cells_p2()[c * space_->nodes_per_cell() + v]) * dim + d] / (dim + 1);
      material_of_cell.push_back(material_of(middle));
    }
  solver_ = std::make_unique<SolidSolver>(*space_, std::make_shared<SolidPhysics>(dim, mixed, materials, material_of_cell), settings);
}

void SolidBench::set_fibres(std::shared_ptr<const FibreField> fibres)
{
  solver_->physics().set_directions(point_directions(*space_, {std::move(fibres)}, std::vector<int>(space_->n_cells(), 0)));
}

VerificationCost SolidBench::cost()
{
  return {n_unknowns(), processor_seconds(space_->communicator()) - start_};
}

std::int64_t SolidBench::node_at(const std::array<double, 3> &x) const
{
  const int dim = space_->dimension();
  struct
  {
    double distance;
    int    id;
  } best{std::numeric_limits<double>::max(), 0};
  for (int i = 0; i < space_->p2().n_owned; ++i)
    {
      double distance = 0;
      for (int d = 0; d < dim; ++d)
        distance = std::hypot(distance, space_->coordinates()[std::size_t(i) * dim + d] - x[d]);
      if (distance < best.distance)
        best = {distance, int(space_->p2().ids[i])};
    }
  MPI_Allreduce(MPI_IN_PLACE, &best, 1, MPI_DOUBLE_INT, MPI_MINLOC, space_->communicator());
  return best.id;
}

std::array<double, 3> SolidBench::reference_of(std::int64_t node) const
{
  const int             dim = space_->dimension();
  std::array<double, 3> x{};
  for (int i = 0; i < space_->p2().n_owned; ++i)
    if (space_->p2().ids[i] == node)
      std::copy_n(&space_->coordinates()[std::size_t(i) * dim], dim, x.begin());
  MPI_Allreduce(MPI_IN_PLACE, x.data(), 3, MPI_DOUBLE, MPI_SUM, space_->communicator());
  return x;
}

std::array<double, 3> SolidBench::position_of(const std::array<double, 3> &x) const
{
  const auto id       = node_at(x);
  auto       position = solver_->displacement_of(id);
  const auto reference = reference_of(id);
  for (int d = 0; d < 3; ++d)
    position[d] += reference[d];
  return position;
}

SolidSettings load_steps(double first, double largest)
{
  SolidSettings settings;
  settings.steps.first   = first;
  settings.steps.largest = largest;
  return settings;
}

} // namespace vesalius::verification
