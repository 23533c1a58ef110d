// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/halo.h"
#include "solver/kernels/cuda/point_values.h"
#include "solver/kernels/cuda/sparse_rows.h"

// Krylov solvers and the projection onto earlier solutions. Scalars live on the host: each sum waits for the device.
namespace vesalius::device
{

struct SolverResult
{
  int    iterations = 0;
  double residual   = 0; ///< relative
  bool   converged  = false;
};

namespace vectors
{
/// x *= scale.
struct Scale
{
  static constexpr const char *name = "vector scale";
  double  scale;
  double *x;
  double  bytes(Index n) const { return double(n) * 16; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { x[i] *= scale; }
};

/// y += scale x.
struct Add
{
  static constexpr const char *name = "vector add";
  double        scale;
  const double *x;
  double       *y;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { y[i] += scale * x[i]; }
};

/// z = x + scale (x - y).
struct Extrapolate
{
  static constexpr const char *name = "vector extrapolation";
  double        scale;
  const double *x, *y;
  double       *z;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { z[i] = x[i] + scale * (x[i] - y[i]); }
};

struct Dot
{
  static constexpr const char *name = "vector dot product";
  const double *x, *y;
  double        bytes(Index n) const { return double(n) * 16; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[1]) const { sums[0] += x[i] * y[i]; }
};
} // namespace vectors

namespace bicgstab
{
/// r = D^-1 (b - r) where the node is free, 0 elsewhere; sums: |r|^2, |D^-1 b|^2. p = r0 = r.
template <int dim>
struct Start
{
  static constexpr const char *name = "BiCGStab start";
  const double *inverse_diagonal, *b;
  double       *r, *r0, *p;
  double        bytes(Index n) const { return double(n) * (40 + 8. / dim); }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[2]) const
  {
    const double scale = inverse_diagonal[i / dim], value = scale * (b[i] - r[i]);
    r[i] = r0[i] = p[i] = value;
    sums[0] += value * value;
    sums[1] += scale * b[i] * scale * b[i];
  }
};
/// v = D^-1 v; sums: (r0, v).
template <int dim>
struct ScaleAndTest
{
  static constexpr const char *name = "BiCGStab scale";
  const double *inverse_diagonal, *r0;
  double       *v;
  double        bytes(Index n) const { return double(n) * (24 + 8. / dim); }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[1]) const
  {
    v[i] *= inverse_diagonal[i / dim];
    sums[0] += r0[i] * v[i];
  }
};
/// t = D^-1 t; sums: (t, s), |t|^2.
template <int dim>
struct ScaleAndMeasure
{
  static constexpr const char *name = "BiCGStab scale and measure";
  const double *inverse_diagonal, *s;
  double       *t;
  double        bytes(Index n) const { return double(n) * (24 + 8. / dim); }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[2]) const
  {
    t[i] *= inverse_diagonal[i / dim];
    sums[0] += t[i] * s[i];
    sums[1] += t[i] * t[i];
  }
};
/// x += alpha p + omega s, r = s - omega t; sums: |r|^2, (r0, r). s and r are one array.
struct Update
{
  static constexpr const char *name = "BiCGStab update";
  double        alpha, omega;
  const double *p, *t, *r0;
  double       *x, *r;
  double        bytes(Index n) const { return double(n) * 56; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[2]) const
  {
    x[i] += alpha * p[i] + omega * r[i];
    r[i] -= omega * t[i];
    sums[0] += r[i] * r[i];
    sums[1] += r0[i] * r[i];
  }
};
/// p = r + beta (p - omega v).
struct Turn
{
  static constexpr const char *name = "BiCGStab direction";
  double        beta, omega;
  const double *r, *v;
  double       *p;
  double        bytes(Index n) const { return double(n) * 32; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { p[i] = r[i] + beta * (p[i] - omega * v[i]); }
};

/// Of |r0| |r|: below it (r0, r) is rounding, and the method begins anew from r.
constexpr double lost = 1e-14;

template <class Backend>
struct Work
{
  Array<Backend, double> r, r0, p, v, t;
  explicit Work(std::size_t n) : r(n), r0(n), p(n), v(n), t(n) {}
};

/// BiCGStab with Jacobi for the `n` first, own values of interleaved velocities of `dim` components (van der Vorst 1992). `add_product(x, y)`: y += A x, after an update of x's copies.
/// Nodes whose inverse diagonal is 0 keep the values that x brings. Stops at |D^-1 r| <= tolerance |D^-1 b|, as PETSc's does with its own preconditioner.
template <int dim, class Backend, class AddProduct>
SolverResult solve(const Queue<Backend> &queue, Index n, const AddProduct &add_product, const Array<Backend, double> &inverse_diagonal,
                   const Array<Backend, double> &b, Array<Backend, double> &x, Work<Backend> &work, double tolerance, int maximum_iterations)
{
  auto &w = work;
  w.r.clear();
  add_product(x, w.r);
  const auto start = queue.template sum<2>(n, Start<dim>{inverse_diagonal.data(), b.data(), w.r.data(), w.r0.data(), w.p.data()});
  double     rho   = start[0], shadow = start[0]; ///< shadow: |r0|^2
  const double reference = start[1] > 0 ? std::sqrt(start[1]) : 1;
  SolverResult result{0, std::sqrt(start[0]) / reference, std::sqrt(start[0]) <= tolerance * reference};
  while (!result.converged && result.iterations < maximum_iterations)
    {
      ++result.iterations;
      w.v.clear();
      add_product(w.p, w.v);
      const double alpha = rho / queue.template sum<1>(n, ScaleAndTest<dim>{inverse_diagonal.data(), w.r0.data(), w.v.data()})[0];
      queue.run(n, vectors::Add{-alpha, w.v.data(), w.r.data()});
      w.t.clear();
      add_product(w.r, w.t);
      const auto   measure = queue.template sum<2>(n, ScaleAndMeasure<dim>{inverse_diagonal.data(), w.r.data(), w.t.data()});
      const double omega   = measure[1] > 0 ? measure[0] / measure[1] : 0;
      const auto   sums    = queue.template sum<2>(n, Update{alpha, omega, w.p.data(), w.t.data(), w.r0.data(), x.data(), w.r.data()});
      result.residual      = std::sqrt(sums[0]) / reference;
      result.converged     = result.residual <= tolerance;
      if (!std::isfinite(result.residual) || (omega == 0 && !result.converged))
        break;
      if (std::abs(sums[1]) > lost * std::sqrt(shadow * sums[0]))
        {
          queue.run(n, Turn{sums[1] / rho * alpha / omega, omega, w.r.data(), w.v.data(), w.p.data()});
          rho = sums[1];
        }
      else // r0 and r have become orthogonal but for rounding
        {
          w.r0.copy(w.r);
          w.p.copy(w.r);
          rho = shadow = sums[0];
        }
    }
  return result;
}
} // namespace bicgstab

namespace conjugate_gradients
{
/// y = A x at free rows, 0 elsewhere; sums: (x, y).
struct Product
{
  static constexpr const char *name = "P1 product";
  RowsView<double> a;
  const char      *is_fixed; ///< null: none is
  const double    *x;
  double          *y;
  double           bytes(Index n) const { return a.bytes() + double(n) * 17; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[1]) const
  {
    y[i] = is_fixed && is_fixed[i] ? 0 : a.times(i, x);
    sums[0] += x[i] * y[i];
  }
};
/// r = b - r; sums: |r|^2, |b|^2.
struct Start
{
  static constexpr const char *name = "CG start";
  const double *b;
  double       *r;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[2]) const
  {
    r[i] = b[i] - r[i];
    sums[0] += r[i] * r[i];
    sums[1] += b[i] * b[i];
  }
};
/// x += alpha p, r -= alpha q; sums: |r|^2.
struct Update
{
  static constexpr const char *name = "CG update";
  double        alpha;
  const double *p, *q;
  double       *x, *r;
  double        bytes(Index n) const { return double(n) * 48; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[1]) const
  {
    x[i] += alpha * p[i];
    r[i] -= alpha * q[i];
    sums[0] += r[i] * r[i];
  }
};
/// Sums: (r, z), (q, z).
struct Measure
{
  static constexpr const char *name = "CG measure";
  const double *r, *q, *z;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[2]) const
  {
    sums[0] += r[i] * z[i];
    sums[1] += q[i] * z[i];
  }
};
/// p = z + beta p.
struct Turn
{
  static constexpr const char *name = "CG direction";
  double        beta;
  const double *z;
  double       *p;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { p[i] = z[i] + beta * p[i]; }
};
/// z = D^-1 r.
struct Jacobi
{
  static constexpr const char *name = "CG Jacobi";
  const double *inverse_diagonal, *r;
  double       *z;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { z[i] = inverse_diagonal[i] * r[i]; }
};

/// A P1 matrix whose fixed rows give 0.
template <class Backend>
struct Matrix
{
  RowsView<double>     rows;
  const char          *is_fixed; ///< null: none is
  const Halo<Backend> *halo;

  Index n() const { return halo->n_owned(); }
  /// y = A x; returns (x, y).
  double times(const Queue<Backend> &queue, Array<Backend, double> &x, Array<Backend, double> &y) const
  {
    halo->update(queue, x);
    return queue.template sum<1>(n(), Product{rows, is_fixed, x.data(), y.data()})[0];
  }
};

template <class Backend>
struct Work
{
  Array<Backend, double> r, z, p, q;
  explicit Work(std::size_t n) : r(n), z(n), p(n), q(n) {}
};

/// Flexible conjugate gradients (Golub and Ye 1999): a preconditioner in single precision is not quite linear. x brings the initial guess, zero
/// at fixed rows; so is b there. Stops at |r| <= tolerance |b|. `precondition(r, z)`.
template <class Backend, class Precondition>
SolverResult solve(const Queue<Backend> &queue, const Matrix<Backend> &a, const Precondition &precondition, const Array<Backend, double> &b,
                   Array<Backend, double> &x, Work<Backend> &w, double tolerance, int maximum_iterations)
{
  const Index n = a.n();
  a.times(queue, x, w.r);
  const auto   start     = queue.template sum<2>(n, Start{b.data(), w.r.data()});
  const double reference = start[1] > 0 ? std::sqrt(start[1]) : 1;
  SolverResult result{0, std::sqrt(start[0]) / reference, std::sqrt(start[0]) <= tolerance * reference};
  if (result.converged)
    return result;
  precondition(w.r, w.z);
  w.p.copy(w.z);
  double rz = queue.template sum<1>(n, vectors::Dot{w.r.data(), w.z.data()})[0];
  while (!result.converged && result.iterations < maximum_iterations)
    {
      ++result.iterations;
      const double alpha = rz / a.times(queue, w.p, w.q);
      result.residual    = std::sqrt(queue.template sum<1>(n, Update{alpha, w.p.data(), w.q.data(), x.data(), w.r.data()})[0]) / reference;
      result.converged   = result.residual <= tolerance;
      if (result.converged || !std::isfinite(result.residual))
        break;
      precondition(w.r, w.z);
      const auto sums = queue.template sum<2>(n, Measure{w.r.data(), w.q.data(), w.z.data()});
      queue.run(n, Turn{-alpha * sums[1] / rz, w.z.data(), w.p.data()});
      rz = sums[0];
    }
  return result;
}
} // namespace conjugate_gradients

namespace projection
{
constexpr int most = 8; ///< vectors; then the span begins anew

struct Products
{
  static constexpr const char *name = "projection products";
  int           size;
  const double *vectors[most], *y;
  double        bytes(Index n) const { return double(n) * 8 * (size + 1); }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[most]) const
  {
    VESALIUS_UNROLL
    for (int k = 0; k < most; ++k)
      if (k < size)
        sums[k] += vectors[k][i] * y[i];
  }
};
struct Combination
{
  static constexpr const char *name = "projection combination";
  int           size;
  double        weights[most];
  const double *vectors[most];
  double       *x;
  double        bytes(Index n) const { return double(n) * 8 * (size + 2); }
  VESALIUS_HOST_DEVICE void operator()(Index i) const
  {
    double sum = 0;
    for (int k = 0; k < size; ++k)
      sum += weights[k] * vectors[k][i];
    x[i] += sum;
  }
};
} // namespace projection

/// The projection of the solution on the span of earlier ones: SolutionProjection of solver/algebra, on the device.
template <class Backend>
class EarlierSolutions
{
public:
  static constexpr int most = projection::most;

  explicit EarlierSolutions(std::size_t n) : error_(n), image_(n)
  {
    for (int i = 0; i < most; ++i)
      vectors_.emplace_back(n);
  }

  void guess(const Queue<Backend> &queue, Index n, const Array<Backend, double> &b, Array<Backend, double> &x) const
  {
    x.clear();
    add_combination(queue, n, products(queue, n, b), 1, x);
  }
  /// Takes the solution into the span; `guess` is what guess() gave for it.
  void add(const Queue<Backend> &queue, const conjugate_gradients::Matrix<Backend> &a, const Array<Backend, double> &guess, const Array<Backend, double> &x)
  {
    const Index n = a.n();
    size_         = size_ == most ? 0 : size_;
    error_.copy(x);
    if (size_ > 0)
      {
        queue.run(n, vectors::Add{-1., guess.data(), error_.data()});
        a.times(queue, error_, image_);
        add_combination(queue, n, products(queue, n, image_), -1, error_);
      }
    const double energy = a.times(queue, error_, image_);
    const double square = queue.template sum<1>(n, vectors::Dot{error_.data(), error_.data()})[0];
    if (!(energy > 1e-30 * square))
      return; // nothing new beyond rounding
    queue.run(n, vectors::Scale{1 / std::sqrt(energy), error_.data()});
    vectors_[size_++].swap(error_);
  }

private:
  std::array<double, most> products(const Queue<Backend> &queue, Index n, const Array<Backend, double> &y) const
  {
    projection::Products kernel{size_, {}, y.data()};
    for (int k = 0; k < size_; ++k)
      kernel.vectors[k] = vectors_[k].data();
    return size_ > 0 ? queue.template sum<most>(n, kernel) : std::array<double, most>{};
  }
  void add_combination(const Queue<Backend> &queue, Index n, const std::array<double, most> &weights, double sign, Array<Backend, double> &x) const
  {
    projection::Combination kernel{size_, {}, {}, x.data()};
    for (int k = 0; k < size_; ++k)
      {
        kernel.weights[k] = sign * weights[k];
        kernel.vectors[k] = vectors_[k].data();
      }
    if (size_ > 0)
      queue.run(n, kernel);
  }

  std::vector<Array<Backend, double>> vectors_;
  Array<Backend, double>              error_, image_;
  int                                 size_ = 0;
};

} // namespace vesalius::device
