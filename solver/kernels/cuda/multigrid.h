// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/halo.h"
#include "solver/kernels/cuda/sparse_rows.h"

namespace vesalius::device
{

namespace multigrid
{
/// Two Chebyshev steps before and after the coarse correction, on the upper part of the spectrum of the Jacobi-scaled operator.
constexpr int    n_smoothing_steps = 2;
constexpr double spectrum_margin = 1.1, spectrum_share = 4;
constexpr Index  largest_dense = 1024;

/// z = d r, and x = d: the first Chebyshev step from x = 0.
struct FirstStep
{
  static constexpr const char *name = "V-cycle first smoothing step";
  double       scale;
  const float *inverse_diagonal, *b;
  float       *x, *step;
  double       bytes(Index n) const { return double(n) * 16; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { x[i] = step[i] = float(scale) * inverse_diagonal[i] * b[i]; }
};

/// step = a step + c D^-1 (b - A x), x_new = x + step.
struct SmoothingStep
{
  static constexpr const char *name = "V-cycle smoothing step";
  RowsView<float> a;
  float           keep, scale;
  const float    *inverse_diagonal, *b, *x;
  float          *step, *x_new;
  double          bytes(Index n) const { return a.bytes() + double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const
  {
    step[i]  = keep * step[i] + scale * inverse_diagonal[i] * (b[i] - a.times(i, x));
    x_new[i] = x[i] + step[i];
  }
};

/// r = b - A x.
struct Residual
{
  static constexpr const char *name = "V-cycle residual";
  RowsView<float> a;
  const float    *b, *x;
  float          *r;
  double          bytes(Index n) const { return a.bytes() + double(n) * 12; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { r[i] = b[i] - a.times(i, x); }
};

/// y = A x or y += A x: to the next level and back.
struct Transfer
{
  static constexpr const char *name = "V-cycle transfer";
  RowsView<float> a;
  bool            adds;
  const float    *x;
  float          *y;
  double          bytes(Index n) const { return a.bytes() + double(n) * 8; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { y[i] = (adds ? y[i] : 0.f) + a.times(i, x); }
};

/// x = inverse b, dense.
struct DenseInverse
{
  static constexpr const char *name = "V-cycle coarsest level";
  Index        n;
  const float *inverse, *b;
  float       *x;
  double       bytes(Index) const { return double(n) * double(n) * 4; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const
  {
    float sum = 0;
    for (Index j = 0; j < n; ++j)
      sum += inverse[j * n + i] * b[j]; // symmetric
    x[i] = sum;
  }
};

template <class From, class To>
struct Convert
{
  static constexpr const char *name = "V-cycle change of precision";
  const From *from;
  To         *to;
  double      bytes(Index n) const { return double(n) * 12; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { to[i] = To(from[i]); }
};

/// Inverse of a symmetric positive definite matrix, Gauss-Jordan.
inline std::vector<float> dense_inverse(const CompressedRows<float> &rows)
{
  const Index         n = rows.n_rows;
  std::vector<double> a(n * n, 0.), inverse(n * n, 0.);
  for (Index i = 0; i < n; ++i)
    {
      inverse[i * n + i] = 1;
      for (auto k = rows.row_start[i]; k < rows.row_start[i + 1]; ++k)
        a[i * n + rows.columns[k]] += double(rows.values[k]);
    }
  for (Index pivot = 0; pivot < n; ++pivot)
    {
      const double scale = 1 / a[pivot * n + pivot];
      if (!(scale > 0))
        throw InvalidBundle("the coarsest operator of the bundle's multigrid is not positive definite");
      for (Index j = 0; j < n; ++j)
        {
          a[pivot * n + j] *= scale;
          inverse[pivot * n + j] *= scale;
        }
      for (Index i = 0; i < n; ++i)
        if (const double factor = a[i * n + pivot]; i != pivot && factor != 0)
          for (Index j = 0; j < n; ++j)
            {
              a[i * n + j] -= factor * a[pivot * n + j];
              inverse[i * n + j] -= factor * inverse[pivot * n + j];
            }
    }
  return {inverse.begin(), inverse.end()};
}

/// Throws InvalidBundle where an entry of the diagonal is not positive.
inline std::vector<float> inverse_diagonal(const CompressedRows<float> &a)
{
  std::vector<float> diagonal(a.n_rows, 0.f);
  for (Index row = 0; row < a.n_rows; ++row)
    for (auto k = a.row_start[row]; k < a.row_start[row + 1]; ++k)
      if (a.columns[k] == row)
        diagonal[row] += a.values[k];
  for (auto &value : diagonal)
    if (value > 0)
      value = 1 / value;
    else
      throw InvalidBundle("an operator of the bundle's multigrid has a diagonal entry that is not positive");
  return diagonal;
}

/// Largest eigenvalue of D^-1 A by the power method, from a start without symmetries.
inline double largest_eigenvalue(const CompressedRows<float> &a, const std::vector<float> &inverse_diagonal)
{
  std::vector<double> x(a.n_rows), y(a.n_rows);
  for (Index i = 0; i < a.n_rows; ++i)
    x[i] = 1 + 0.7 * std::sin(12.9898 * double(i));
  double value = 1;
  for (int iteration = 0; iteration < 20; ++iteration)
    {
      double square = 0;
      for (Index i = 0; i < a.n_rows; ++i)
        {
          y[i] = 0;
          for (auto k = a.row_start[i]; k < a.row_start[i + 1]; ++k)
            y[i] += double(a.values[k]) * x[a.columns[k]];
          y[i] *= double(inverse_diagonal[i]);
          square += y[i] * y[i];
        }
      value = std::sqrt(square);
      for (Index i = 0; i < a.n_rows; ++i)
        x[i] = y[i] / value;
    }
  return value;
}
} // namespace multigrid

/// A V-cycle in single precision, a preconditioner for a symmetric positive definite matrix: Chebyshev-Jacobi smoothing,
/// given interpolations, the coarsest level by its inverse, which every process applies to the whole of it.
template <class Backend>
class Multigrid
{
public:
  /// What a process holds of a level; columns are numbered as the halo does (owned, then copies), those of the coarsest level as they are.
  struct LevelRows
  {
    CompressedRows<float> matrix, prolongation, restriction; ///< owned rows; from the next level; to the next level's owned rows
    Halo<Backend>         halo;
    double                largest_eigenvalue = 1; ///< of the Jacobi-scaled matrix
  };

  /// `levels`: all but the coarsest, the finest first. Throws InvalidBundle.
  Multigrid(std::vector<LevelRows> levels, const CompressedRows<float> &coarsest) : n_coarsest_(coarsest.n_rows)
  {
    if (n_coarsest_ > multigrid::largest_dense)
      throw InvalidBundle("the coarsest level of the bundle's multigrid has " + std::to_string(n_coarsest_) + " rows, more than " +
                          std::to_string(multigrid::largest_dense));
    for (auto &level : levels)
      levels_.emplace_back(std::move(level));
    inverse_    = Array<Backend, float>(multigrid::dense_inverse(coarsest));
    coarsest_b_ = std::vector<float>(std::size_t(n_coarsest_));
    b_          = Array<Backend, float>(coarsest_b_.size());
    x_          = Array<Backend, float>(coarsest_b_.size());
  }

  /// The levels of a process that is alone. `operators`: the finest first; `prolongations[l]`: from level l + 1 to l. Throws InvalidBundle.
  static Multigrid whole(const std::vector<CompressedRows<float>> &operators, const std::vector<CompressedRows<float>> &prolongations)
  {
    std::vector<LevelRows> levels;
    for (std::size_t l = 0; l + 1 < operators.size(); ++l)
      levels.push_back({operators[l], prolongations[l], prolongations[l].transposed(), Halo<Backend>(operators[l].n_rows),
                        multigrid::largest_eigenvalue(operators[l], multigrid::inverse_diagonal(operators[l]))});
    return Multigrid(std::move(levels), operators.back());
  }

  /// z = B r.
  void apply(const Queue<Backend> &queue, const Array<Backend, double> &r, Array<Backend, double> &z)
  {
    const Index n = levels_.empty() ? n_coarsest_ : levels_.front().n();
    queue.run(n, multigrid::Convert<double, float>{r.data(), b(0).data()});
    cycle(queue, 0);
    queue.run(n, multigrid::Convert<float, double>{x(0).data(), z.data()});
  }

private:
  struct Level
  {
    Halo<Backend>              halo;
    SparseRows<Backend, float> matrix, prolongation, restriction;
    Array<Backend, float>      inverse_diagonal, b, x, x_new, step;
    double                     largest = 1; ///< eigenvalue

    explicit Level(LevelRows &&rows)
      : halo(std::move(rows.halo)), matrix(rows.matrix), prolongation(rows.prolongation), restriction(rows.restriction),
        inverse_diagonal(multigrid::inverse_diagonal(rows.matrix)), b(halo.n_owned()), x(halo.n_local()), x_new(halo.n_local()), step(halo.n_owned()),
        largest(multigrid::spectrum_margin * rows.largest_eigenvalue)
    {}
    Index n() const { return halo.n_owned(); }
  };

  Array<Backend, float> &b(std::size_t l) { return l < levels_.size() ? levels_[l].b : b_; }
  Array<Backend, float> &x(std::size_t l) { return l < levels_.size() ? levels_[l].x : x_; }

  /// x of the level = its approximate solution for b, from 0 or from x.
  void smooth(const Queue<Backend> &queue, Level &level, bool from_zero)
  {
    const double smallest = level.largest / multigrid::spectrum_share;
    const double middle = 0.5 * (level.largest + smallest), half = 0.5 * (level.largest - smallest), sigma = middle / half;
    double       rho = 1 / sigma;
    for (int k = 0; k < multigrid::n_smoothing_steps; ++k)
      {
        const double next = k == 0 ? rho : 1 / (2 * sigma - rho);
        const double keep = k == 0 ? 0 : next * rho, scale = k == 0 ? 1 / middle : 2 * next / half;
        rho = next;
        if (k == 0 && from_zero)
          {
            queue.run(level.n(), multigrid::FirstStep{scale, level.inverse_diagonal.data(), level.b.data(), level.x.data(), level.step.data()});
            continue;
          }
        level.halo.update(queue, level.x);
        queue.run(level.n(), multigrid::SmoothingStep{level.matrix.view(), float(keep), float(scale), level.inverse_diagonal.data(), level.b.data(),
                                                      level.x.data(), level.step.data(), level.x_new.data()});
        level.x.swap(level.x_new);
      }
  }

  void solve_coarsest(const Queue<Backend> &queue)
  {
    if (queue.group && queue.group->size() > 1)
      {
        Backend::copy_out(coarsest_b_.data(), b_.data(), coarsest_b_.size() * sizeof(float));
        queue.group->sum(coarsest_b_.data(), coarsest_b_.size());
        b_.upload(coarsest_b_);
      }
    queue.run(n_coarsest_, multigrid::DenseInverse{n_coarsest_, inverse_.data(), b_.data(), x_.data()});
  }

  void cycle(const Queue<Backend> &queue, std::size_t l)
  {
    if (l == levels_.size())
      return solve_coarsest(queue);
    auto &level = levels_[l];
    smooth(queue, level, true);
    level.halo.update(queue, level.x);
    queue.run(level.n(), multigrid::Residual{level.matrix.view(), level.b.data(), level.x.data(), level.x_new.data()});
    level.halo.update(queue, level.x_new);
    queue.run(level.restriction.n_rows(), multigrid::Transfer{level.restriction.view(), false, level.x_new.data(), b(l + 1).data()});
    cycle(queue, l + 1);
    if (l + 1 < levels_.size())
      levels_[l + 1].halo.update(queue, levels_[l + 1].x);
    queue.run(level.n(), multigrid::Transfer{level.prolongation.view(), true, x(l + 1).data(), level.x.data()});
    smooth(queue, level, false);
  }

  std::vector<Level>    levels_; ///< all but the coarsest
  Index                 n_coarsest_ = 0;
  Array<Backend, float> inverse_, b_, x_; ///< of the coarsest
  std::vector<float>    coarsest_b_;
};

} // namespace vesalius::device
