// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/run_plan.h"
#include "ai_surrogates/sampled_inputs.h"

#include <string>
#include <vector>

/// Runs of a data set beside its plan: training runs that somebody, or something, has chosen.
namespace vesalius
{

/// The rows of a table that has a column for each input, `flow [L/min], degree`; a row twice is one run. `lines` gets where they stand. Throws InputError with all problems.
std::vector<surrogates::PlannedRun> runs_of_table(const std::string &file, const std::vector<surrogates::SampledInput> &inputs, surrogates::Origin origin, std::vector<int> *lines = nullptr);

/// The id of a run beside the plan: the same for the same values, in the order of the data set and in SI.
std::string run_id(const std::vector<double> &values, surrogates::Origin origin);

/// Such a table, every number exact; `values` [., d] in SI.
std::string table_of_runs(const std::vector<surrogates::InputVariable> &inputs, const std::vector<double> &values);

/// Writes a table of the n draws from the declared distributions that most lower the variance of the models that the data set's training runs make (active_choice.h). What came of it,
/// for the terminal. Throws InputError where the data set has too few runs.
std::string write_choice(const std::string &data_file, int n, std::uint64_t seed, const std::string &table);

} // namespace vesalius
