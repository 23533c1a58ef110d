// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/backend.h"
#include "solver/kernels/cuda/bundle_file.h"

#include <limits>

namespace vesalius::device
{

/// A matrix in compressed rows in the host's memory.
template <class T>
struct CompressedRows
{
  Index                     n_rows = 0, n_columns = 0;
  std::vector<std::int64_t> row_start;
  std::vector<std::int32_t> columns;
  std::vector<T>            values;

  /// Throws InvalidBundle where an index would lead out of an array.
  void check(const std::string &name) const
  {
    bool is_sound = n_rows >= 0 && row_start.size() == std::size_t(n_rows) + 1 && row_start.front() == 0 &&
                    row_start.back() == std::int64_t(columns.size()) && columns.size() == values.size();
    for (Index row = 0; is_sound && row < n_rows; ++row)
      is_sound = row_start[row] <= row_start[row + 1];
    for (const auto column : columns)
      is_sound = is_sound && column >= 0 && column < n_columns;
    if (!is_sound)
      throw InvalidBundle("the bundle's matrix '" + name + "' is not one of compressed rows");
  }

  CompressedRows transposed() const
  {
    CompressedRows result{n_columns, n_rows, std::vector<std::int64_t>(n_columns + 1, 0), std::vector<std::int32_t>(columns.size()),
                          std::vector<T>(values.size())};
    for (const auto column : columns)
      ++result.row_start[column + 1];
    for (Index row = 0; row < n_columns; ++row)
      result.row_start[row + 1] += result.row_start[row];
    auto at = result.row_start;
    for (Index row = 0; row < n_rows; ++row)
      for (auto k = row_start[row]; k < row_start[row + 1]; ++k)
        {
          const auto to      = at[columns[k]]++;
          result.columns[to] = std::int32_t(row);
          result.values[to]  = values[k];
        }
    return result;
  }
};

/// Rows in slices of 32, one a thread of a warp: the entries of a slice lie side by side, its shorter rows are filled with zeros
/// (sliced ELLPACK, Monakov, Lokhmotov and Avetisyan 2010), so that neighbouring threads read neighbouring numbers.
template <class T>
struct RowsView
{
  static constexpr int height = 32;
  Index                n_rows = 0, n_entries = 0; ///< entries: as stored, zeros included
  const std::int64_t  *slice_start = nullptr;
  const std::int32_t  *columns = nullptr;
  const T             *values = nullptr;

  template <class X>
  VESALIUS_HOST_DEVICE T times(Index row, const X *x) const
  {
    const Index slice = row / height, lane = row % height;
    T           sum = 0;
    for (auto k = slice_start[slice] + lane; k < slice_start[slice + 1]; k += height)
      sum += values[k] * T(x[columns[k]]);
    return sum;
  }
  double bytes() const { return double(n_entries) * (sizeof(T) + 4) + double(n_rows) / height * 8; }
};

template <class Backend, class T>
class SparseRows
{
public:
  SparseRows() = default;
  explicit SparseRows(const CompressedRows<T> &rows) : n_rows_(rows.n_rows)
  {
    constexpr int             height = RowsView<T>::height;
    std::vector<std::int64_t> starts{0};
    std::vector<std::int32_t> columns;
    std::vector<T>            values;
    for (Index begin = 0; begin < rows.n_rows; begin += height)
      {
        const Index end   = std::min<Index>(begin + height, rows.n_rows);
        Index       width = 0;
        for (Index row = begin; row < end; ++row)
          width = std::max<Index>(width, rows.row_start[row + 1] - rows.row_start[row]);
        columns.resize(columns.size() + width * height, 0);
        values.resize(values.size() + width * height, T(0));
        for (Index row = begin; row < end; ++row)
          for (Index k = rows.row_start[row]; k < rows.row_start[row + 1]; ++k)
            {
              const auto to = starts.back() + (k - rows.row_start[row]) * height + (row - begin);
              columns[to]   = rows.columns[k];
              values[to]    = rows.values[k];
            }
        starts.push_back(std::int64_t(columns.size()));
      }
    slice_start_ = Array<Backend, std::int64_t>(starts);
    columns_     = Array<Backend, std::int32_t>(columns);
    values_      = Array<Backend, T>(values);
  }
  RowsView<T> view() const { return {n_rows_, Index(values_.size()), slice_start_.data(), columns_.data(), values_.data()}; }
  Index       n_rows() const { return n_rows_; }

private:
  Index                        n_rows_ = 0;
  Array<Backend, std::int64_t> slice_start_;
  Array<Backend, std::int32_t> columns_;
  Array<Backend, T>            values_;
};

} // namespace vesalius::device
