// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/field_matrix.h"

#include "solver/algebra/cell_pattern.h"
#include "solver/algebra/petsc_session.h"

namespace vesalius
{

namespace
{
/// An empty matrix of two fields: its rows are those of the P2 pattern for the nodes of the row's degree, its columns likewise.
Mat make_block(const SimplexSpace &space, const CellPattern &pattern, const FieldShape &row, const FieldShape &column)
{
  std::vector<int> vertex_of(space.p2().n_local(), -1);
  for (int v = 0; v < space.p1().n_local(); ++v)
    vertex_of[space.node_of_vertex()[v]] = v;
  const int             n_nodes = space.nodes(row.degree).n_owned, n_own_columns = space.nodes(column.degree).n_owned;
  std::vector<PetscInt> own(n_nodes, 0), other(n_nodes, 0);
  for (int i = 0; i < n_nodes; ++i)
    {
      const int node = row.degree == 2 ? i : space.node_of_vertex()[i];
      for (auto k = pattern.row_start[node]; k < pattern.row_start[node + 1]; ++k)
        {
          const int j = column.degree == 2 ? pattern.columns[k] : vertex_of[pattern.columns[k]];
          if (j >= 0)
            ++(j < n_own_columns ? own : other)[i];
        }
    }
  Mat matrix;
  VESALIUS_PETSC(MatCreate(space.communicator(), &matrix));
  VESALIUS_PETSC(MatSetSizes(matrix, n_nodes * row.n_components, n_own_columns * column.n_components, PETSC_DETERMINE, PETSC_DETERMINE));
  VESALIUS_PETSC(MatSetBlockSizes(matrix, row.n_components, column.n_components));
  VESALIUS_PETSC(MatSetType(matrix, MATAIJ));
  std::vector<PetscInt> own_rows, other_rows;
  for (int i = 0; i < n_nodes; ++i)
    for (int c = 0; c < row.n_components; ++c)
      {
        own_rows.push_back(own[i] * column.n_components);
        other_rows.push_back(other[i] * column.n_components);
      }
  VESALIUS_PETSC(MatSeqAIJSetPreallocation(matrix, 0, own_rows.data()));
  VESALIUS_PETSC(MatMPIAIJSetPreallocation(matrix, 0, own_rows.data(), 0, other_rows.data()));
  VESALIUS_PETSC(MatSetOption(matrix, MAT_NO_OFF_PROC_ENTRIES, PETSC_TRUE));
  return matrix;
}
} // namespace

FieldMatrix::FieldMatrix(const SimplexSpace &space, std::vector<FieldShape> shapes, std::vector<std::vector<char>> is_fixed)
  : space_(space), shapes_(std::move(shapes)), is_fixed_(std::move(is_fixed))
{
  scales_.assign(shapes_.size(), 1.);
  const CellPattern pattern(space.p2().n_owned, space.cells_p2(), space.nodes_per_cell());
  for (const auto &row : shapes_)
    for (const auto &column : shapes_)
      blocks_.push_back(make_block(space, pattern, row, column));
  for (int f = 0; f < n_fields(); ++f)
    {
      in_.emplace_back();
      out_.emplace_back();
      VESALIUS_PETSC(VecCreateMPIWithArray(space.communicator(), 1, n_owned(f), PETSC_DETERMINE, nullptr, &in_.back()));
      VESALIUS_PETSC(VecCreateMPIWithArray(space.communicator(), 1, n_owned(f), PETSC_DETERMINE, nullptr, &out_.back()));
    }
}

FieldMatrix::~FieldMatrix()
{
  for (auto &block : blocks_)
    MatDestroy(&block);
  for (auto *vectors : {&in_, &out_})
    for (auto &vector : *vectors)
      VecDestroy(&vector);
}

std::int64_t FieldMatrix::n_global() const
{
  std::int64_t sum = 0;
  for (const auto &shape : shapes_)
    sum += space_.nodes(shape.degree).n_global * shape.n_components;
  return sum;
}

int FieldMatrix::n_owned(int field) const { return space_.nodes(shapes_[field].degree).n_owned * shapes_[field].n_components; }

int FieldMatrix::n_rows() const
{
  int sum = 0;
  for (int f = 0; f < n_fields(); ++f)
    sum += n_owned(f);
  return sum;
}

void FieldMatrix::begin()
{
  for (auto &block : blocks_)
    VESALIUS_PETSC(MatZeroEntries(block));
}

void FieldMatrix::add_block(int f, int g, const int *row_nodes, int n_rows, const int *column_nodes, int n_columns, const double *values)
{
  const auto &row = space_.nodes(shapes_[f].degree), &column = space_.nodes(shapes_[g].degree);
  rows_.resize(n_rows);
  columns_.resize(n_columns);
  for (int i = 0; i < n_rows; ++i)
    rows_[i] = row_nodes[i] < row.n_owned ? row.index[row_nodes[i]] : -1; // rows of other ranks are left out
  for (int j = 0; j < n_columns; ++j)
    columns_[j] = column.index[column_nodes[j]];
  VESALIUS_PETSC(MatSetValuesBlocked(block(f, g), n_rows, rows_.data(), n_columns, columns_.data(), values, ADD_VALUES));
}

void FieldMatrix::add_cell(std::size_t cell, const double *matrix)
{
  const auto nodes_of = [&](const FieldShape &shape) {
    return shape.degree == 2 ? &space_.cells_p2()[cell * space_.nodes_per_cell()] : &space_.cells_p1()[cell * (space_.dimension() + 1)];
  };
  const auto n_of = [&](const FieldShape &shape) { return shape.degree == 2 ? space_.nodes_per_cell() : space_.dimension() + 1; };
  int        size = 0;
  for (const auto &shape : shapes_)
    size += n_of(shape) * shape.n_components;
  for (int f = 0, row = 0; f < n_fields(); row += n_of(shapes_[f]) * shapes_[f].n_components, ++f)
    for (int g = 0, column = 0; g < n_fields(); column += n_of(shapes_[g]) * shapes_[g].n_components, ++g)
      {
        const int m = shapes_[f].n_components, k = shapes_[g].n_components;
        values_.assign(std::size_t(n_of(shapes_[f])) * m * n_of(shapes_[g]) * k, 0.);
        double *value = values_.data();
        for (int i = 0; i < n_of(shapes_[f]) * m; ++i)
          for (int j = 0; j < n_of(shapes_[g]) * k; ++j, ++value)
            if (!is_fixed_[f][std::size_t(nodes_of(shapes_[f])[i / m]) * m + i % m] && !is_fixed_[g][std::size_t(nodes_of(shapes_[g])[j / k]) * k + j % k])
              *value = scales_[f] * scales_[g] * matrix[std::size_t(row + i) * size + column + j];
        add_block(f, g, nodes_of(shapes_[f]), n_of(shapes_[f]), nodes_of(shapes_[g]), n_of(shapes_[g]), values_.data());
      }
}

void FieldMatrix::add_nodes(const int *nodes, int n, const double *matrix)
{
  const int m = shapes_[0].n_components, size = n * m;
  values_.assign(std::size_t(size) * size, 0.);
  for (int i = 0; i < size; ++i)
    for (int j = 0; j < size; ++j)
      if (!is_fixed_[0][std::size_t(nodes[i / m]) * m + i % m] && !is_fixed_[0][std::size_t(nodes[j / m]) * m + j % m])
        values_[i * size + j] = scales_[0] * scales_[0] * matrix[i * size + j];
  add_block(0, 0, nodes, n, nodes, n, values_.data());
}

void FieldMatrix::finish(const std::vector<double> &diagonal)
{
  for (int f = 0; f < n_fields(); ++f)
    {
      // Explicit zeros elsewhere: factorisations want a diagonal to exist.
      const int      m     = shapes_[f].n_components;
      const auto    &nodes = space_.nodes(shapes_[f].degree);
      for (int i = 0; i < n_owned(f); ++i)
        {
          const PetscInt index = PetscInt(nodes.index[i / m]) * m + i % m;
          VESALIUS_PETSC(MatSetValue(block(f, f), index, index, is_fixed_[f][i] ? diagonal[f] : 0., ADD_VALUES));
        }
    }
  for (auto &block : blocks_)
    {
      VESALIUS_PETSC(MatAssemblyBegin(block, MAT_FINAL_ASSEMBLY));
      VESALIUS_PETSC(MatAssemblyEnd(block, MAT_FINAL_ASSEMBLY));
    }
}

void FieldMatrix::multiply(const double *x, double *y) const
{
  for (int f = 0, at = 0; f < n_fields(); at += n_owned(f), ++f)
    {
      VESALIUS_PETSC(VecPlaceArray(in_[f], x + at));
      VESALIUS_PETSC(VecPlaceArray(out_[f], y + at));
    }
  for (int f = 0; f < n_fields(); ++f)
    for (int g = 0; g < n_fields(); ++g)
      if (g == 0)
        VESALIUS_PETSC(MatMult(block(f, g), in_[g], out_[f]));
      else
        VESALIUS_PETSC(MatMultAdd(block(f, g), in_[g], out_[f], out_[f]));
  for (int f = 0; f < n_fields(); ++f)
    {
      VESALIUS_PETSC(VecResetArray(in_[f]));
      VESALIUS_PETSC(VecResetArray(out_[f]));
    }
}

} // namespace vesalius
