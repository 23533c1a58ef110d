// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/cell_pattern.h"
#include "solver/fields/simplex_space.h"
#include "solver/interfaces/field_physics.h"

#include <petscmat.h>

#include <vector>

namespace vesalius
{

/// Local arrays, one a field, interleaved components; ghosts are up to date where not said otherwise.
using FieldValues = std::vector<std::vector<double>>;

/// The matrix of several nodal fields as blocks, one PETSc matrix for each pair of fields, the components of a node together
/// (block size = number of components). Rows and columns of fixed unknowns hold a diagonal entry alone.
class FieldMatrix
{
public:
  /// `is_fixed`: for each field, of each local unknown (node, component).
  FieldMatrix(const SimplexSpace &space, std::vector<FieldShape> shapes, std::vector<std::vector<char>> is_fixed);
  ~FieldMatrix();
  FieldMatrix(const FieldMatrix &)            = delete;
  FieldMatrix &operator=(const FieldMatrix &) = delete;

  int          n_fields() const { return static_cast<int>(shapes_.size()); }
  std::int64_t n_global() const;
  int          n_owned(int field) const;
  /// Owned unknowns of all fields, in the order of the fields.
  int          n_rows() const;
  bool         is_fixed(int field, int unknown) const { return is_fixed_[field][unknown] != 0; }
  /// Unknowns of field f are in units of scale(f), its rows are multiplied by it: so that one norm serves all. 1 at first.
  double       scale(int field) const { return scales_[field]; }
  void         set_scales(std::vector<double> scales) { scales_ = std::move(scales); }
  /// Of the P2 nodes.
  const CellPattern &pattern() const { return pattern_; }
  /// The block of the first field, of degree 2, with itself: for each entry of the pattern a node's rows and columns, column by column.
  void         copy_first_block(float *to) const;
  Mat          block(int row, int column) const { return blocks_[row * n_fields() + column]; }

  void begin();
  /// The matrix of a cell over all fields, laid out as kernels::visit_field_matrices says.
  void add_cell(std::size_t cell, const double *matrix);
  /// A matrix over the first field's unknowns of n P2 nodes, row major.
  void add_nodes(const int *nodes, int n, const double *matrix);
  /// `diagonal`: of fixed unknowns, one a field.
  void finish(const std::vector<double> &diagonal);
  /// y = A x, owned unknowns of all fields one after the other.
  void multiply(const double *x, double *y) const;

private:
  /// Where the entries of a block lie in PETSc's arrays: searching for each of them would cost more than computing it.
  struct Entries
  {
    Mat     own = nullptr, other = nullptr; ///< columns of this rank and of others (none on one rank)
    double *own_values = nullptr, *other_values = nullptr;
    /// For each entry of the pattern: its first number in own_values, or in other_values as ~first; 0 where the block has none.
    std::vector<std::int32_t> first;
    /// Entries of a row, for each node.
    std::vector<std::int32_t> own_length, other_length;
  };

  void    find_entries(int row, int column, const std::vector<int> &vertex_of);
  /// Adds the numbers of one node's row and one column's node; values: [components][stride], `row_scale`, `column_scale` [components].
  void    add_entries(int row, int column, int row_node, std::int64_t position, const double *row_scale, const double *column_scale, const double *values,
                      int stride);
  int     n_nodes_of(const FieldShape &shape) const { return shape.degree == 2 ? space_.nodes_per_cell() : space_.dimension() + 1; }
  Entries &entries(int row, int column) { return entries_[row * n_fields() + column]; }

  const SimplexSpace            &space_;
  std::vector<FieldShape>        shapes_;
  std::vector<std::vector<char>> is_fixed_;
  CellPattern                    pattern_;
  std::vector<Mat>               blocks_;
  std::vector<Entries>           entries_;
  std::vector<double>            scales_, unknown_scales_;
  std::vector<Vec>               in_, out_;
};

} // namespace vesalius
