// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/incomplete_factors.h"

#include "solver/algebra/row_order.h"
#include "solver/kernels/batch.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vesalius
{

IncompleteFactors::IncompleteFactors(const ScalarOperator &matrix)
  : n_rows_(matrix.n_rows()), order_(cuthill_mckee_order(matrix.pattern()))
{
  std::vector<std::int32_t> row_here(n_rows_);
  for (int row = 0; row < n_rows_; ++row)
    row_here[order_[row]] = row;
  std::vector<std::pair<std::int32_t, std::int64_t>> entries; // column here, position in the operator's values
  start_.push_back(0);
  for (int row = 0; row < n_rows_; ++row)
    {
      entries.clear();
      for (auto k = matrix.row_start()[order_[row]]; k < matrix.row_start()[order_[row] + 1]; ++k)
        if (matrix.columns()[k] < n_rows_)
          entries.push_back({row_here[matrix.columns()[k]], k});
      std::sort(entries.begin(), entries.end());
      for (const auto &[column, position] : entries)
        {
          if (column == row)
            diagonal_.push_back(columns_.size());
          columns_.push_back(column);
          source_.push_back(position);
        }
      start_.push_back(columns_.size());
    }
  work_.resize(columns_.size());
  factors_.resize(columns_.size());
  position_.assign(n_rows_, -1);
  values_.resize(std::size_t(n_rows_) * 4);
}

void IncompleteFactors::factor(const ScalarOperator &matrix, double shift)
{
  for (std::size_t k = 0; k < work_.size(); ++k)
    work_[k] = matrix.values()[source_[k]];
  for (const auto k : diagonal_)
    work_[k] *= 1 + shift;
  for (int row = 0; row < n_rows_; ++row)
    {
      const auto   begin = start_[row], end = start_[row + 1], diagonal = diagonal_[row];
      const double original = work_[diagonal];
      for (auto k = begin; k < end; ++k)
        position_[columns_[k]] = static_cast<std::int32_t>(k - begin);
      for (auto k = begin; k < diagonal; ++k)
        {
          const int pivot = columns_[k];
          // Rows above hold their inverse diagonal already.
          const double l = work_[k] *= work_[diagonal_[pivot]];
          if (l == 0)
            continue;
          for (auto j = diagonal_[pivot] + 1; j < start_[pivot + 1]; ++j)
            if (const auto at = position_[columns_[j]]; at >= 0)
              work_[begin + at] -= l * work_[j];
        }
      for (auto k = begin; k < end; ++k)
        position_[columns_[k]] = -1;
      // A pivot that has all but vanished would amplify instead of precondition.
      if (!(std::abs(work_[diagonal]) > 0.05 * std::abs(original)))
        work_[diagonal] = original;
      work_[diagonal] = 1. / work_[diagonal];
    }
  for (std::size_t k = 0; k < work_.size(); ++k)
    factors_[k] = static_cast<float>(work_[k]);
}

void IncompleteFactors::apply(const float *x, float *y) const
{
  using Values        = kernels::SingleNodeValues;
  const auto *columns = columns_.data();
  const auto *factors = factors_.data();
  const auto *in      = reinterpret_cast<const Values *>(x);
  auto       *out     = reinterpret_cast<Values *>(y);
  auto       *values  = reinterpret_cast<Values *>(values_.data());
  // Less the product of a part of a row with the values: two sums, which do not wait for each other.
  const auto subtract = [&](Values &even, std::int64_t begin, std::int64_t end) {
    Values odd = {};
    auto   k   = begin;
    for (; k + 1 < end; k += 2)
      {
        even -= factors[k] * values[columns[k]];
        odd -= factors[k + 1] * values[columns[k + 1]];
      }
    if (k < end)
      even -= factors[k] * values[columns[k]];
    even += odd;
  };
  for (int row = 0; row < n_rows_; ++row)
    {
      Values sum = in[order_[row]];
      subtract(sum, start_[row], diagonal_[row]);
      values[row] = sum;
    }
  for (int row = n_rows_ - 1; row >= 0; --row)
    {
      Values sum = values[row];
      subtract(sum, diagonal_[row] + 1, start_[row + 1]);
      sum *= factors[diagonal_[row]];
      values[row] = out[order_[row]] = sum;
    }
}

CountedWork IncompleteFactors::apply_work() const
{
  const double entries = columns_.size(), rows = n_rows_;
  return {entries * (sizeof(float) + sizeof(std::int32_t)) + rows * (2. * (2 * sizeof(std::int64_t) + sizeof(std::int32_t)) + 20. * sizeof(float)), 8 * entries};
}

} // namespace vesalius
