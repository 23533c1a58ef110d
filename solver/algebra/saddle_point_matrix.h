// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <petscmat.h>

#include <vector>

namespace vesalius
{

struct SaddlePointScales;

/// The coupled matrix of velocity and pressure as one distributed PETSc matrix: on each rank the velocities of the owned
/// P2 nodes, interleaved, then the pressures of the owned vertices. Rows and columns of fixed velocities and of the pinned pressure
/// hold a diagonal entry alone. Pressures are in units of pressure_scale(), continuity rows are multiplied by it.
class SaddlePointMatrix
{
public:
  SaddlePointMatrix(const SimplexSpace &space, const std::vector<char> &is_fixed, const std::vector<char> &is_cap_vertex);
  ~SaddlePointMatrix();
  SaddlePointMatrix(const SaddlePointMatrix &)            = delete;
  SaddlePointMatrix &operator=(const SaddlePointMatrix &) = delete;

  Mat          petsc() const { return matrix_; }
  int          n_rows() const { return n_u_ + n_p_; }
  std::int64_t n_global() const { return n_global_; }
  double       pressure_scale() const { return pressure_scale_; }
  double       spacing() const { return spacing_; } ///< mean size of a cell, m
  bool         is_fixed(int node) const { return is_fixed_[node]; }
  /// Enclosed flow has one pinned pressure: that of the vertex with permanent id 0.
  bool is_pinned(int vertex) const { return vertex == pinned_; }
  bool is_enclosed() const { return is_enclosed_; }

  /// Keeps the pressure scale while it is right within a factor of two; true if it changed.
  bool set_scales(const SaddlePointScales &scales);
  /// The next scales are taken whatever the present ones are.
  void forget_scales() { has_scales_ = false; }
  void begin();
  void add_cell(std::size_t cell, const double *matrix);
  void add_velocities(const int *nodes, int n, const double *matrix);
  void finish();
  /// Makes the sum of the owned continuity residuals zero over all ranks, if the flow is enclosed.
  void deflate(std::vector<double> &residual) const;
  void make_index_sets(IS *velocities, IS *pressures) const;

private:
  void measure_cells();
  void number_unknowns();
  void preallocate();

  const SimplexSpace    &space_;
  std::vector<char>      is_fixed_;
  int                    dim_, n_u_, n_p_, pinned_ = -1;
  bool                   is_enclosed_ = false, has_scales_ = false;
  std::int64_t           n_global_    = 0;
  double                 spacing_ = 1, pressure_scale_ = 1, diagonal_ = 1;
  std::vector<double>    weights_; ///< integral of each owned P1 function
  std::vector<PetscInt>  velocity_index_, pressure_index_; ///< of local nodes (first component) and vertices
  std::vector<PetscInt>  rows_, columns_;
  std::vector<double>    scaled_;
  Mat                    matrix_ = nullptr;
};

} // namespace vesalius
