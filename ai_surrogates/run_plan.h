// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"
#include "ai_surrogates/sampling.h"

#include <cstdint>
#include <string>
#include <vector>

/// What the runs of a data set are to be, fixed before the first of them.
namespace vesalius::surrogates
{

struct PlannedRun
{
  std::string         id; ///< "training_0001"
  Role                role   = Role::training;
  Origin              origin = Origin::designed;
  std::vector<double> inputs; ///< SI
};

struct PlanSize
{
  int           n_training = 0, n_calibration = 0, n_test = 0;
  Design        design = Design::sobol; ///< of the training runs
  std::uint64_t seed   = 1;
};

/// Training runs by the design, calibration and test runs as independent draws; each role has a stream of random numbers of its own, all of one seed, so that more
/// runs of one role leave the others as they are. More training runs of a Sobol sequence, and more independent draws, begin with those of a smaller plan.
std::vector<PlannedRun> plan_runs(const std::vector<InputVariable> &inputs, const PlanSize &size);

/// Seed of a stream of random numbers: streams of one seed have nothing in common, nor have those of neighbouring seeds (splitmix64; Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t stream);

/// The plan as a table of comma-separated values, every number exact.
std::string plan_text(const std::vector<InputVariable> &inputs, const std::vector<PlannedRun> &runs);

/// Throws InputError unless every run of the table in `file` is in `text`, with the same inputs: an ensemble may grow, and nothing else.
void check_plan_file(const std::string &file, const std::string &text);

} // namespace vesalius::surrogates
