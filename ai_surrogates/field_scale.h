// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/polynomial_chaos.h"

#include <Eigen/Core>

#include <vector>

/// The size of a field as a function of the inputs. A field that is divided by it changes its shape alone, which takes fewer modes and runs to learn:
/// the wall shear of a stenosis grows with a power of its degree.
namespace vesalius::surrogates
{

/// Polynomial chaos of the logarithm of the snapshots' norms; `coordinates` [r, n] has those of the runs of `data`. Without points, one output.
/// No terms where a snapshot is zero next to the others.
GaussianProcessGroup fit_scale(const TrainingData &data, const Eigen::MatrixXd &coordinates, const ChaosDictionary &dictionary);

/// exp of the group's output; 1 where it has no outputs.
double scale_at(const GaussianProcessGroup &scale, const double *x);

/// Of every run of `data`.
Eigen::VectorXd scales_at(const GaussianProcessGroup &scale, const TrainingData &data);

} // namespace vesalius::surrogates
