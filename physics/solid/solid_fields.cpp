// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_fields.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/kernels/field_kernels.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace vesalius
{

namespace
{
/// Calls visit(cell, volume, state) at the quadrature points of the first n cells.
template <class Visit>
void visit_states(const SolidSolver &solver, std::size_t n_cells, const Visit &visit)
{
  const auto                  cells = cell_arrays(solver.space());
  const kernels::FieldCells   fields(cells, solver.physics().fields());
  std::vector<const double *> values;
  for (const auto &field : solver.stepping().state().fields)
    values.push_back(field.data());
  kernels::visit_field_points(fields, 0, n_cells, values.data(), [&](const FieldPoints &points, const double *volume, const double *slots) {
    const auto states = solver.physics().states(points, slots);
    for (int q = 0; q < points.n; ++q)
      visit(std::size_t(points.cell[q]), volume[q], states[q]);
  });
}

Eigen::Matrix3d symmetric(const double *v)
{
  Eigen::Matrix3d m;
  m << v[0], v[3], v[5], v[3], v[1], v[4], v[5], v[4], v[2];
  return m;
}

/// Square roots of the eigenvalues of F^T F, largest first.
std::array<double, 3> stretches(const double *F)
{
  const Eigen::Matrix3d                                f = Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(F);
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> eigen(f.transpose() * f, Eigen::EigenvaluesOnly);
  return {std::sqrt(eigen.eigenvalues()(2)), std::sqrt(eigen.eigenvalues()(1)), std::sqrt(eigen.eigenvalues()(0))};
}

double reduced(double value, MPI_Op operation, MPI_Comm communicator)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, operation, communicator);
  return value;
}
} // namespace

double von_mises(const double *s)
{
  const double a = s[0] - s[1], b = s[1] - s[2], c = s[2] - s[0];
  return std::sqrt(0.5 * (a * a + b * b + c * c) + 3 * (s[3] * s[3] + s[4] * s[4] + s[5] * s[5]));
}

std::vector<SolidField> solid_fields(const SolidSolver &solver)
{
  const auto             &space = solver.space();
  const int               n = space.p2().n_local(), nodes_per_cell = space.nodes_per_cell();
  const auto             *cells = space.cells_p2().data();
  std::vector<SolidField> fields{{"cauchy_stress", "Pa", 6, {}},     {"principal_stress", "Pa", 3, {}}, {"direction_1", "", 3, {}},
                                 {"von_mises", "Pa", 1, {}},         {"principal_stretch", "", 3, {}},  {"volume_ratio", "", 1, {}},
                                 {"strain_energy", "J/m^3", 1, {}},  {"mean_stress", "Pa", 1, {}}};
  for (auto &field : fields)
    field.values.assign(std::size_t(n) * field.n_components, 0.);
  std::vector<int>    material(n, std::numeric_limits<int>::max());
  std::vector<double> weight(n, 0.);
  for (std::size_t k = 0; k < space.n_cells() * nodes_per_cell; ++k)
    material[cells[k]] = std::min(material[cells[k]], solver.physics().material_of(k / nodes_per_cell));
  visit_states(solver, space.n_cells(), [&](std::size_t cell, double volume, const SolidPointState &state) {
    const auto lambda = stretches(state.F);
    for (int i = 0; i < nodes_per_cell; ++i)
      {
        const auto node = std::size_t(cells[cell * nodes_per_cell + i]);
        if (material[node] != solver.physics().material_of(cell))
          continue;
        weight[node] += volume;
        for (int v = 0; v < 6; ++v)
          fields[0].values[6 * node + v] += volume * state.cauchy[v];
        for (int v = 0; v < 3; ++v)
          fields[4].values[3 * node + v] += volume * lambda[v];
        fields[5].values[node] += volume * state.J;
        fields[6].values[node] += volume * state.energy;
        fields[7].values[node] += volume * state.pressure;
      }
  });
  for (int i = 0; i < n; ++i)
    {
      if (weight[i] == 0)
        continue;
      for (const int f : {0, 4, 5, 6, 7})
        for (int c = 0; c < fields[f].n_components; ++c)
          fields[f].values[std::size_t(i) * fields[f].n_components + c] /= weight[i];
      const double *stress = &fields[0].values[6 * std::size_t(i)];
      fields[3].values[i]  = von_mises(stress);
      const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> eigen(symmetric(stress));
      for (int d = 0; d < 3; ++d)
        {
          fields[1].values[3 * std::size_t(i) + d] = eigen.eigenvalues()(2 - d);
          fields[2].values[3 * std::size_t(i) + d] = eigen.eigenvectors()(d, 2);
        }
    }
  return fields;
}

SolidSummary solid_summary(const SolidSolver &solver)
{
  const auto  &space  = solver.space();
  const double huge   = std::numeric_limits<double>::max();
  SolidSummary s;
  double       sums[3] = {0, 0, 0}; // volume, deformed volume, energy
  s.stretch_smallest = s.volume_ratio_smallest = huge;
  s.tension_largest  = -huge;
  s.compression_largest = huge;
  visit_states(solver, space.n_owned_cells(), [&](std::size_t, double volume, const SolidPointState &state) {
    sums[0] += volume;
    sums[1] += volume * state.J;
    sums[2] += volume * state.energy;
    const auto lambda       = stretches(state.F);
    s.stretch_largest       = std::max(s.stretch_largest, lambda[0]);
    s.stretch_smallest      = std::min(s.stretch_smallest, lambda[2]);
    s.volume_ratio_smallest = std::min(s.volume_ratio_smallest, state.J);
    s.volume_ratio_largest  = std::max(s.volume_ratio_largest, state.J);
    s.von_mises_largest     = std::max(s.von_mises_largest, von_mises(state.cauchy));
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> eigen(symmetric(state.cauchy), Eigen::EigenvaluesOnly);
    s.tension_largest     = std::max(s.tension_largest, eigen.eigenvalues()(2));
    s.compression_largest = std::min(s.compression_largest, eigen.eigenvalues()(0));
  });
  const int dim = space.dimension();
  for (int i = 0; i < space.p2().n_owned; ++i)
    {
      double u = 0;
      for (int d = 0; d < dim; ++d)
        u = std::hypot(u, solver.displacement()[std::size_t(i) * dim + d]);
      s.largest_displacement = std::max(s.largest_displacement, u);
    }
  const auto communicator = space.communicator();
  MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, communicator);
  for (auto *value : {&s.largest_displacement, &s.von_mises_largest, &s.stretch_largest, &s.volume_ratio_largest, &s.tension_largest})
    *value = reduced(*value, MPI_MAX, communicator);
  for (auto *value : {&s.stretch_smallest, &s.volume_ratio_smallest, &s.compression_largest})
    *value = reduced(*value, MPI_MIN, communicator);
  s.volume        = sums[0];
  s.volume_change = sums[1] / sums[0] - 1;
  s.strain_energy = sums[2];
  return s;
}

double von_mises_percentile(const SolidSolver &solver, double share)
{
  std::vector<std::array<double, 2>> mine;
  double                             total = 0;
  visit_states(solver, solver.space().n_owned_cells(), [&](std::size_t, double volume, const SolidPointState &state) {
    mine.push_back({von_mises(state.cauchy), volume * state.J});
    total += volume * state.J;
  });
  // Bisection on the share below a value: what is sorted stays on its rank.
  const auto communicator = solver.space().communicator();
  total                   = reduced(total, MPI_SUM, communicator);
  double low = 0, high = 0;
  for (const auto &point : mine)
    high = std::max(high, point[0]);
  high = reduced(high, MPI_MAX, communicator);
  for (int iteration = 0; iteration < 50; ++iteration)
    {
      const double middle = 0.5 * (low + high);
      double       below  = 0;
      for (const auto &[value, volume] : mine)
        below += value <= middle ? volume : 0;
      (reduced(below, MPI_SUM, communicator) < share * total ? low : high) = middle;
    }
  return high;
}

} // namespace vesalius
