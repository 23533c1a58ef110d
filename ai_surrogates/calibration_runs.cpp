// SPDX-License-Identifier: GPL-3.0-or-later
// What runs that trained nothing say of a model: the conformal factors (role calibration) and the errors and coverage (role test).
#include "ai_surrogates/conformal.h"
#include "ai_surrogates/prediction.h"
#include "ai_surrogates/trainer.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace vesalius::surrogates
{

namespace
{
/// One output at one run: what the intervals and errors are made of.
struct Outcome
{
  bool   failed = false;
  double score  = std::numeric_limits<double>::infinity(); ///< of a failed run
  bool   covered = false;
  double absolute = 0, square = 0;      ///< error; of a field mean squares by mass
  double value_square = 0, value = 0;   ///< likewise of the true values
  double largest = 0, half_width = 0;
  std::vector<double> node_errors; ///< of a field
  double leading = 0; ///< the leading input
};

/// The outcome of a geometry: runs of one are not exchangeable with those of others, so that together they are one draw.
struct GeometryOutcome
{
  bool   failed  = false, covered = true; ///< one run failed, all runs covered
  double score   = 0;                     ///< the largest
};

std::vector<std::size_t> rows_in(const Dataset &data, Role role)
{
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    if (data.runs[r].role == role)
      rows.push_back(r);
  return rows;
}

Outcome scalar_outcome(const ScalarPrediction &prediction, const SurrogateInterval &interval, double truth)
{
  Outcome      outcome;
  const double error   = std::abs(prediction.value - truth);
  outcome.score        = conformal_score(prediction, truth);
  outcome.half_width   = interval.factor * prediction.sigma + interval.discretisation;
  outcome.covered      = outcome.score <= interval.factor;
  outcome.absolute     = outcome.largest = error;
  outcome.square       = error * error;
  outcome.value        = std::abs(truth);
  outcome.value_square = truth * truth;
  return outcome;
}

Outcome field_outcome(const FieldPrediction &prediction, const SurrogateInterval &interval, const float *truth, const std::vector<double> &weights)
{
  Outcome           outcome;
  const std::size_t c    = prediction.values.size() / prediction.sigma.size();
  double            mass = 0;
  outcome.score          = conformal_score(prediction, truth);
  outcome.covered        = outcome.score <= interval.factor;
  for (std::size_t i = 0; i < prediction.sigma.size(); ++i)
    {
      double error = 0, value = 0;
      for (std::size_t k = 0; k < c; ++k)
        {
          error += std::pow(prediction.values[i * c + k] - double(truth[i * c + k]), 2);
          value += std::pow(double(truth[i * c + k]), 2);
        }
      mass += weights[i];
      outcome.square += weights[i] * error;
      outcome.value_square += weights[i] * value;
      outcome.half_width += weights[i] * (interval.factor * prediction.sigma[i] + interval.discretisation);
      outcome.node_errors.push_back(std::sqrt(error));
    }
  for (double *mean : {&outcome.square, &outcome.value_square, &outcome.half_width})
    *mean /= mass;
  outcome.largest  = *std::max_element(outcome.node_errors.begin(), outcome.node_errors.end());
  outcome.absolute = std::sqrt(outcome.square);
  outcome.value    = std::sqrt(outcome.value_square);
  return outcome;
}

/// [output][run], outputs in the order of the records.
std::vector<std::vector<Outcome>> outcomes_of(const Dataset &data, const TrainedSurrogate &trained, Role role)
{
  const Predictor                   predict(trained.model);
  const std::size_t                 n_fields = trained.model.fields.size();
  std::vector<std::vector<Outcome>> outcomes(trained.records.size());
  for (const auto row : rows_in(data, role))
    {
      const double *x          = &data.input_values[row * data.n_inputs()];
      const auto    prediction = data.runs[row].failed ? Prediction{} : predict(x);
      for (std::size_t o = 0; o < outcomes.size(); ++o)
        {
          Outcome outcome;
          if (!data.runs[row].failed && o < n_fields)
            outcome = field_outcome(prediction.fields[o], trained.model.fields[o].interval, &data.fields[o].values[row * data.row_size(data.fields[o])],
                                    data.locations.at(data.fields[o].location).weights);
          else if (!data.runs[row].failed)
            outcome = scalar_outcome(prediction.scalars[o - n_fields], trained.model.scalars[o - n_fields].interval, data.scalars[o - n_fields].values[row]);
          outcome.failed  = data.runs[row].failed;
          outcome.leading = x[trained.records[o].leading_input];
          outcomes[o].push_back(outcome);
        }
    }
  return outcomes;
}

/// By the ids of the geometries.
std::map<std::string, GeometryOutcome> geometries_of(const Dataset &data, Role role, const std::vector<Outcome> &outcomes)
{
  std::map<std::string, GeometryOutcome> geometries;
  const auto                             rows = rows_in(data, role);
  for (std::size_t i = 0; i < rows.size(); ++i)
    {
      auto &geometry   = geometries[data.runs[rows[i]].geometry_id];
      geometry.failed  = geometry.failed || outcomes[i].failed;
      geometry.covered = geometry.covered && outcomes[i].covered;
      geometry.score   = std::max(geometry.score, outcomes[i].score);
    }
  return geometries;
}

OutputErrors errors_of(const std::vector<Outcome> &outcomes, bool is_field)
{
  OutputErrors errors;
  double       squares = 0, value_squares = 0, values = 0, relative = 0;
  std::vector<double> node_errors;
  errors.n_runs = outcomes.size();
  for (const auto &outcome : outcomes)
    {
      errors.n_failed += outcome.failed;
      if (outcome.failed)
        continue;
      squares += outcome.square;
      value_squares += outcome.value_square;
      values += outcome.value;
      relative += outcome.value > 0 ? outcome.absolute / outcome.value : 0;
      errors.mean_absolute += outcome.absolute;
      errors.half_width += outcome.half_width;
      errors.largest = std::max(errors.largest, outcome.largest);
      node_errors.insert(node_errors.end(), outcome.node_errors.begin(), outcome.node_errors.end());
    }
  if (!node_errors.empty())
    {
      const auto rank = node_errors.begin() + std::ptrdiff_t(0.99 * double(node_errors.size() - 1));
      std::nth_element(node_errors.begin(), rank, node_errors.end());
      errors.percentile_99 = *rank;
    }
  const auto n = double(errors.n_runs - errors.n_failed);
  if (n > 0)
    {
      errors.pooled           = value_squares > 0 ? std::sqrt(squares / value_squares) : 0;
      errors.relative         = is_field ? relative / n : values > 0 ? errors.mean_absolute / values : 0;
      errors.root_mean_square = std::sqrt(squares / n);
      errors.mean_absolute /= n;
      errors.half_width /= n;
    }
  return errors;
}

/// Three groups of as equal size as can be, by the leading input.
std::vector<Tercile> terciles_of(std::vector<Outcome> outcomes)
{
  std::sort(outcomes.begin(), outcomes.end(), [](const Outcome &a, const Outcome &b) { return a.leading < b.leading; });
  std::vector<Tercile> terciles;
  for (std::size_t t = 0; t < 3; ++t)
    {
      const std::vector<Outcome> part(outcomes.begin() + std::ptrdiff_t(t * outcomes.size() / 3), outcomes.begin() + std::ptrdiff_t((t + 1) * outcomes.size() / 3));
      const auto                 errors = errors_of(part, false);
      const auto n_covered = std::size_t(std::count_if(part.begin(), part.end(), [](const Outcome &outcome) { return outcome.covered; }));
      terciles.push_back({errors.n_runs, n_covered, errors.root_mean_square > 0 ? errors.half_width / errors.root_mean_square : 0});
    }
  return terciles;
}
} // namespace

void calibrate(const Dataset &data, TrainedSurrogate &trained)
{
  const auto calibration = outcomes_of(data, trained, Role::calibration);
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    {
      auto               &record   = trained.records[o];
      auto               &interval = trained.interval(o);
      std::vector<double> scores;
      record.n_calibration_failed = 0;
      for (const auto &[id, geometry] : geometries_of(data, Role::calibration, calibration[o]))
        {
          scores.push_back(geometry.score);
          record.n_calibration_failed += geometry.failed;
        }
      record.n_calibration = scores.size();
      record.rank          = conformal_rank(scores.size(), 1 - interval.level);
      interval.factor      = conformal_factor(scores, 1 - interval.level);
    }
  judge(data, trained);
}

void judge(const Dataset &data, TrainedSurrogate &trained)
{
  const auto test = outcomes_of(data, trained, Role::test);
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    {
      trained.records[o].test     = errors_of(test[o], trained.records[o].is_field);
      for (const auto &[id, geometry] : geometries_of(data, Role::test, test[o]))
        {
          ++trained.records[o].test.n_geometries;
          trained.records[o].test.n_covered += geometry.covered;
        }
      trained.records[o].terciles = terciles_of(test[o]);
    }
}

} // namespace vesalius::surrogates
