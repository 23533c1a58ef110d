// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/cross_validation.h"

#include "ai_surrogates/field_scale.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace vesalius::surrogates
{

namespace
{
struct Split
{
  std::vector<Eigen::Index> kept, held_out;
};

Split split_of(const Folds &folds, int fold)
{
  Split split;
  for (std::size_t i = 0; i < folds.of_run.size(); ++i)
    (folds.of_run[i] == fold ? split.held_out : split.kept).push_back(Eigen::Index(i));
  return split;
}

Eigen::MatrixXd rows_of(const Eigen::MatrixXd &matrix, const std::vector<Eigen::Index> &rows)
{
  Eigen::MatrixXd result(Eigen::Index(rows.size()), matrix.cols());
  for (std::size_t i = 0; i < rows.size(); ++i)
    result.row(Eigen::Index(i)) = matrix.row(rows[i]);
  return result;
}

std::vector<Eigen::Index> every(Eigen::Index n)
{
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < n; ++i)
    rows.push_back(i);
  return rows;
}

Eigen::MatrixXd outputs_of(const TrainingData &data)
{
  return Eigen::Map<const Eigen::MatrixXd>(data.outputs.data(), Eigen::Index(data.n_outputs), Eigen::Index(data.n_points())).transpose();
}

/// The model of the runs that are kept: of a process, its likelihood's maximum is near that of all runs.
GaussianProcessGroup refitted(const TrainingData &kept, const Candidate &candidate, FitOptions options)
{
  if (candidate.is_chaos())
    return group_of(fit_chaos(kept, candidate.chaos), candidate.chaos);
  if (candidate.is_network())
    return fit_networks(kept, candidate.networks);
  options.start    = &candidate.kernel;
  options.n_starts = 1;
  return condition(kept, candidate.trend, fit_kernel(kept, candidate.trend, options).kernel);
}
} // namespace

Folds folds_by_geometry(const std::vector<std::string> &geometry_of_run, int n_folds, std::uint64_t seed)
{
  std::vector<std::string> geometries;
  for (const auto &geometry : geometry_of_run)
    if (std::find(geometries.begin(), geometries.end(), geometry) == geometries.end())
      geometries.push_back(geometry);
  if (geometries.size() < 2)
    throw InputError("the training runs are of one geometry only", "a model is chosen by how it predicts geometries that it has not seen: train on at least two");
  std::mt19937_64 random(seed);
  for (std::size_t i = geometries.size(); i > 1; --i)
    std::swap(geometries[i - 1], geometries[random() % i]);
  Folds                      folds{std::min<int>(n_folds, int(geometries.size())), {}};
  std::map<std::string, int> fold_of;
  for (std::size_t i = 0; i < geometries.size(); ++i)
    fold_of[geometries[i]] = int(i) % folds.n;
  for (const auto &geometry : geometry_of_run)
    folds.of_run.push_back(fold_of[geometry]);
  return folds;
}

TrainingData with_outputs(const TrainingData &data, const std::vector<Eigen::Index> &rows, const Eigen::MatrixXd &outputs)
{
  TrainingData result{data.n_inputs, std::size_t(outputs.cols()), {}, {}, data.input_ranges};
  for (const auto row : rows)
    result.points.insert(result.points.end(), data.points.begin() + row * std::ptrdiff_t(data.n_inputs), data.points.begin() + (row + 1) * std::ptrdiff_t(data.n_inputs));
  for (Eigen::Index i = 0; i < outputs.rows(); ++i)
    for (Eigen::Index k = 0; k < outputs.cols(); ++k)
      result.outputs.push_back(outputs(i, k));
  return result;
}

TrainingData with_modes(const TrainingData &data, const std::vector<Eigen::Index> &rows, const Decomposition &modes)
{
  auto                  result  = with_outputs(data, rows, modes.coefficients.transpose());
  const Eigen::VectorXd weights = modes.energies.cwiseSqrt() * (double(modes.n_modes()) / modes.energies.cwiseSqrt().sum());
  result.weights.assign(weights.begin(), weights.end());
  return result;
}

void cross_validate_scalar(const TrainingData &data, const Folds &folds, const FitOptions &options, Candidate &candidate)
{
  if (candidate.is_process())
    candidate.kernel = fit_kernel(data, candidate.trend, options).kernel;
  const auto outputs = outputs_of(data);
  double     sum = 0, weighted = 0;
  for (int fold = 0; fold < folds.n; ++fold)
    {
      const auto split   = split_of(folds, fold);
      const auto process = refitted(with_outputs(data, split.kept, rows_of(outputs, split.kept)), candidate, options);
      for (const auto row : split.held_out)
        {
          const auto   at     = predict_group(process, &data.points[std::size_t(row) * data.n_inputs]);
          const double square = std::pow(at.outputs[0] - outputs(row, 0), 2);
          sum += square;
          weighted += square / at.relative_variance;
        }
    }
  candidate.error             = std::sqrt(sum / double(data.n_points()));
  candidate.held_out_variance = {weighted / double(data.n_points())};
}

void cross_validate_field(const TrainingData &data, const Eigen::MatrixXd &coordinates, const Folds &folds, const FitOptions &options, Candidate &candidate)
{
  const auto all    = every(coordinates.cols());
  const auto scales = scales_at(fit_scale(data, coordinates, candidate.scale), data);
  const auto whole  = decompose(coordinates * scales.cwiseInverse().asDiagonal(), all);
  candidate.n_modes = std::min(candidate.n_modes, std::size_t(whole.n_modes()));
  const auto wanted = Eigen::Index(candidate.n_modes);
  const auto shared = whole.truncated(wanted);
  if (candidate.is_process())
    candidate.kernel = fit_kernel(with_modes(data, all, shared), candidate.trend, options).kernel;
  double          sum      = 0;
  Eigen::VectorXd weighted = Eigen::VectorXd::Zero(wanted);
  for (int fold = 0; fold < folds.n; ++fold)
    {
      const auto split   = split_of(folds, fold);
      const auto scale   = fit_scale(with_outputs(data, split.kept, {}), coordinates(Eigen::all, split.kept), candidate.scale);
      const auto full    = decompose(coordinates * scales_at(scale, data).cwiseInverse().asDiagonal(), split.kept);
      const auto modes   = full.truncated(std::min(wanted, full.n_modes()));
      const auto process = refitted(with_modes(data, split.kept, modes), candidate, options);
      for (const auto row : split.held_out)
        {
          const double         *x     = &data.points[std::size_t(row) * data.n_inputs];
          const auto            at    = predict_group(process, x);
          const Eigen::VectorXd shape = modes.mean + modes.modes * Eigen::Map<const Eigen::VectorXd>(at.outputs.data(), Eigen::Index(at.outputs.size()));
          const Eigen::VectorXd error = scale_at(scale, x) * shape - coordinates.col(row);
          sum += error.norm() / coordinates.col(row).norm();
          weighted += (shared.modes.transpose() * error / scales[row]).cwiseAbs2() / at.relative_variance; // the fold's modes are not these
        }
    }
  candidate.error = sum / double(coordinates.cols());
  weighted /= double(coordinates.cols());
  candidate.held_out_variance = {weighted.begin(), weighted.end()};
}

std::size_t chosen_candidate(const std::vector<Candidate> &candidates)
{
  double smallest = std::numeric_limits<double>::infinity();
  for (const auto &candidate : candidates)
    smallest = std::min(smallest, candidate.error);
  std::size_t chosen = 0;
  while (!(candidates[chosen].error <= 1.01 * smallest)) // nor what is no number
    ++chosen;
  return chosen;
}

} // namespace vesalius::surrogates
