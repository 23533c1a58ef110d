// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/trainer.h"

#include <string>
#include <vector>

/// New intervals for a surrogate that is trained, from runs that its training has not seen.
namespace vesalius::surrogates
{

struct Recalibration
{
  TrainedSurrogate               surrogate; ///< with its card; its records hold names, sensitivities and what calibrate() fills in
  std::vector<SurrogateInterval> before;    ///< of each record
};

/// The surrogate in `file` with every factor anew from the data set's calibration runs, errors and coverage from its test runs, and the domain's reference scores from
/// the distributions that it declares; their ends are the new box. `level` is the intervals' new one, 0 leaves each as it is. The data set may hold more outputs, and
/// inputs and outputs in another order. Throws InputError where the promise would not hold or an output cannot be judged: inputs, outputs or mesh that are not the
/// surrogate's, distributions that reach out of its box, runs at inputs that trained it, too few runs. Problems without a file are the data set's.
Recalibration recalibrate(const std::string &file, Dataset data, const std::string &dataset_hash, double level = 0);

/// The surrogate in `file` as it is, with errors and coverage on the data set's test runs. Throws InputError where they are not runs that it can be judged by, as recalibrate() does.
TrainedSurrogate judged(const std::string &file, Dataset data);

/// What the terminal shows.
std::string recalibration_report(const Recalibration &recalibration);

} // namespace vesalius::surrogates
