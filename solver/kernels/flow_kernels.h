// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace vesalius::kernels
{

/// The cells of a rank as flat arrays; nothing here knows where they come from.
struct CellArrays
{
  int                 dimension = 3;
  std::size_t         n_cells   = 0;
  const std::int32_t *p2        = nullptr; ///< P2 nodes, VTK order
  const std::int32_t *p1        = nullptr; ///< P1 nodes
  const double       *x         = nullptr; ///< coordinates of the P2 nodes, `dimension` each
  /// The curved (isoparametric) cells: two ranges, first and one past the last; all others are affine.
  std::array<std::array<std::size_t, 2>, 2> curved{};

  bool is_curved(std::size_t cell) const
  {
    return (cell >= curved[0][0] && cell < curved[0][1]) || (cell >= curved[1][0] && cell < curved[1][1]);
  }
};

/// Where the entries of each cell matrix go: n_nodes * n_nodes positions a cell into the value array
/// of a compressed-row matrix, -1 for rows of other ranks.
using CellPositions = std::vector<std::int32_t>;

/// Adds the mass matrix (phi_j, phi_i) and stiffness matrix (grad phi_j, grad phi_i) of the P2 functions or, on affine cells,
/// of the P1 ones (`degree`).
void add_mass_and_stiffness(const CellArrays &cells, const CellPositions &positions, double *mass, double *stiffness,
                            int degree = 2);

/// Adds rho [ (u . grad phi_j, phi_i) + 1/2 (div u phi_j, phi_i) ], the skew-symmetric convection
/// (Temam 1968), for functions and a velocity of that degree; quadrature exact on affine cells. `u`: P2, interleaved; of
/// degree 1 only its vertices are read.
void add_convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho,
                    double *values, int degree = 2);

/// Adds scale * (grad p, v_i) to `r` (P2, interleaved); `p` in P1.
void add_gradient(const CellArrays &cells, const double *p, double scale, double *r);

/// Adds -(div u, q_i) to `w` (P1); `u` P2, interleaved.
void add_negative_divergence(const CellArrays &cells, const double *u, double *w);

/// Adds -(p, div v_i) to `r` (P2, interleaved): the transpose of add_negative_divergence.
void add_negative_divergence_transpose(const CellArrays &cells, const double *p, double *r);

/// max over cells and nodes of sum_a |u . grad lambda_a| / 2: times dt, the Courant number.
double maximum_rate(const CellArrays &cells, const double *u);

/// max over the vertices of the cells of |grad u| (Frobenius norm), 1/s; `u`: P2, interleaved.
double maximum_gradient(const CellArrays &cells, const double *u);

/// Gradient of a P2 vector field on one cell at one of its vertices; result[i][j] = d u_i / d x_j.
void vertex_gradient(const CellArrays &cells, std::size_t cell, int vertex, const double *u, double (&gradient)[3][3]);

/// Barycentric gradients (4 x 3, rows unused in 2D are zero) and volume of one affine cell.
double cell_geometry(const CellArrays &cells, std::size_t cell, double (&gradients)[4][3]);

/// The geometry at a quadrature point of one cell.
struct PointGeometry
{
  double                 weight = 0;      ///< volume it stands for
  std::array<double, 4>  lambda{};        ///< barycentric coordinates
  double                 gradients[4][3]; ///< of the barycentric coordinates there; unused entries are zero
};
/// Visits the quadrature points of one cell, affine (exact to degree 5) or curved. For set-up, not for the loop.
void visit_cell_geometry(const CellArrays &cells, std::size_t cell, const std::function<void(const PointGeometry &)> &visit);

/// Barycentric gradients of one cell, affine or curved, at a barycentric point.
void point_gradients(const CellArrays &cells, std::size_t cell, const std::array<double, 4> &lambda, double (&gradients)[4][3]);

/// Volume of one cell, affine or curved.
double cell_volume(const CellArrays &cells, std::size_t cell);

/// y = A x for `n_components` interleaved right-hand sides; A in compressed rows.
void multiply(std::size_t n_rows, const std::int64_t *row_start, const std::int32_t *columns, const double *values,
              int n_components, const double *x, double *y);

} // namespace vesalius::kernels
