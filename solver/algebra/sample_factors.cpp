// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/sample_factors.h"

#include "solver/kernels/batch.h"

#include <algorithm>

namespace vesalius
{

namespace
{
using kernels::Batch;
using SingleBatch   = float __attribute__((vector_size(32)));
using Bits          = std::uint32_t __attribute__((vector_size(32)));
using ShortBatch    = std::uint16_t __attribute__((vector_size(16)));
constexpr int width = kernels::samples::width;

/// The upper half of the bits of a number in single precision ("bfloat16"): eight bits of mantissa, rounded to the nearest.
ShortBatch shortened(const Batch &values)
{
  const auto bits = reinterpret_cast<Bits>(__builtin_convertvector(values, SingleBatch));
  return __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, ShortBatch);
}

SingleBatch lengthened(const ShortBatch &values)
{
  return reinterpret_cast<SingleBatch>(__builtin_convertvector(values, Bits) << 16);
}

Batch full(const ShortBatch &values)
{
  return __builtin_convertvector(lengthened(values), Batch);
}
} // namespace

SampleFactors::SampleFactors(const CellPattern &pattern) : pattern_(pattern), position_(pattern.n_rows, -1), factors_(pattern.columns.size() * width)
{
  std::int64_t longest = 0;
  for (int row = 0; row < pattern.n_rows; ++row)
    longest = std::max(longest, pattern.row_start[row + 1] - pattern.row_start[row]);
  row_.resize(longest * width);
}

void SampleFactors::factor(const double *values, double shift)
{
  const auto &start   = pattern_.row_start;
  const auto &columns = pattern_.columns;
  const auto *source  = reinterpret_cast<const Batch *>(values);
  auto       *factors = reinterpret_cast<ShortBatch *>(factors_.data());
  auto       *work    = reinterpret_cast<Batch *>(row_.data());
  for (int row = 0; row < pattern_.n_rows; ++row)
    {
      const auto begin = start[row], end = start[row + 1], diagonal = pattern_.diagonal[row] - begin;
      for (auto k = begin; k < end; ++k)
        {
          work[k - begin]       = source[k];
          position_[columns[k]] = static_cast<std::int32_t>(k - begin);
        }
      work[diagonal] *= 1 + shift;
      const Batch original = work[diagonal];
      for (std::int64_t k = 0; k < diagonal; ++k)
        {
          const int pivot = columns[begin + k];
          // Rows above hold their inverse diagonal already.
          const Batch l = work[k] *= full(factors[pattern_.diagonal[pivot]]);
          for (auto j = pattern_.diagonal[pivot] + 1; j < start[pivot + 1]; ++j)
            if (const auto at = position_[columns[j]]; at >= 0)
              work[at] -= l * full(factors[j]);
        }
      // A pivot that has all but vanished would amplify instead of precondition.
      const Batch pivot = work[diagonal], size = pivot < 0. ? -pivot : pivot, least = 0.05 * (original < 0. ? -original : original);
      work[diagonal] = 1. / (size > least ? pivot : original);
      for (auto k = begin; k < end; ++k)
        {
          position_[columns[k]] = -1;
          factors[k]            = shortened(work[k - begin]);
        }
    }
}

namespace
{
/// In place of y; its rows above (below) hold what the sweep has found for them.
template <int n_components>
void substitute(const CellPattern &pattern, const ShortBatch *factors, const float *x, float *y)
{
  struct Node
  {
    SingleBatch values[n_components];
  };
  const auto *columns = pattern.columns.data();
  const auto *in      = reinterpret_cast<const Node *>(x);
  auto       *nodes   = reinterpret_cast<Node *>(y);
  // A node's values less the product of a part of a row with the nodes: two sums, which do not wait for each other. The node
  // that has just been computed comes last.
  const auto reduced = [&](const Node &node, std::int64_t first, std::int64_t last, int step) {
    Node       even = node, odd = {};
    const auto subtract = [&](Node &sum, std::int64_t k) {
      const SingleBatch factor = lengthened(factors[k]);
      const Node       &from   = nodes[columns[k]];
      for (int c = 0; c < n_components; ++c)
        sum.values[c] -= factor * from.values[c];
    };
    const auto n = (last - first) * step;
    for (std::int64_t i = 0; i + 1 < n; i += 2)
      {
        subtract(even, first + i * step);
        subtract(odd, first + (i + 1) * step);
      }
    if (n % 2 == 1)
      subtract(even, last - step);
    for (int c = 0; c < n_components; ++c)
      even.values[c] += odd.values[c];
    return even;
  };
  for (int row = 0; row < pattern.n_rows; ++row)
    nodes[row] = reduced(in[row], pattern.row_start[row], pattern.diagonal[row], 1);
  for (int row = pattern.n_rows - 1; row >= 0; --row)
    {
      Node              node    = reduced(nodes[row], pattern.row_start[row + 1] - 1, pattern.diagonal[row], -1);
      const SingleBatch inverse = lengthened(factors[pattern.diagonal[row]]);
      for (auto &value : node.values)
        value *= inverse;
      nodes[row] = node;
    }
}
} // namespace

void SampleFactors::apply(int n_components, const float *x, float *y) const
{
  const auto *factors = reinterpret_cast<const ShortBatch *>(factors_.data());
  n_components == 3 ? substitute<3>(pattern_, factors, x, y) : substitute<2>(pattern_, factors, x, y);
}

} // namespace vesalius
