// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/krylov_result.h"
#include "solver/algebra/multigrid_export.h"
#include "solver/algebra/sample_factors.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/algebra/velocity_solver.h"
#include "solver/kernels/sample_kernels.h"

#include <functional>
#include <vector>

// The solvers of a time step for eight samples at once (solver/kernels/sample_kernels.h), on one process. Each sample has its own
// scalars and its own convergence: where it has met the tolerance it is left as it is while the others go on. Results: the most
// iterations, the largest residual, and whether all converged.
namespace vesalius
{

kernels::samples::Rows rows_of(const CellPattern &pattern);

/// VelocitySolver for eight samples with a matrix each: the same refinement, tolerances, factors and reasons to make them anew.
class SampleVelocitySolver
{
public:
  SampleVelocitySolver(const CellPattern &pattern, int n_components, double relative_tolerance, int maximum_iterations);
  /// `values`: eight numbers an entry of the pattern; `rhs`, `x` (initial guess and result): interleaved, eight numbers each.
  KrylovResult solve(const double *values, const double *rhs, double *x);
  /// Factors the matrices.
  void factor(const double *values, double shift = 0);
  /// How the kept factors have done.
  VelocitySolver::Factors &factors() { return age_; }

private:
  using Numbers = kernels::samples::Numbers;
  struct Norms
  {
    Numbers preconditioned{}, plain{};
    bool    is_finite = true;
  };
  /// Of values in double precision; leaves scale_ and t_ = M^-1 values / scale_.
  Norms        norms_of(const double *values);
  KrylovResult refine(const double *values, const double *rhs, double *x, int most);
  int          correct(const Numbers &norm, const Numbers &target, int most);
  void         apply(const kernels::samples::Single &in, kernels::samples::Single &out);

  kernels::samples::Rows   rows_;
  int                      n_components_;
  double                   tolerance_;
  int                      most_iterations_;
  std::size_t              n_; ///< numbers of a vector of each sample
  SampleFactors            factors_;
  VelocitySolver::Factors  age_;
  Numbers                  scale_{};
  kernels::samples::Field  residual_;
  kernels::samples::Single values_; ///< of the matrices
  kernels::samples::Single d_, r_, shadow_, p_, v_, t_, work_;
};

/// A V-cycle in single precision for one matrix and eight right-hand sides: Chebyshev-Jacobi smoothing, the interpolations of
/// BoomerAMG, the inverse on the coarsest level. solver/kernels/cuda/multigrid.h is the same for a device.
class SampleMultigrid
{
public:
  explicit SampleMultigrid(const MultigridLevels &levels);
  /// The finest level's right-hand side and solution.
  kernels::samples::Single       &right_side() { return levels_.front().b; }
  const kernels::samples::Single &solution() const { return levels_.front().x; }
  void                            cycle() { cycle(0); }

private:
  struct Matrix
  {
    std::vector<std::int64_t> row_start;
    std::vector<std::int32_t> columns;
    std::vector<float>        values;
    kernels::samples::Rows    rows() const { return {row_start.size() - 1, row_start.data(), columns.data()}; }
  };
  struct Level
  {
    Matrix                   matrix, prolongation, restriction;
    std::vector<float>       inverse_diagonal;
    kernels::samples::Single b, x, x_new, step;
    double                   largest = 1; ///< eigenvalue
  };
  void smooth(Level &level, bool from_zero);
  void cycle(std::size_t l);

  std::vector<Level> levels_;
  std::vector<float> inverse_; ///< of the coarsest level
};

/// Conjugate gradients for one matrix and eight right-hand sides.
class SampleConjugateGradients
{
public:
  /// z = B r; `norm` of r, of each sample.
  using Precondition = std::function<void(const double *r, const kernels::samples::Numbers &norm, double *z)>;
  SampleConjugateGradients(kernels::samples::Rows rows, const std::vector<double> &values, Precondition precondition, double relative_tolerance,
                           int maximum_iterations);
  /// `x`: initial guess and result. Stops where |b - A x| <= tolerance |b|.
  KrylovResult solve(const double *b, double *x);
  void         multiply(const double *x, double *y) const { kernels::samples::multiply_common(rows_, values_.data(), 1, x, y); }

private:
  kernels::samples::Rows  rows_;
  std::vector<double>     values_;
  Precondition            precondition_;
  double                  tolerance_;
  int                     most_iterations_;
  kernels::samples::Field r_, z_, p_, q_;
};

/// SolutionProjection for eight samples.
class SampleProjection
{
public:
  explicit SampleProjection(const SampleConjugateGradients &matrix, std::size_t n) : matrix_(matrix), n_(n), image_(n * kernels::samples::width) {}
  void guess(const double *b, double *x) const;
  void add(const double *x_guess, const double *x);

  std::vector<kernels::samples::Field> &vectors() { return vectors_; } ///< those in use first
  int                                   size() const { return size_; }
  void                                  set_size(int size);

private:
  const SampleConjugateGradients      &matrix_;
  std::size_t                          n_;
  std::vector<kernels::samples::Field> vectors_;
  int                                  size_ = 0;
  kernels::samples::Field              image_;
};

} // namespace vesalius
