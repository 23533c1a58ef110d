// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/sample_kernels.h"

#include "solver/kernels/batch.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>

namespace vesalius::kernels::samples
{

namespace
{
static_assert(width == batch_width);
using SingleBatch = float __attribute__((vector_size(32)));
constexpr std::size_t block = 32; ///< numbers of each sample whose products are added up in single precision

const Batch *of(const double *values) { return reinterpret_cast<const Batch *>(values); }
Batch       *of(double *values) { return reinterpret_cast<Batch *>(values); }
const SingleBatch *of(const float *values) { return reinterpret_cast<const SingleBatch *>(values); }
SingleBatch       *of(float *values) { return reinterpret_cast<SingleBatch *>(values); }

Batch batch_of(const Numbers &numbers)
{
  Batch result;
  for (int s = 0; s < width; ++s)
    result[s] = numbers[s];
  return result;
}

SingleBatch single_of(const Numbers &numbers)
{
  return __builtin_convertvector(batch_of(numbers), SingleBatch);
}

Numbers numbers_of(const Batch &batch)
{
  Numbers result;
  for (int s = 0; s < width; ++s)
    result[s] = batch[s];
  return result;
}

Batch widened(const SingleBatch &batch) { return __builtin_convertvector(batch, Batch); }

/// The largest size of what it is given, NaN wins.
struct Largest
{
  Batch most = {}, bad = {};
  void  add(const Batch &value)
  {
    const Batch size = value < 0. ? -value : value;
    most             = size > most ? size : most;
    bad += 0. * value; // NaN where the value is not finite
  }
  Numbers numbers() const { return numbers_of(most + bad); }
};

/// One row times n_components vectors; `value(k)` is a number or one for each sample.
template <int n_components, class Vector, class Value>
inline void multiply_row(const Rows &rows, std::size_t row, const Value &value, const Vector *x, Vector *y)
{
  Vector sum[n_components] = {};
  for (auto k = rows.start[row]; k < rows.start[row + 1]; ++k)
    {
      const auto   a    = value(k);
      const Vector *in = x + std::size_t(rows.columns[k]) * n_components;
      for (int c = 0; c < n_components; ++c)
        sum[c] += a * in[c];
    }
  for (int c = 0; c < n_components; ++c)
    y[row * n_components + c] = sum[c];
}

template <class Vector, class Value>
void multiply(const Rows &rows, int n_components, const Value &value, const Vector *x, Vector *y)
{
  for (std::size_t row = 0; row < rows.n; ++row)
    n_components == 3 ? multiply_row<3>(rows, row, value, x, y) : n_components == 2 ? multiply_row<2>(rows, row, value, x, y) :
                                                                                      multiply_row<1>(rows, row, value, x, y);
}

/// b - A x in one row.
inline SingleBatch row_residual(const Rows &rows, const float *values, std::size_t row, const SingleBatch *b, const SingleBatch *x)
{
  SingleBatch even = b[row], odd = {};
  const auto  end = rows.start[row + 1];
  auto        k   = rows.start[row];
  for (; k + 1 < end; k += 2)
    {
      even -= values[k] * x[rows.columns[k]];
      odd -= values[k + 1] * x[rows.columns[k + 1]];
    }
  if (k < end)
    even -= values[k] * x[rows.columns[k]];
  return even + odd;
}

/// Calls add(i, sums) for n numbers, where `sums` add up in single precision within a block; the totals in double.
template <int n_sums, class Term>
std::array<Numbers, n_sums> sum_by_blocks(std::size_t n, const Term &add)
{
  Batch total[n_sums] = {};
  for (std::size_t begin = 0; begin < n; begin += block)
    {
      SingleBatch part[n_sums] = {};
      for (std::size_t i = begin; i < std::min(n, begin + block); ++i)
        add(i, part);
      for (int k = 0; k < n_sums; ++k)
        total[k] += widened(part[k]);
    }
  std::array<Numbers, n_sums> result;
  for (int k = 0; k < n_sums; ++k)
    result[k] = numbers_of(total[k]);
  return result;
}
} // namespace

void *allocate(std::size_t bytes)
{
  constexpr std::size_t large    = std::size_t(2) << 20;
  const std::size_t     boundary = bytes < large ? 64 : large;
  void                 *memory   = std::aligned_alloc(boundary, (bytes + boundary - 1) / boundary * boundary);
  if (!memory)
    throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (bytes >= large)
    madvise(memory, bytes, MADV_HUGEPAGE); // a wish: without it everything is the same but slower
#endif
  return memory;
}

void release(void *memory) { std::free(memory); }

// --- vectors -----------------------------------------------------------------------------------

void combine(std::size_t n, const Numbers &a, const double *x, const Numbers &b, const double *y, double *result)
{
  const Batch fa = batch_of(a), fb = batch_of(b);
  for (std::size_t i = 0; i < n; ++i)
    of(result)[i] = fa * of(x)[i] + fb * of(y)[i];
}

void combine(std::size_t n, const Numbers &a, const double *x, const Numbers &b, const double *y, const Numbers &c, const double *z,
             double *result)
{
  const Batch fa = batch_of(a), fb = batch_of(b), fc = batch_of(c);
  for (std::size_t i = 0; i < n; ++i)
    of(result)[i] = fa * of(x)[i] + fb * of(y)[i] + fc * of(z)[i];
}

Numbers add_and_square(std::size_t n, const Numbers &a, const double *x, double *y)
{
  const Batch factor = batch_of(a);
  Batch       sum    = {};
  for (std::size_t i = 0; i < n; ++i)
    {
      const Batch value = of(y)[i] + factor * of(x)[i];
      of(y)[i]          = value;
      sum += value * value;
    }
  return numbers_of(sum);
}

Numbers dot(std::size_t n, const double *x, const double *y)
{
  Batch sum = {};
  for (std::size_t i = 0; i < n; ++i)
    sum += of(x)[i] * of(y)[i];
  return numbers_of(sum);
}

void multiply_rows(std::size_t n, const double *factors, const double *x, double *y)
{
  for (std::size_t i = 0; i < n; ++i)
    of(y)[i] = factors[i] * of(x)[i];
}

Numbers largest(std::size_t n, const double *x)
{
  Largest result;
  for (std::size_t i = 0; i < n; ++i)
    result.add(of(x)[i]);
  return result.numbers();
}

std::array<Numbers, 3> largest(std::size_t n, const double *x, const double *y)
{
  Largest here, change, there;
  for (std::size_t i = 0; i < n; ++i)
    {
      const Batch a = of(x)[i], b = of(y)[i];
      here.add(a);
      change.add(a - b);
      there.add(b);
    }
  return {here.numbers(), change.numbers(), there.numbers()};
}

void take_out(std::size_t n, int sample, const double *from, double *to)
{
  for (std::size_t i = 0; i < n; ++i)
    to[i] = from[i * width + sample];
}

void put_in(std::size_t n, int sample, const double *from, double *to)
{
  for (std::size_t i = 0; i < n; ++i)
    to[i * width + sample] = from[i];
}

// --- matrices ----------------------------------------------------------------------------------

void multiply_common(const Rows &rows, const double *values, int n_components, const double *x, double *y)
{
  multiply(rows, n_components, [&](std::int64_t k) { return values[k]; }, of(x), of(y));
}

void multiply_own(const Rows &rows, const double *values, int n_components, const double *x, double *y, float *rounded)
{
  const auto rounding = [&](std::int64_t k) {
    const Batch value = of(values)[k];
    of(rounded)[k]    = __builtin_convertvector(value, SingleBatch);
    return value;
  };
  if (rounded)
    multiply(rows, n_components, rounding, of(x), of(y));
  else
    multiply(rows, n_components, [&](std::int64_t k) { return of(values)[k]; }, of(x), of(y));
}

void multiply_own(const Rows &rows, const float *values, int n_components, const float *x, float *y)
{
  multiply(rows, n_components, [&](std::int64_t k) { return of(values)[k]; }, of(x), of(y));
}

void combine_operator(std::size_t n, double mass_factor, const double *mass, const Numbers &mu, const double *stiffness, double *values)
{
  const Batch factor = batch_of(mu);
  for (std::size_t k = 0; k < n; ++k)
    of(values)[k] = mass_factor * mass[k] + factor * stiffness[k];
}

// --- single precision --------------------------------------------------------------------------

void round(std::size_t n, const Numbers &factor, const double *from, float *to)
{
  const Batch scale = batch_of(factor);
  for (std::size_t i = 0; i < n; ++i)
    of(to)[i] = __builtin_convertvector(scale * of(from)[i], SingleBatch);
}

void add_to(std::size_t n, const Numbers &factor, const float *d, double *x)
{
  const Batch scale = batch_of(factor);
  for (std::size_t i = 0; i < n; ++i)
    of(x)[i] += scale * widened(of(d)[i]);
}

Numbers dot(std::size_t n, const float *x, const float *y)
{
  return sum_by_blocks<1>(n, [&](std::size_t i, auto &sum) { sum[0] += of(x)[i] * of(y)[i]; })[0];
}

void dots(std::size_t n, const float *x, const float *y, Numbers &xy, Numbers &xx)
{
  const auto sums = sum_by_blocks<2>(n, [&](std::size_t i, auto &sum) {
    sum[0] += of(x)[i] * of(y)[i];
    sum[1] += of(x)[i] * of(x)[i];
  });
  xy              = sums[0];
  xx              = sums[1];
}

void update_direction(std::size_t n, const Numbers &beta, const Numbers &omega, const float *r, const float *v, float *p)
{
  const SingleBatch b = single_of(beta), w = single_of(omega);
  for (std::size_t i = 0; i < n; ++i)
    of(p)[i] = of(r)[i] + b * (of(p)[i] - w * of(v)[i]);
}

void reduce_residual(std::size_t n, const Numbers &alpha, const float *v, float *r)
{
  const SingleBatch a = single_of(alpha);
  for (std::size_t i = 0; i < n; ++i)
    of(r)[i] -= a * of(v)[i];
}

void finish_iteration(std::size_t n, const Numbers &alpha, const Numbers &omega, const float *p, const float *t, const float *shadow, float *d,
                      float *r, Numbers &rr, Numbers &shadow_r)
{
  const SingleBatch a = single_of(alpha), w = single_of(omega);
  const auto        sums = sum_by_blocks<2>(n, [&](std::size_t i, auto &sum) {
    const SingleBatch before = of(r)[i], after = before - w * of(t)[i];
    of(d)[i] += a * of(p)[i] + w * before;
    of(r)[i] = after;
    sum[0] += after * after;
    sum[1] += after * of(shadow)[i];
  });
  rr       = sums[0];
  shadow_r = sums[1];
}

void smooth(const Rows &rows, const float *values, float keep, float scale, const float *inverse_diagonal, const float *b, const float *x,
            float *step, float *x_new)
{
  for (std::size_t row = 0; row < rows.n; ++row)
    {
      const SingleBatch change = keep * of(step)[row] + (scale * inverse_diagonal[row]) * row_residual(rows, values, row, of(b), of(x));
      of(step)[row]            = change;
      of(x_new)[row]           = of(x)[row] + change;
    }
}

void smooth_first(std::size_t n, float scale, const float *inverse_diagonal, const float *b, float *step, float *x)
{
  for (std::size_t row = 0; row < n; ++row)
    of(x)[row] = of(step)[row] = (scale * inverse_diagonal[row]) * of(b)[row];
}

void residual(const Rows &rows, const float *values, const float *b, const float *x, float *r)
{
  for (std::size_t row = 0; row < rows.n; ++row)
    of(r)[row] = row_residual(rows, values, row, of(b), of(x));
}

void transfer(const Rows &rows, const float *values, bool adds, const float *x, float *y)
{
  for (std::size_t row = 0; row < rows.n; ++row)
    {
      SingleBatch sum = adds ? of(y)[row] : SingleBatch{};
      for (auto k = rows.start[row]; k < rows.start[row + 1]; ++k)
        sum += values[k] * of(x)[rows.columns[k]];
      of(y)[row] = sum;
    }
}

void multiply_dense(std::size_t n, const float *matrix, const float *b, float *x)
{
  for (std::size_t i = 0; i < n; ++i)
    {
      SingleBatch sum = {};
      for (std::size_t j = 0; j < n; ++j)
        sum += matrix[i * n + j] * of(b)[j];
      of(x)[i] = sum;
    }
}

} // namespace vesalius::kernels::samples
