// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/single_kernels.h"

#include "solver/kernels/batch.h"

#include <type_traits>

namespace vesalius::kernels::single
{

namespace
{

/// Calls term(i) -> float for n numbers and adds up in double precision, by blocks that vectorise.
template <class Term>
double sum(std::size_t n, const Term &term)
{
  constexpr int lanes = 16;
  double        total[lanes] = {};
  std::size_t   i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int l = 0; l < lanes; ++l)
      total[l] += double(term(i + l));
  for (; i < n; ++i)
    total[0] += double(term(i));
  double result = 0;
  for (const double part : total)
    result += part;
  return result;
}

/// f(number of components), known at compile time: 1, 2 or 3.
template <class Function>
void with_components(int n, const Function &f)
{
  if (n == 3)
    f(std::integral_constant<int, 3>{});
  else if (n == 2)
    f(std::integral_constant<int, 2>{});
  else
    f(std::integral_constant<int, 1>{});
}

template <int n_components>
void spread_components(std::size_t n, const double *from, double factor, float *to)
{
  for (std::size_t i = 0; i < n; ++i)
    {
      for (int c = 0; c < n_components; ++c)
        to[i * width + c] = static_cast<float>(factor * from[i * n_components + c]);
      for (int c = n_components; c < width; ++c)
        to[i * width + c] = 0;
    }
}

template <int n_components>
void add_components(std::size_t n, const float *d, double factor, double *x)
{
  for (std::size_t i = 0; i < n; ++i)
    for (int c = 0; c < n_components; ++c)
      x[i * n_components + c] += factor * d[i * width + c];
}

/// A sum for each column of the blocks, so that none waits for another; what the loads bring beyond a column ends in lanes that nobody reads.
template <int n_components>
void multiply_blocks_of(std::size_t n_rows, const std::int64_t *row_start, const std::int32_t *columns, const float *blocks, const float *x, float *y)
{
  auto *out = reinterpret_cast<SingleNodeValues *>(y);
  for (std::size_t row = 0; row < n_rows; ++row)
    {
      SingleNodeValues sums[n_components] = {};
      for (auto k = row_start[row]; k < row_start[row + 1]; ++k)
        {
          const float *block = blocks + k * (n_components * n_components), *in = x + std::size_t(columns[k]) * width;
          for (int e = 0; e < n_components; ++e)
            {
              SingleNodeValues column;
              std::memcpy(&column, block + e * n_components, sizeof column);
              sums[e] += column * in[e];
            }
        }
      for (int e = 1; e < n_components; ++e)
        sums[0] += sums[e];
      out[row] = sums[0];
    }
}

} // namespace

void round(std::size_t n, const double *from, float *to)
{
  for (std::size_t i = 0; i < n; ++i)
    to[i] = static_cast<float>(from[i]);
}

void spread(std::size_t n, int n_components, const double *from, double factor, float *to)
{
  with_components(n_components, [&](auto m) { spread_components<m>(n, from, factor, to); });
}

void add_to(std::size_t n, int n_components, const float *d, double factor, double *x)
{
  with_components(n_components, [&](auto m) { add_components<m>(n, d, factor, x); });
}

void multiply(std::size_t n_rows, const std::int64_t *row_start, const std::int32_t *columns, const float *values, const float *x,
              float *y)
{
  const auto *in  = reinterpret_cast<const SingleNodeValues *>(x);
  auto       *out = reinterpret_cast<SingleNodeValues *>(y);
  for (std::size_t row = 0; row < n_rows; ++row)
    {
      SingleNodeValues even = {}, odd = {};
      const auto       end = row_start[row + 1];
      auto             k   = row_start[row];
      for (; k + 1 < end; k += 2)
        {
          even += values[k] * in[columns[k]];
          odd += values[k + 1] * in[columns[k + 1]];
        }
      if (k < end)
        even += values[k] * in[columns[k]];
      out[row] = even + odd;
    }
}

void multiply_blocks(std::size_t n_rows, int n_components, const std::int64_t *row_start, const std::int32_t *columns, const float *blocks, const float *x, float *y)
{
  with_components(n_components, [&](auto m) { multiply_blocks_of<m>(n_rows, row_start, columns, blocks, x, y); });
}

double dot(std::size_t n, const float *x, const float *y)
{
  return sum(n, [&](std::size_t i) { return x[i] * y[i]; });
}

void dots(std::size_t n, const float *x, const float *y, double &xy, double &xx)
{
  constexpr std::size_t block = 4096;
  xy = xx = 0;
  for (std::size_t begin = 0; begin < n; begin += block)
    {
      const std::size_t size = begin + block < n ? block : n - begin;
      xy += dot(size, x + begin, y + begin);
      xx += dot(size, x + begin, x + begin);
    }
}

void update_direction(std::size_t n, float beta, float omega, const float *r, const float *v, float *p)
{
  for (std::size_t i = 0; i < n; ++i)
    p[i] = r[i] + beta * (p[i] - omega * v[i]);
}

void reduce_residual(std::size_t n, float alpha, const float *v, float *r)
{
  for (std::size_t i = 0; i < n; ++i)
    r[i] -= alpha * v[i];
}

void finish_iteration(std::size_t n, float alpha, float omega, const float *p, const float *t, const float *shadow, float *d, float *r,
                      double &rr, double &shadow_r)
{
  constexpr std::size_t block = 4096; // stays in the first-level cache between the update and the sums
  rr = shadow_r = 0;
  for (std::size_t begin = 0; begin < n; begin += block)
    {
      const std::size_t end = begin + block < n ? begin + block : n;
      for (std::size_t i = begin; i < end; ++i)
        {
          d[i] += alpha * p[i] + omega * r[i];
          r[i] -= omega * t[i];
        }
      rr += dot(end - begin, r + begin, r + begin);
      shadow_r += dot(end - begin, r + begin, shadow + begin);
    }
}

} // namespace vesalius::kernels::single
