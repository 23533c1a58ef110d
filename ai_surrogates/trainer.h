// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/candidate.h"
#include "ai_surrogates/dataset.h"
#include "ai_surrogates/sensitivity.h"
#include "ai_surrogates/surrogate_model.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// From a data set to a surrogate: models chosen by cross-validation, kernels by likelihood, intervals by calibration runs, errors by test runs.
namespace vesalius::surrogates
{

struct TrainingOptions
{
  std::string                        name;
  double                             level  = 0.9; ///< of every interval, for each output by itself
  std::uint64_t                      seed   = 1;
  int                                n_folds = 5;
  std::vector<double>                energies{0.99, 0.999, 0.9999}; ///< of the modes that are tried
  std::size_t                        most_modes = 20;  ///< of a scalar field; of a vector field three times as many
  std::vector<int>                   chaos_degrees{3, 5, 8}; ///< of polynomial chaos, tried beside Gaussian processes
  int                                scale_degree = 3;       ///< of the logarithm of a field's size
  std::vector<std::size_t>           network_units; ///< hidden units of ensembles of networks, tried too where libtorch is there
  std::size_t                        domain_draws = 2000;
  double                             domain_alpha = 0.05;
  std::map<std::string, std::string> trends;         ///< output -> trend (trend_text.h), tried beside a constant and a linear one
  std::map<std::string, double>      discretisation; ///< output -> half-width of the mesh's own error, SI
  std::string                        intended_use;
};

/// How a prediction did on runs that trained nothing.
struct OutputErrors
{
  std::size_t n_runs = 0, n_failed = 0;
  std::size_t n_geometries = 0, n_covered = 0; ///< a geometry is covered where all its runs are; a failed run is not
  double      mean_absolute = 0, root_mean_square = 0, largest = 0; ///< of a scalar, in its unit; of a field the largest over runs and nodes
  double      relative = 0; ///< of a scalar mean |error| / mean |value|; of a field the mean over runs of the mass-weighted relative L2 norm
  double      percentile_99 = 0; ///< of a field: what 99 % of the nodes of all runs stay below, vectors by their length
  double      pooled   = 0; ///< of a field: the norm of all errors over that of all values
  double      half_width = 0; ///< of a scalar the mean over the runs of factor sigma + discretisation; of a field over nodes, too
};

/// Runs in a third of the range of the leading input.
struct Tercile
{
  std::size_t n_runs = 0, n_covered = 0;
  double      half_width_over_error = 0; ///< mean half-width over the root mean square error (of a field: over nodes)
};

/// What is known of one output beside what predicts it.
struct OutputRecord
{
  std::string            name;
  bool                   is_field = false;
  std::vector<Candidate> candidates;
  std::size_t            chosen = 0;
  double                 log_likelihood = 0, jitter = 0; ///< of a Gaussian process
  std::size_t            chaos_terms = 0;                ///< of polynomial chaos
  std::size_t            n_calibration = 0, n_calibration_failed = 0, rank = 0; ///< geometries; those with a failed run
  OutputErrors           test;
  SobolIndices           indices;
  std::size_t            leading_input = 0; ///< of the largest total index
  std::vector<Tercile>   terciles;          ///< three, by the leading input
};

struct TrainedSurrogate
{
  SurrogateModel            model; ///< complete but for its card
  std::vector<OutputRecord> records; ///< fields, then scalars, as in the model

  /// Of the output of a record.
  const SurrogateInterval &interval(std::size_t output) const { return output < model.fields.size() ? model.fields[output].interval : model.scalars[output - model.fields.size()].interval; }
  const GaussianProcessGroup &group(std::size_t output) const { return model.groups[output < model.fields.size() ? model.fields[output].group : model.scalars[output - model.fields.size()].group]; }
  SurrogateInterval       &interval(std::size_t output) { return const_cast<SurrogateInterval &>(std::as_const(*this).interval(output)); }
};

/// What train() does with the training runs alone: models and records without intervals, domain, picture and sensitivities.
TrainedSurrogate train_models(const Dataset &data, const TrainingOptions &options);

/// Fields come first among the groups: the metric of the domain is the kernel of the first group (that of a process that was tried, where the first output has none). Throws InputError where the data cannot carry a
/// surrogate: too few runs of a role, an output that never changes, one geometry only, names that the data do not have.
TrainedSurrogate train(const Dataset &data, const TrainingOptions &options);

/// Intervals anew, each at its level, from the data set's calibration runs, models as they are. Fills in factors and ranks, and judges them.
void calibrate(const Dataset &data, TrainedSurrogate &trained);

/// Fills in errors and coverage from the data set's test runs, models and intervals as they are.
void judge(const Dataset &data, TrainedSurrogate &trained);

/// Fills in what each output depends on where inputs are drawn as the data set declares.
void add_indices(const Dataset &data, TrainedSurrogate &trained);

/// The nodes of a location as a surrogate's picture has them, metres.
std::vector<std::array<float, 3>> picture_points(const Dataset &data, const std::string &location);

} // namespace vesalius::surrogates
