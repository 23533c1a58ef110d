// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"
#include "ai_surrogates/run_plan.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Runs of a plan that are made as one, their rows in a file of their own until it is their turn to join the data set.
struct DatasetJob
{
  std::vector<int> runs; ///< indices into the plan
  std::string      file;
};

/// The files of a data set in the making: the data set, its plan beside it, and FOLDER/rows. Rows join the data set in the order of the plan, job by job, so that it is the same
/// whoever makes them and however often the work was interrupted. One process.
class DatasetRows
{
public:
  /// `is_whole`: the plan is all that the data set is drawn from; else runs beside one.
  DatasetRows(std::string data_file, std::string folder, std::vector<surrogates::PlannedRun> plan, bool is_whole);

  /// Looks at what is there, and writes nothing. Throws InputError where a plan or a data set is there and not of these inputs, this plan and this case.
  void check(const surrogates::Dataset &empty, const std::string &case_hash);
  /// The same, and writes the plan. Throws ResourceError, too.
  void begin(const surrogates::Dataset &empty, const std::string &case_hash, const std::string &program);
  /// Runs of the plan that the data set does not have.
  const std::vector<int> &missing() const { return missing_; }
  bool                    has_finished_run() const { return has_finished_run_; } ///< one in the data set that did not fail
  std::size_t             n_planned() const { return plan_.size(); }

  /// All processes come to the same jobs from the same missing runs: those of one role, at most `largest` in the place where they stand in the plan.
  std::vector<DatasetJob> jobs(const std::vector<int> &missing, int largest) const;
  /// A job's rows are there; what is not of this plan, case or program is forgotten.
  bool is_done(const DatasetJob &job) const;
  static void store(const DatasetJob &job, const surrogates::Dataset &rows);
  /// Takes rows into the data set until a job is not done yet. Returns the first that is not.
  std::size_t merge(const std::vector<DatasetJob> &jobs, std::size_t first) const;

  static std::string plan_file(const std::string &data_file);

private:
  std::string                         data_file_, folder_;
  std::vector<surrogates::PlannedRun> plan_;
  bool                                is_whole_;
  std::string                         case_hash_, program_;
  std::vector<int>                    missing_;
  bool                                has_finished_run_ = false;
};

} // namespace vesalius
