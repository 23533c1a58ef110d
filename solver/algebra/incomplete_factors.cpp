// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/incomplete_factors.h"

#include <cmath>

namespace vesalius
{

IncompleteFactors::IncompleteFactors(const ScalarOperator &matrix)
  : n_rows_(matrix.n_rows())
{
  start_.push_back(0);
  for (int row = 0; row < n_rows_; ++row)
    {
      for (auto k = matrix.row_start()[row]; k < matrix.row_start()[row + 1]; ++k)
        if (matrix.columns()[k] < n_rows_)
          {
            if (matrix.columns()[k] == row)
              diagonal_.push_back(columns_.size());
            columns_.push_back(matrix.columns()[k]);
            source_.push_back(k);
          }
      start_.push_back(columns_.size());
    }
  work_.resize(columns_.size());
  factors_.resize(columns_.size());
  position_.assign(n_rows_, -1);
}

void IncompleteFactors::factor(const ScalarOperator &matrix)
{
  for (std::size_t k = 0; k < work_.size(); ++k)
    work_[k] = matrix.values()[source_[k]];
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

namespace
{
template <int n>
void apply_components(int n_rows, const std::int64_t *start, const std::int64_t *diagonal, const std::int32_t *columns,
                      const float *factors, const double *x, double *y)
{
  double sum[n];
  for (int row = 0; row < n_rows; ++row)
    {
      for (int c = 0; c < n; ++c)
        sum[c] = x[std::size_t(row) * n + c];
      for (auto k = start[row]; k < diagonal[row]; ++k)
        for (int c = 0; c < n; ++c)
          sum[c] -= factors[k] * y[std::size_t(columns[k]) * n + c];
      for (int c = 0; c < n; ++c)
        y[std::size_t(row) * n + c] = sum[c];
    }
  for (int row = n_rows - 1; row >= 0; --row)
    {
      for (int c = 0; c < n; ++c)
        sum[c] = y[std::size_t(row) * n + c];
      for (auto k = diagonal[row] + 1; k < start[row + 1]; ++k)
        for (int c = 0; c < n; ++c)
          sum[c] -= factors[k] * y[std::size_t(columns[k]) * n + c];
      for (int c = 0; c < n; ++c)
        y[std::size_t(row) * n + c] = sum[c] * factors[diagonal[row]];
    }
}
} // namespace

void IncompleteFactors::apply(int n_components, const double *x, double *y) const
{
  if (n_components == 3)
    apply_components<3>(n_rows_, start_.data(), diagonal_.data(), columns_.data(), factors_.data(), x, y);
  else
    apply_components<2>(n_rows_, start_.data(), diagonal_.data(), columns_.data(), factors_.data(), x, y);
}

} // namespace vesalius
