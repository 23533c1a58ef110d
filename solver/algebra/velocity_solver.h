// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/incomplete_factors.h"
#include "solver/algebra/krylov_result.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/fields/simplex_space.h"

#include <vector>

namespace vesalius
{

/// All velocity components with one scalar operator, of its degree. Iterative refinement: the residual in double precision, its
/// correction by BiCGStab in single, preconditioned from the left by ILU(0) on each rank, down to a part of it that single precision carries;
/// as often as the tolerance asks. The bytes are what costs, and they are halved. Collective; no allocation in solve().
/// Sources: H. A. van der Vorst, SIAM J. Sci. Stat. Comput. 13 (1992) 631-644; J. H. Wilkinson, Rounding Errors in Algebraic
/// Processes (1963), for the refinement.
class VelocitySolver
{
public:
  /// `relative_tolerance`: of the preconditioned residual, beside the preconditioned right-hand side.
  VelocitySolver(SimplexSpace &space, const ScalarOperator &matrix, double relative_tolerance, int maximum_iterations);

  enum class Change
  {
    none,
    small, ///< the factors may be kept
    large  ///< they may not
  };
  /// `rhs` owned values, `x` local values (owned part is the initial guess and the result), interleaved.
  /// `change`: of the matrix since the last call. After a small one it is factored again once the iterations beyond those with
  /// new factors add up to what factoring costs, or where they no longer serve.
  KrylovResult solve(const double *rhs, double *x, Change change);
  /// Factors the matrix in force.
  void factor();

  /// How the kept factors have done; a restart needs it to factor at the same steps.
  struct Factors
  {
    bool is_new          = false; ///< made by the last solve()
    int  iterations      = -1;    ///< of the first solution with them; -1: none yet
    int  more_iterations = 0;     ///< of all later ones together, beyond that
  };
  Factors &factors() { return age_; }

private:
  using Single = std::vector<float>;
  struct Norms
  {
    double preconditioned = 0, plain = 0; ///< |M^-1 values|, |values|; NaN where a value is not finite
  };
  /// Of owned values in double precision; leaves scale_ and t_ = M^-1 values / scale_.
  Norms  norms_of(const double *values);
  double global_sum(double value) const;
  KrylovResult refine(const double *rhs, double *x, int most);
  /// BiCGStab for M^-1 A d_ = r_, of that norm, from d_ = 0 until |r_| <= target or a breakdown; its iterations.
  int    correct(double norm, double target, int most);
  void   apply(Single &in, Single &out);

  SimplexSpace         &space_;
  const ScalarOperator &matrix_;
  double                tolerance_;
  int                   most_iterations_, n_components_;
  std::size_t           n_;          ///< numbers of an owned vector in single precision
  IncompleteFactors     factors_;
  Factors               age_;
  std::vector<double>   residual_;
  Single                values_;     ///< of the matrix
  Single                d_, r_, shadow_, p_, v_, t_, work_;
  double                scale_      = 0; ///< of the vectors in single precision, so that they neither over- nor underflow
  bool                  has_values_ = false;
};

} // namespace vesalius
