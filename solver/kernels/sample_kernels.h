// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/flow_kernels.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

// Eight samples of one problem at once: where a field or a matrix of one sample holds a number, these hold eight, one of each
// sample, side by side. What is common to the samples, as the cells and the pattern of a matrix, is then read once for all of
// them, and nothing is gathered number by number. Everything lies on one process.
namespace vesalius::kernels::samples
{

constexpr int width = 8;
/// One number of each sample.
using Numbers = std::array<double, width>;

/// Memory on addresses that are multiples of 64 bytes, as eight numbers of double precision want it; what is large, on large pages
/// where the system has them.
void *allocate(std::size_t bytes);
void  release(void *memory);

template <class T>
struct Allocator
{
  using value_type = T;
  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U> &) // NOLINT: allocators convert
  {}
  T   *allocate(std::size_t n) { return static_cast<T *>(samples::allocate(n * sizeof(T))); }
  void deallocate(T *memory, std::size_t) { samples::release(memory); }
  bool operator==(const Allocator &) const { return true; }
};
template <class T>
using Array  = std::vector<T, Allocator<T>>;
using Field  = Array<double>;
using Single = Array<float>;

// --- cells: as the functions of the same names in flow_kernels.h; affine cells -----------------------------------------------

void    add_convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho, double *values);
void    add_gradient(const CellArrays &cells, const double *p, double scale, double *r);
void    add_negative_divergence(const CellArrays &cells, const double *u, double *w);
Numbers maximum_rate(const CellArrays &cells, const double *u);
Numbers maximum_gradient(const CellArrays &cells, const double *u);

// --- vectors of n times eight numbers ----------------------------------------------------------------------------------------

/// result = a x + b y, or a x + b y + c z. Arrays may be the same.
void    combine(std::size_t n, const Numbers &a, const double *x, const Numbers &b, const double *y, double *result);
void    combine(std::size_t n, const Numbers &a, const double *x, const Numbers &b, const double *y, const Numbers &c, const double *z,
                double *result);
/// y += a x; then the sums of y y.
Numbers add_and_square(std::size_t n, const Numbers &a, const double *x, double *y);
Numbers dot(std::size_t n, const double *x, const double *y);
/// y = factors x, one factor for the eight numbers of a row.
void    multiply_rows(std::size_t n, const double *factors, const double *x, double *y);
/// The largest |x|; NaN wins.
Numbers largest(std::size_t n, const double *x);
/// The largest |x|, |x - y| and |y|; NaN wins.
std::array<Numbers, 3> largest(std::size_t n, const double *x, const double *y);
/// One sample out of the n numbers of each, and into them.
void    take_out(std::size_t n, int sample, const double *from, double *to);
void    put_in(std::size_t n, int sample, const double *from, double *to);

// --- matrices in compressed rows ---------------------------------------------------------------------------------------------

/// The pattern of a matrix, plain pointers.
struct Rows
{
  std::size_t         n       = 0;
  const std::int64_t *start   = nullptr;
  const std::int32_t *columns = nullptr;
};
/// y = A x with one matrix for all samples; `n_components` interleaved vectors.
void multiply_common(const Rows &rows, const double *values, int n_components, const double *x, double *y);
/// y = A x with a matrix for each sample, of which a rounded copy is kept unless `rounded` is null.
void multiply_own(const Rows &rows, const double *values, int n_components, const double *x, double *y, float *rounded);
void multiply_own(const Rows &rows, const float *values, int n_components, const float *x, float *y);
/// values = mass_factor mass + mu stiffness, of each sample.
void combine_operator(std::size_t n, double mass_factor, const double *mass, const Numbers &mu, const double *stiffness, double *values);

// --- single precision --------------------------------------------------------------------------------------------------------

void round(std::size_t n, const Numbers &factor, const double *from, float *to);
/// x += factor d.
void add_to(std::size_t n, const Numbers &factor, const float *d, double *x);
Numbers dot(std::size_t n, const float *x, const float *y);
/// xy = (x, y), xx = (x, x).
void dots(std::size_t n, const float *x, const float *y, Numbers &xy, Numbers &xx);
// The updates of BiCGStab, as in single_kernels.h.
void update_direction(std::size_t n, const Numbers &beta, const Numbers &omega, const float *r, const float *v, float *p);
void reduce_residual(std::size_t n, const Numbers &alpha, const float *v, float *r);
void finish_iteration(std::size_t n, const Numbers &alpha, const Numbers &omega, const float *p, const float *t, const float *shadow, float *d,
                      float *r, Numbers &rr, Numbers &shadow_r);

// The V-cycle, one number a row and sample, common matrices (solver/kernels/cuda/multigrid.h has the same for a device).
/// step = keep step + scale D^-1 (b - A x), x_new = x + step.
void smooth(const Rows &rows, const float *values, float keep, float scale, const float *inverse_diagonal, const float *b, const float *x,
            float *step, float *x_new);
/// x = step = scale D^-1 b: the first such step, from x = 0.
void smooth_first(std::size_t n, float scale, const float *inverse_diagonal, const float *b, float *step, float *x);
/// r = b - A x.
void residual(const Rows &rows, const float *values, const float *b, const float *x, float *r);
/// y = A x, or y += A x.
void transfer(const Rows &rows, const float *values, bool adds, const float *x, float *y);
/// x = A b, dense and symmetric.
void multiply_dense(std::size_t n, const float *matrix, const float *b, float *x);

} // namespace vesalius::kernels::samples
