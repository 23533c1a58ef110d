// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/tissue_places.h"

#include "solver/algebra/scalar_operator.h"
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

std::vector<double> point_directions(const SimplexSpace &space, const std::vector<std::shared_ptr<const FibreField>> &fibres,
                                     const std::vector<int> &material_of_cell)
{
  if (std::none_of(fibres.begin(), fibres.end(), [](const auto &field) { return bool(field); }))
    return {};
  const int           n      = kernels::n_field_points(space.dimension());
  const auto          places = quadrature_places(space);
  std::vector<double> directions(2 * places.size(), 0.);
  for (std::size_t c = 0; c < space.n_cells(); ++c)
    if (const auto &field = fibres[material_of_cell[c]])
      field->evaluate(n, &places[3 * c * n], &directions[6 * c * n]);
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
