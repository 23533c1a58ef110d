// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/fall_back.h"

#include "solver/app/case_file.h"
#include "solver/app/dataset_ensemble.h"
#include "solver/app/dataset_outputs.h"
#include "solver/app/dataset_table.h"
#include "solver/app/processes.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace vesalius
{

namespace
{
using namespace surrogates;

template <class Ours, class Theirs>
void compare(const std::string &kind, const Ours &wanted, const Theirs &there, const std::string &case_file, std::vector<InputProblem> &problems)
{
  for (const auto &item : wanted)
    {
      const auto same = std::find_if(there.begin(), there.end(), [&](const auto &other) { return other.name == item.name; });
      if (same == there.end())
        problems.push_back({fmt::format("the case has no {} '{}', which the surrogate has", kind, item.name), "give the case that the surrogate was made from", {case_file, 0}});
      else if (same->unit != item.unit)
        problems.push_back({fmt::format("the {} '{}' of the case is in '{}', that of the surrogate in '{}'", kind, item.name, same->unit, item.unit), "give the case that the surrogate was made from", {case_file, 0}});
    }
}

/// Inputs of the case and of the surrogate are the same, and it has the surrogate's scalars. The case's inputs in its own order.
std::vector<SampledInput> matching_inputs(const FallBackRequest &request, const SurrogateFile &surrogate)
{
  const Case simulation = load_case(request.case_file, {});
  if (!simulation.physics)
    throw simulation.parameters.error_at("Physics", "the solver needs a physics", "set Physics");
  const auto                settings = read_dataset_settings(simulation.parameters);
  const auto                empty    = DatasetOutputs(settings, *simulation.physics).empty_dataset();
  std::vector<InputProblem> problems;
  compare("input", surrogate.inputs(), empty.inputs, request.case_file, problems);
  compare("scalar", surrogate.scalars(), empty.scalars, request.case_file, problems);
  if (empty.inputs.size() > surrogate.inputs().size())
    problems.push_back({fmt::format("the case has {} inputs, the surrogate {}", empty.inputs.size(), surrogate.inputs().size()), "give the case that the surrogate was made from", {request.case_file, 0}});
  if (!problems.empty())
    throw InputError(problems);
  return settings.inputs;
}

SolverAnswer answer_of(const Dataset &data, const std::string &id, const SurrogateFile &surrogate)
{
  SolverAnswer answer;
  const auto   run = std::find_if(data.runs.begin(), data.runs.end(), [&](const auto &r) { return r.id == id; });
  if (run == data.runs.end())
    return answer;
  answer.is_there = !run->failed;
  answer.reason   = run->reason;
  for (const auto &scalar : surrogate.scalars())
    answer.scalars.push_back(std::find_if(data.scalars.begin(), data.scalars.end(), [&](const auto &s) { return s.name == scalar.name; })->values[std::size_t(run - data.runs.begin())]);
  return answer;
}
} // namespace

FallBack run_solver(const FallBackRequest &request, const SurrogateFile &surrogate, const std::vector<std::vector<double>> &rows)
{
  const auto                 inputs = matching_inputs(request, surrogate);
  std::vector<InputVariable> variables;
  std::vector<std::size_t>   place; // of the case's inputs among the surrogate's
  for (const auto &input : inputs)
    {
      variables.push_back(input_variable(input));
      place.push_back(std::size_t(std::find_if(surrogate.inputs().begin(), surrogate.inputs().end(), [&](const auto &i) { return i.name == input.name; }) - surrogate.inputs().begin()));
    }
  std::vector<double> values;
  for (const auto &row : rows)
    for (const auto p : place)
      values.push_back(row[p]);
  const std::string table = std::filesystem::path(request.data_file).replace_extension(".fall_back.csv").string();
  write_file_atomically(table, table_of_runs(variables, values));

  std::vector<std::string> command{own_executable(), "--ranks", std::to_string(request.n_ranks), "ensemble", request.case_file, "--output", request.data_file, "--from", table, "--fall-back"};
  const auto               process = run_and_wait(command, SIGUSR1);
  std::filesystem::remove(table);
  FallBack                 result;
  result.status = static_cast<ExitStatus>(process.status);
  if (result.status == ExitStatus::solver_failed) // every run of the data set has: they are rows all the same
    result.status = ExitStatus::done;
  if (result.status != ExitStatus::done)
    return result;
  const auto data = read_dataset(request.data_file);
  for (auto row = values.begin(); row != values.end(); row += std::ptrdiff_t(inputs.size()))
    result.answers.push_back(answer_of(data, run_id({row, row + std::ptrdiff_t(inputs.size())}, Origin::fall_back), surrogate));
  return result;
}

} // namespace vesalius
