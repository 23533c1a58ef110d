// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

// Vectors in single precision for the inside of an iterative refinement: four numbers a node, of which those behind its components
// (1 to 3) are zero, so that a node is one aligned load. Sums are taken in double precision.
namespace vesalius::kernels::single
{

constexpr int width = 4;

/// to = from for n numbers.
void round(std::size_t n, const double *from, float *to);
/// The components of n nodes, interleaved, times `factor`, into four a node.
void spread(std::size_t n, int n_components, const double *from, double factor, float *to);
/// x += factor * d, the inverse.
void add_to(std::size_t n, int n_components, const float *d, double factor, double *x);

/// y = A x for all components at once; A in compressed rows.
void multiply(std::size_t n_rows, const std::int64_t *row_start, const std::int32_t *columns, const float *values, const float *x,
              float *y);

/// The same, an entry of A a block of n_components x n_components numbers, column by column; `width` numbers behind the last are read, and what
/// stands behind a node's components in y means nothing.
void multiply_blocks(std::size_t n_rows, int n_components, const std::int64_t *row_start, const std::int32_t *columns, const float *blocks, const float *x, float *y);

/// Sums over n numbers.
double dot(std::size_t n, const float *x, const float *y);
/// xy = (x, y), xx = (x, x).
void dots(std::size_t n, const float *x, const float *y, double &xy, double &xx);

// The updates of BiCGStab, each in one pass; n numbers.
/// p = r + beta (p - omega v).
void update_direction(std::size_t n, float beta, float omega, const float *r, const float *v, float *p);
/// r -= alpha v.
void reduce_residual(std::size_t n, float alpha, const float *v, float *r);
/// d += alpha p + omega r; r -= omega t; then rr = (r, r) and shadow_r = (shadow, r).
void finish_iteration(std::size_t n, float alpha, float omega, const float *p, const float *t, const float *shadow, float *d, float *r,
                      double &rr, double &shadow_r);

} // namespace vesalius::kernels::single
