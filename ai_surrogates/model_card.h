// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/trainer.h"

#include <string>

namespace vesalius::surrogates
{

/// The model card, JSON for people: inputs with units and ranges, training set, models that were tried and why one was chosen, errors, coverage,
/// sensitivities, limits, intended use. The same training gives the same text. `dataset_hash` is the SHA-256 of the data set's file.
std::string model_card(const Dataset &data, const TrainingOptions &options, const TrainedSurrogate &trained, const std::string &dataset_hash);

/// What the terminal shows of a training.
std::string training_report(const Dataset &data, const TrainedSurrogate &trained);

} // namespace vesalius::surrogates
