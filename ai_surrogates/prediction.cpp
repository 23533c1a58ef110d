// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/prediction.h"

#include "ai_surrogates/gaussian_process.h"
#include "ai_surrogates/surrogate_writer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius::surrogates
{

namespace
{
/// Zero over zero is a hit: a value without any doubt that is right.
double ratio(double error, double sigma)
{
  return error == 0 ? 0 : sigma > 0 ? error / sigma : std::numeric_limits<double>::infinity();
}

FieldPrediction predict_field(const SurrogateField &field, const std::vector<double> &gain, const GroupPrediction &group, double scale)
{
  const std::size_t size = field.mean.size();
  FieldPrediction   result;
  result.values.assign(field.mean.begin(), field.mean.end());
  for (std::size_t r = 0; r < field.outputs.size(); ++r)
    for (std::size_t i = 0; i < size; ++i)
      result.values[i] += double(field.modes[r * size + i]) * group.outputs[field.outputs[r]];
  for (auto &value : result.values)
    value *= scale;
  for (std::size_t i = 0; i < field.n_nodes(); ++i)
    result.sigma.push_back(std::max(field.interval.sigma_floor, scale * std::sqrt(group.relative_variance * gain[i] + double(field.remainder_variance[i]))));
  return result;
}
} // namespace

Predictor::Predictor(const SurrogateModel &model)
  : model_(model)
{
  for (const auto &field : model.fields)
    gains_.push_back(variance_gain(field, model.groups[field.group]));
}

Prediction Predictor::operator()(const double *x) const
{
  std::vector<GroupPrediction> groups;
  for (const auto &group : model_.groups)
    groups.push_back(predict_group(group, x));
  Prediction result;
  for (const auto &scalar : model_.scalars)
    {
      const auto  &group    = groups[scalar.group];
      const double variance = group.relative_variance * model_.groups[scalar.group].process_variance[scalar.output];
      result.scalars.push_back({group.outputs[scalar.output], std::max(scalar.interval.sigma_floor, std::sqrt(variance))});
    }
  for (std::size_t f = 0; f < model_.fields.size(); ++f)
    {
      const auto &field = model_.fields[f];
      result.fields.push_back(predict_field(field, gains_[f], groups[field.group], field.scale_group ? std::exp(groups[*field.scale_group].outputs[0]) : 1));
    }
  return result;
}

double conformal_score(const ScalarPrediction &prediction, double truth)
{
  return ratio(std::abs(prediction.value - truth), prediction.sigma);
}

double conformal_score(const FieldPrediction &prediction, const float *truth)
{
  const std::size_t c     = prediction.values.size() / prediction.sigma.size();
  double            worst = 0;
  for (std::size_t i = 0; i < prediction.sigma.size(); ++i)
    {
      double square = 0;
      for (std::size_t k = 0; k < c; ++k)
        square += std::pow(prediction.values[i * c + k] - double(truth[i * c + k]), 2);
      worst = std::max(worst, ratio(std::sqrt(square), prediction.sigma[i]));
    }
  return worst;
}

} // namespace vesalius::surrogates
