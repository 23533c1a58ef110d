// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/field_scale.h"

#include <cmath>

namespace vesalius::surrogates
{

GaussianProcessGroup fit_scale(const TrainingData &data, const Eigen::MatrixXd &coordinates, const ChaosDictionary &dictionary)
{
  const Eigen::VectorXd norms = coordinates.colwise().norm();
  if (dictionary.n_terms() == 0 || !(norms.minCoeff() > 1e-9 * norms.maxCoeff()))
    return {};
  TrainingData logarithms = data;
  logarithms.n_outputs    = 1;
  logarithms.outputs.clear();
  for (const double norm : norms)
    logarithms.outputs.push_back(std::log(norm));
  return group_of(fit_chaos(logarithms, dictionary), dictionary);
}

double scale_at(const GaussianProcessGroup &scale, const double *x)
{
  return scale.n_outputs() == 0 ? 1 : std::exp(predict_group(scale, x).outputs[0]);
}

Eigen::VectorXd scales_at(const GaussianProcessGroup &scale, const TrainingData &data)
{
  Eigen::VectorXd scales(Eigen::Index(data.n_points()));
  for (std::size_t i = 0; i < data.n_points(); ++i)
    scales[Eigen::Index(i)] = scale_at(scale, &data.points[i * data.n_inputs]);
  return scales;
}

} // namespace vesalius::surrogates
