// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/gaussian_process.h"
#include "ai_surrogates/orthonormal_polynomials.h"

#include <cstdint>
#include <vector>

/// Sparse polynomial chaos: least squares on products of polynomials that are orthonormal for the inputs' distributions, the terms chosen from the runs
/// and shared by all outputs.
///
/// Source: Blatman and Sudret, Journal of Computational Physics 230 (2011) 2345 (hyperbolic sets of terms, corrected leave-one-out error); Chen, Billings
/// and Luo, International Journal of Control 50 (1989) 1873 (orthogonal forward selection).
namespace vesalius::surrogates
{

/// The products that a fit may take.
struct ChaosDictionary
{
  std::vector<OrthonormalPolynomials> polynomials; ///< [d]
  std::vector<std::int32_t>           degrees;     ///< [terms, d], the constant first

  std::size_t n_terms() const { return polynomials.empty() ? 0 : degrees.size() / polynomials.size(); }
};

/// Products with (sum_d degree_d^(3/4))^(4/3) <= `degree`, at most 8, but for those whose powers would lose more than seven digits. No term at all
/// where there would be more than 20,000.
ChaosDictionary chaos_dictionary(const std::vector<Distribution> &distributions, int degree);

struct ChaosFit
{
  std::vector<std::int32_t> degrees;      ///< [m, d], the constant first, then as they were taken
  std::vector<double>       coefficients; ///< [p, m], of the orthonormal products
  std::vector<double>
    variances; ///< [p], mean of e^2 / (1 - h): squared leave-one-out errors over 1 + f^T (F^T F)^-1 f without the run
  std::vector<double> inverse_factor; ///< R^-T, lower triangle, F = Q R
};

/// Takes the product that lowers the outputs' summed squares most, one after the other, and of these sets that of the least corrected leave-one-out
/// error; at most half as many as runs and 100. The outputs weigh as they are: coefficients of modes by energy.
ChaosFit fit_chaos(const TrainingData &data, const ChaosDictionary &dictionary);

/// The fit in powers of the inputs: a group without points.
GaussianProcessGroup group_of(const ChaosFit &fit, const ChaosDictionary &dictionary);

} // namespace vesalius::surrogates
