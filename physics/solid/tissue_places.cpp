// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/tissue_places.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/algebra/tensor_diffusion.h"
#include "solver/core/errors.h"
#include "solver/kernels/field_kernels.h"

#include <algorithm>
#include <numeric>

namespace vesalius
{

namespace
{
/// The quadrature points of all local cells, [n][3], m.
std::vector<double> quadrature_places(const SimplexSpace &space)
{
  const int                 dim   = space.dimension();
  const auto                cells = cell_arrays(space);
  const kernels::FieldCells fields(cells, {FieldShape{"", "", 1, 1, false, true}});
  const std::vector<double> zero(space.p1().n_local(), 0.);
  const double *const       values[] = {zero.data()};
  std::vector<double>       places;
  kernels::visit_field_points(fields, 0, space.n_cells(), values, [&](const FieldPoints &points, const double *, const double *) {
    for (int q = 0; q < points.n; ++q)
      for (int d = 0; d < 3; ++d)
        places.push_back(d < dim ? points.x[q * dim + d] : 0.);
  });
  return places;
}
} // namespace

namespace
{
/// Directions of cells of one material at [c][n_points] from the harmonic depth between two boundaries.
void add_wall_directions(SimplexSpace &space, const WallRule &rule, int material, const std::vector<int> &material_of_cell, std::vector<double> &directions)
{
  const int dim = space.dimension(), n_slots = dim + 1, n_points = kernels::n_field_points(dim);
  const int inner = space.boundary_id(rule.inner_boundary), outer = space.boundary_id(rule.outer_boundary);
  VESALIUS_ASSERT(inner > 0 && outer > 0, "the boundaries of a wall of fibres have been checked");
  const TensorDiffusion physics(2, [](const FieldPoints &points, double *tensor, double *, double *) {
    for (int q = 0; q < points.n; ++q)
      for (int d = 0; d < points.dimension; ++d)
        tensor[(q * points.dimension + d) * points.dimension + d] = 1;
  });
  const auto depth = solve_diffusion(space, physics, {{inner, [](const double *) { return 0.; }}, {outer, [](const double *) { return 1.; }}});
  const auto                cells = cell_arrays(space);
  const kernels::FieldCells fields(cells, physics.fields());
  const double *const       values[] = {depth.data()};
  kernels::visit_field_points(fields, 0, space.n_cells(), values, [&](const FieldPoints &points, const double *, const double *slots) {
    for (int q = 0; q < points.n; ++q)
      if (material_of_cell[points.cell[q]] == material)
        {
          std::array<double, 3> gradient{};
          std::copy_n(slots + q * n_slots, dim, gradient.begin());
          set_wall_directions(rule, slots[q * n_slots + dim], gradient, &directions[6 * (std::size_t(points.cell[q]) * n_points + points.point[q])]);
        }
  });
}
} // namespace

std::vector<double> point_directions(SimplexSpace &space, const std::vector<std::shared_ptr<const FibreField>> &fibres,
                                     const std::vector<int> &material_of_cell)
{
  if (std::none_of(fibres.begin(), fibres.end(), [](const auto &field) { return bool(field); }))
    return {};
  const int           n      = kernels::n_field_points(space.dimension());
  const auto          places = quadrature_places(space);
  std::vector<double> directions(2 * places.size(), 0.);
  for (std::size_t c = 0; c < space.n_cells(); ++c)
    if (const auto &field = fibres[material_of_cell[c]]; field && !field->wall())
      field->evaluate(n, &places[3 * c * n], &directions[6 * c * n]);
  for (std::size_t m = 0; m < fibres.size(); ++m)
    if (fibres[m] && fibres[m]->wall())
      add_wall_directions(space, *fibres[m]->wall(), int(m), material_of_cell, directions);
  return directions;
}

std::vector<double> point_stiffness(const SimplexSpace &space, const std::vector<std::unique_ptr<StiffnessField>> &maps,
                                    const std::vector<int> &material_of_cell)
{
  int is_there = std::any_of(maps.begin(), maps.end(), [](const auto &map) { return bool(map); });
  MPI_Bcast(&is_there, 1, MPI_INT, 0, space.communicator());
  if (is_there == 0)
    return {};
  // Rank 0 holds the image: places go there, factors come back.
  const auto places = quadrature_places(space);
  const int  n = kernels::n_field_points(space.dimension()), count = int(places.size() / 3);
  int        n_ranks = 1;
  MPI_Comm_size(space.communicator(), &n_ranks);
  std::vector<int> counts(n_ranks), starts(n_ranks, 0);
  MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, space.communicator());
  std::partial_sum(counts.begin(), counts.end() - 1, starts.begin() + 1);
  const auto          n_all = std::size_t(std::accumulate(counts.begin(), counts.end(), 0));
  std::vector<double> all(space.rank() == 0 ? 3 * n_all : 0), factors(count, 1.), all_factors(space.rank() == 0 ? n_all : 0, 1.);
  std::vector<int>    material(count), all_materials(all_factors.size());
  for (int i = 0; i < count; ++i)
    material[i] = material_of_cell[i / n];
  MPI_Datatype triple;
  MPI_Type_contiguous(3, MPI_DOUBLE, &triple);
  MPI_Type_commit(&triple);
  MPI_Gatherv(places.data(), count, triple, all.data(), counts.data(), starts.data(), triple, 0, space.communicator());
  MPI_Type_free(&triple);
  MPI_Gatherv(material.data(), count, MPI_INT, all_materials.data(), counts.data(), starts.data(), MPI_INT, 0, space.communicator());
  for (std::size_t i = 0; i < all_factors.size(); ++i)
    if (const auto &map = maps[all_materials[i]])
      map->evaluate(1, &all[3 * i], &all_factors[i]);
  MPI_Scatterv(all_factors.data(), counts.data(), starts.data(), MPI_DOUBLE, factors.data(), count, MPI_DOUBLE, 0, space.communicator());
  return factors;
}

} // namespace vesalius
