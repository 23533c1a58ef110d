// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_model.h"

#include <vector>

/// What a model predicts, in double precision: for calibration, test errors and the tests. What ships predicts with ai_surrogates/runtime.
namespace vesalius::surrogates
{

struct ScalarPrediction
{
  double value = 0, sigma = 0;
};

struct FieldPrediction
{
  std::vector<double> values; ///< [nodes, components]
  std::vector<double> sigma;  ///< [nodes]
};

struct Prediction
{
  std::vector<ScalarPrediction> scalars; ///< in the order of the model
  std::vector<FieldPrediction>  fields;
};

class Predictor
{
public:
  /// The model must outlive it.
  explicit Predictor(const SurrogateModel &model);
  Prediction operator()(const double *x) const;

private:
  const SurrogateModel            &model_;
  std::vector<std::vector<double>> gains_; ///< of each field [nodes]: s(x) times it is the coefficients' variance
};

/// |value - truth| / sigma.
double conformal_score(const ScalarPrediction &prediction, double truth);

/// The largest |values - truth| / sigma over the nodes, Euclidean over the components.
double conformal_score(const FieldPrediction &prediction, const float *truth);

} // namespace vesalius::surrogates
