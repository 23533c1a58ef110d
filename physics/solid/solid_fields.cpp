// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_fields.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/interfaces/bernstein_bound.h"
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

using Spectrum = Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>;

/// Eigenvalues and -vectors of C = F^T F.
Spectrum right_cauchy_green(const double *F)
{
  const Eigen::Matrix3d f = Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(F);
  return Spectrum(f.transpose() * f);
}

/// Writes the eigenvalues of a mean tensor, largest first, and the first and last eigenvectors.
void store_principal(const double *tensor, double *values, double *first, double *last)
{
  const Spectrum eigen(symmetric(tensor));
  for (int d = 0; d < 3; ++d)
    {
      values[d] = eigen.eigenvalues()(2 - d);
      first[d]  = eigen.eigenvectors()(d, 2);
      last[d]   = eigen.eigenvectors()(d, 0);
    }
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

namespace
{
/// What is averaged over the quadrature points around a node, one after the other.
struct Means
{
  static constexpr int cauchy = 0, piola = 6, stretch = 15, volume_ratio = 21, energy = 22, mean_stress = 23, n = 24;
};

/// For every local node the means of its tissue, [n][Means::n].
std::vector<double> nodal_means(const SolidSolver &solver)
{
  const auto         &space          = solver.space();
  const int           n              = space.p2().n_local(), nodes_per_cell = space.nodes_per_cell();
  const auto         *cells          = space.cells_p2().data();
  std::vector<int>    material(n, std::numeric_limits<int>::max());
  std::vector<double> weight(n, 0.), means(std::size_t(n) * Means::n, 0.);
  for (std::size_t k = 0; k < space.n_cells() * nodes_per_cell; ++k)
    material[cells[k]] = std::min(material[cells[k]], solver.physics().material_of(k / nodes_per_cell));
  visit_states(solver, space.n_cells(), [&](std::size_t cell, double volume, const SolidPointState &state) {
    double values[Means::n];
    std::copy_n(state.cauchy, 6, values + Means::cauchy);
    std::copy_n(state.piola, 9, values + Means::piola);
    const Eigen::Matrix3d U = right_cauchy_green(state.F).operatorSqrt();
    const double          stretch[6]{U(0, 0), U(1, 1), U(2, 2), U(0, 1), U(1, 2), U(0, 2)};
    std::copy_n(stretch, 6, values + Means::stretch);
    values[Means::volume_ratio] = state.J;
    values[Means::energy]       = state.energy;
    values[Means::mean_stress]  = state.pressure;
    for (int i = 0; i < nodes_per_cell; ++i)
      {
        const auto node = std::size_t(cells[cell * nodes_per_cell + i]);
        if (material[node] != solver.physics().material_of(cell))
          continue;
        weight[node] += volume;
        for (int v = 0; v < Means::n; ++v)
          means[node * Means::n + v] += volume * values[v];
      }
  });
  for (std::size_t k = 0; k < means.size(); ++k)
    means[k] /= weight[k / Means::n] > 0 ? weight[k / Means::n] : 1;
  return means;
}
} // namespace

std::vector<SolidField> solid_fields(const SolidSolver &solver)
{
  const auto              means = nodal_means(solver);
  const std::size_t       n     = means.size() / Means::n;
  std::vector<SolidField> fields;
  const auto              add = [&](const std::string &name, const std::string &unit, int n_components) -> std::vector<double> & {
    fields.push_back({name, unit, n_components, std::vector<double>(n * n_components, 0.)});
    return fields.back().values;
  };
  const auto add_mean = [&](const std::string &name, const std::string &unit, int n_components, int first) {
    auto &values = add(name, unit, n_components);
    for (std::size_t i = 0; i < n; ++i)
      std::copy_n(&means[i * Means::n + first], n_components, &values[i * n_components]);
  };
  const auto add_principal = [&](const std::string &name, const std::string &unit, int first) {
    std::vector<double> values(3 * n), directions[2]{values, values};
    for (std::size_t i = 0; i < n; ++i)
      store_principal(&means[i * Means::n + first], &values[3 * i], &directions[0][3 * i], &directions[1][3 * i]);
    add("principal_" + name, unit, 3)  = std::move(values);
    add(name + "_direction_1", "", 3) = std::move(directions[0]);
    add(name + "_direction_3", "", 3) = std::move(directions[1]);
  };
  add_mean("cauchy_stress", "Pa", 6, Means::cauchy);
  auto &mises = add("von_mises", "Pa", 1);
  for (std::size_t i = 0; i < n; ++i)
    mises[i] = von_mises(&means[i * Means::n + Means::cauchy]);
  add_principal("stress", "Pa", Means::cauchy);
  add_mean("first_piola_stress", "Pa", 9, Means::piola);
  add_principal("stretch", "", Means::stretch);
  add_mean("volume_ratio", "", 1, Means::volume_ratio);
  add_mean("strain_energy", "J/m^3", 1, Means::energy);
  add_mean("mean_stress", "Pa", 1, Means::mean_stress);
  return fields;
}

JacobianBound smallest_jacobian_bound(const SolidSolver &solver)
{
  const auto   &space = solver.space();
  const auto    cells = cell_arrays(space);
  const int     dim = space.dimension(), n = space.nodes_per_cell();
  JacobianBound smallest;
  smallest.bound = std::numeric_limits<double>::max();
  for (std::size_t c = 0; c < space.n_owned_cells(); ++c)
    {
      std::array<std::array<double, 3>, 10> X{}, x{};
      for (int i = 0; i < n; ++i)
        for (int d = 0; d < dim; ++d)
          {
            const std::size_t k = std::size_t(space.cells_p2()[c * n + i]) * dim + d;
            X[i][d] = space.coordinates()[k];
            x[i][d] = X[i][d] + solver.displacement()[k];
          }
      const auto   found = bernstein_bound(dim, x.data());
      const double bound = found.value / ((dim == 3 ? 6 : 2) * kernels::cell_volume(cells, c));
      if (bound >= smallest.bound)
        continue;
      smallest = {bound, space.cell_ids()[c], {}};
      for (int v = 0; v <= dim; ++v)
        for (int d = 0; d < dim; ++d)
          smallest.x[d] += found.place[v] * X[v][d];
    }
  struct
  {
    double value;
    int    rank;
  } mine{smallest.bound, space.rank()}, all{};
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE_INT, MPI_MINLOC, space.communicator());
  smallest.bound = all.value;
  MPI_Bcast(&smallest.cell, 1, MPI_INT64_T, all.rank, space.communicator());
  MPI_Bcast(smallest.x.data(), 3, MPI_DOUBLE, all.rank, space.communicator());
  return smallest;
}

double largest_displacement(const SolidSolver &solver)
{
  const auto &space   = solver.space();
  const int   dim     = space.dimension();
  double      largest = 0;
  for (int i = 0; i < space.p2().n_owned; ++i)
    {
      double u = 0;
      for (int d = 0; d < dim; ++d)
        u = std::hypot(u, solver.displacement()[std::size_t(i) * dim + d]);
      largest = std::max(largest, u);
    }
  return reduced(largest, MPI_MAX, space.communicator());
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
    const auto C            = right_cauchy_green(state.F).eigenvalues();
    s.stretch_largest       = std::max(s.stretch_largest, std::sqrt(C(2)));
    s.stretch_smallest      = std::min(s.stretch_smallest, std::sqrt(C(0)));
    s.volume_ratio_smallest = std::min(s.volume_ratio_smallest, state.J);
    s.volume_ratio_largest  = std::max(s.volume_ratio_largest, state.J);
    s.von_mises_largest     = std::max(s.von_mises_largest, von_mises(state.cauchy));
    const Spectrum eigen(symmetric(state.cauchy), Eigen::EigenvaluesOnly);
    s.tension_largest     = std::max(s.tension_largest, eigen.eigenvalues()(2));
    s.compression_largest = std::min(s.compression_largest, eigen.eigenvalues()(0));
  });
  const auto communicator = space.communicator();
  MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, communicator);
  s.largest_displacement = largest_displacement(solver);
  for (auto *value : {&s.von_mises_largest, &s.stretch_largest, &s.volume_ratio_largest, &s.tension_largest})
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
