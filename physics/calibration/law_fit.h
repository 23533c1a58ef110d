// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/calibration/curve_file.h"

#include <Eigen/Dense>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// One number of a law that is fitted.
struct FitParameter
{
  std::string entry;                               ///< of the section Tissue
  std::size_t index = 0;                           ///< in an entry that is a list
  std::string name, unit;                          ///< "Moduli (2)", SI
  double      start = 0, minimum = 0, maximum = 0; ///< SI
  bool        logarithmic = true;                  ///< fitted by its logarithm: a positive one
};

/// How a law with these values responds (Pa), one value a measured point; throws InputError or SolverFailure where it cannot.
using FitModel = std::function<Eigen::VectorXd(const Eigen::VectorXd &values)>;

struct FitResult
{
  Eigen::VectorXd values, fitted;    ///< SI; the response
  Eigen::VectorXd standard_errors;   ///< SI; infinite where the curve has no say
  Eigen::MatrixXd correlation;       ///< of the parameters; empty where the Jacobian has not full rank
  Eigen::VectorXd singular_values;   ///< of the relative Jacobian d(response/largest)/d(ln parameter), falling
  Eigen::MatrixXd singular_vectors;  ///< column k belongs to singular_values[k]
  double          residual      = 0; ///< root mean square over the largest measured value
  double          determination = 0; ///< R^2
  double          condition     = 0; ///< of the relative Jacobian
  /// Relative standard error that a curve with an error of `measurement_error` of its largest value leaves, at least that of the residual.
  Eigen::VectorXd uncertainty;
  std::vector<Eigen::VectorXd>
      others; ///< of other minima that follow the curve as well (within 1 % of the residual's norm)
  int n_starts = 0, n_evaluations = 0;
};

/// No measured curve is better than this; by it a parameter counts as determined or not.
inline constexpr double measurement_error = 0.01;

/// Least squares by the Levenberg-Marquardt method (MINPACK's, in Eigen) from the start and from `n_starts` - 1 others around it,
/// the best of which counts. Throws SolverFailure where no start leads anywhere.
FitResult fit_parameters(const FitModel &model, const Eigen::VectorXd &measured,
                         const std::vector<FitParameter> &parameters, int n_starts);

} // namespace vesalius
