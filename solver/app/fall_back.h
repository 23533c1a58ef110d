// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/field_files.h"
#include "ai_surrogates/input_table.h"
#include "ai_surrogates/surrogate_file.h"
#include "solver/core/errors.h"

#include <string>
#include <vector>

/// The solver, where a surrogate has no answer.
namespace vesalius
{

struct FallBackRequest
{
  std::string case_file; ///< with a section Ensemble
  std::string data_file; ///< which the runs join, as training runs
  int         n_ranks    = 1;
  bool        has_fields = false; ///< fields are wanted, too
};

struct SolverAnswer
{
  bool                is_there = false; ///< the run did not fail
  std::string         reason;           ///< of a failure, with the folder that shows how far the run came
  std::vector<double> scalars;          ///< of the surrogate, in its order and units
  FieldsAtInput       fields;           ///< where they are wanted
};

struct FallBack
{
  ExitStatus                status = ExitStatus::done; ///< of the runs; stopped early: there are no answers
  std::vector<SolverAnswer> answers;                   ///< one a row
};

/// Makes the runs of these rows that the data set does not have, in processes of their own. Throws InputError where the case does not have the surrogate's inputs, scalars and the fields that
/// are wanted.
FallBack run_solver(const FallBackRequest &request, const SurrogateFile &surrogate, const std::vector<std::vector<double>> &rows);

} // namespace vesalius
