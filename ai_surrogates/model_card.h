// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/trainer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vesalius::surrogates
{

/// The model card, JSON for people: inputs with units and ranges, training set, models that were tried and why one was chosen, errors, coverage,
/// sensitivities, limits, intended use. The same training gives the same text. `dataset_hash` is the SHA-256 of the data set's file.
std::string model_card(const Dataset &data, const TrainingOptions &options, const TrainedSurrogate &trained, const std::string &dataset_hash);

/// The seed of the training. Throws InputError, naming `file`, where the model's card is not one of its outputs.
std::uint64_t training_seed(const SurrogateModel &model, const std::string &file);

/// The card of a surrogate whose intervals are new and whose model still has the card before: inputs, intervals, errors and sensitivities anew, the rest as it
/// was, and one more entry in `recalibrated` with the runs, and the intervals `before`.
std::string recalibrated_card(const Dataset &data, const TrainedSurrogate &trained, const std::vector<SurrogateInterval> &before, const std::string &dataset_hash);

/// What the terminal shows of a training.
std::string training_report(const Dataset &data, const TrainedSurrogate &trained);

} // namespace vesalius::surrogates
