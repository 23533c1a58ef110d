// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/single_kernels.h"

#include "solver/kernels/batch.h"

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

} // namespace

void round(std::size_t n, const double *from, float *to)
{
  for (std::size_t i = 0; i < n; ++i)
    to[i] = static_cast<float>(from[i]);
}

void spread(std::size_t n, int n_components, const double *from, double factor, float *to)
{
  n_components == 3 ? spread_components<3>(n, from, factor, to) : spread_components<2>(n, from, factor, to);
}

void add_to(std::size_t n, int n_components, const float *d, double factor, double *x)
{
  n_components == 3 ? add_components<3>(n, d, factor, x) : add_components<2>(n, d, factor, x);
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
