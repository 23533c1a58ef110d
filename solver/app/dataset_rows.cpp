// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/dataset_rows.h"

#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using namespace surrogates;

bool is_run(const Dataset &data, std::size_t row, const PlannedRun &planned)
{
  const auto &run = data.runs[row];
  return run.id == planned.id && run.role == planned.role && run.origin == planned.origin && data.n_inputs() == planned.inputs.size() &&
         std::equal(planned.inputs.begin(), planned.inputs.end(), data.input_values.begin() + long(row * data.n_inputs()));
}

/// Inputs and outputs of a file that is to grow; the mesh is compared when rows join it.
void check_contents(const Dataset &file, const Dataset &empty, const std::string &path)
{
  const auto names = [](const auto &items) {
    std::vector<std::string> result;
    for (const auto &item : items)
      result.push_back(item.name + " [" + item.unit + "]");
    std::sort(result.begin(), result.end());
    return result;
  };
  const auto compare = [&](const char *what, const std::vector<std::string> &there, const std::vector<std::string> &here) {
    if (there != here)
      throw InputError(fmt::format("the data set has the {} {}, the case {}", what, fmt::join(there, ", "), fmt::join(here, ", ")), "give the case with which it was made, or another --output",
                       {path, 0});
  };
  compare("inputs", names(file.inputs), names(empty.inputs));
  compare("scalars", names(file.scalars), names(empty.scalars));
  compare("fields", names(file.fields), names(empty.fields));
}
} // namespace

DatasetRows::DatasetRows(std::string data_file, std::string folder, std::vector<PlannedRun> plan, bool is_whole)
  : data_file_(std::move(data_file)), folder_(std::move(folder)), plan_(std::move(plan)), is_whole_(is_whole)
{}

std::string DatasetRows::plan_file(const std::string &data_file)
{
  return fs::path(data_file).replace_extension(".plan.csv").string();
}

void DatasetRows::begin(const Dataset &empty, const std::string &case_hash, const std::string &program)
{
  program_ = program;
  check(empty, case_hash);
  if (const auto parent = fs::path(data_file_).parent_path(); !parent.empty())
    fs::create_directories(parent);
  if (is_whole_)
    write_file_atomically(plan_file(data_file_), plan_text(empty.inputs, plan_));
  fs::create_directories(folder_ + "/rows");
}

void DatasetRows::check(const Dataset &empty, const std::string &case_hash)
{
  case_hash_      = case_hash;
  const auto text = plan_text(empty.inputs, plan_), plan = plan_file(data_file_);
  if (is_whole_ && fs::exists(plan))
    check_plan_file(plan, text);
  Dataset data;
  if (fs::exists(data_file_))
    {
      data = read_dataset(data_file_);
      check_contents(data, empty, data_file_);
    }
  std::vector<bool> is_there(plan_.size(), false);
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    {
      const auto &run = data.runs[r];
      const auto  planned   = std::find_if(plan_.begin(), plan_.end(), [&](const auto &p) { return is_run(data, r, p); });
      const bool  is_beside = run.origin == Origin::active || run.origin == Origin::fall_back; // of no plan
      if (run.case_hash != case_hash || (planned == plan_.end() && is_whole_ && !is_beside))
        throw InputError("run '" + run.id + "' of the data set is not of this " + (run.case_hash != case_hash ? "case" : "plan"),
                         "give the case with which the data set was made (the same numbers of runs, or more), or another --output", {data_file_, 0});
      if (planned != plan_.end())
        is_there[planned - plan_.begin()] = true;
      has_finished_run_ = has_finished_run_ || !run.failed;
    }
  for (std::size_t r = 0; r < plan_.size(); ++r)
    if (!is_there[r])
      missing_.push_back(int(r));
}

std::vector<DatasetJob> DatasetRows::jobs(const std::vector<int> &missing, int largest) const
{
  std::vector<DatasetJob> result;
  int                     block = -1, place = 0; // place: within the role
  Role                    role = Role::training;
  for (std::size_t r = 0, m = 0; r < plan_.size() && m < missing.size(); ++r, ++place)
    {
      if (r == 0 || plan_[r].role != role)
        {
          role  = plan_[r].role;
          place = 0;
        }
      if (missing[m] != int(r))
        continue;
      ++m;
      const int here = int(role) * 10000000 + place / largest;
      if (here != block)
        result.push_back({{}, folder_ + "/rows/" + plan_[r].id + ".h5"});
      block = here;
      result.back().runs.push_back(int(r));
    }
  return result;
}

bool DatasetRows::is_done(const DatasetJob &job) const
{
  if (!fs::exists(job.file))
    return false;
  try
    {
      const auto rows = read_dataset(job.file);
      bool       good = rows.n_runs() == job.runs.size();
      for (std::size_t r = 0; good && r < rows.n_runs(); ++r)
        good = is_run(rows, r, plan_[job.runs[r]]) && rows.runs[r].case_hash == case_hash_ && rows.runs[r].program == program_;
      if (good)
        return true;
    }
  catch (const InputError &)
    {} // damaged: it is made anew
  fs::remove(job.file);
  return false;
}

void DatasetRows::store(const DatasetJob &job, const Dataset &rows)
{
  fs::remove(job.file);
  append_to_dataset(job.file, rows);
}

std::size_t DatasetRows::merge(const std::vector<DatasetJob> &jobs, std::size_t first) const
{
  for (; first < jobs.size() && fs::exists(jobs[first].file); ++first)
    {
      append_to_dataset(data_file_, read_dataset(jobs[first].file));
      fs::remove(jobs[first].file);
    }
  return first;
}

} // namespace vesalius
