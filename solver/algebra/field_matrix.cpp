// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/field_matrix.h"

#include "solver/algebra/petsc_session.h"

#include <algorithm>

namespace vesalius
{

namespace
{
/// Of two fields, all entries of the pattern 0: its rows are those of the P2 pattern for the nodes of the row's degree, its columns likewise.
Mat make_block(const SimplexSpace &space, const CellPattern &pattern, const std::vector<int> &vertex_of, const FieldShape &row, const FieldShape &column)
{
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
  const auto           &row_nodes = space.nodes(row.degree), &column_nodes = space.nodes(column.degree);
  std::vector<PetscInt> columns;
  std::vector<double>   zeros;
  for (int i = 0; i < n_nodes; ++i)
    {
      const int node = row.degree == 2 ? i : space.node_of_vertex()[i];
      columns.clear();
      for (auto k = pattern.row_start[node]; k < pattern.row_start[node + 1]; ++k)
        if (const int j = column.degree == 2 ? pattern.columns[k] : vertex_of[pattern.columns[k]]; j >= 0)
          columns.push_back(PetscInt(column_nodes.index[j]));
      std::sort(columns.begin(), columns.end());
      zeros.resize(columns.size() * row.n_components * column.n_components);
      const auto index = PetscInt(row_nodes.index[i]);
      VESALIUS_PETSC(MatSetValuesBlocked(matrix, 1, &index, PetscInt(columns.size()), columns.data(), zeros.data(), INSERT_VALUES));
    }
  VESALIUS_PETSC(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
  VESALIUS_PETSC(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  return matrix;
}
} // namespace

FieldMatrix::FieldMatrix(const SimplexSpace &space, std::vector<FieldShape> shapes, std::vector<std::vector<char>> is_fixed)
  : space_(space), shapes_(std::move(shapes)), is_fixed_(std::move(is_fixed)), pattern_(space.p2().n_owned, space.cells_p2(), space.nodes_per_cell())
{
  scales_.assign(shapes_.size(), 1.);
  std::vector<int> vertex_of(space.p2().n_local(), -1);
  for (int v = 0; v < space.p1().n_local(); ++v)
    vertex_of[space.node_of_vertex()[v]] = v;
  for (const auto &row : shapes_)
    for (const auto &column : shapes_)
      blocks_.push_back(make_block(space, pattern_, vertex_of, row, column));
  entries_.resize(blocks_.size());
  for (int f = 0; f < n_fields(); ++f)
    for (int g = 0; g < n_fields(); ++g)
      find_entries(f, g, vertex_of);
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

void FieldMatrix::find_entries(int f, int g, const std::vector<int> &vertex_of)
{
  const auto &row = space_.nodes(shapes_[f].degree), &column = space_.nodes(shapes_[g].degree);
  const int   m = shapes_[f].n_components, k = shapes_[g].n_components, n_own_columns = column.n_owned * k;
  auto       &found = entries(f, g);
  // The columns of other ranks are numbered by their place in a sorted list of their global numbers.
  const PetscInt *others = nullptr;
  PetscBool       is_whole;
  VESALIUS_PETSC(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(block(f, g)), MATSEQAIJ, &is_whole));
  found.own = block(f, g);
  if (!is_whole)
    VESALIUS_PETSC(MatMPIAIJGetSeqAIJ(block(f, g), &found.own, &found.other, &others));
  PetscInt        first_column = 0, n_rows = 0, n_others = 0;
  const PetscInt *own_start = nullptr, *own_columns = nullptr, *other_start = nullptr, *other_columns = nullptr;
  PetscBool       done;
  VESALIUS_PETSC(MatGetOwnershipRangeColumn(block(f, g), &first_column, nullptr));
  VESALIUS_PETSC(MatGetRowIJ(found.own, 0, PETSC_FALSE, PETSC_FALSE, &n_rows, &own_start, &own_columns, &done));
  if (found.other)
    {
      VESALIUS_PETSC(MatGetRowIJ(found.other, 0, PETSC_FALSE, PETSC_FALSE, &n_rows, &other_start, &other_columns, &done));
      VESALIUS_PETSC(MatGetSize(found.other, nullptr, &n_others));
    }
  found.first.assign(pattern_.columns.size(), 0);
  for (int i = 0; i < row.n_owned; ++i)
    {
      const int node = shapes_[f].degree == 2 ? i : space_.node_of_vertex()[i], first_row = i * m;
      found.own_length.push_back(own_start[first_row + 1] - own_start[first_row]);
      found.other_length.push_back(found.other ? other_start[first_row + 1] - other_start[first_row] : 0);
      for (auto at = pattern_.row_start[node]; at < pattern_.row_start[node + 1]; ++at)
        {
          const int j = shapes_[g].degree == 2 ? pattern_.columns[at] : vertex_of[pattern_.columns[at]];
          if (j < 0)
            continue;
          const auto index = PetscInt(column.index[j]) * k, local = index - first_column;
          if (local >= 0 && local < n_own_columns)
            found.first[at] = PetscInt(std::lower_bound(own_columns + own_start[first_row], own_columns + own_start[first_row + 1], local) - own_columns);
          else
            {
              const auto place = PetscInt(std::lower_bound(others, others + n_others, index) - others);
              found.first[at]  = ~PetscInt(std::lower_bound(other_columns + other_start[first_row], other_columns + other_start[first_row + 1], place) -
                                           other_columns);
            }
        }
    }
  VESALIUS_PETSC(MatRestoreRowIJ(found.own, 0, PETSC_FALSE, PETSC_FALSE, &n_rows, &own_start, &own_columns, &done));
  if (found.other)
    VESALIUS_PETSC(MatRestoreRowIJ(found.other, 0, PETSC_FALSE, PETSC_FALSE, &n_rows, &other_start, &other_columns, &done));
}

void FieldMatrix::begin()
{
  for (auto &block : blocks_)
    VESALIUS_PETSC(MatZeroEntries(block));
  for (auto &block : entries_)
    {
      VESALIUS_PETSC(MatSeqAIJGetArray(block.own, &block.own_values));
      if (block.other)
        VESALIUS_PETSC(MatSeqAIJGetArray(block.other, &block.other_values));
    }
}

void FieldMatrix::add_entries(int f, int g, int row_node, std::int64_t position, const double *row_scale, const double *column_scale, const double *values,
                              int stride)
{
  const int    m = shapes_[f].n_components, k = shapes_[g].n_components;
  const auto  &block  = entries(f, g);
  const auto   first  = block.first[position];
  const auto   length = first >= 0 ? block.own_length[row_node] : block.other_length[row_node];
  double      *to     = first >= 0 ? block.own_values + first : block.other_values + ~first;
  for (int c = 0; c < m; ++c, to += length, values += stride)
    for (int e = 0; e < k; ++e)
      to[e] += row_scale[c] * column_scale[e] * values[e];
}

void FieldMatrix::add_cell(std::size_t cell, const double *matrix)
{
  const int n = space_.nodes_per_cell();
  const auto nodes_of = [&](const FieldShape &shape) {
    return shape.degree == 2 ? &space_.cells_p2()[cell * n] : &space_.cells_p1()[cell * (space_.dimension() + 1)];
  };
  // 0 for fixed unknowns.
  unknown_scales_.clear();
  for (int f = 0; f < n_fields(); ++f)
    for (int i = 0; i < n_nodes_of(shapes_[f]); ++i)
      for (int c = 0; c < shapes_[f].n_components; ++c)
        unknown_scales_.push_back(is_fixed_[f][std::size_t(nodes_of(shapes_[f])[i]) * shapes_[f].n_components + c] ? 0. : scales_[f]);
  const int size = int(unknown_scales_.size());
  for (int f = 0, row = 0; f < n_fields(); ++f)
    for (int i = 0; i < n_nodes_of(shapes_[f]); ++i, row += shapes_[f].n_components)
      {
        const int node = nodes_of(shapes_[f])[i];
        if (node >= space_.nodes(shapes_[f].degree).n_owned)
          continue; // rows of other ranks are left out
        for (int g = 0, column = 0; g < n_fields(); ++g)
          for (int j = 0; j < n_nodes_of(shapes_[g]); ++j, column += shapes_[g].n_components)
            add_entries(f, g, node, pattern_.cell_positions[(cell * n + i) * n + j], &unknown_scales_[row], &unknown_scales_[column],
                        matrix + std::size_t(row) * size + column, size);
      }
}

void FieldMatrix::add_nodes(const int *nodes, int n, const double *matrix)
{
  const int m = shapes_[0].n_components, size = n * m;
  unknown_scales_.clear();
  for (int i = 0; i < size; ++i)
    unknown_scales_.push_back(is_fixed_[0][std::size_t(nodes[i / m]) * m + i % m] ? 0. : scales_[0]);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n && nodes[i] < space_.nodes(shapes_[0].degree).n_owned; ++j)
      add_entries(0, 0, nodes[i], pattern_.position(nodes[i], nodes[j]), &unknown_scales_[i * m], &unknown_scales_[j * m],
                  matrix + std::size_t(i) * m * size + j * m, size);
}

void FieldMatrix::finish(const std::vector<double> &diagonal)
{
  for (int f = 0; f < n_fields(); ++f)
    {
      const int m     = shapes_[f].n_components;
      auto     &block = entries(f, f);
      for (int i = 0; i < n_owned(f); ++i)
        if (is_fixed_[f][i])
          {
            const int node = shapes_[f].degree == 2 ? i / m : space_.node_of_vertex()[i / m];
            block.own_values[block.first[pattern_.diagonal[node]] + (i % m) * block.own_length[i / m] + i % m] += diagonal[f];
          }
    }
  for (auto &block : entries_)
    {
      VESALIUS_PETSC(MatSeqAIJRestoreArray(block.own, &block.own_values));
      if (block.other)
        VESALIUS_PETSC(MatSeqAIJRestoreArray(block.other, &block.other_values));
    }
  for (auto &block : blocks_)
    {
      VESALIUS_PETSC(MatAssemblyBegin(block, MAT_FINAL_ASSEMBLY));
      VESALIUS_PETSC(MatAssemblyEnd(block, MAT_FINAL_ASSEMBLY));
    }
}

void FieldMatrix::copy_first_block(float *to) const
{
  const int     m     = shapes_[0].n_components;
  const auto   &block = entries_[0];
  const double *own = nullptr, *other = nullptr;
  VESALIUS_PETSC(MatSeqAIJGetArrayRead(block.own, &own));
  if (block.other)
    VESALIUS_PETSC(MatSeqAIJGetArrayRead(block.other, &other));
  for (int node = 0; node < pattern_.n_rows; ++node)
    for (auto k = pattern_.row_start[node]; k < pattern_.row_start[node + 1]; ++k, to += m * m)
      {
        const auto    first  = block.first[k];
        const auto    length = first >= 0 ? block.own_length[node] : block.other_length[node];
        const double *from   = first >= 0 ? own + first : other + ~first;
        for (int c = 0; c < m; ++c)
          for (int e = 0; e < m; ++e)
            to[e * m + c] = float(from[std::ptrdiff_t(c) * length + e]);
      }
  VESALIUS_PETSC(MatSeqAIJRestoreArrayRead(block.own, &own));
  if (block.other)
    VESALIUS_PETSC(MatSeqAIJRestoreArrayRead(block.other, &other));
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
