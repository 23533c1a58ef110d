// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/candidate.h"
#include "ai_surrogates/proper_orthogonal_decomposition.h"

#include <string>
#include <vector>

/// Which model and how many modes: what predicts geometries that were held out best.
namespace vesalius::surrogates
{

/// Training runs in folds; all runs of a geometry in one.
struct Folds
{
  int              n = 0;
  std::vector<int> of_run;
};

/// Geometries shuffled by the seed and dealt out. Throws InputError where there are fewer than two.
Folds folds_by_geometry(const std::vector<std::string> &geometry_of_run, int n_folds, std::uint64_t seed);

/// Fills in error, held-out variance and, of a process, kernel. `data` holds one output.
void cross_validate_scalar(const TrainingData &data, const Folds &folds, const FitOptions &options, Candidate &candidate);

/// Likewise of a field, whose snapshots are columns of `coordinates`; modes are those of the runs that are not held out. `data` holds no outputs.
void cross_validate_field(const TrainingData &data, const Eigen::MatrixXd &coordinates, const Folds &folds, const FitOptions &options, Candidate &candidate);

/// The first of those whose error is within one per cent of the smallest: candidates stand in the order of their size.
std::size_t chosen_candidate(const std::vector<Candidate> &candidates);

/// The runs named, with the outputs' rows given.
TrainingData with_outputs(const TrainingData &data, const std::vector<Eigen::Index> &rows, const Eigen::MatrixXd &outputs);

/// The same with the coefficients of modes, whose likelihoods weigh with their standard deviations: a kernel that a field's modes share is then not that
/// of the many small ones, which are next to noise.
TrainingData with_modes(const TrainingData &data, const std::vector<Eigen::Index> &rows, const Decomposition &modes);

} // namespace vesalius::surrogates
