// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/saddle_point_matrix.h"

#include "solver/algebra/petsc_session.h"
#include "solver/algebra/saddle_point_solver.h"
#include "solver/algebra/scalar_operator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vesalius
{

SaddlePointMatrix::SaddlePointMatrix(const SimplexSpace &space, const std::vector<char> &is_fixed,
                                     const std::vector<char> &is_cap_vertex)
  : space_(space), is_fixed_(is_fixed), dim_(space.dimension()), n_u_(space.p2().n_owned * dim_),
    n_p_(space.p1().n_owned)
{
  int n_open = static_cast<int>(std::count(is_cap_vertex.begin(), is_cap_vertex.end(), 1));
  MPI_Allreduce(MPI_IN_PLACE, &n_open, 1, MPI_INT, MPI_SUM, space.communicator());
  is_enclosed_ = n_open == 0;
  for (int i = 0; i < n_p_ && is_enclosed_; ++i)
    if (space.p1().ids[i] == 0)
      pinned_ = i;
  n_global_ = space.p2().n_global * dim_ + space.p1().n_global;
  measure_cells();
  number_unknowns();
  preallocate();
}

SaddlePointMatrix::~SaddlePointMatrix() { MatDestroy(&matrix_); }

void SaddlePointMatrix::measure_cells()
{
  const auto cells = cell_arrays(space_);
  double     sums[2] = {0, double(space_.n_owned_cells())};
  weights_.assign(n_p_, 0.);
  for (std::size_t c = 0; c < space_.n_cells(); ++c)
    {
      const double volume = kernels::cell_volume(cells, c);
      if (c < space_.n_owned_cells())
        sums[0] += volume;
      for (int v = 0; v <= dim_; ++v)
        if (cells.p1[c * (dim_ + 1) + v] < n_p_)
          weights_[cells.p1[c * (dim_ + 1) + v]] += volume / (dim_ + 1);
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  spacing_ = std::pow(sums[0] / sums[1], 1. / dim_);
}

void SaddlePointMatrix::number_unknowns()
{
  int n_ranks = 1;
  MPI_Comm_size(space_.communicator(), &n_ranks);
  std::vector<std::int64_t> p2_end(n_ranks), p1_first(n_ranks);
  const std::int64_t        own_end = space_.p2().first + space_.p2().n_owned, own_first = space_.p1().first;
  MPI_Allgather(&own_end, 1, MPI_INT64_T, p2_end.data(), 1, MPI_INT64_T, space_.communicator());
  MPI_Allgather(&own_first, 1, MPI_INT64_T, p1_first.data(), 1, MPI_INT64_T, space_.communicator());
  const auto owner = [&](const NodeDistribution &nodes, int i) {
    return i < nodes.n_owned ? space_.rank() : nodes.ghost_owner[i - nodes.n_owned];
  };
  for (int i = 0; i < space_.p2().n_local(); ++i)
    velocity_index_.push_back(PetscInt(std::int64_t(space_.p2().index[i]) * dim_ + p1_first[owner(space_.p2(), i)]));
  for (int i = 0; i < space_.p1().n_local(); ++i)
    pressure_index_.push_back(PetscInt(p2_end[owner(space_.p1(), i)] * dim_ + space_.p1().index[i]));
}

void SaddlePointMatrix::preallocate()
{
  // Neighbours of the owned nodes through cells: nodes and vertices, on this rank and on others.
  const int   n = space_.nodes_per_cell(), n_owned = space_.p2().n_owned;
  const auto &p2 = space_.cells_p2();
  std::vector<std::vector<std::int32_t>> cells_of(n_owned);
  for (std::size_t k = 0; k < p2.size(); ++k)
    if (p2[k] < n_owned)
      cells_of[p2[k]].push_back(std::int32_t(k / n));
  std::vector<int> vertex_of(space_.p2().n_local(), -1);
  for (int v = 0; v < space_.p1().n_local(); ++v)
    vertex_of[space_.node_of_vertex()[v]] = v;
  std::vector<PetscInt>     own(n_rows()), other(n_rows());
  std::vector<std::int32_t> around;
  for (int node = 0; node < n_owned; ++node)
    {
      around.clear();
      for (const auto c : cells_of[node])
        around.insert(around.end(), &p2[std::size_t(c) * n], &p2[std::size_t(c) * n] + n);
      std::sort(around.begin(), around.end());
      around.erase(std::unique(around.begin(), around.end()), around.end());
      PetscInt counts[2] = {0, 0};
      for (const auto j : around)
        {
          counts[j < n_owned ? 0 : 1] += dim_;
          if (vertex_of[j] >= 0)
            counts[vertex_of[j] < n_p_ ? 0 : 1] += 1;
        }
      for (int d = 0; d < dim_; ++d)
        {
          own[node * dim_ + d]   = counts[0];
          other[node * dim_ + d] = counts[1];
        }
      if (vertex_of[node] >= 0)
        {
          own[n_u_ + vertex_of[node]]   = counts[0];
          other[n_u_ + vertex_of[node]] = counts[1];
        }
    }
  VESALIUS_PETSC(MatCreateAIJ(space_.communicator(), n_rows(), n_rows(), PETSC_DETERMINE, PETSC_DETERMINE, 0, own.data(),
                              0, other.data(), &matrix_));
  VESALIUS_PETSC(MatSetOption(matrix_, MAT_NO_OFF_PROC_ENTRIES, PETSC_TRUE));
}

bool SaddlePointMatrix::set_scales(const SaddlePointScales &scales)
{
  // Diagonal of a velocity row and the entries of the gradient, by size.
  const double h  = spacing_;
  diagonal_       = scales.mass * std::pow(h, dim_) + scales.mu * std::pow(h, dim_ - 2) + scales.rho * scales.speed * std::pow(h, dim_ - 1);
  const double wanted = diagonal_ / std::pow(h, dim_ - 1);
  if (has_scales_ && wanted < 2 * pressure_scale_ && wanted > 0.5 * pressure_scale_)
    return false;
  pressure_scale_ = wanted;
  return has_scales_ = true;
}

void SaddlePointMatrix::begin() { VESALIUS_PETSC(MatZeroEntries(matrix_)); }

void SaddlePointMatrix::add_cell(std::size_t cell, const double *matrix)
{
  // Negative indices are left out: rows of other ranks, rows and columns of what is given.
  const int n_nodes = space_.nodes_per_cell(), n = n_nodes * dim_ + dim_ + 1;
  rows_.resize(n);
  columns_.resize(n);
  scaled_.assign(matrix, matrix + n * n);
  for (int i = 0; i < n_nodes; ++i)
    {
      const int node = space_.cells_p2()[cell * n_nodes + i];
      for (int d = 0; d < dim_; ++d)
        {
          columns_[i * dim_ + d] = is_fixed_[node] ? -1 : velocity_index_[node] + d;
          rows_[i * dim_ + d]    = node < space_.p2().n_owned ? columns_[i * dim_ + d] : -1;
        }
    }
  for (int v = 0; v <= dim_; ++v)
    {
      const int vertex = space_.cells_p1()[cell * (dim_ + 1) + v];
      // The pinned vertex is known to its owner; others meet it as a ghost.
      const bool is_pin             = is_enclosed_ && space_.p1().ids[vertex] == 0;
      columns_[n_nodes * dim_ + v]  = is_pin ? -1 : pressure_index_[vertex];
      rows_[n_nodes * dim_ + v]     = vertex < n_p_ ? columns_[n_nodes * dim_ + v] : -1;
    }
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      if ((i < n_nodes * dim_) != (j < n_nodes * dim_))
        scaled_[i * n + j] *= pressure_scale_;
  VESALIUS_PETSC(MatSetValues(matrix_, n, rows_.data(), n, columns_.data(), scaled_.data(), ADD_VALUES));
}

void SaddlePointMatrix::add_velocities(const int *nodes, int n, const double *matrix)
{
  rows_.resize(n * dim_);
  columns_.resize(n * dim_);
  for (int i = 0; i < n; ++i)
    for (int d = 0; d < dim_; ++d)
      {
        columns_[i * dim_ + d] = is_fixed_[nodes[i]] ? -1 : velocity_index_[nodes[i]] + d;
        rows_[i * dim_ + d]    = nodes[i] < space_.p2().n_owned ? columns_[i * dim_ + d] : -1;
      }
  VESALIUS_PETSC(MatSetValues(matrix_, n * dim_, rows_.data(), n * dim_, columns_.data(), matrix, ADD_VALUES));
}

void SaddlePointMatrix::finish()
{
  for (int node = 0; node < space_.p2().n_owned; ++node)
    for (int d = 0; d < dim_ && is_fixed_[node]; ++d)
      VESALIUS_PETSC(MatSetValue(matrix_, velocity_index_[node] + d, velocity_index_[node] + d, diagonal_, ADD_VALUES));
  // The other pressures get an explicit zero: factorisations want a diagonal to exist.
  for (int v = 0; v < n_p_; ++v)
    VESALIUS_PETSC(MatSetValue(matrix_, pressure_index_[v], pressure_index_[v], v == pinned_ ? -diagonal_ : 0., ADD_VALUES));
  VESALIUS_PETSC(MatAssemblyBegin(matrix_, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(matrix_, MAT_FINAL_ASSEMBLY));
}

void SaddlePointMatrix::deflate(std::vector<double> &residual) const
{
  if (!is_enclosed_)
    return;
  double sums[2] = {std::accumulate(residual.begin(), residual.begin() + n_p_, 0.),
                    std::accumulate(weights_.begin(), weights_.end(), 0.)};
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  for (int v = 0; v < n_p_; ++v)
    residual[v] -= sums[0] / sums[1] * weights_[v];
}

void SaddlePointMatrix::make_index_sets(IS *velocities, IS *pressures) const
{
  PetscInt first = 0, end = 0;
  VESALIUS_PETSC(MatGetOwnershipRange(matrix_, &first, &end));
  VESALIUS_PETSC(ISCreateStride(space_.communicator(), n_u_, first, 1, velocities));
  VESALIUS_PETSC(ISSetBlockSize(*velocities, dim_));
  VESALIUS_PETSC(ISCreateStride(space_.communicator(), n_p_, first + n_u_, 1, pressures));
}

} // namespace vesalius
