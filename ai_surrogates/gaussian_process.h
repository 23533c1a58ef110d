// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_model.h"

#include <cstdint>
#include <vector>

/// Gaussian processes with a shared anisotropic Matern 5/2 kernel, a nugget and an estimated polynomial trend: what surrogate_model.h
/// predicts with, fitted by maximum likelihood.
///
/// Sources: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 5; Santner, Williams and Notz, The Design and
/// Analysis of Computer Experiments (2018), section 3.3.2 (concentrated likelihood).
namespace vesalius::surrogates
{

/// What a process knows: n runs of d inputs and p outputs.
struct TrainingData
{
  std::size_t         n_inputs = 0, n_outputs = 0;
  std::vector<double> points;       ///< [n, d]
  std::vector<double> outputs;      ///< [n, p]
  std::vector<double> input_ranges; ///< [d], the widths of the declared box: the measure of length scales
  std::vector<double> weights{};    ///< [p], of the outputs' likelihoods; none: all are 1

  std::size_t n_points() const { return n_inputs == 0 ? 0 : points.size() / n_inputs; }
};

/// The mean's functions: prod_d (x_d / scales[d])^exponents[j,d].
struct Trend
{
  std::vector<std::int32_t> exponents; ///< [m, d]; none: the mean is zero
  std::vector<double>       scales;    ///< [d], positive
  std::size_t               n_terms() const { return scales.empty() ? 0 : exponents.size() / scales.size(); }
};

struct Kernel
{
  std::vector<double> length_scales; ///< [d], in the inputs' units
  double              nugget = 0;    ///< relative to the process variance
};

/// Of the data under the kernel, with the best trend and process variances of that kernel (concentrated), summed over the outputs:
///   -1/2 sum_k w_k (n log(2 pi) + n log(sigma_k^2) + log|R| + n),   sigma_k^2 = |L^-1 (y_k - F b_k)|^2 / n.
/// `gradient`, where it is asked for, is by the logarithms of the d length scales and of the nugget. Minus infinity where R is not positive
/// definite in double precision.
double log_likelihood(const TrainingData &data, const Trend &trend, const Kernel &kernel, std::vector<double> *gradient = nullptr);

/// The process of a given kernel: what a prediction needs. Adds to the nugget only where R has no Cholesky factor without; `jitter` gets how much.
/// A new run's variance holds the nugget (prior_variance = 1 + nugget). Throws SolverFailure where even 1e-6 does not help.
GaussianProcessGroup condition(const TrainingData &data, const Trend &trend, const Kernel &kernel, double *jitter = nullptr);

struct FitOptions
{
  int           n_starts    = 4; ///< the first from length scales of half the box, the others random
  int           most_steps  = 150;
  std::uint64_t seed        = 1;
  double        nugget_low  = 1e-10, nugget_high = 0.1;
  double        scale_low   = 0.05, scale_high = 30; ///< bounds of the length scales, in widths of the box
  const Kernel *start       = nullptr;               ///< where it is given the first start
};

struct Fit
{
  Kernel kernel;
  double log_likelihood = 0;
  int    n_evaluations  = 0;
};

/// Maximum likelihood: L-BFGS within bounds (NLopt) from several starts. The same seed gives the same kernel.
Fit fit_kernel(const TrainingData &data, const Trend &trend, const FitOptions &options);

/// What a group says at a point.
struct GroupPrediction
{
  std::vector<double> outputs;               ///< [p]
  double              relative_variance = 0; ///< s(x); times process_variance[k] it is the variance of output k
};

/// Covariances of the process itself, without the nugget, between points a and b given its runs, relative to the process variance: [n_a, n_b]. `a` and `b` are [., d].
std::vector<double> posterior_covariance(const GaussianProcessGroup &group, const std::vector<double> &a, const std::vector<double> &b);

/// For calibration, cross-validation and tests. What ships predicts with ai_surrogates/runtime; a test holds the two together.
GroupPrediction predict_group(const GaussianProcessGroup &group, const double *x);

} // namespace vesalius::surrogates
